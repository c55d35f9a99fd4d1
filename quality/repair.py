"""Finding what is not as it should be in an area, and mending what is safe to mend.

Everything is looked for without a lock; what is found is looked at again under the area's lock before it is changed.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from events import compose
from events.models import City, Event, Listing
from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock

from . import matching, records
from .clusters import Clusters, Edge, edges
from .models import Verdict
from .reassess import to_come
from .records import Record
from .tally import Tally, batches
from .verdicts import MOST_UNSURE, Editors, pair_of

BATCH = 500
# Duplicates are looked for in so many nights at a time, and matched again so many listings at a time.
NIGHTS = 7
MATCHED = 50
_DAY = dt.timedelta(days=1)


def repair(area: City, *, now: dt.datetime, fix: bool) -> Tally:
    """What there is to mend in an area; with `fix` it is mended where that is safe."""
    tally = Tally()
    _pointers(area, tally, fix=fix, now=now)
    _duplicates(area, tally, fix=fix, now=now)
    _drifted(area, tally, fix=fix, now=now)
    roots = _roots(area, now)
    visible = roots.filter(visibility=Event.Visibility.PUBLISHED)
    tally.counts.update(
        published=visible.count(),
        held=roots.filter(visibility=Event.Visibility.HELD).count(),
        without_listings=visible.exclude(Exists(Listing.objects.filter(event__root=OuterRef("pk")))).count(),
        unsure=_waiting(area).filter(first__last_night__gte=now.date() - _DAY).count(),
    )
    return tally


def _roots(area: City, now: dt.datetime) -> QuerySet[Event]:
    return Event.objects.roots().filter(city__area=area).from_night(now.date() - _DAY).order_by("pk")


def _waiting(area: City) -> QuerySet[Verdict]:
    return Verdict.objects.filter(outcome=Verdict.Outcome.UNSURE, by_editor=False, first__city__area=area)


def _pointers(area: City, tally: Tally, *, fix: bool, now: dt.datetime) -> None:
    """Merged events whose root is not that of the event that they are merged into."""
    wrong = Event.objects.filter(city__area=area).exclude(merged_into=None).exclude(root=F("merged_into__root"))
    if not (count := wrong.count()):
        return
    tally.counts["pointers"] += count
    tally.note(f"{count} merged events lead to the wrong event.")
    if not fix:
        return
    with transaction.atomic():
        area_lock(area.pk)
        touched = set()
        # an event is merged into an older one, so that going up by number each finds the right root before it
        for event in wrong.select_related("merged_into").order_by("pk"):
            touched |= {event.root_id, event.merged_into.root_id}  # type: ignore[union-attr]
            Event.objects.filter(pk=event.pk).update(root=event.merged_into.root_id)  # type: ignore[union-attr]
        bump_on_commit(compose.compose(touched, now=now).cities)


# --- duplicates ------------------------------------------------------------------------------------


def _duplicates(area: City, tally: Tally, *, fix: bool, now: dt.datetime) -> None:
    """Events that the matcher would make one, or would ask an editor about, if their listings were read now."""
    nights = to_come(now).filter(city__area=area).order_by("night").values_list("night", flat=True).distinct()
    told: set[tuple[int, int]] = set()
    ahead = [night for night in nights if night]
    while ahead:
        window = [night for night in ahead if night < ahead[0] + NIGHTS * _DAY]
        ahead = ahead[len(window) :]
        found, joined, unsure = _look(area, window)
        for edge in joined:
            first, second = found[edge.first], found[edge.second]
            pair = pair_of(first.root or 0, second.root or 0)
            if pair not in told:
                told.add(pair)
                tally.note(_sentence(first, second, edge))
        asked = _listings(found, joined) | _not_asked_yet(found, unsure)
        if fix:
            for some in batches(sorted(asked), MATCHED):
                _match(area, some, now)
    tally.counts["duplicates"] += len(told)


def _look(area: City, window: Sequence[dt.date]) -> tuple[list[Record], list[Edge], list[Edge]]:
    """The records of some nights and their neighbours, and which would be joined or be asked about."""
    around = {night + days * _DAY for night in window for days in (-1, 0, 1)}
    listings = Listing.objects.filter(event__isnull=False, city__area=area, night__in=around)
    found = records.of_listings(listings, area=area)
    nights = set(window)
    pairs = edges(found, matching.limits(), new=[n for n, record in enumerate(found) if record.night in nights])
    if not pairs:
        return found, [], []
    roots = {found[position].root for edge in pairs for position in (edge.first, edge.second)}
    within = [int(record.key) for record in found if record.root in roots]
    editors = Editors([])
    editors.load_between(within)
    clusters = Clusters(found, matching.limits(), lambda i, j: editors.apart(found[i].key, found[j].key))
    joined, unsure = matching.join(found, clusters, editors.edges(found) + pairs)
    return found, joined, unsure


def _listings(found: Sequence[Record], pairs: Sequence[Edge]) -> set[int]:
    return {int(found[position].key) for edge in pairs for position in (edge.first, edge.second)}


def _not_asked_yet(found: Sequence[Record], unsure: Sequence[Edge]) -> set[int]:
    """The first listings of pairs that no editor has been asked about, where there is room for the question."""
    pairs = {pair_of(found[edge.first].key, found[edge.second].key) for edge in unsure}
    if not pairs:
        return set()
    sides = {pk for pair in pairs for pk in pair}
    rows = Verdict.objects.filter(first__in=sides, second__in=sides).values_list("first", "second")
    known = set(rows)
    asked: dict[int, int] = {}
    for pair in known:
        for pk in pair:
            asked[pk] = asked.get(pk, 0) + 1
    return {first for first, second in pairs - known if max(asked.get(first, 0), asked.get(second, 0)) < MOST_UNSURE}


def _sentence(first: Record, second: Record, edge: Edge) -> str:
    why = ", ".join(edge.comparison.reasons)
    return (
        f"“{first.title}” (#{first.root}) and “{second.title}” (#{second.root}), {first.night}: "
        f"{edge.comparison.score} % one event ({why})"
    )


def _match(area: City, asked: Sequence[int], now: dt.datetime) -> None:
    """Match listings as if they were read again: merges what is one, and asks editors about the rest."""
    with transaction.atomic():
        area_lock(area.pk)
        found = Listing.objects.filter(pk__in=asked, event__isnull=False, city__area=area)
        rows = list(found.select_related("source").order_by("pk"))
        before = dict(Event.objects.filter(listings__in=rows).values_list("root", "root__city"))
        roots = {match.event_id for match in matching.match(rows, area=area).values() if match.event_id is not None}
        bump_on_commit(compose.compose(roots, now=now).cities)
        bump_on_commit(city for root, city in before.items() if root not in roots)


# --- what does not say what it should ---------------------------------------------------------------


def _drifted(area: City, tally: Tally, *, fix: bool, now: dt.datetime) -> None:
    """Events whose columns are not what their listings and overrides say."""
    for some in batches(list(_roots(area, now).values_list("pk", flat=True)), BATCH):
        changed = compose.compose(some, now=now, write=False).changed
        if not changed:
            continue
        tally.counts["drifted"] += len(changed)
        for pk in sorted(changed):
            tally.note(f"Event #{pk} does not say what its sources say.")
        if fix:
            with transaction.atomic():
                area_lock(area.pk)
                bump_on_commit(compose.compose(changed, now=now).cities)
