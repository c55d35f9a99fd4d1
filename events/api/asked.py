"""What the public routes ask in common: which city, and which nights."""

import datetime as dt
from typing import Annotated

from django.db.models import Q
from django.http import Http404
from ninja import Path
from pydantic import BeforeValidator

from events.known import known_city
from events.models import City
from events.search import MAX_NIGHTS, NIGHTS, YEARS
from nocturne.answers import wrong

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


Night = Annotated[dt.date, BeforeValidator(_date)]
CityId = Annotated[str, Path(description="The code or the slug of a city.", examples=["de--berlin", "berlin"])]


def active_city(city_id: str) -> City | None:
    """The active city of a code or a slug. Codes have two hyphens, slugs never do."""
    if not city_id.isprintable() or len(city_id) > 140:
        return None
    meant = Q(code=city_id) if "--" in city_id else Q(slug=city_id)
    return City.objects.active().filter(meant).first()


def known(city_id: str) -> City:
    """The city that a path names, maybe as it was a minute ago, else 404: to tell which answer is asked for."""
    try:
        return known_city(city_id)
    except Http404:
        return city_of(city_id)


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
