"""What the API says of an event; events/api/rows.py writes it."""

import datetime as dt
from typing import Any, Literal

from ninja import Field, Schema

from events.models import Event

Status = Literal["scheduled", "postponed", "cancelled", "sold_out", "not_listed"]
assert set(Status.__args__) == set(Event.Status.values)  # type: ignore[attr-defined]


class VenueName(Schema):
    id: int
    name: str


class EventOut(Schema):
    """One thing that you can go to, once. What is not known is null; a price that is null is unknown and not free."""

    id: int
    title: str
    url: str = Field(description="Its page.")
    city: str = Field(description="The code of its city.")
    starts_at: str = Field(
        description="Local, with the offset; a date alone where no time is known.", examples=["2026-12-05T20:00+01:00"]
    )
    ends_at: str | None = Field(examples=["2026-12-05T23:00+01:00", "2026-12-05", None])
    image: str | None = Field(description="A picture, as WebP, if one may be shown.")
    timezone: str = Field(examples=["Europe/Berlin"])
    night: dt.date = Field(
        description="The date on which the night out begins: 01:00 on Saturday is Friday's night, which ends at 06:00."
    )
    last_night: dt.date = Field(description="Later than `night` of runs, as exhibitions.")
    all_day: bool
    time_known: bool
    status: Status
    category: str | None = Field(description="A code of /api/categories.", examples=["music"])
    venue: VenueName | None
    address: str | None
    latitude: float | None
    longitude: float | None
    online: bool
    price_min: float | None
    price_max: float | None
    currency: str | None = Field(examples=["EUR"])
    is_free: bool | None
    source_count: int = Field(description="How many sources list it.")


class Events(Schema):
    """`next_cursor` is null on the last page."""

    city: str
    date_from: dt.date
    date_to: dt.date
    events: list[EventOut]
    next_cursor: str | None


class SourceOfEvent(Schema):
    name: str
    url: str
    homepage: str | None
    first_seen_at: dt.datetime
    changed_at: dt.datetime
    missing_since: dt.datetime | None = Field(description="Since when the source does not list it any more.")


class ChangeOut(Schema):
    """A change of time, place or status that those who go should hear of."""

    at: dt.datetime
    before: dict[str, Any]
    after: dict[str, Any]


class SeriesOut(Schema):
    id: int
    title: str | None
    url: str


class WholeEvent(EventOut):
    description: str | None
    language: str | None
    organizer: str | None
    performers: list[str]
    link: str | None = Field(description="The event's own page, as publishers name it.")
    series: SeriesOut | None
    part_of: int | None = Field(description="The id of the festival that it is a part of.")
    sources: list[SourceOfEvent]
    changes: list[ChangeOut]
    created_at: dt.datetime
    updated_at: dt.datetime
