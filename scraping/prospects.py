"""What matching would say of events that are not written yet: the same records, compared by its pure parts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from events.drafts import instant
from events.models import City
from events.nights import last_night_of, night_of
from events.text import fold
from quality import venues
from quality.canonical import canonical
from quality.foresight import Foreseen, foresee
from quality.records import TEXT_LENGTH, Record

from .assess import Item
from .identity import fingerprint


def foreseen(items: Sequence[Item]) -> dict[int, Foreseen]:
    """What matching would say of items that can be events, by the item's identity."""
    by_area: dict[City, list[Item]] = defaultdict(list)
    for item in items:
        if item.area and item.city and item.draft.title:
            by_area[item.area].append(item)
    found: dict[int, Foreseen] = {}
    for area, group in by_area.items():
        names = _venues(group)
        new = [_record(number, item, area, names) for number, item in enumerate(group)]
        found |= {id(item): one for item, one in zip(group, foresee(new, area=area), strict=True)}
    return found


def _venues(items: Sequence[Item]) -> dict[tuple[int, str], int]:
    """Ids of the venues that are known, by city and folded name."""
    by_city: dict[City, list[str]] = defaultdict(list)
    for item in items:
        assert item.city is not None
        by_city[item.city].append(item.draft.where.venue)
    return {
        (city.pk, name): venue.pk
        for city, names in by_city.items()
        for name, venue in venues.known(city, names).items()
    }


def local_start(item: Item) -> dt.datetime:
    """The start on the city's clock, naive; days are the same days everywhere."""
    assert item.city is not None
    assert item.draft.when is not None
    return _on_clock(item, item.draft.when.start)


def _on_clock(item: Item, local: dt.datetime) -> dt.datetime:
    when, city = item.draft.when, item.city
    assert when is not None
    assert city is not None
    if when.all_day or not when.time_known:
        return local
    return instant(local, item.timezone).astimezone(city.zone).replace(tzinfo=None)


def _record(key: int, item: Item, area: City, known: dict[tuple[int, str], int]) -> Record:
    """The record that matching would make of the listing, once it was saved."""
    draft, when, city = item.draft, item.draft.when, item.city
    assert when is not None
    assert city is not None
    local, end = local_start(item), when.end and _on_clock(item, when.end)
    timed = when.time_known and not when.all_day
    there = instant(local, city.timezone).astimezone(area.zone)
    start = there.replace(tzinfo=None) if timed else when.start
    venue_id = known.get((city.pk, fold(draft.where.venue)[:200]))
    return Record(
        key=key,
        source="new",
        area=area.pk,
        title=draft.title[:300],
        start=start,
        night=night_of(local, time_known=timed),
        time_known=timed and start.time() != dt.time(),
        last_night=last_night_of(local, end, all_day=when.all_day, time_known=when.time_known),
        venue=draft.where.venue,
        venue_id=venue_id,
        address=draft.where.address,
        city=city.name,
        latitude=draft.where.latitude,
        longitude=draft.where.longitude,
        url=canonical(draft.url) if draft.url else "",
        fingerprint=fingerprint(draft) if venue_id else "",
        description=draft.description[:TEXT_LENGTH],
        utc_offset=there.utcoffset(),
    )
