"""The audit: everything that is to come is assessed again, duplicates are looked for, and what is safe is repaired.

Source by source, then area by area; each part is small and can be repeated. `look` does it at once, for a command.
`go_on` does the audit of a day in steps that any worker can take up: what was done and how far it came is in its row.
"""

import datetime as dt
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone as clock

from events.models import City, Listing, Source
from nocturne.timing import timed

from . import decline
from .models import Audit
from .reassess import reassess, to_come
from .repair import repair
from .tally import Tally

# The hour, UTC, at which a day's audit begins.
BEGINS = dt.timedelta(hours=2)
# A worker that has not said how far it came for so long is given up.
CLAIM_FOR = dt.timedelta(minutes=15)
# A step ends after so many seconds: a task may not run longer than nine minutes.
STEP_SECONDS = 420

log = logging.getLogger(__name__)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the work: a source to assess, or an area to repair."""

    kind: str
    pk: int
    name: str


def look(
    *, city: City | None = None, fix: bool, now: dt.datetime | None = None, progress: Progress = lambda words: None
) -> Tally:
    """All of it at once, or what concerns the area of one city; nothing is written without `fix`."""
    now, tally, area = now or clock.now(), Tally(), city and (city.area or city)
    parts = list(_parts(now, area))
    for number, part in enumerate(parts, 1):
        progress(f"{number} of {len(parts)}: {part.name}")
        tally.add(_work(part, now, fix=fix, area=area))
    return tally


def due(now: dt.datetime) -> dt.date:
    """The day whose audit is to be done at a moment."""
    return (now - BEGINS).date()


def go_on(
    now: dt.datetime | None = None,
    *,
    seconds: float = STEP_SECONDS,
    progress: Progress = lambda words: None,
) -> tuple[Audit, Tally] | None:
    """Do the next part of today's audit, for so many seconds; None if it is done or in other hands.

    The Tally is that of the audit so far, with the notes of this step. It can be killed at any line: once the claim
    has expired, the next call goes on with the part at which it was.
    """
    now = now or clock.now()
    audit = _claim(now)
    if audit is None:
        return None
    total = Tally(Counter(audit.counts), Counter(audit.rules), Counter(audit.scores))
    started, before = time.monotonic(), audit.seconds
    for part in _parts(now, after=audit.cursor):
        progress(part.name)
        with timed("audit", part=part.name):
            total.add(_work(part, now, fix=True))
        audit.seconds = round(before + time.monotonic() - started, 1)
        if not _keep(audit, part, total):
            log.warning("the audit of %s was taken over by another worker", audit.day)
            return None
        if time.monotonic() - started > seconds:
            _update(audit, claim=None, claimed_until=None)
            return audit, total
    previous = Audit.objects.filter(day__lt=audit.day, finished_at__isnull=False).order_by("-day").first()
    audit.finished_at = clock.now()
    audit.worse = decline.sentences(previous, audit) if previous else []
    if not _update(audit, finished_at=audit.finished_at, worse=audit.worse, claim=None, claimed_until=None):
        return None
    return audit, total


def _claim(now: dt.datetime) -> Audit | None:
    """Today's audit, begun or taken up, if it is not done and nobody else has it."""
    day, token = due(now), uuid.uuid4()
    Audit.objects.bulk_create([Audit(day=day, started_at=now)], ignore_conflicts=True)
    free = Audit.objects.filter(day=day, finished_at=None).filter(Q(claim=None) | Q(claimed_until__lt=now))
    if not free.update(claim=token, claimed_until=now + CLAIM_FOR):
        return None
    return Audit.objects.get(day=day)


def _keep(audit: Audit, part: Part, total: Tally) -> bool:
    """Write down what was found so far, and that a part is done; whether the audit is still ours."""
    audit.counts, audit.rules, audit.scores = dict(total.counts), dict(total.rules), dict(total.scores)
    return _update(
        audit,
        counts=audit.counts,
        rules=audit.rules,
        scores=audit.scores,
        cursor={"kind": part.kind, "after": part.pk},
        seconds=audit.seconds,
        claimed_until=clock.now() + CLAIM_FOR,
    )


def _update(audit: Audit, **columns: object) -> bool:
    return bool(Audit.objects.filter(pk=audit.pk, claim=audit.claim).update(**columns))


def _parts(now: dt.datetime, area: City | None = None, after: dict[str, object] | None = None) -> Iterator[Part]:
    """Sources with something to come, then areas; from where a cursor stands."""
    after = after or {}
    if after.get("kind") != "area":
        sources = Source.objects.filter(Exists(_in(area, now).filter(source=OuterRef("pk")))).order_by("pk")
        if after:
            sources = sources.filter(pk__gt=after["after"])
        for pk, name in sources.values_list("pk", "name"):
            yield Part("source", pk, name)
    areas = City.objects.filter(pk=area.pk) if area else City.objects.filter(area_cities__listings__isnull=False)
    if after.get("kind") == "area":
        areas = areas.filter(pk__gt=after["after"])
    for pk, name in areas.distinct().order_by("pk").values_list("pk", "name"):
        yield Part("area", pk, f"{name} and around")


def _in(area: City | None, now: dt.datetime) -> QuerySet[Listing]:
    return to_come(now).filter(city__area=area) if area else to_come(now)


def _work(part: Part, now: dt.datetime, *, fix: bool, area: City | None = None) -> Tally:
    """Do one part; what goes wrong with it costs only itself, and is counted."""
    try:
        if part.kind == "source":
            source = Source.objects.select_related("city").get(pk=part.pk)
            tally = reassess(source, now=now, fix=fix, area=area)
            tally.counts["sources"] += 1
        else:
            tally = repair(City.objects.get(pk=part.pk), now=now, fix=fix)
            tally.counts["areas"] += 1
    except (Source.DoesNotExist, City.DoesNotExist):
        return Tally()  # removed meanwhile
    except Exception:
        log.exception("the audit of %s failed", part.name)
        tally = Tally()
        tally.counts["failed"] += 1
        tally.note(f"{part.name}: this part failed; the log says why.")
    return tally
