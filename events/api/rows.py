"""Events as JSON, written where they lie: PostgreSQL makes most of a row's text, and the rest is put before it.

Only what needs Python's own knowledge is written here: times by its zones, as on the pages, and addresses of ours.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Func, TextField, Value
from django.db.models.functions import NullIf
from django.urls import reverse

from events.dates import machine_times
from events.images import address
from events.models import City, Event, Image
from events.models.event import EventQuerySet
from events.prepared import Microseconds, Prepared, moment
from nocturne.origin import absolute


class JsonText(Func):
    """A JSON object of these expressions, as text."""

    cast = "::text"

    def __init__(self, **fields: Any) -> None:
        self.keys = tuple(fields)
        super().__init__(*fields.values(), output_field=TextField())

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **rest: Any) -> tuple[str, tuple[Any, ...]]:
        parts, params = [], []
        for key, expression in zip(self.keys, self.get_source_expressions(), strict=True):
            sql, values = compiler.compile(expression)
            parts.append(f"'{key}', {sql}")
            params += values
        return f"json_build_object({', '.join(parts)}){self.cast}", tuple(params)


class Venue(JsonText):
    """An object, or null without a venue."""

    cast = ""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **rest: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = super().as_sql(compiler, connection)
        pk, _ = compiler.compile(self.get_source_expressions()[0])
        return f"CASE WHEN {pk} IS NOT NULL THEN {sql} END", params


def _or_null(name: str) -> Func:
    return NullIf(F(name), Value(""))


# What PostgreSQL writes of each event, in this order; EventOut in events/api/schemas.py describes it.
WRITTEN = JsonText(
    timezone=F("timezone"),
    night=F("night"),
    last_night=F("last_night"),
    all_day=F("all_day"),
    time_known=F("time_known"),
    status=F("status"),
    category=_or_null("category"),
    venue=Venue(id=F("venue__pk"), name=F("venue__name")),
    address=_or_null("address"),
    latitude=F("latitude"),
    longitude=F("longitude"),
    online=F("online"),
    price_min=F("price_min"),
    price_max=F("price_max"),
    currency=_or_null("currency"),
    is_free=F("is_free"),
    source_count=F("source_count"),
)


NAMED = ("pk", "title", "slug", "city__code", "city__slug", "timezone", "all_day", "time_known")
TIMES = (Microseconds("starts_at"), Microseconds("ends_at"))
PICTURE = ("image__hash", "image__width", "image__taken_down_at")
CODE, STARTS = NAMED.index("city__code"), len(NAMED)
COLUMNS = len(NAMED) + len(TIMES) + len(PICTURE) + 1


def rows_of(events: EventQuerySet, *further: str) -> Any:
    """What `texts` needs of these events, with further columns behind it."""
    return events.values_list(*NAMED, *TIMES, *PICTURE, WRITTEN, *further)


def texts(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Each row of `rows_of` as the text of a JSON object."""
    before, between, after = _around()
    before = absolute(before)
    found = []
    for pk, title, slug, code, city, zone, all_day, time_known, start, end, image, width, down, written, *_ in rows:
        starts, ends = _times(start, end, zone, time_known and not all_day)
        picture = f'"{_picture(image, width)}"' if image and not down else "null"
        # a slug of plain letters needs no escape
        plain = slug and slug.isascii()
        url = f"{before}{city}{between}{slug}-{pk}{after}" if plain else _address(city, slug, pk)
        found.append(
            f'{{"id":{pk},"title":{_quoted(title)},"url":"{url}","city":"{code}",'
            f'"starts_at":"{starts}","ends_at":{ends},"image":{picture},{written[1:]}'
        )
    return found


_quoted = json.encoder.encode_basestring


@lru_cache(maxsize=4096)
def _times(start: int, end: int | None, zone: str, timed: bool) -> tuple[str, str]:
    """As JSON, of microseconds. Events of a night begin at a few times, so that most are known."""
    local = ZoneInfo(zone)
    begins, ends_at = moment(start).astimezone(local), None if end is None else moment(end).astimezone(local)
    starts, ends = machine_times(begins, ends_at, timed=timed)
    return starts, f'"{ends}"' if ends else "null"


def _picture(hash: str, width: int) -> str:
    image = Image(hash=hash, width=width)
    return absolute(address(image, image.widths[-1]))


def _address(city: str, slug: str, pk: int) -> str:
    return absolute(reverse("events:event", args=[city, slug or "event", pk]))


@cache
def _around() -> tuple[str, str, str]:
    """What stands around the slugs in the path of an event's page; plain ones need no escape."""
    before, _, rest = reverse("events:event", args=["city", "slug", 0]).partition("city")
    between, _, after = rest.partition("slug-0")
    return before, between, after


# --- what is asked for most ---------------------------------------------------------------------------


def usual_rows(city_id: int, first: dt.date, last: dt.date, count: int) -> list[Sequence[Any]]:
    """`rows_of` an active city's one-off events of these nights in the usual order, with the night behind."""
    return _USUAL.rows(count, city=city_id, first=first, last=last)


def usual_keys(row: Sequence[Any]) -> tuple[dt.date, dt.datetime, int]:
    """By what a row of `usual_rows` stands where it does."""
    return row[COLUMNS], moment(row[STARTS]), row[0]


def _usual() -> Any:
    events = Event.objects.public().in_city(City(pk=-1)).on_nights(dt.date.min, dt.date.max).for_list()
    assert events.query.order_by == ("night", "starts_at", "pk"), "usual_keys says by what"
    return rows_of(events.filter(city__active=True), "night")


_USUAL = Prepared(_usual, city=-1, first=dt.date.min, last=dt.date.max)
