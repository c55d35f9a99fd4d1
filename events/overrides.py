"""Editors' values, which go over what the sources say: `Event.overrides`, {field: value} in JSON.

Times are local times of the event's city, "2026-12-05T20:00". A blank value follows the sources.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from .drafts import instant
from .models import City, Event, Venue

Columns = dict[str, Any]


def _text(length: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length:
            raise ValueError(f"is no text of at most {length} characters")
        return value.strip()

    return read


def _choice(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return str(value)

    return read


def _local_time(value: Any) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo:
        raise ValueError("is no local time as 2026-12-05T20:00")
    return time


def _price(value: Any) -> Decimal:
    try:
        price = Decimal(str(value)).quantize(Decimal("0.01"))
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price < 10**10:
        raise ValueError("is no price")
    return price


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def _id(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdigit():
        raise ValueError("is no id")
    return int(value)


FIELDS: dict[str, Callable[[Any], Any]] = {
    "title": _text(300),
    "description": _text(100_000),
    "starts_at": _local_time,
    "ends_at": _local_time,
    "venue": _id,
    "address": _text(300),
    "price_min": _price,
    "price_max": _price,
    "currency": _text(3),
    "is_free": _flag,
    "status": _choice(*Event.Status.values),
    "visibility": _choice(*Event.Visibility.values),
    "category": _text(20),
    "organizer": _text(200),
    "url": _text(2000),
    "image_url": _text(2000),
}


def read(overrides: Mapping[str, Any]) -> tuple[Columns, list[str]]:
    """The values that can be used, by field, and a sentence for each that cannot."""
    values, problems = {}, []
    for name, value in overrides.items():
        if value in ("", None):
            continue
        if name not in FIELDS:
            problems.append(f"{name} is no field that can be overridden.")
            continue
        try:
            values[name] = FIELDS[name](value)
        except ValueError as error:
            problems.append(f"{name}: {value!r} {error}.")
    return values, problems


def apply(composed: Columns, overrides: Mapping[str, Any], *, city: City, venues: Mapping[int, Venue]) -> City:
    """Put the usable overrides over the columns, each group made consistent; return the event's city.

    A venue brings its city, address and coordinates; a start puts an end before it away; a lowest price puts a
    lower highest one away, and the other way round.
    """
    values, _ = read(overrides)
    venue = venues.get(values.pop("venue", 0))
    if venue is not None:
        city = venue.city
        composed |= {
            "city_id": venue.city_id,
            "venue_id": venue.pk,
            "address": venue.address,
            "latitude": venue.latitude,
            "longitude": venue.longitude,
            "online": False,
        }
    if start := values.pop("starts_at", None):
        composed |= {"starts_at": instant(start, city.timezone), "all_day": False, "time_known": True}
    if end := values.pop("ends_at", None):
        composed["ends_at"] = instant(end, city.timezone)
    composed |= values
    if {"price_min", "price_max"} & values.keys() and "is_free" not in values:
        composed["is_free"] = not any(composed[name] for name in ("price_min", "price_max"))
    low, high = composed["price_min"], composed["price_max"]
    if low is not None and high is not None and high < low:
        composed["price_min" if "price_max" in values and "price_min" not in values else "price_max"] = None
    return city
