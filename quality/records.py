"""What matching knows of a listing: a plain record, from a row of the database or from a line of a file."""

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import F, FloatField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Left

from events.models import City, Event, Listing
from events.models.source import VISITORS
from events.nights import night_of

from .canonical import canonical

# Of a description the beginning is enough to see that two are the same.
TEXT_LENGTH = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`start` is the local time of the city, naive; where `time_known` is False only its date counts,
    and `midnight` says that the source wrote 00:00 rather than no time.

    `area` is what duplicates are looked for within, `venue_id` the identity of the venue where it is settled,
    `url` the canonical URL. `fingerprint` is empty where the venue is not known. `live` is False for what its
    source no longer shows. `root` is the event that it belongs to by now, `festival` the event that it is a part of.
    `name` is the id under which its source lists it, `part_of` that of the festival that it is a part of there.
    """

    key: int | str
    source: Hashable
    area: Hashable
    title: str
    start: dt.datetime
    night: dt.date
    time_known: bool = True
    midnight: bool = False
    last_night: dt.date | None = None
    venue: str = ""
    venue_id: int | None = None
    address: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    url: str = ""
    fingerprint: str = ""
    description: str = ""
    utc_offset: dt.timedelta | None = None
    live: bool = True
    root: int | None = None
    festival: int | None = None
    name: str = ""
    part_of: str = ""

    @property
    def is_located(self) -> bool:
        return self.latitude is not None and self.longitude is not None

    @property
    def is_run(self) -> bool:
        return self.last_night is not None and self.last_night > self.night

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """From `id city source title starts_at venue address url description`; raise ValueError or KeyError.

        A time of exactly midnight is how sources write that they know only the day.
        """
        stated = dt.datetime.fromisoformat(str(line["starts_at"]))
        start = stated.replace(tzinfo=None)
        known = start.time() != dt.time()
        return cls(
            key=line["id"],
            source=str(line.get("source") or ""),
            area=str(line.get("city") or ""),
            title=str(line["title"]),
            start=start,
            night=night_of(start, time_known=known),
            time_known=known,
            midnight=not known and len(str(line["starts_at"])) > len("2026-12-04"),
            venue=str(line.get("venue") or ""),
            address=str(line.get("address") or ""),
            city=str(line.get("city") or ""),
            url=canonical(str(line["url"])) if line.get("url") else "",
            description=str(line.get("description") or "")[:TEXT_LENGTH],
        )


def of_listings(listings: QuerySet[Listing], *, area: City) -> list[Record]:
    """The records of listings that have a time and a city, by id; one query, without the whole of their drafts.

    Times are local to the area's zone. Midnight is how many sources write that they know only the day.
    """
    rows = listings.order_by("pk").values(
        "source_id",
        "title",
        "starts_at",
        "local_start",
        "night",
        "last_night",
        "venue_id",
        "canonical_url",
        "fingerprint",
        "retired_at",
        key=F("pk"),
        root=F("event__root"),
        festival=F("event__root__part_of__root"),
        city_name=F("city__name"),
        venue_name=KT("draft__where__venue"),
        address=KT("draft__where__address"),
        latitude=Cast(KT("draft__where__latitude"), FloatField()),
        longitude=Cast(KT("draft__where__longitude"), FloatField()),
        all_day=KT("draft__when__all_day"),
        time_known=KT("draft__when__time_known"),
        text=Left(KT("draft__description"), TEXT_LENGTH),
        name=F("external_id"),
        part_of=KT("draft__part_of_key"),
        built_in=F("source__built_in"),
    )
    return [_of_row(row, area) for row in rows]


def of_rows(listings: Iterable[Listing], *, area: City) -> list[Record]:
    """The records of listings at hand, by id, as `of_listings` gives them; they have ids and need not be saved yet.

    Their sources are loaded.
    """
    rows = sorted(listings, key=lambda listing: listing.pk)
    events = {
        pk: (root, festival)
        for pk, root, festival in Event.objects.filter(
            pk__in={row.event_id for row in rows if row.event_id}
        ).values_list("pk", "root", "root__part_of__root")
    }
    names = dict(City.objects.filter(pk__in={row.city_id for row in rows}).values_list("pk", "name"))
    return [_of_row(_told(row, names, events), area) for row in rows]


def _told(listing: Listing, names: Mapping[int, str], events: Mapping[int, tuple[int, int | None]]) -> dict[str, Any]:
    """A listing as a row of `of_listings`."""
    where, when = listing.draft.get("where", {}), listing.draft.get("when", {})
    root, festival = events.get(listing.event_id or 0, (None, None))
    return {
        "key": listing.pk,
        "source_id": listing.source_id,
        "title": listing.title,
        "starts_at": listing.starts_at,
        "local_start": listing.local_start,
        "night": listing.night,
        "last_night": listing.last_night,
        "venue_id": listing.venue_id,
        "canonical_url": listing.canonical_url,
        "fingerprint": listing.fingerprint,
        "retired_at": listing.retired_at,
        "root": root,
        "festival": festival,
        "city_name": names.get(listing.city_id or 0, ""),
        "venue_name": where.get("venue"),
        "address": where.get("address"),
        "latitude": where.get("latitude"),
        "longitude": where.get("longitude"),
        "all_day": "true" if when.get("all_day") else None,
        "time_known": "false" if when.get("time_known") is False else None,
        "text": listing.draft.get("description", "")[:TEXT_LENGTH],
        "name": listing.external_id,
        "part_of": listing.draft.get("part_of_key"),
        "built_in": listing.source.built_in,
    }


def _of_row(row: Mapping[str, Any], area: City) -> Record:
    start = row["starts_at"].astimezone(area.zone)
    offset = start.utcoffset()
    known = row["all_day"] != "true" and row["time_known"] != "false"
    # a day is the day that the source names, whatever the zone
    local = start.replace(tzinfo=None) if known else dt.datetime.fromisoformat(row["local_start"])
    venue = row["venue_name"] or ""
    return Record(
        key=row["key"],
        # visitors are as many sources as they are: two of them may tell of one event
        source=(row["source_id"], row["key"]) if row["built_in"] == VISITORS else row["source_id"],
        area=area.pk,
        title=row["title"],
        start=local,
        night=row["night"],
        time_known=known and local.time() != dt.time(),
        midnight=known and local.time() == dt.time(),
        last_night=row["last_night"],
        venue=venue,
        venue_id=row["venue_id"],
        address=row["address"] or "",
        city=row["city_name"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        url=row["canonical_url"],
        fingerprint=row["fingerprint"] if row["venue_id"] else "",
        description=row["text"] or "",
        utc_offset=offset,
        live=row["retired_at"] is None,
        root=row["root"],
        festival=row["festival"],
        name=row["name"],
        part_of=row["part_of"] or "",
    )
