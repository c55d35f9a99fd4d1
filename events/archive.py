"""Putting away what is long over.

Events leave the lists and keep their pages, listings, RSVPs and comments. Drafts stay whole: an event says what its
listings say, and an editor may still raise a source's trust, split or unmerge. What is thrown away are records of work
that nobody needs any more; the apps above register what of theirs that is.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils import timezone as clock

from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock

from .models import City, Event
from .models.event import EventQuerySet

DAYS = 30
# Records of work are kept so many times as long as events stay in the lists.
KEEP = 3
BATCH = 500

# Deletes rows from before a moment, and yields after each batch how many; with dry_run only says how many it would be.
Pruner = Callable[[dt.datetime, bool], Iterator[int]]
Progress = Callable[[str], None]
Days = Callable[[], int]
_PRUNERS: dict[str, tuple[Pruner, Days | None]] = {}


@dataclass(frozen=True, slots=True)
class Archived:
    """How many events were archived, and how many rows of what was pruned, by its name."""

    events: int
    pruned: dict[str, int]


def register(name: str, prune: Pruner, *, days: Days | None = None) -> None:
    """Have a kind of records pruned; `name` is its plural, as "readings". `days` says how long it is kept, if that is
    a matter of its own."""
    _PRUNERS[name] = (prune, days)


def archive(
    *,
    days: int = DAYS,
    dry_run: bool = False,
    now: dt.datetime | None = None,
    progress: Progress = lambda words: None,
) -> Archived:
    """Archive events whose last night is more than so many days ago, and prune what is three times as old.

    In batches of one transaction each, under the lock of the area; safe to repeat, and to kill at any line.
    """
    now = now or clock.now()
    events = 0
    for count in _events(now.date() - dt.timedelta(days=days), now, dry_run=dry_run):
        events += count
        progress(f"{events:,} events")
    pruned = {}
    for name, (prune, own_days) in _PRUNERS.items():
        pruned[name] = 0
        before = now - dt.timedelta(days=own_days() if own_days else KEEP * days)
        for count in prune(before, dry_run):
            pruned[name] += count
            progress(f"{pruned[name]:,} {name}")
    return Archived(events, pruned)


def over(last: dt.date) -> EventQuerySet:
    """Published events whose last night is before a date. What was held was never public, and what an editor shows
    or hides stays as the editor said.

    No night is after its last one; that the night is over, too, is what the index of lists knows.
    """
    said = Event.objects.filter(root=OuterRef("pk"), overrides__has_key="visibility")
    return Event.objects.public().filter(~Exists(said), night__lt=last, last_night__lt=last)


def _events(last: dt.date, now: dt.datetime, *, dry_run: bool) -> Iterator[int]:
    for city in City.objects.filter(events__in=over(last)).distinct().order_by("pk"):
        here = over(last).in_city(city).order_by("pk")
        if dry_run:
            yield here.count()
            continue
        while True:
            with transaction.atomic():
                area_lock(city.area_id or city.pk)
                rows = list(here.values_list("pk", flat=True)[:BATCH])
                Event.objects.filter(pk__in=rows).update(visibility=Event.Visibility.ARCHIVED, updated_at=now)
                if rows:
                    bump_on_commit([city.pk])
            if not rows:
                break
            yield len(rows)


def deleting[T: Model](rows: QuerySet[T], dry_run: bool) -> Iterator[int]:
    """Delete rows of a model, oldest first, a batch at a time; how many of it went each time."""
    if dry_run:
        yield rows.count()
        return
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=pks).delete()
        yield len(pks)
