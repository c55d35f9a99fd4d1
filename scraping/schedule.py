"""Who reads a source, and when it is read next.

A source is claimed by conditional update with a token. The claim of a worker that died expires; how often a source
was claimed without an end is counted in the database, so that a page that kills its worker cannot loop.
"""

import datetime as dt
import random
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from events.models import Source

from .models import Run, Schedule

CLAIM_FOR = dt.timedelta(minutes=15)
# A message that waited longer is void, and its source is queued again.
QUEUED_FOR = dt.timedelta(minutes=10)
MAX_ATTEMPTS = 3
RETRY_FIRST = dt.timedelta(minutes=15)
RETRY_LAST = dt.timedelta(days=1)
# What begins soon is looked at often: cancellations come late.
SOON = (
    (dt.timedelta(days=1), dt.timedelta(hours=6)),
    (dt.timedelta(days=3), dt.timedelta(hours=12)),
    (dt.timedelta(days=7), dt.timedelta(days=1)),
)


class ClaimLost(Exception):
    """Another worker has taken the source over: this one was too slow and must not write."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to read one source now. `schedule` is its row as it was when claimed."""

    token: uuid.UUID
    schedule: Schedule

    @property
    def source(self) -> Source:
        return self.schedule.source

    @property
    def is_hopeless(self) -> bool:
        """Whether the last MAX_ATTEMPTS claims did not end: what the source sends may kill its worker."""
        return self.schedule.attempts > MAX_ATTEMPTS

    def check(self) -> None:
        """Raise ClaimLost unless the claim still holds; inside a transaction, keep it until the end of that."""
        if not Schedule.objects.select_for_update().filter(pk=self.schedule.pk, claim=self.token).exists():
            raise ClaimLost(f"{self.source} was taken over by another worker.")

    def begin(self, run: Run) -> None:
        """Make the run a row, before the first write that it accounts for, if the claim still holds."""
        if run.pk is None:
            with transaction.atomic():
                self.check()
                run.begin()


def ensure(sources: list[Source]) -> None:
    """Give a schedule to each source that has none."""
    Schedule.objects.bulk_create((Schedule(source=source) for source in sources), ignore_conflicts=True)


def due(now: dt.datetime, *, limit: int | None = None) -> list[int]:
    """Ids of the sources to read now, the longest due first; new sources get their schedule."""
    ensure(list(Source.objects.scraped().filter(schedule=None)))
    return list(Schedule.objects.due(now).order_by("next_at", "pk").values_list("source_id", flat=True)[:limit])


def queue(now: dt.datetime, *, limit: int | None = None) -> list[int]:
    """Ids of the sources that are due and not queued yet, the longest due first; they count as queued from now on.

    However long the workers need for what is due, each source waits for them once.
    """
    ensure(list(Source.objects.scraped().filter(schedule=None)))
    waiting = Schedule.objects.due(now).filter(Q(queued_until=None) | Q(queued_until__lte=now))
    with transaction.atomic():
        rows = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "pk")
        found = dict(rows.values_list("pk", "source_id")[:limit])
        Schedule.objects.filter(pk__in=found).update(queued_until=now + QUEUED_FOR)
    return list(found.values())


def claim(source_id: int, now: dt.datetime, *, due_only: bool = True) -> Claim | None:
    """Claim a source that is due, or any that is free; None if it is not to be had."""
    token = uuid.uuid4()
    schedules = Schedule.objects.filter(source=source_id)
    rows = schedules.due(now) if due_only else schedules.free(now)
    # The outer filter looks at the row again when the update has its lock: of two workers one finds it taken.
    taken = Schedule.objects.filter(pk__in=rows.values("pk")).free(now)
    if not taken.update(claim=token, claimed_until=now + CLAIM_FOR, attempts=F("attempts") + 1):
        return None
    return Claim(token, Schedule.objects.select_related("source__city", "source__health").get(source=source_id))


def interval(
    before: dt.timedelta | None, *, changed: bool, next_event: dt.datetime | None, now: dt.datetime
) -> dt.timedelta:
    """How long to wait after a good answer: half as long as last time if it had news, a quarter longer if not.

    It settles where one answer in four has news. The nearer the next event, the shorter: at most as in SOON. `before`
    is what this said last time, None for the first reading.
    """
    shortest = dt.timedelta(minutes=settings.SCRAPE_MIN_MINUTES)
    longest = dt.timedelta(days=settings.SCRAPE_MAX_DAYS)
    if next_event is not None:
        longest = min([longest, *(most for within, most in SOON if next_event - now <= within)])
    wanted = dt.timedelta(hours=settings.SCRAPE_HOURS)
    if before is not None:
        wanted = before / 2 if changed else before * 1.25
    return max(min(wanted, longest), shortest)


def succeeded(
    claimed: Claim, now: dt.datetime, *, changed: bool, next_event: dt.datetime | None = None, **columns: object
) -> None:
    """End a claim after a good answer; `columns` is what the answer leaves behind for the next request.

    `changed` says whether the answer had news, `next_event` when the source's next event begins.
    """
    wait = interval(claimed.schedule.interval, changed=changed, next_event=next_event, now=now)
    _end(
        claimed,
        next_at=now + wait * random.uniform(0.9, 1.1),
        interval=wait,
        failures=0,
        last_success_at=now,
        **columns,
    )


def failed(claimed: Claim, now: dt.datetime, *, retry_after: float | None = None) -> None:
    """End a claim after a failure: the next try comes later each time, and not before the server asked for."""
    failures = claimed.schedule.failures
    wait = min(RETRY_FIRST * 2 ** min(failures, 10), RETRY_LAST) * random.uniform(0.8, 1.2)
    wait = max(wait, dt.timedelta(seconds=retry_after or 0))
    _end(claimed, next_at=now + wait, failures=failures + 1)


def postponed(claimed: Claim, now: dt.datetime, seconds: float) -> None:
    """End a claim without an answer: the host is to be left alone for some seconds."""
    _end(claimed, next_at=now + dt.timedelta(seconds=seconds))


def _end(claimed: Claim, **columns: object) -> None:
    Schedule.objects.filter(pk=claimed.schedule.pk, claim=claimed.token).update(
        claim=None, claimed_until=None, queued_until=None, attempts=0, **columns
    )
