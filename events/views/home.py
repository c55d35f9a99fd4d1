"""The home page: choose a city."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from events.countries import countries
from events.models import City, Event
from events.models.place import AREA_KM
from events.search import MAX_TEXT, NIGHTS
from events.text import fold
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, not_modified, public_page

LARGE = 12  # cities that stand at the top; the others follow by country
MAX_INACTIVE = 5


@dataclass(frozen=True, slots=True)
class Place:
    city: City
    country: str
    tonight: int
    week: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A city without a page of its own, and the active city nearest to it, if any is near."""

    city: City
    country: str
    nearest: City | None
    km: int


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    now = clock.now()
    text = " ".join(request.GET.get("q", "").split())[:MAX_TEXT]
    active = list(City.objects.active().biggest_first())
    tonights = {city.pk: city.tonight(now) for city in active}
    etag = etag_of("home", text, sorted(tonights.items()), generation=generation())
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    if text and (city := _only_one(active, text)):
        return HttpResponseRedirect(city.get_absolute_url())
    context = {"canonical": absolute(request.path), "text": text, "none_active": not active}
    context |= _found(text, active, tonights) if text else _all(active, tonights)
    return public_page("events/home.html", context, etag=etag)


def _all(active: list[City], tonights: dict[int, dt.date]) -> dict[str, object]:
    places = _places(active, tonights)
    groups = defaultdict(list)
    for place in places[LARGE:]:
        groups[place.country].append(place)
    return {"large": places[:LARGE], "groups": sorted(groups.items())}


def _found(text: str, active: list[City], tonights: dict[int, dt.date]) -> dict[str, object]:
    """Active cities of that name; and what belongs to which active city, of those that are not."""
    named = City.objects.named(text)
    found = [city for city in named.active() if city.pk in tonights]
    inactive = named.filter(active=False)[:MAX_INACTIVE] if active else []
    return {"found": _places(found, tonights), "elsewhere": [_elsewhere(city) for city in inactive]}


def _places(cities: Iterable[City], tonights: dict[int, dt.date]) -> list[Place]:
    counts = Event.objects.public().nights_by_city({city.pk: tonights[city.pk] for city in cities}, nights=NIGHTS)
    return [Place(city, _country(city), *counts.get(city.pk, (0, 0))) for city in cities]


def _elsewhere(city: City) -> Elsewhere:
    near = City.objects.active().with_distance(city.latitude, city.longitude, within_km=AREA_KM).first()
    km = round(near.distance) if near else 0  # type: ignore[attr-defined]
    return Elsewhere(city, _country(city), near, km)


def _only_one(active: list[City], text: str) -> City | None:
    """The one active city that is called exactly this."""
    called = [city for city in active if fold(text) in city.folded.split(" | ")]
    return called[0] if len(called) == 1 else None


def _country(city: City) -> str:
    country = countries().get(city.country)
    return country["name"] if country else city.country
