"""Merging two venues that are one place, taking that back, and remembering which are not.

The older venue stays. The other one keeps its row and its names, and whoever comes by one of them is led on, so that
a merge is remembered and can be undone. Listings say at once that they are at the venue that stays, since matching
goes by that; which of them came under the names of the other is told by their drafts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone as clock

from events.compose import compose
from events.decisions import keep, undoes
from events.models import City, Decision, Event, Listing, Venue, VenueAlias
from events.text import fold
from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock
from nocturne.models import User

from .models import VenuesApart
from .venue_pairs import Place, Suggestion, suggest

AT_ONCE = 2000
LOOKED_FOR = 10 * 60


def suggestions(city: City | None = None) -> list[Suggestion]:
    """Venues of active cities, or of one, that may be one place and that nobody has judged yet, the likeliest first.

    A city is looked through when venues came or were merged there, and else every ten minutes.
    """
    roots = Venue.objects.roots().filter(Q(city=city) if city else Q(city__active=True))
    cities = roots.order_by().values_list("city").annotate(n=Count("pk"), newest=Max("pk")).filter(n__gt=1)
    keys = {f"venues-alike:{pk}:{n}:{newest}": pk for pk, n, newest in cities}
    kept: dict[str, list[Any]] = cache.get_many(keys)
    found = {key: [Suggestion(a, b, score, tuple(why)) for a, b, score, why in rows] for key, rows in kept.items()}
    if missing := {pk: key for key, pk in keys.items() if key not in found}:
        new = {missing[pk]: suggest(places) for pk, places in _places(missing).items()}
        # the cache keeps JSON
        cache.set_many({key: [astuple(one) for one in many] for key, many in new.items()}, timeout=LOOKED_FOR)
        found |= new
    apart = _apart()
    asked = (one for many in found.values() for one in many if (one.first, one.second) not in apart)
    return sorted(asked, key=lambda one: (-one.score, one.first, one.second))


def _places(cities: Iterable[int]) -> dict[int, list[Place]]:
    """The venues of these cities, by city."""
    found: dict[int, list[Place]] = {pk: [] for pk in cities}
    rows = Venue.objects.roots().filter(city__in=found)
    fields = rows.values_list("pk", "city", "city__name", "name", "address", "latitude", "longitude")
    for pk, city, city_name, name, address, north, east in fields.iterator(chunk_size=AT_ONCE):
        found[city].append(
            Place(key=pk, city=city, city_name=city_name, name=name, address=address, latitude=north, longitude=east)
        )
    return found


def _apart() -> set[tuple[int, int]]:
    """The pairs of venues that are two, as those that stayed when one of them was merged into another since."""
    pairs = list(VenuesApart.objects.values_list("first", "second"))
    ends = {pk for pair in pairs for pk in pair}
    if Venue.objects.filter(pk__in=ends).exclude(merged_into=None).exists():
        stays = Venue.objects.that_stay(Venue.objects.filter(pk__in=ends))
        pairs = [(stays[first].pk, stays[second].pk) for first, second in pairs]
    return {(min(pair), max(pair)) for pair in pairs}


def waiting() -> int:
    """How many suggestions there are, in all active cities."""
    return len(suggestions())


@transaction.atomic
def merge(a: Venue, b: Venue, *, by: User) -> Decision | None:
    """Make two venues of a city one, the older; None if they are one already. Raise ValueError if they cannot be."""
    _lock(a.pk, b.pk, a.merged_into_id, b.merged_into_id)
    stays = Venue.objects.that_stay(Venue.objects.filter(pk__in=[a.pk, b.pk]).select_related("city"))
    survivor, other = sorted((stays[a.pk], stays[b.pk]), key=lambda venue: venue.pk)
    if survivor.pk == other.pk:
        return None
    if survivor.city_id != other.city_id:
        raise ValueError(f"“{survivor}” is in {survivor.city} and “{other}” in {other.city}: they stay two venues.")
    _merge(survivor, other)
    summary = f"The same venue: “{survivor.name}” and “{other.name}”, in {survivor.city.name}."
    state = {"merged": other.pk, "into": survivor.pk}
    return keep(Decision.Kind.VENUE, summary, state, by=by, path=_path(survivor))


@transaction.atomic
def unmerge(venue: Venue, *, by: User) -> Decision | None:
    """Take a merged venue out again; the two are not suggested any more. None if it is merged into nothing."""
    _lock(venue.pk, venue.merged_into_id)
    venue.refresh_from_db()
    survivor = venue.merged_into
    if survivor is None:
        return None
    _unmerge(venue)
    VenuesApart.objects.get_or_create(
        first_id=min(venue.pk, survivor.pk), second_id=max(venue.pk, survivor.pk), defaults={"decided_by": by}
    )
    summary = f"Not the same venue any more: “{venue.name}” and “{survivor.name}”, in {venue.city.name}."
    state = {"unmerged": venue.pk, "from": survivor.pk}
    return keep(Decision.Kind.VENUE, summary, state, by=by, path=_path(venue))


@transaction.atomic
def keep_apart(a: Venue, b: Venue, *, by: User) -> Decision | None:
    """Remember that two venues are two; None if that is known."""
    first, second = sorted((a, b), key=lambda venue: venue.pk)
    _, new = VenuesApart.objects.get_or_create(first=first, second=second, defaults={"decided_by": by})
    if not new:
        return None
    summary = f"Two venues: “{first.name}” and “{second.name}”, in {first.city.name}."
    return keep(Decision.Kind.VENUE, summary, {"apart": [first.pk, second.pk]}, by=by, path=_path(first))


@undoes(Decision.Kind.VENUE, "events.change_venue")
def _as_before(decision: Decision) -> str:
    state = decision.state
    anew = ValueError("It has been decided anew since, so nothing was taken back.")
    if pair := state.get("apart"):
        VenuesApart.objects.filter(first=pair[0], second=pair[1]).delete()
        return ""
    merged = "merged" in state
    pk, into = (state["merged"], state["into"]) if merged else (state["unmerged"], state["from"])
    venue = Venue.objects.select_related("city").get(pk=pk)
    _lock(pk, into)
    venue.refresh_from_db(fields=["merged_into"])
    if venue.merged_into_id != (into if merged else None):
        raise anew
    if merged:
        _unmerge(venue)
        return ""
    survivor = Venue.objects.get(pk=into)
    if survivor.merged_into_id is not None:
        raise anew
    VenuesApart.objects.filter(first=min(pk, into), second=max(pk, into)).delete()
    _merge(survivor, venue)
    return ""


def _merge(survivor: Venue, other: Venue) -> None:
    Venue.objects.filter(pk=other.pk).update(merged_into=survivor)
    Listing.objects.filter(venue=other).update(venue=survivor)
    events = Event.objects.filter(venue=other)
    roots = list(events.order_by().values_list("root", flat=True))
    # The place is the same one under its other name, so nobody is told of a change of it.
    events.update(venue=survivor, updated_at=clock.now())
    _compose(roots, survivor)


def _unmerge(venue: Venue) -> None:
    """Listings under a name of the venue, or of one that is merged into it, are its own again."""
    survivor = Venue.objects.that_stay([venue])[venue.pk]
    Venue.objects.filter(pk=venue.pk).update(merged_into=None)
    mine = _with_merged(venue)
    names = set(VenueAlias.objects.filter(venue__in=mine).values_list("folded", flat=True))
    rows = Listing.objects.filter(venue=survivor).order_by().values_list("pk", "draft__where__venue")
    listings = [pk for pk, name in rows.iterator(chunk_size=AT_ONCE) if fold(name or "")[:200] in names]
    Listing.objects.filter(pk__in=listings).update(venue=venue)
    events = Event.objects.filter(venue=survivor)
    said = Q(provenance__where__in=listings) & ~Q(overrides__has_key="venue")
    own = events.filter(said | Q(overrides__venue__in=mine))
    roots = list(own.order_by().values_list("root", flat=True))
    own.update(venue=venue, updated_at=clock.now())
    _compose(roots, venue, survivor)


def _compose(roots: list[int], *venues: Venue) -> None:
    result = compose(roots, now=clock.now())
    shown_in = Event.objects.filter(pk__in=roots).order_by().values_list("city", flat=True).distinct()
    bump_on_commit({*result.cities, *shown_in, *(venue.city_id for venue in venues)})


def _with_merged(venue: Venue) -> list[int]:
    """The ids of a venue and of all that are merged into it, directly or through others."""
    children: dict[int, list[int]] = defaultdict(list)
    rows = Venue.objects.filter(city=venue.city_id).exclude(merged_into=None)
    for pk, parent in rows.values_list("pk", "merged_into"):
        children[parent or 0].append(pk)
    found = [venue.pk]
    for pk in found:
        found += children[pk]
    return found


def _lock(*venues: int | None) -> None:
    """The areas of these venues and of the events there: an editor's value may bring one from elsewhere."""
    cities = City.objects.filter(Q(venues__in=venues) | Q(events__venue__in=venues)).order_by().distinct()
    area_lock(*(area or pk for pk, area in cities.values_list("pk", "area_id")))


def _path(venue: Venue) -> str:
    return reverse("admin:events_venue_change", args=[venue.pk])
