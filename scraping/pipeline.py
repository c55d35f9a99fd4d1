"""The way of the data, from a source's address to a city's page:

fetch -> extract -> normalise -> identify -> assess -> match -> save -> retire -> refresh
"""

import datetime as dt
import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from events.drafts import Problem
from events.places import Atlas
from nocturne import cache, metrics
from nocturne.http import FetchError
from nocturne.timing import timed
from quality import findings

from . import details, health, retire, schedule, selection
from .adoption import identify, notice_churn
from .assess import Item, assess, assess_answer
from .detect import Reading, read
from .extractors import Document, Window
from .fetch import Later, body_hash, fetch, settings_hash, validator
from .identity import settle
from .models import Run
from .normalise import normalise
from .save import save
from .schedule import Claim, ClaimLost
from .selection import LeftOut
from .times import LAST_YEAR

log = logging.getLogger(__name__)
DOUBTED = "retire.doubted"
# The headers of an answer that a run keeps.
FACTS = ("content-type", "etag", "last-modified")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reading: `status` is busy, later, lost, unchanged, changed, empty or failed.

    `run` has the counts; it is a row of the database only if something changed or failed.
    """

    status: str
    run: Run
    message: str = ""


def scrape(source_id: int, *, due_only: bool = True, force: bool = False, now: dt.datetime | None = None) -> Outcome:
    """Read one source if it is free, and due unless `due_only` is false. Safe to repeat, and to kill at any line.

    `force` reads it although it is not due, and in full although its bytes may be those of last time. What goes
    wrong is never an exception: it is in the outcome, and in a Run.
    """
    now = now or clock.now()
    started = time.monotonic()
    run = Run(source_id=source_id, started_at=now)
    claimed = schedule.claim(source_id, now, due_only=due_only and not force)
    if claimed is None:
        return Outcome("busy", run, "not due, paused, or being read by another worker")
    try:
        if claimed.is_hopeless and due_only and not force:
            raise FetchError("worker.died", f"The last {schedule.MAX_ATTEMPTS} readings did not end.")
        with timed("scrape", source=source_id):
            outcome = _scrape(claimed, run, now, force=force)
    except Later as later:
        schedule.postponed(claimed, now, later.seconds)
        health.silent(claimed.schedule, now)
        outcome = Outcome("later", run, str(later))
    except ClaimLost as lost:
        log.warning("%s", lost)
        run.error, run.message = "claim.lost", str(lost)[:1000]
        outcome = Outcome("lost", run, str(lost))
    except FetchError as error:
        outcome = _failed(claimed, run, now, error)
    except Exception as error:  # what one source does must not end the work on the others
        log.exception("reading %s failed", claimed.source)
        outcome = _failed(claimed, run, now, FetchError("crash", f"{type(error).__name__}: {error}"))
    run.seconds = round(time.monotonic() - started, 3)
    metrics.scrapes.labels(outcome.status).inc()
    metrics.scrape_seconds.observe(run.seconds)
    if run.pk:
        run.save()
    return outcome


def _scrape(claimed: Claim, run: Run, now: dt.datetime, *, force: bool) -> Outcome:
    response = fetch(claimed.schedule, now, force=force)
    if response.status == 304:
        return _unchanged(claimed, run, now)
    window = _window(claimed, now)
    reading = read(Document.of(response), window)
    run.http = {"status": response.status, "url": response.url, "bytes": len(response.body)}
    run.http |= {name: value[:200] for name in FACTS if (value := response.headers.get(name))}
    run.fetched = len(reading.drafts)
    if not reading.drafts:
        return _empty(claimed, run, reading, now)

    drafts = [normalise(draft, base_url=response.url) for draft in reading.drafts]
    rules = selection.refused(claimed.source, reading.drafts, drafts)
    completed = details.complete(claimed.source, drafts, rules, format=reading.format, window=window, now=now)
    identified = identify(claimed.source, settle(completed.drafts, ids_stable=claimed.source.ids_stable), now)
    taken, left_out = selection.divide(identified, rules)
    items = assess(taken, claimed.source, Atlas(), now)
    measured = health.measure(items, now)
    run.filtered, run.upcoming = len(left_out), measured.upcoming
    cities = save(claimed, run, items, now)

    judged = health.of(claimed.source, now)
    problems = list(reading.problems)
    if drop := health.weigh(judged, measured, left_out, now, news=run.pk is not None):
        problems.append(Problem(code="yield.dropped", message=drop))
    if not problems:  # what could not be read is not missing
        doubt = not health.believed(judged, now)
        cities |= _retire(claimed, run, items, left_out, problems, window, now, doubt=doubt)
    _note(claimed, run, problems)
    _refresh(cities)
    health.succeeded(judged, now, problem=run.message, doubted=any(one.code == DOUBTED for one in problems))

    schedule.succeeded(
        claimed,
        now,
        changed=run.pk is not None,
        next_event=_next_event(claimed, now),
        format=reading.format,
        churned=notice_churn(claimed, identified),
        last_read_at=now,
        # unlike any other, so that the next reading is one in full
        settings_hash="" if completed.left else settings_hash(claimed.source),
        body_hash=body_hash(response.body),
        etag=validator(response, "etag", length=500),
        last_modified=validator(response, "last-modified", length=100),
    )
    if run.pk is None:
        return Outcome("unchanged", run, run.message)
    run.status, run.error = Run.Status.CHANGED, ""
    run.save()
    return Outcome("changed", run, run.message)


def _window(claimed: Claim, now: dt.datetime) -> Window:
    """From yesterday, since tonight may have begun then, to the horizon for series and without end for the rest."""
    source = claimed.source
    return Window(
        start=now - dt.timedelta(days=1),
        end=dt.datetime(LAST_YEAR, 1, 1, tzinfo=dt.UTC),
        horizon=now + dt.timedelta(days=settings.SERIES_HORIZON_DAYS),
        timezone=source.timezone or (source.city.timezone if source.city else "UTC"),
    )


def _retire(
    claimed: Claim,
    run: Run,
    items: list[Item],
    left_out: list[LeftOut],
    problems: list[Problem],
    window: Window,
    now: dt.datetime,
    *,
    doubt: bool,
) -> set[int]:
    """Mark what the source no longer shows, up to its last event of this reading, and what its rules leave out.

    A doubt becomes a problem.
    """
    last = max((item.starts_at for item in items if item.starts_at), default=None)
    unwanted = [one.identified for one in left_out]
    try:
        gone = retire.missing(
            claimed,
            {item.key for item in items} | {one.key for one in unwanted},
            now,
            until=last,
            horizon=window.horizon,
            left_out={one.listing.pk for one in unwanted if one.listing},
            doubt=doubt,
        )
    except retire.TooMany as many:
        problems.append(Problem(code=DOUBTED, message=str(many)))
        return set()
    return retire.retire(claimed, run, gone, now)


def _note(claimed: Claim, run: Run, problems: list[Problem]) -> None:
    """Keep what is wrong with the answer as a whole as Findings; a run of its own only if that has changed."""
    run.message = " ".join(dict.fromkeys(problem.message for problem in problems))[:1000]
    with transaction.atomic():
        claimed.check()
        if findings.record(claimed.source, {}, {findings.WHOLE: assess_answer(problems)}):
            run.begin()


def _unchanged(claimed: Claim, run: Run, now: dt.datetime) -> Outcome:
    """The answer is that of last time: what was missing then is missing for the second time, unless it was doubted."""
    problems = dict(claimed.source.findings.filter(key=findings.WHOLE).values_list("rule", "message"))
    gone = [] if problems else retire.missing(claimed, None, now)
    if gone:
        _refresh(retire.retire(claimed, run, gone, now))
        run.status, run.error = Run.Status.CHANGED, ""
        run.save()
    health.answered(claimed.schedule, now, problem=" ".join(problems.values()), doubted=DOUBTED in problems)
    schedule.succeeded(claimed, now, changed=bool(gone), next_event=_next_event(claimed, now))
    return Outcome("changed" if gone else "unchanged", run)


def _empty(claimed: Claim, run: Run, reading: Reading, now: dt.datetime) -> Outcome:
    """No event in the answer: a failure where there used to be some, and nothing is retired."""
    had = claimed.source.listings.live().filter(starts_at__gt=now).exists()
    known = claimed.source.runs.filter(status=Run.Status.EMPTY).exists()
    reasons = "; ".join(dict.fromkeys(problem.message for problem in reading.problems))
    run.message = (reasons or "Nothing in the answer is an event that is still to come.")[:1000]
    if had or not known:
        run.status = Run.Status.EMPTY
        run.save()
    if had:
        health.emptied(claimed.source, now)
        schedule.failed(claimed, now)
    else:
        health.idle(claimed.source, now)
        schedule.succeeded(claimed, now, changed=False, format=reading.format)
    return Outcome("empty", run, run.message)


def _failed(claimed: Claim, run: Run, now: dt.datetime, error: FetchError) -> Outcome:
    run.status, run.error, run.message = Run.Status.FAILED, error.kind[:60], str(error)[:1000]
    if error.retry_after is not None:
        run.http["retry-after"] = error.retry_after
    run.save()
    health.failed(claimed.source, claimed.schedule.failures + 1, error, now)
    schedule.failed(claimed, now, retry_after=error.retry_after)
    return Outcome("failed", run, run.message)


def _next_event(claimed: Claim, now: dt.datetime) -> dt.datetime | None:
    coming = claimed.source.listings.live().filter(starts_at__gt=now).order_by("starts_at")
    return coming.values_list("starts_at", flat=True).first()


def _refresh(cities: set[int]) -> None:
    """After the commits: pages of these cities are rendered anew."""
    for city_id in sorted(cities):
        cache.bump(city_id, at_once=False)
