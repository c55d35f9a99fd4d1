"""How well a source is doing: judged once a reading, stored, and told to a person where it needs one.

A drop of the yield stops retirement, too: what a broken page no longer shows is not gone.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse

from events.models import Source
from events.text import counted
from nocturne import alerts
from nocturne.http import FetchError
from nocturne.models import Alert

from . import breaker
from .assess import Item
from .models import Health, Run, Schedule
from .retire import MAX_ITEMS
from .selection import LeftOut

AT_ONCE = frozenset(("worker.died",))
COMPARED = 10  # readings, of which the median is usual
EXAMPLES = 20
SILENT = dt.timedelta(days=3)
DOUBTED = dt.timedelta(days=2)  # until somebody is told that what is missing is neither believed nor back
HOST_DOWN = dt.timedelta(hours=1)  # until one alert stands for all sources of a host
NOTHING_TO_COME = "No events to come at the moment."
_PASSES = "Mostly this passes. If not, look whether the site has moved."
_ADDRESS = "Look at the address in a browser, and correct it in the source."
_UNWANTED = "Ask the publisher, or pause the source."
_COMPARE = (
    "Until this is settled nothing of it is retired. Compare with the publisher's page, and if that is right, run "
    "“Believe it as it is” on the page of the source."
)
ADVICE = {
    "http.4": _ADDRESS,
    "http.429": "The host wants to be asked less often: nothing needs to be done.",
    "refused": _ADDRESS,
    "redirects": _ADDRESS,
    "too_large": _ADDRESS,
    "encoding": _ADDRESS,
    "robots": _UNWANTED,
    "optout": _UNWANTED,
    "terms": _UNWANTED,
    "crash": "This is a fault of Nocturne: the log has the traceback.",
    "worker.died": "What the source sends may kill the worker: look at its address, and pause it if in doubt.",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one answer held: events to come, and percent of all of its items, None where it had none."""

    upcoming: int
    with_time: int | None
    with_price: int | None
    with_venue: int | None
    with_image: int | None
    placed: int | None


def measure(items: Sequence[Item], now: dt.datetime) -> Measured:
    def share(test: Callable[[Item], object]) -> int | None:
        return round(100 * sum(1 for item in items if test(item)) / len(items)) if items else None

    return Measured(
        upcoming=sum(1 for item in items if item.placed and item.starts_at and item.starts_at > now),
        with_time=share(lambda item: item.draft.when and item.draft.when.time_known and not item.draft.when.all_day),
        with_price=share(lambda item: item.draft.price.is_free or item.draft.price.minimum is not None),
        with_venue=share(lambda item: item.draft.where.venue),
        with_image=share(lambda item: item.draft.image_url),
        placed=share(lambda item: item.placed),
    )


def of(source: Source, now: dt.datetime) -> Health:
    """The row of a source; new where it has none, and with nothing to compare to where its scope has changed."""
    row = Health.objects.filter(source=source).first() or Health(source=source, since=now)
    text = f"{source.url}\n{source.include}\n{source.exclude}"
    scope = hashlib.sha256(text.encode()).hexdigest()
    if row.scope != scope:
        row.scope, row.compared_since, row.usual, row.upcoming = scope, now, None, None
    return row


def usual(row: Health, now: dt.datetime) -> int | None:
    """The median yield of the readings before `now`; None without any."""
    runs = Run.objects.filter(source=row.source_id, started_at__lt=now, upcoming__isnull=False)
    if row.compared_since:
        runs = runs.filter(started_at__gte=row.compared_since)
    found = runs.order_by("-started_at").values_list("upcoming", flat=True)[:COMPARED]
    return round(median(n for n in found if n is not None)) if found else None


def believed(row: Health, now: dt.datetime) -> bool:
    return row.believed_until is not None and now < row.believed_until


def drop(row: Health, now: dt.datetime) -> str:
    """A sentence if the yield fell by more than half, and by more than a few; "" if it did not."""
    before, after = row.usual or 0, row.upcoming or 0
    if after * 2 >= before or before - after <= MAX_ITEMS or believed(row, now):
        return ""
    return f"{counted(after, 'event')} to come, where there are usually {before}."


def weigh(row: Health, measured: Measured, left_out: Sequence[LeftOut], now: dt.datetime, *, news: bool = True) -> str:
    """Take what was measured into the row, which is not saved; the sentence of `drop`.

    Without `news` the reading says the same as the last one, so that what is usual stays what it was then.
    """
    before = row.upcoming
    for name in measured.__slots__:
        setattr(row, name, getattr(measured, name))
    if news or measured.upcoming != before:
        found = usual(row, now)
        row.usual = before if found is None else found  # runs are pruned, and a source may be quiet for long
    row.filtered = len(left_out)
    examples = sorted({(one.identified.draft.title[:200], one.rule[:200]) for one in left_out})
    row.left_out = [{"title": title, "rule": rule} for title, rule in examples[:EXAMPLES]]
    return drop(row, now)


def succeeded(row: Health, now: dt.datetime, *, problem: str = "", doubted: bool = False) -> None:
    """After a good answer: judge by what the row has of the last full reading, and by what was wrong with that.

    `doubted` says that the problem is how much was missing.
    """
    if sentence := drop(row, now):
        _set(row, Health.State.DEGRADED, sentence, now)
        _alert(row, f"{sentence} {_COMPARE}", now, severity=Alert.Severity.WARNING)
        return
    if doubted and row.state == Health.State.DEGRADED and now - row.since >= DOUBTED:
        _set(row, Health.State.DEGRADED, problem, now)
        said = f"{problem} There was trouble at each reading since {row.since:%-d %b}. {_COMPARE}"
        _alert(row, said, now, severity=Alert.Severity.WARNING)
        return
    alerts.resolve(alert_key(row.source_id), now=now)
    if row.state == Health.State.FAILING:  # also where the cache has forgotten that the host was down
        alerts.resolve(breaker.alert_key(row.source.url), now=now)
    if problem:
        _set(row, Health.State.DEGRADED, problem, now)
    elif row.placed is not None and row.placed < 50:
        _set(row, Health.State.DEGRADED, f"Only {row.placed} % of the events have a readable date and a city.", now)
    else:
        _set(row, Health.State.HEALTHY, "" if row.upcoming else NOTHING_TO_COME, now)


def answered(at: Schedule, now: dt.datetime, *, problem: str = "", doubted: bool = False) -> None:
    """After an answer that is the same as last time, with the same problem: it heals what failed in between."""
    row: Health | None = getattr(at.source, "health", None)
    if row and (at.failures or row.state == Health.State.FAILING or doubted):
        succeeded(of(at.source, now), now, problem=problem, doubted=doubted)


def idle(source: Source, now: dt.datetime) -> None:
    """After an answer without events, where none is still to come."""
    row = of(source, now)
    row.upcoming, row.usual = 0, None
    succeeded(row, now)


def emptied(source: Source, now: dt.datetime) -> None:
    """After an answer without events, where there are some that are still to come."""
    row = of(source, now)
    sentence = "The last answer had no events, where there used to be some."
    _set(row, Health.State.FAILING, sentence, now)
    _alert(row, f"{sentence} Look whether the publisher still lists events at this address.", now)


def failed(source: Source, failures: int, error: FetchError, now: dt.datetime) -> None:
    """After so many failures in a row, of which this is the last."""
    row = of(source, now)
    told = breaker.is_down(error) and _alert_of_host(row, now)
    if failures < settings.ALERT_SOURCE_FAILURES and error.kind not in AT_ONCE:
        if row.state in ("", Health.State.HEALTHY, Health.State.DEGRADED):
            _set(row, Health.State.DEGRADED, f"The last reading failed: {error}", now)
        return
    sentence = f"{failures} readings in a row failed: {error}" if failures > 1 else str(error)
    _set(row, Health.State.FAILING, sentence, now)
    if not told:
        _alert(row, f"{sentence} {advice_for(error.kind)}", now)


def silent(at: Schedule, now: dt.datetime) -> None:
    """After a reading that was put off once more: tell if there was no answer for too long."""
    since = at.last_success_at or at.source.created_at
    if now - since < max(SILENT, 2 * (at.interval or dt.timedelta())):
        return
    row = of(at.source, now)
    sentence = f"No good answer since {since:%-d %b %Y}: its host is down or wants to be left alone."
    _set(row, Health.State.FAILING, sentence, now)
    if not _alert_of_host(row, now):
        _alert(row, f"{sentence} {_PASSES}", now)


def believe(source: Source, now: dt.datetime) -> None:
    """An editor says that the source is right, however few events it lists now: compare with nothing before.

    For two days nothing that is missing is doubted, so that two readings can retire it.
    """
    row = of(source, now)
    row.compared_since, row.usual, row.upcoming = now, None, None
    row.believed_until = now + dt.timedelta(days=2)
    row.save()
    alerts.resolve(alert_key(source.pk), now=now)


def words(source: Source) -> tuple[str, str]:
    """The state of a source with its schedule and health loaded, for people: the state, and the reason if any."""
    row: Health | None = getattr(source, "health", None)
    at: Schedule | None = getattr(source, "schedule", None)
    if not source.active:
        return "paused", "Its events stay; it is not read."
    if at is None or (at.last_success_at is None and not at.failures):
        return "new", "It has not been read yet."
    if row is None:  # read before there was such a judgement
        is_failing = at.failures >= settings.ALERT_SOURCE_FAILURES
        return ("failing" if is_failing else "degraded" if at.failures else "healthy"), ""
    return row.state, row.reason


def alert_key(source_id: int) -> str:
    return f"source:{source_id}"


def advice_for(kind: str) -> str:
    return ADVICE.get(kind) or ADVICE.get(kind[:6], _PASSES)


def _alert(row: Health, sentence: str, now: dt.datetime, *, severity: str = Alert.Severity.ERROR) -> None:
    path = reverse("admin:events_source_change", args=[row.source_id])
    alerts.raise_alert(
        alert_key(row.source_id), f"{row.source.name}: {sentence}", severity=severity, path=path, now=now
    )


def _alert_of_host(row: Health, now: dt.datetime) -> bool:
    """Whether one alert stands for all sources of the row's host: it is down for long and feeds more than one."""
    since = breaker.down_since(row.source.url)
    if since is None or now - since < HOST_DOWN:
        return False
    host = urlsplit(row.source.url).netloc
    count = Source.objects.scraped().filter(url__icontains=f"//{host}/").count()
    if count < 2:
        return False
    said = f"{host} is down since {since:%-d %b %Y, %H:%M} UTC: its {count} sources wait. {_PASSES}"
    path = f"{reverse('admin:events_source_changelist')}?{urlencode({'q': host})}"
    alerts.raise_alert(breaker.alert_key(row.source.url), said, severity=Alert.Severity.ERROR, path=path, now=now)
    alerts.resolve(alert_key(row.source_id), now=now)
    return True


def _set(row: Health, state: str, reason: str, now: dt.datetime) -> None:
    """Save the row if anything has changed."""
    if row.state != state:
        row.state, row.since = state, now
    row.reason = reason[:500]
    stored = Health.objects.filter(pk=row.pk).values().first() if row.pk else None
    if stored != {field.attname: getattr(row, field.attname) for field in Health._meta.concrete_fields}:
        row.save()
