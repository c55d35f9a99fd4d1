"""Merging two events, taking one out again, and splitting out a listing that is wrongly attached.

Nothing is moved by a merge: listings, RSVPs and comments stay at their home event and are read through its root.
What an editor does is kept as verdicts on the pairs of listings, so that no later reading undoes it. Each of these
runs in a transaction of its own, or in the caller's, under the locks of the areas it touches.
"""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone as clock

from events import compose
from events.models import Event, Listing
from nocturne.locks import area_lock
from nocturne.models import User

from .links import link, subtree, unlink
from .models import Verdict
from .verdicts import decide


@transaction.atomic
def merge(a: Event, b: Event, *, by: User | None = None, reason: str = "") -> Event:
    """Make two events one and return its root, the older of the two roots.

    With `by` it is that editor's verdict; else editors' "different" stands against it. Raise ValueError where the
    two cannot be one. Merging what is one already changes nothing.
    """
    if a.pk == b.pk:
        raise ValueError(f"“{a.title}” cannot be merged with itself.")
    first, second = _locked(a, b)
    if first.root_id == second.root_id:
        if by is not None:
            decide(_at(first), _at(second), Verdict.Outcome.SAME, by=by, reason=reason)
        return Event.objects.get(pk=first.root_id)
    if _is_part(first, second) or _is_part(second, first):
        raise ValueError(f"“{first.title}” and “{second.title}” are a festival and its part, which stay two events.")
    lefts, rights = _listings(first.root_id), _listings(second.root_id)
    if by is None and _kept_apart(lefts, rights):
        raise ValueError(f"An editor said that “{first.title}” and “{second.title}” are different events.")
    decide(lefts, rights, Verdict.Outcome.SAME, by=by, reason=reason)
    survivor = link([first.root_id, second.root_id])
    compose.compose([survivor], now=clock.now())
    return Event.objects.get(pk=survivor)


@transaction.atomic
def unmerge(event: Event, *, by: User | None = None) -> Event:
    """Take a merged event, with what was merged into it before, out of the one that it was merged into.

    With `by` the two sides are different from now on, whatever the sources say. An event that is merged into
    nothing stays as it is. Raise ValueError if the other would be left without a listing, as an event of nobody's.
    """
    (event,) = _locked(event)
    if event.merged_into_id is None:
        return event
    old_root = event.root_id
    mine = _at(*subtree(event))
    theirs = _listings(old_root) - mine
    if mine and not theirs:
        raise ValueError(f"All that “{event.root.title}” has comes from “{event.title}”: nothing would be left of it.")
    unlink(event)
    if by is not None:
        decide(mine, theirs, Verdict.Outcome.DIFFERENT, by=by)
    compose.compose([old_root, event.pk, *_parts(old_root)], now=clock.now())
    return Event.objects.get(pk=event.pk)


@transaction.atomic
def split(listing: Listing, *, by: User | None) -> Event:
    """Give a wrongly attached listing an event of its own, and keep it apart from the listings that it leaves.

    A listing that is alone at a merged event takes that event along: that is an unmerge. Raise ValueError if there
    is nothing to leave.
    """
    listing.refresh_from_db()
    if listing.event is None:
        raise ValueError(f"“{listing.title}” belongs to no event.")
    (home,) = _locked(listing.event)
    others = _listings(home.root_id) - {listing.pk}
    if not others:
        raise ValueError(f"“{listing.title}” is the only listing of its event.")
    if home.merged_into_id is not None and _at(*subtree(home)) == {listing.pk}:
        return unmerge(home, by=by)
    event = compose.new(listing)
    event.save()
    Listing.objects.filter(pk=listing.pk).update(event=event)
    decide([listing.pk], others, Verdict.Outcome.DIFFERENT, by=by)
    compose.compose([home.root_id, event.pk, *_parts(home.root_id)], now=clock.now())
    return Event.objects.get(pk=event.pk)


def _locked(*events: Event) -> list[Event]:
    """The events as they are now, under the locks of their areas."""
    area_lock(*(event.city.area_id or event.city_id for event in events))
    rows: dict[Any, Event] = Event.objects.select_related("city").in_bulk([event.pk for event in events])
    return [rows[event.pk] for event in events]


def _is_part(event: Event, festival: Event) -> bool:
    return event.part_of_id is not None and event.part_of_id in (festival.pk, festival.root_id)


def _parts(festival: int) -> list[int]:
    return list(Event.objects.roots().filter(part_of=festival).values_list("pk", flat=True))


def _kept_apart(lefts: set[int], rights: set[int]) -> bool:
    pairs = Q(first__in=lefts, second__in=rights) | Q(first__in=rights, second__in=lefts)
    return Verdict.objects.filter(pairs, by_editor=True, outcome=Verdict.Outcome.DIFFERENT).exists()


def _listings(root: int) -> set[int]:
    return set(Listing.objects.filter(event__root=root).values_list("pk", flat=True))


def _at(*events: Event | int) -> set[int]:
    """The listings whose home these events are."""
    return set(Listing.objects.filter(event__in=events).values_list("pk", flat=True))
