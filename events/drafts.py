"""What an extractor says about one event: the one contract between every format and the rest of Nocturne.

An extractor fills in what its source states and nothing else. Unknown is empty, None or the default here,
never a guess: an unknown price is not free, an unreadable date is `when=None` with a Problem that says why.
"""

import dataclasses
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Wall-clock time as the source states it.

    `start` and `end` are naive local times in `timezone`, an IANA name; None is a floating time, which is read
    in the city's zone. A stated instant without a place (…Z, +02:00) has timezone "UTC" and is naive UTC.
    `all_day` says that the source speaks of days: times are 00:00 and `end` is the exclusive midnight after the
    last day. `time_known` is False where only the day of the start is known.
    """

    start: dt.datetime
    end: dt.datetime | None = None
    timezone: str | None = None
    all_day: bool = False
    time_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The place; `country` is ISO 3166-1 alpha-2 where known, coordinates are WGS 84 degrees."""

    venue: str = ""
    address: str = ""
    locality: str = ""
    region: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None
    online: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Stated prices; `is_free` is None where the source does not say. Currency is ISO 4217 or empty."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    currency: str = ""
    is_free: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something of an item that could not be read or had to be cut: a rule code ("date.unreadable") and a sentence.

    Sentences quote what a source wrote, so what cannot be printed (or stored) becomes a space.
    """

    code: str
    message: str = ""

    def __post_init__(self) -> None:
        if not self.message.isprintable():
            message = "".join(c if c.isprintable() else " " for c in self.message)
            object.__setattr__(self, "message", message)


STATUSES = ("scheduled", "postponed", "cancelled", "sold_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """One event on one date, as one source tells it.

    `external_id` is the source's own id, "" where it has none (identify settles it). An instance of a series has
    the series' id in `series_key` and its original local date or time, ISO 8601, in `instance`; an override keeps
    the original. `part_of_key` is the external_id of the festival that this is a part of. `description` is plain
    text with newlines after normalising; before it may be HTML. `categories` are the source's own words before
    normalising and Nocturne's category codes after it.
    """

    title: str
    when: When | None
    external_id: str = ""
    series_key: str = ""
    instance: str = ""
    part_of_key: str = ""
    url: str = ""
    where: Where = field(default_factory=Where)
    price: Price = field(default_factory=Price)
    status: str = "scheduled"
    description: str = ""
    image_url: str = ""
    organizer: str = ""
    performers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back to an equal draft; empty fields but the title are left out."""
        return {"title": self.title} | _dump(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "EventDraft":
        """Raise ValueError, KeyError or TypeError for what is not the JSON of a draft."""
        values = dict(data)
        when = values.pop("when", None)
        if when is not None:
            when = dict(when)
            when["start"] = dt.datetime.fromisoformat(when["start"])
            if when.get("end"):
                when["end"] = dt.datetime.fromisoformat(when["end"])
            when = When(**when)
        price = dict(values.pop("price", {}))
        for name in ("minimum", "maximum"):
            if price.get(name) is not None:
                price[name] = Decimal(price[name])
        for name in ("performers", "categories"):
            values[name] = tuple(values.get(name, ()))
        values["problems"] = tuple(Problem(**problem) for problem in values.get("problems", ()))
        return cls(when=when, where=Where(**values.pop("where", {})), price=Price(**price), **values)

    def replace(self, **changes: Any) -> "EventDraft":
        return dataclasses.replace(self, **changes)


# Names and defaults of what has a JSON, as a draft is dumped ten thousand times for one calendar.
_FIELDS: dict[type, list[tuple[str, Any]]] = {
    kind: [
        (f.name, f.default if f.default_factory is dataclasses.MISSING else f.default_factory())
        for f in dataclasses.fields(kind)
    ]
    for kind in (EventDraft, When, Where, Price, Problem)
}


def _dump(value: Any) -> Any:
    if isinstance(value, str) or value is True or value is False:
        return value
    if fields := _FIELDS.get(type(value)):
        values = ((name, getattr(value, name), default) for name, default in fields)
        return {name: _dump(v) for name, v, default in values if v is not None and v != default and v != "" and v != ()}
    if isinstance(value, tuple):
        return [_dump(v) for v in value]
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def instant(local: dt.datetime, timezone: str) -> dt.datetime:
    """The UTC instant of a naive local time; of an hour that occurs twice the first, of one that is skipped
    the time that clocks show then."""
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)
