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
from events.models import Image
from events.models.event import EventQuerySet
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
NAMED = ("pk", "title", "slug", "city__code", "city__slug", "starts_at", "ends_at", "timezone", "all_day", "time_known")
PICTURE = ("image__hash", "image__width", "image__taken_down_at")
COLUMNS = len(NAMED) + len(PICTURE) + 1


def rows_of(events: EventQuerySet, *further: str) -> Any:
    """What `texts` needs of these events, with further columns behind it."""
    return events.values_list(*NAMED, *PICTURE, WRITTEN, *further)


def texts(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Each row of `rows_of` as the text of a JSON object."""
    return [_text(row) for row in rows]


def _text(row: Sequence[Any]) -> str:
    pk, title, slug, code, city, starts_at, ends_at, zone, all_day, time_known, image, width, down, written, *_ = row
    starts, ends = _times(starts_at, ends_at, zone, time_known and not all_day)
    picture = f'"{_picture(image, width)}"' if image and not down else "null"
    return (
        f'{{"id":{pk},"title":{_quoted(title)},"url":"{_address(city, slug, pk)}","city":"{code}",'
        f'"starts_at":"{starts}","ends_at":{ends},"image":{picture},{written[1:]}'
    )


_quoted = json.encoder.encode_basestring


@lru_cache(maxsize=4096)
def _times(start: dt.datetime, end: dt.datetime | None, zone: str, timed: bool) -> tuple[str, str]:
    """As JSON. Events of a night begin at a few times, so that most are known."""
    local = ZoneInfo(zone)
    starts, ends = machine_times(start.astimezone(local), end and end.astimezone(local), timed=timed)
    return starts, f'"{ends}"' if ends else "null"


def _picture(hash: str, width: int) -> str:
    image = Image(hash=hash, width=width)
    return absolute(address(image, image.widths[-1]))


def _address(city: str, slug: str, pk: int) -> str:
    if not slug.isascii() or not slug:
        return absolute(reverse("events:event", args=[city, slug or "event", pk]))
    before, between, after = _around()
    return absolute(f"{before}{city}{between}{slug}-{pk}{after}")


@cache
def _around() -> tuple[str, str, str]:
    """What stands around the slugs in the path of an event's page; plain ones need no escape."""
    before, _, rest = reverse("events:event", args=["city", "slug", 0]).partition("city")
    between, _, after = rest.partition("slug-0")
    return before, between, after
