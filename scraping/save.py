"""Match and save: what a reading says becomes listings and events, in one transaction for each area."""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from events import compose, images
from events.drafts import EventDraft, instant
from events.models import City, Event, Listing, Series, Source, Venue
from events.nights import last_night_of, night_of
from events.text import fold
from nocturne import bulk, metrics
from nocturne.locks import area_lock
from quality import findings, matching, rules, venues
from quality.canonical import canonical

from . import beneath
from .assess import Item
from .identity import fingerprint
from .models import Run, RunItem

log = logging.getLogger(__name__)


class Right(Protocol):
    """The right to write what a source says, as a Claim: `check` raises if it is lost, `begin` makes the run a row."""

    @property
    def source(self) -> Source: ...
    def check(self) -> None: ...
    def begin(self, run: Run) -> None: ...


@dataclass(slots=True)
class Saved:
    """What was written: listings by how, and the ids of cities whose lists changed."""

    new: int = 0
    changed: int = 0
    merged: int = 0
    cities: set[int] = field(default_factory=set)


def save(claimed: Right, run: Run, items: Sequence[Item], now: dt.datetime) -> set[int]:
    """Write what is new or changed; the ids of the cities whose lists changed. Counts go into `run`.

    The run becomes a row only if there is something to write.
    """
    changed = [item for item in items if not item.unchanged]
    run.unchanged = len(items) - len(changed)
    if not changed:
        return set()
    claimed.begin(run)
    images.note((item.draft.image_url for item in changed), now=now)
    for item in changed:
        metrics.quality_score.observe(item.score)
    run.held = sum(1 for item in changed if item.score < settings.QUALITY_PUBLISH_SCORE or not item.placed)
    cities: set[int] = set()
    for area_ids, group in sorted(_by_areas(changed).items()):
        saved = _save_area(claimed, run, area_ids, group, now)
        run.new += saved.new
        run.changed += saved.changed
        run.merged += saved.merged
        cities |= saved.cities
    return cities


def unsaved(source: Source, item: Item, now: dt.datetime) -> Listing:
    """The listing that an item that can be an event would become, at a venue only if that is known; nothing is kept."""
    assert item.city is not None
    listing = Listing(source=source, first_seen_at=now)
    _fill(listing, item, now)
    name = item.draft.where.venue
    listing.venue = venues.known(item.city, [name]).get(fold(name)[:200])
    return listing


def _save_area(claimed: Right, run: Run, area_ids: tuple[int, ...], group: Sequence[Item], now: dt.datetime) -> Saved:
    """Save in one transaction; what the database refuses is cut in halves until it is one item, and set aside."""
    try:
        with transaction.atomic():
            area_lock(*area_ids)
            claimed.check()
            return _save_group(claimed.source, run, group, now)
    except (DataError, IntegrityError) as error:
        if len(group) == 1:
            log.exception("saving %s of %s failed", group[0].draft.external_id, claimed.source)
            found = rules.Found(rule="item.refused", severity="error", weight=100, message=str(error)[:500])
            with transaction.atomic():
                claimed.check()
                findings.record(claimed.source, {group[0].key: group[0].listing}, {group[0].key: [found]})
            return Saved()
    half = len(group) // 2
    first = _save_area(claimed, run, area_ids, group[:half], now)
    second = _save_area(claimed, run, area_ids, group[half:], now)
    return Saved(
        first.new + second.new,
        first.changed + second.changed,
        first.merged + second.merged,
        first.cities | second.cities,
    )


def _by_areas(items: Sequence[Item]) -> dict[tuple[int, ...], list[Item]]:
    """Items by the areas that saving them touches: the one they lie in and, if they moved, the one they leave."""
    cities = {item.listing.city_id for item in items if item.listing and item.listing.city_id}
    area_of = {city.pk: city.area_id or city.pk for city in City.objects.filter(pk__in=cities)}
    groups = defaultdict(list)
    for item in items:
        areas = {item.area.pk} if item.area else set()
        if item.listing and item.listing.city_id:
            areas.add(area_of[item.listing.city_id])
        groups[tuple(sorted(areas))].append(item)
    return groups


def _save_group(source: Source, run: Run, group: Sequence[Item], now: dt.datetime) -> Saved:
    saved = Saved()
    told = beneath.found(group)  # while the rows are as they were
    listings, actions = _listings(source, group, now)
    new = [listing for listing in listings.values() if listing._state.adding]
    for listing, pk in zip(new, bulk.reserve(Listing, len(new)), strict=True):
        listing.pk = pk
    old = [listing for listing in listings.values() if not listing._state.adding]
    bulk.update(Listing, old, _COLUMNS)
    by_area: dict[City, list[Listing]] = defaultdict(list)
    for item in group:
        if item.area and item.placed and item.key in listings:
            by_area[item.area].append(listings[item.key])
    for area, rows in by_area.items():
        _join_events(rows, area, saved, now)
    bulk.insert(Listing, [listing for listing in new if listing._state.adding])  # those that are no events
    # a listing that is back, but whose place or date cannot be read now, has its event as it was
    back = [listings[item.key].pk for item in group if not item.placed and item.key in listings]
    if back:
        roots = Event.objects.filter(listings__in=back).values_list("root", flat=True)
        saved.cities |= compose.compose(roots, now=now).cities
    items = ({"run_id": run.pk, "listing_id": listings[key].pk, "action": did} for key, did in actions.items())
    bulk.insert_values(RunItem, items)
    findings.record(
        source,
        {item.key: listings.get(item.key, item.listing) for item in group},
        {item.key: [*item.found, *told.get(item.key, ())] for item in group},
    )
    saved.new, saved.changed = len(new), len(old)
    return saved


def _join_events(listings: Sequence[Listing], area: City, saved: Saved, now: dt.datetime) -> None:
    """Match listings, open an event for those that join none, and compose every event that is touched.

    New listings are inserted once they have their event, and events once they are composed: each row is written once.
    """
    matches = matching.match(listings, area=area)
    opening: dict[int, list[Listing]] = defaultdict(list)
    homeless = [listing for listing in listings if listing.event_id is None]
    roots = set()
    for listing in listings:
        match = matches[listing.pk]
        if match.event_id is not None:
            roots.add(match.event_id)
            listing.event_id = listing.event_id or match.event_id
            saved.merged += match.joined
        else:
            opening[match.group].append(listing)
    saved.cities |= compose.open_events(opening.values(), now=now).cities
    bulk.update(Listing, [listing for listing in homeless if not listing._state.adding], ["event"])
    bulk.insert(Listing, [listing for listing in homeless if listing._state.adding])
    roots |= {pk for listing in homeless if (pk := listing.event_id) and listing.draft.get("part_of_key")}
    roots |= _parts_of(homeless)
    saved.cities |= compose.compose(roots, now=now).cities


def _parts_of(listings: Sequence[Listing]) -> set[int]:
    """The events that were listed as parts of these before these were events themselves."""
    if not listings:
        return set()
    keys = {listing.external_id for listing in listings}
    parts = Listing.objects.filter(source=listings[0].source_id, draft__has_key="part_of_key", event__isnull=False)
    return {root for root, key in parts.values_list("event__root", "draft__part_of_key") if key in keys}


def _listings(
    source: Source, group: Sequence[Item], now: dt.datetime
) -> tuple[dict[str, Listing], dict[str, RunItem.Action]]:
    """The listings by external id as they are to be, new ones without a row, and what is done to which.

    An item that has become unreadable leaves its listing as it was.
    """
    rows = Listing.objects.in_bulk([item.listing.pk for item in group if item.listing])
    series = _series(source, [item.draft for item in group])
    places = _venues(group)
    listings: dict[str, Listing] = {}
    actions: dict[str, RunItem.Action] = {}
    for item in group:
        row = rows[item.listing.pk] if item.listing else None
        if row is not None and row.event_id and not item.placed:
            row.external_id, row.content_hash = item.key, item.content_hash
            row.missing_since = row.retired_at = None
            listings[item.key] = row
            continue
        back = row is not None and row.missing_since is not None
        action = RunItem.Action.NEW if row is None else RunItem.Action.BACK if back else RunItem.Action.CHANGED
        actions[item.key] = RunItem.Action.ADOPTED if item.identified.adopted else action
        listing = row or Listing(first_seen_at=now)
        listing.source = source  # at hand, for matching
        _fill(listing, item, now)
        listing.series = series.get(item.draft.series_key)
        listing.venue = places.get((listing.city_id or 0, fold(item.draft.where.venue)[:200]))
        listings[item.key] = listing
    return listings, actions


_COLUMNS = (
    "external_id",
    "series",
    "draft",
    "content_hash",
    "title",
    "url",
    "canonical_url",
    "fingerprint",
    "local_start",
    "timezone",
    "starts_at",
    "night",
    "last_night",
    "city",
    "venue",
    "score",
    "changed_at",
    "missing_since",
    "retired_at",
)


def _fill(listing: Listing, item: Item, now: dt.datetime) -> None:
    draft = item.draft
    listing.external_id = draft.external_id
    listing.tell(draft, item.data)
    listing.content_hash = item.content_hash
    listing.title = draft.title[:300]
    listing.url = draft.url
    listing.canonical_url = canonical(draft.url) if draft.url else ""
    listing.fingerprint = fingerprint(draft) if draft.when else ""
    listing.city = item.city
    listing.score = item.score
    listing.changed_at = now
    listing.missing_since = listing.retired_at = None
    listing.timezone = item.timezone
    listing.local_start, listing.starts_at, listing.night, listing.last_night = "", None, None, None
    if draft.when and item.city:
        when = draft.when
        listing.local_start = when.start.isoformat(timespec="seconds")
        start, end = _city_time(when.start, item), when.end and _city_time(when.end, item)
        listing.starts_at = instant(start, item.city.timezone)
        listing.night = night_of(start, time_known=when.time_known and not when.all_day)
        listing.last_night = last_night_of(start, end, all_day=when.all_day, time_known=when.time_known)


def _city_time(local: dt.datetime, item: Item) -> dt.datetime:
    """The city's wall clock at a time of the draft; days are the same days everywhere."""
    assert item.city is not None
    assert item.draft.when is not None
    if item.draft.when.all_day or not item.draft.when.time_known:
        return local
    return instant(local, item.timezone).astimezone(item.city.zone).replace(tzinfo=None)


def _series(source: Source, drafts: Sequence[EventDraft]) -> dict[str, Series]:
    titles = {draft.series_key: draft.title for draft in drafts if draft.series_key}
    if not titles:
        return {}
    known = {row.key: row for row in source.series.filter(key__in=titles)}
    new = [Series(source=source, key=key, title=title[:300]) for key, title in titles.items() if key not in known]
    return known | {row.key: row for row in Series.objects.bulk_create(new)}


def _venues(group: Sequence[Item]) -> dict[tuple[int, str], Venue]:
    """Venues by city and folded name."""
    by_city: dict[City, list[EventDraft]] = defaultdict(list)
    for item in group:
        if item.city and item.draft.when:
            by_city[item.city].append(item.draft)
    return {
        (city.pk, name): venue
        for city, drafts in by_city.items()
        for name, venue in venues.resolve(city, [(draft.where.venue, draft.where.address) for draft in drafts]).items()
    }
