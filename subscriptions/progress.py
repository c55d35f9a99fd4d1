"""How far the mails of an issue are: how many of each state, how fast they go, and when the last will have gone."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils import timezone as clock

from nocturne.models import EmailLog

from . import sending
from .models import WEEKDAYS, Digest

LATELY = dt.timedelta(minutes=5)  # the rate is that of them
MINUTE = dt.timedelta(minutes=1)
Mailed = EmailLog.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`counts` are by state, `days` readers whose day has not come, by its name; `ends_at` is None if nobody knows."""

    counts: dict[str, int]
    days: list[tuple[str, int]]
    per_minute: float
    ends_at: dt.datetime | None
    running: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        return self.counts.get(Mailed.QUEUED, 0) + self.counts.get(Mailed.SENDING, 0)

    @property
    def done(self) -> int:
        return self.total - self.left


def progress_of(digest: Digest, *, now: dt.datetime | None = None) -> Progress:
    now = now or clock.now()
    counts = sending.progress_of(digest)
    left = counts.get(Mailed.QUEUED, 0) + counts.get(Mailed.SENDING, 0)
    running = digest.state in sending.GOING and (left > 0 or digest.claimed_until is not None)
    per_minute = _rate(digest, now)
    ends_at = now + left / per_minute * MINUTE if running and left and per_minute else None
    return Progress(
        counts=counts, days=_days(digest, sum(counts.values())), per_minute=per_minute, ends_at=ends_at, running=running
    )


def _rate(digest: Digest, now: dt.datetime) -> float:
    """Mails a minute that were handed over or refused lately; 0 if there were none."""
    rows = EmailLog.objects.filter(matter=digest.matter, finished_at__gt=now - LATELY).exclude(state=Mailed.SKIPPED)
    lately = rows.aggregate(n=Count("pk"), first=Min("started_at"))
    if not lately["n"]:
        return 0
    begun = max(lately["first"] or now, now - LATELY)
    return float(lately["n"] / max((now - begun) / MINUTE, 1 / 60))


def _days(digest: Digest, mails: int) -> list[tuple[str, int]]:
    """Readers who get it on a day that is still to come, by that day."""
    if digest.finished_at or mails >= sending.recipients(digest).count():
        return []
    # released early, Monday has its mails before its day
    first = max(digest.queued_until + 1, 1 if mails else 0)
    later = sending.recipients(digest, weekdays=range(first, 7)).order_by("weekday")
    counts = later.values_list("weekday").annotate(n=Count("pk"))
    return [(str(WEEKDAYS[weekday]), count) for weekday, count in counts]
