"""The groups of an event's columns, and how each is read from one listing.

For each group: how much a listing says about it (0 for nothing), and the columns that it gives.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .drafts import EventDraft, instant
from .models import City, Listing, Venue
from .titles import is_clean

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A listing and its draft. `venue` is the one that stays; `part_of_id` the festival that it is a part of;
    `image_id` the picture that its source lets us show."""

    listing: Listing
    draft: EventDraft
    city: City
    venue: Venue | None = None
    part_of_id: int | None = None
    image_id: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    completeness: Callable[[Told], int]
    read: Callable[[Told], Columns]


def best(told: list[Told], group: Group) -> Told:
    """The listing that a group comes from: any that says something, the most trusted, which says most, seen first."""

    if len(told) == 1:
        return told[0]

    def rank(one: Told) -> tuple[bool, int, int, int]:
        amount = group.completeness(one)
        return amount > 0, one.listing.source.trust, amount, -one.listing.pk

    return max(told, key=rank)


def _where(one: Told) -> Columns:
    where = one.draft.where
    return {
        "city_id": one.city.pk,
        "venue_id": one.venue and one.venue.pk,
        "address": where.address[:300],
        "latitude": where.latitude,
        "longitude": where.longitude,
        "online": where.online,
    }


def _says_where(one: Told) -> int:
    where = one.draft.where
    return 4 * (one.venue is not None) + 2 * bool(where.address) + (where.latitude is not None) + where.online


def _when(one: Told) -> Columns:
    """A day without a time is that day in the event's city, so these times stay as the source has them."""
    when, listing = one.draft.when, one.listing
    if when is None:
        return {"start": listing.starts_at, "end": None, "all_day": False, "time_known": True}
    zone = listing.timezone or when.timezone or one.city.timezone
    dated = when.all_day or not when.time_known
    start: dt.datetime = when.start if dated else listing.starts_at or instant(when.start, zone)
    end = when.end if dated or when.end is None else instant(when.end, zone)
    return {"start": start, "end": end, "all_day": when.all_day, "time_known": when.time_known}


def _says_when(one: Told) -> int:
    when = one.draft.when
    if when is None or when.all_day or not when.time_known:
        return 0
    return 1 + (when.end is not None)


def _money(value: Decimal | None) -> Decimal | None:
    if value is None or not value.is_finite() or not 0 <= value < 10**10:
        return None
    return value.quantize(Decimal("0.01"))


def _price(one: Told) -> Columns:
    price = one.draft.price
    low, high = _money(price.minimum), _money(price.maximum)
    if low is not None and high is not None and high < low:
        high = None
    return {"price_min": low, "price_max": high, "currency": price.currency[:3], "is_free": price.is_free}


def _says_price(one: Told) -> int:
    low, high, _, free = _price(one).values()
    return (low is not None) + (high is not None) + (free is not None)


def _text(one: Told) -> Columns:
    return {"description": one.draft.description, "language": one.draft.language[:8]}


def _says_text(one: Told) -> int:
    """In three steps, so that a sentence more does not make one text take another's place."""
    length = len(one.draft.description)
    return (length > 0) + (length >= 80) + (length >= 400)


def _people(one: Told) -> Columns:
    return {
        "organizer": one.draft.organizer[:200],
        "performers": [name[:200] for name in one.draft.performers],
    }


def _category(one: Told) -> Columns:
    return {"category": one.draft.categories[0][:20] if one.draft.categories else ""}


GROUPS = (
    Group("where", _says_where, _where),
    Group("when", _says_when, _when),
    Group("price", _says_price, _price),
    Group("title", lambda one: int(is_clean(one.listing.title)), lambda one: {"title": one.listing.title}),
    Group("text", _says_text, _text),
    Group(
        "image",
        lambda one: int(bool(one.draft.image_url)),
        lambda one: {"image_url": one.draft.image_url[:2000]},
    ),
    # what can be shown: the address above may lead nowhere
    Group("picture", lambda one: int(one.image_id is not None), lambda one: {"image_id": one.image_id}),
    Group("people", lambda one: 2 * bool(one.draft.performers) + bool(one.draft.organizer), _people),
    Group("category", lambda one: len(one.draft.categories[:1]), _category),
    Group("url", lambda one: int(bool(one.listing.url)), lambda one: {"url": one.listing.url}),
    Group(
        "series",
        lambda one: int(one.listing.series_id is not None),
        lambda one: {"series_id": one.listing.series_id},
    ),
    Group("part_of", lambda one: int(one.part_of_id is not None), lambda one: {"part_of_id": one.part_of_id}),
)


def status(told: list[Told]) -> tuple[str, Told]:
    """What the most trusted listings say, and which of them; a cancellation by one of several that are as trusted
    is believed."""
    trust = max(one.listing.source.trust for one in told)
    trusted = sorted((one for one in told if one.listing.source.trust == trust), key=lambda one: one.listing.pk)
    for value in ("cancelled", "postponed", "sold_out"):
        for one in trusted:
            if one.draft.status == value:
                return value, one
    return "scheduled", trusted[0]
