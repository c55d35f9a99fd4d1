"""What an event says: a pure function of its root's listings and the overrides.

Columns go by groups (events/groups.py), so that a lowest and a highest price never come from different sources.
Of each group the most trusted live listing that says anything is taken, then the one that says more, then the one
seen first: two equal sources never take turns. Retired listings count only when no live one is left.

- where: in the city of the listing seen first, so that reading another city's sources never moves an event.
- when: a listing that knows only the day says nothing about the time, if another knows it.
- title: titles in capitals and titles with a "sold out" mark come last.
- status: what the most trusted listings say. Without a live listing the event is no longer listed, unless the last
  one went only after it had begun.
- visibility: an editor's, else published if the best listing scores enough, else held; what is archived and over
  stays archived.

Editors' overrides go over it last (events/overrides.py); those of merged events where the root has none.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone as clock

from nocturne import bulk

from . import images
from .drafts import instant
from .groups import GROUPS, Told, best, status
from .models import City, Event, EventChange, Listing, Source, Venue
from .nights import last_night_of, night_of, tonight
from .overrides import apply, read
from .text import fold, slugify

Columns = dict[str, Any]

# Not for visitors: a change of these alone makes no page stale.
_PRIVATE = frozenset({"provenance", "score"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What composing needs to know beside listings and overrides.

    `venues` holds the venue that stays, with its city, for each venue id of listings and overrides; `parts` the
    root event by (source id, external id) for the festivals that drafts point to; `images` the picture by its address.
    """

    venues: Mapping[int, Venue] = field(default_factory=dict)
    parts: Mapping[tuple[int, str], int] = field(default_factory=dict)
    images: Mapping[str, int] = field(default_factory=dict)


def columns(
    listings: Sequence[Listing],
    overrides: Mapping[str, Any],
    *,
    now: dt.datetime,
    archived: bool = False,
    known: Known = Known(),
) -> Columns:
    """The composed columns of an event by attribute name (`venue_id`), from at least one listing.

    Listings have a time and a city, and come with source and city loaded. `archived` says that the event is so far.
    """
    live = [listing for listing in listings if listing.retired_at is None]
    told = [_told(listing, known) for listing in live or listings]
    values: Columns = {}
    provenance: dict[str, int] = {}
    home = min(told, key=lambda one: one.listing.pk).city
    around = [one for one in told if one.city == home]
    for group in GROUPS:
        one = best(around if group.name == "where" else told, group)
        values |= group.read(one)
        if group.completeness(one) or group.name in ("where", "when", "title"):
            provenance[group.name] = one.listing.pk
    values["status"], one = status(told)
    provenance["status"] = one.listing.pk
    values |= {
        "provenance": provenance,
        "score": max(one.listing.score for one in told),
        "source_count": len({listing.source_id for listing in live}),
    }
    values |= _instants(values.pop("start"), values.pop("end"), home)
    if not live and max(at for listing in listings if (at := listing.retired_at)) <= values["starts_at"]:
        values["status"] = Event.Status.NOT_LISTED
    if chosen := _chosen_image(overrides):  # it or none: the sources' is not what the editor wants
        values["image_id"] = known.images.get(chosen)
    city = apply(values, overrides, city=home, venues=known.venues)
    values |= _nights(values, city)
    venue = known.venues.get(values["venue_id"])
    words = (values["title"], venue.name if venue else "", values["organizer"], *values["performers"])
    values |= {"slug": slugify(values["title"]), "folded": fold(" ".join(words))}
    if "visibility" not in values:
        over = values["last_night"] < tonight(now, city.timezone)
        values["visibility"] = _visibility(values["score"], archived=archived and over)
    return values


def _told(listing: Listing, known: Known) -> Told:
    draft = listing.as_draft()
    venue = known.venues.get(listing.venue_id) if listing.venue_id else None
    city: City = listing.city  # type: ignore[assignment]
    part_of = known.parts.get((listing.source_id, draft.part_of_key))
    image = known.images.get(draft.image_url) if listing.source.images else None
    return Told(listing, draft, city, venue, part_of, image)


def _instants(start: dt.datetime, end: dt.datetime | None, city: City) -> Columns:
    """Times of a source that speaks of days are naive, and are days of the city."""
    if start.tzinfo is None:
        start = instant(start, city.timezone)
    if end is not None and end.tzinfo is None:
        end = instant(end, city.timezone)
    return {"starts_at": start, "ends_at": end}


def _nights(values: Columns, city: City) -> Columns:
    start, end = values["starts_at"], values["ends_at"]
    if end is not None and end < start:
        end = None
    local = start.astimezone(city.zone).replace(tzinfo=None)
    local_end = end and end.astimezone(city.zone).replace(tzinfo=None)
    night = night_of(local, time_known=values["time_known"] and not values["all_day"])
    last = last_night_of(local, local_end, all_day=values["all_day"], time_known=values["time_known"])
    return {
        "ends_at": end,
        "timezone": city.timezone,
        "night": night,
        "last_night": last,
        "is_run": last > night,
    }


def _visibility(score: int, *, archived: bool) -> str:
    if archived:
        return Event.Visibility.ARCHIVED
    published = score >= settings.QUALITY_PUBLISH_SCORE
    return Event.Visibility.PUBLISHED if published else Event.Visibility.HELD


@dataclass(frozen=True, slots=True)
class ComposeResult:
    """Ids of the events that were written, and of the cities whose pages show something else now."""

    changed: frozenset[int]
    cities: frozenset[int]


def new(listing: Listing) -> Event:
    """An unsaved event that says what one listing says; `compose` completes it once both are saved."""
    if listing.city is None or listing.starts_at is None:
        raise ValueError(f"“{listing.title}” has no time or no city, so it is no event.")
    venues = {listing.venue.pk: listing.venue} if listing.venue else {}
    values = columns([listing], {}, now=clock.now(), known=Known(venues=venues))
    # Provenance is what compose knows a composed event by.
    return Event(**{name: value for name, value in values.items() if name != "provenance"})


def open_events(groups: Iterable[Sequence[Listing]], *, now: dt.datetime) -> ComposeResult:
    """Insert an event for each group of listings, composed of them, and give them its id.

    The listings have ids, source, city and venue at hand, and need no row yet. Of those that are parts of a festival
    the event is to be composed again when that has one.
    """
    groups = list(groups)
    venues = {venue.pk: venue for group in groups for one in group if (venue := one.venue)}
    known = Known(venues=venues, images=_images([one for group in groups for one in group], {}))
    # instances of so many columns would take longer to make than what is in them
    blank = {field.attname: field.get_default() for field in Event._meta.concrete_fields} | {"updated_at": now}
    tonights = {city.timezone: tonight(now, city.timezone) for group in groups for one in group if (city := one.city)}
    rows: list[Columns] = []
    cities: set[int] = set()
    for pk, group in zip(bulk.reserve(Event, len(groups)), groups, strict=True):
        values = columns(group, {}, now=now, known=known)
        rows.append({**blank, "id": pk, "root_id": pk, **values})
        if values["visibility"] == Event.Visibility.PUBLISHED and values["last_night"] >= tonights[values["timezone"]]:
            cities.add(values["city_id"])
        for listing in group:
            listing.event_id = pk
    bulk.insert_values(Event, rows)
    return ComposeResult(frozenset(row["id"] for row in rows), frozenset(cities))


def compose(root_ids: Iterable[int], *, now: dt.datetime, write: bool = True) -> ComposeResult:
    """Make the columns of these roots what their listings and overrides say; only rows that differ are written.

    A change of time, place or status of an event that visitors could see and that is not over makes an EventChange.
    Runs in the caller's transaction, under the lock of the area where others may write, too.
    """
    events = list(Event.objects.filter(pk__in=set(root_ids), merged_into=None))
    listings, overrides, known = _load(events)
    changed: list[Event] = []
    fields: set[str] = set()
    changes: list[EventChange] = []
    cities: set[int] = set()
    for event in events:
        if event.pk not in listings:
            continue  # all its listings were split out
        archived = event.visibility == Event.Visibility.ARCHIVED
        wanted = columns(listings[event.pk], overrides[event.pk], now=now, archived=archived, known=known)
        if wanted["part_of_id"] == event.pk:
            wanted["part_of_id"] = None
        before = {name: getattr(event, name) for name, value in wanted.items() if getattr(event, name) != value}
        if not before:
            continue
        was_new = not event.provenance
        for name in before:
            setattr(event, name, wanted[name])
        if was_new or not before.keys() <= _PRIVATE:
            cities |= _stale_cities(event, before, now=now)
        if not was_new and (change := _change(event, before, listings[event.pk], now=now, known=known)):
            changes.append(change)
        event.updated_at = now
        changed.append(event)
        fields |= before.keys()
    if write and changed:
        names = {name.removesuffix("_id") for name in fields} | {"updated_at", "sequence"}
        bulk.update(Event, changed, sorted(names))
        EventChange.objects.bulk_create(changes)
    return ComposeResult(frozenset(event.pk for event in changed), frozenset(cities))


def _load(events: list[Event]) -> tuple[dict[int, list[Listing]], dict[int, Columns], Known]:
    """Listings and effective overrides by root, and what composing needs beside them; in a fixed number of queries."""
    roots = [event.pk for event in events]
    listings: dict[int, list[Listing]] = defaultdict(list)
    rows = list(Listing.objects.filter(event__root__in=roots).annotate(root=F("event__root")).order_by("pk"))
    # a few sources and cities for many listings: read once, not joined to each
    sources = Source.objects.in_bulk({listing.source_id for listing in rows})
    cities = City.objects.in_bulk({listing.city_id for listing in rows if listing.city_id})
    for listing in rows:
        listing.source, listing.city = sources[listing.source_id], cities[listing.city_id or 0]
        listings[listing.root].append(listing)
    overrides: dict[int, Columns] = {event.pk: dict(event.overrides) for event in events}
    members = Event.objects.filter(root__in=roots).exclude(merged_into=None).exclude(overrides={}).order_by("pk")
    for root_id, values in members.values_list("root_id", "overrides"):
        overrides[root_id] = {
            **values,
            **{k: v for k, v in overrides[root_id].items() if v not in ("", None)},
        }
    flat = [listing for many in listings.values() for listing in many]
    known = Known(venues=_venues(events, flat, overrides), parts=_parts(flat), images=_images(flat, overrides))
    return listings, overrides, known


def _venues(events: list[Event], listings: list[Listing], overrides: Mapping[int, Columns]) -> dict[int, Venue]:
    """The venue that stays, with its city, by venue id; more than one query only where venues were merged."""
    wanted = {pk for listing in listings if (pk := listing.venue_id)}
    wanted |= {pk for values in overrides.values() if (pk := read(values)[0].get("venue"))}
    wanted |= {event.venue_id for event in events if event.venue_id}
    return Venue.objects.that_stay(Venue.objects.filter(pk__in=wanted).select_related("city") if wanted else ())


def _images(listings: Sequence[Listing], overrides: Mapping[int, Columns]) -> dict[str, int]:
    urls = {listing.draft.get("image_url") for listing in listings}
    return images.showable({*urls, *(_chosen_image(values) for values in overrides.values())} - {"", None})


def _chosen_image(overrides: Mapping[str, Any]) -> str:
    """The address of the picture that an editor wants, "" for what the sources have."""
    return str(read(overrides)[0].get("image_url", "")) if "image_url" in overrides else ""


def _parts(listings: list[Listing]) -> dict[tuple[int, str], int]:
    keys = {key for listing in listings if (key := listing.draft.get("part_of_key"))}
    if not keys:
        return {}
    sources = {listing.source_id for listing in listings}
    rows = Listing.objects.filter(source__in=sources, external_id__in=keys, event__isnull=False)
    return {(source, key): root for source, key, root in rows.values_list("source_id", "external_id", "event__root_id")}


def _stale_cities(event: Event, before: Columns, *, now: dt.datetime) -> set[int]:
    """The cities in whose lists a change shows: none if the event was and is out of sight, or is over."""
    seen = Event.Visibility.PUBLISHED in (event.visibility, before.get("visibility"))
    last = max(event.last_night, before.get("last_night", event.last_night))
    if not seen or last < tonight(now, event.timezone):
        return set()
    return {event.city_id, before.get("city_id", event.city_id)}


def _change(
    event: Event, before: Columns, listings: Sequence[Listing], *, now: dt.datetime, known: Known
) -> EventChange | None:
    """The row that tells visitors of a change of time, place or status, with the event's next sequence."""
    told = {name: (value, getattr(event, name)) for name, value in before.items() if name in _TOLD}
    if "venue_id" in told and _is_still_said(before, event.provenance, listings, known):
        del told["venue_id"]
    starts = max(event.starts_at, before.get("starts_at", event.starts_at))
    visible = before.get("visibility", event.visibility) == Event.Visibility.PUBLISHED
    if not told or not visible or starts < now:
        return None
    event.sequence += 1
    was, is_now = ({_TOLD[name]: _plain(name, pair[i], known) for name, pair in told.items()} for i in (0, 1))
    return EventChange(event=event, sequence=event.sequence, at=now, before=was, after=is_now)


def _is_still_said(before: Columns, provenance: Mapping[str, int], listings: Sequence[Listing], known: Known) -> bool:
    """Whether who named the venue still does, and another source is believed now: its name for it is no news."""
    former = before.get("provenance", provenance).get("where")
    if former == provenance.get("where"):
        return False
    rows = (listing for listing in listings if listing.pk == former and listing.retired_at is None)
    venues = (known.venues.get(listing.venue_id or 0) for listing in rows)
    return any(venue is not None and venue.pk == before["venue_id"] for venue in venues)


# The fields that an EventChange tells of, and their names in it.
_TOLD = {
    "starts_at": "starts_at",
    "ends_at": "ends_at",
    "all_day": "all_day",
    "time_known": "time_known",
    "venue_id": "venue",
    "online": "online",
    "status": "status",
}


def _plain(name: str, value: Any, known: Known) -> Any:
    """As JSON: an instant in ISO 8601, a venue by its name."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if name == "venue_id":
        venue = known.venues.get(value)
        return venue.name if venue else ""
    return value
