"""Counts by the minute, in the database for a day, over all processes and machines: the status page, and alerts.

Each process adds what its counters have gained since it did so last. What a process that is killed has not added yet
is lost, some seconds of it; nothing is ever added twice.
"""

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.utils import timezone as clock
from prometheus_client.samples import Sample

from nocturne import metrics
from nocturne.models import Minute

MINUTE = dt.timedelta(minutes=1)
# Asked by machines; they would hide how it is for people.
UNCOUNTED = frozenset(("health", "health_live", "health_ready", "metrics"))
EDGES = tuple(f"within:{edge:g}" for edge in metrics.SECONDS)


def totals() -> dict[str, float]:
    """What this process has counted since it started, under the names of the minutes."""
    found: dict[str, float] = defaultdict(float)
    for family in metrics.REGISTRY.collect():
        for sample in family.samples:
            for name in _names(sample):
                found[name] += sample.value
    return dict(found)


def _names(sample: Sample) -> Iterable[str]:
    labels = sample.labels
    match sample.name.removeprefix(f"{metrics.PREFIX}_"):
        case "request_seconds_count" if labels["view"] not in UNCOUNTED:
            return ("requests", "errors") if labels["status"] == "5xx" else ("requests",)
        case "request_seconds_bucket" if labels["view"] not in UNCOUNTED and labels["le"] != "+Inf":
            return (f"within:{float(labels['le']):g}",)
        case "cache_hits_total" | "cache_misses_total" | "limit_hits_total" as name:
            return (name.removesuffix("_total"),)
        case "mails_total":
            return (f"mail:{labels['result']}",)
        case "scrapes_total":
            return (f"scrape:{labels['outcome']}",)
        case "task_seconds_count":
            return ("tasks",)
    return ()


class Adder:
    """Adds what this process gains from now on. A child that is forked needs one of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._added = totals()

    def add(self, *, now: dt.datetime | None = None) -> None:
        """Add what was counted since the last time to the current minute; kept for the next time if that fails."""
        with self._lock:
            counted = totals()
            gained = {name: value - self._added.get(name, 0.0) for name, value in counted.items()}
            add({name: value for name, value in gained.items() if value > 0}, now=now or clock.now())
            self._added = counted


def add(gained: Mapping[str, float], *, now: dt.datetime) -> None:
    _upsert(gained, now, "nocturne_minute.value + excluded.value")


def note(measured: Mapping[str, float], *, now: dt.datetime) -> None:
    """Write down what was measured in this minute; the last of it stays."""
    _upsert(measured, now, "excluded.value")


def _upsert(values: Mapping[str, float], now: dt.datetime, value: str) -> None:
    if not values:
        return
    names = sorted(values)  # in one order, so that two processes never wait for each other
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO nocturne_minute (at, name, value)
            SELECT %s, * FROM unnest(%s::text[], %s::float8[])
            ON CONFLICT (at, name) DO UPDATE SET value = {value}
            """,
            [now.replace(second=0, microsecond=0), names, [float(values[name]) for name in names]],
        )


def forget(now: dt.datetime) -> None:
    Minute.objects.filter(at__lt=now - dt.timedelta(hours=settings.METRICS_RETENTION_HOURS)).delete()


@dataclass(frozen=True, slots=True)
class Span:
    """What was counted in some minutes, and the highest that was measured in any, by name."""

    since: dt.datetime
    sums: Mapping[str, float] = field(default_factory=dict)
    highest: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.sums.get(name, 0.0)

    def slower_than(self, seconds: float) -> float:
        """How many requests took longer than an edge of metrics.SECONDS, or the next one above."""
        edge = next((edge for edge in metrics.SECONDS if edge >= seconds), None)
        return 0.0 if edge is None else max(0.0, self["requests"] - self[f"within:{edge:g}"])

    def quantile(self, share: float) -> float | None:
        """The seconds within which that share of requests was answered, read off between two edges; None without any.

        What took longer than the last edge counts as that.
        """
        wanted, before, low = share * self["requests"], 0.0, 0.0
        if not wanted:
            return None
        for edge in metrics.SECONDS:
            within = self[f"within:{edge:g}"]
            if within >= wanted:
                return low + (edge - low) * (wanted - before) / (within - before)
            before, low = within, edge
        return float(metrics.SECONDS[-1])


def spans(since: dt.datetime, until: dt.datetime, *, each: dt.timedelta) -> list[Span]:
    """All spans of that length from the first to the last, also those in which nothing was."""
    sums: dict[dt.datetime, dict[str, float]] = defaultdict(dict)
    highest: dict[dt.datetime, dict[str, float]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT date_bin(make_interval(secs => %s), at, %s), name, sum(value), max(value) FROM nocturne_minute
            WHERE at >= %s AND at < %s GROUP BY 1, 2
            """,
            [each.total_seconds(), since, since, until],
        )
        for begin, name, total, most in cursor.fetchall():
            sums[begin][name], highest[begin][name] = total, most
    count = -(-(until - since) // each)
    begins = [since + number * each for number in range(count)]
    return [Span(begin, sums.get(begin, {}), highest.get(begin, {})) for begin in begins]


def lately(minutes: int, *, now: dt.datetime) -> Span:
    """What was counted in the last minutes, the one that has begun included."""
    until = now.replace(second=0, microsecond=0) + MINUTE
    return spans(until - minutes * MINUTE, until, each=minutes * MINUTE)[0]
