"""The home page: choose a city."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from events.finder import country_name, find_cities
from events.models import City, Event
from events.nights import quarter_of
from events.search import MAX_TEXT, NIGHTS
from events.text import fold
from nocturne.cache import SITE
from nocturne.origin import absolute
from nocturne.pages import public_page
from nocturne.pagestore import page

LARGE = 12  # cities that stand at the top; the others follow by country
MAX_FOUND = 20
MAX_INACTIVE = 5
MAX_NEIGHBOURS = 4


@dataclass(frozen=True, slots=True)
class Place:
    city: City
    country: str
    tonight: int
    week: int
    neighbours: list[City]


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    now = clock.now()
    text = " ".join(request.GET.get("q", "").split())[:MAX_TEXT]

    def render(etag: str) -> HttpResponseBase:
        active = list(City.objects.active().biggest_first())
        if text and (city := _only_one(active, text)):
            return HttpResponseRedirect(city.get_absolute_url())
        tonights = {city.pk: city.tonight(now) for city in active}
        context = {"canonical": absolute(request.path), "text": text, "none_active": not active}
        context |= _found(text, active, tonights) if text else _all(active, tonights)
        return public_page("events/home.html", context, etag=etag)

    parts = ("home", text, quarter_of(now))
    return page(request, "cities:all", *parts, city_id=SITE, render=render, keep=not text)


def _all(active: list[City], tonights: dict[int, dt.date]) -> dict[str, object]:
    places = _places(active, tonights, active)
    groups = defaultdict(list)
    for place in places[LARGE:]:
        groups[place.country].append(place)
    return {"large": places[:LARGE], "groups": sorted(groups.items())}


def _found(text: str, active: list[City], tonights: dict[int, dt.date]) -> dict[str, object]:
    """Active cities of that name; and what belongs to which active city, of those that are not."""
    matches = find_cities(text, limit=MAX_FOUND) if active else []
    found = [match.city for match in matches if match.city.pk in tonights]
    return {
        "found": _places(found, tonights, active),
        "elsewhere": [match for match in matches if not match.city.active][:MAX_INACTIVE],
    }


def _places(cities: Iterable[City], tonights: dict[int, dt.date], active: list[City]) -> list[Place]:
    counts = Event.objects.public().nights_by_city({city.pk: tonights[city.pk] for city in cities}, nights=NIGHTS)
    areas: dict[int | None, list[City]] = defaultdict(list)
    for city in active:
        areas[city.area_id].append(city)
    return [
        Place(
            city,
            country_name(city),
            *counts.get(city.pk, (0, 0)),
            [other for other in areas[city.area_id] if other != city][:MAX_NEIGHBOURS] if city.area_id else [],
        )
        for city in cities
    ]


def _only_one(active: list[City], text: str) -> City | None:
    """The one active city that is called exactly this."""
    called = [city for city in active if fold(text) in city.searched.split(" | ")]
    return called[0] if len(called) == 1 else None
