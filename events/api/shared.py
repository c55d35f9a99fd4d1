"""What the public routes have in common: which city is meant, which nights, and answers that anybody may keep."""

import datetime as dt
import json
from typing import Annotated, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from ninja import Field, Path
from ninja.errors import ValidationError
from pydantic import BeforeValidator

from events.models import City
from events.search import MAX_IDS, MAX_NIGHTS, NIGHTS, YEARS
from nocturne.pages import etag_of, not_modified, public_file

JSON = "application/json"
MAX_ID = 2**63 - 1
DAY = dt.timedelta(days=1)


def _date(value: object) -> dt.date:
    """Of the one form 2026-12-31: numbers and times are no dates."""
    try:
        found = dt.date.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.isoformat() != value or found.year not in YEARS:
        raise ValueError(f"“{str(value)[:40]}” is no date; write it as 2026-12-31.")
    return found


def parts(value: object) -> object:
    """Values of a parameter that may be repeated or hold several, a comma between them."""
    if not isinstance(value, list):
        return value
    return [part.strip() for text in value for part in str(text).split(",") if part.strip()]


Night = Annotated[dt.date, BeforeValidator(_date)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Ids = Annotated[list[Id], BeforeValidator(parts), Field(max_length=MAX_IDS)]
PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
CityId = Annotated[str, Path(description="The code or the slug of a city.", examples=["de--berlin", "berlin"])]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Cursor = Annotated[
    str | None,
    Field(None, max_length=1000, description="`next_cursor` of the page before; all else must be asked as it was."),
]


def wrong(where: str, field: str, detail: str) -> ValidationError:
    """The error of one field that only the whole can judge: 422."""
    return ValidationError([{"loc": (where, field), "msg": detail, "type": "value_error"}])


def active_city(city_id: str) -> City | None:
    """The active city of a code or a slug. Codes have two hyphens, slugs never do."""
    if not city_id.isprintable() or len(city_id) > 140:
        return None
    meant = Q(code=city_id) if "--" in city_id else Q(slug=city_id)
    return City.objects.active().filter(meant).first()


def city_of(city_id: str) -> City:
    """The city that a path names, else 404."""
    found = active_city(city_id)
    if found is None:
        raise Http404(f"There is no city “{city_id[:60]}” here; /api/locations/search finds those that there are.")
    return found


def nights_of(date_from: dt.date | None, date_to: dt.date | None, tonight: dt.date) -> tuple[dt.date, dt.date]:
    """The nights that are asked for: seven from tonight or from the first that is named, 92 at most, else 422."""
    first = date_from or tonight
    last = date_to or first + (NIGHTS - 1) * DAY
    if last < first:
        raise wrong("query", "date_to", f"{last} is before {first}, the first night.")
    if (last - first).days >= MAX_NIGHTS:
        raise wrong("query", "date_to", f"These are {(last - first).days + 1} nights; {MAX_NIGHTS} at most.")
    return first, last


def as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder)


class Answer:
    """A public answer to this request, of what the ETag is made of: `fresh` is the 304 that spares the rest of it."""

    def __init__(self, request: HttpRequest, *inputs: object, generation: str) -> None:
        self.etag = etag_of("api", *inputs, generation=generation)
        self.fresh: HttpResponseBase | None = not_modified(request, self.etag)

    def of(self, content: Any) -> HttpResponse:
        return self.of_text(as_json(content))

    def of_text(self, text: str) -> HttpResponse:
        return public_file(text, JSON, etag=self.etag)
