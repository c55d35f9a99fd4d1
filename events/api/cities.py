"""Cities: the large ones, one, the nearest, and those that are called so."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone as clock
from ninja import Field, Query, Router, Schema

from events.finder import MAX_NAME, find_cities
from events.models import City, Event
from events.search import NIGHTS
from nocturne.answers import Answer, Body, answered, as_json, wrong
from nocturne.cache import SITE, generation
from nocturne.origin import absolute
from nocturne.pages import private

from .asked import CityId, city_of

router = Router(tags=["Cities"])
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
MILES = 0.621371
KEPT = (10, 20, 50, 100, 200, 500)  # the limits by which answers are kept, so that numbers do not multiply them
ANYWHERE_KM = 20_040.0  # half way round
# What counts events changes as nights do, which end on a quarter of an hour everywhere on earth.
QUARTER = 15 * 60


class CityOut(Schema):
    """A city that has a page."""

    code: str = Field(examples=["de--berlin"])
    slug: str = Field(examples=["berlin"])
    name: str = Field(examples=["Berlin"])
    country: str = Field(description="ISO 3166-1 alpha-2.", examples=["DE"])
    region: str | None = Field(examples=[None, "CA"])
    latitude: float
    longitude: float
    timezone: str = Field(examples=["Europe/Berlin"])
    currency: str | None = Field(examples=["EUR"])
    population: int
    event_count: int = Field(description=f"One-off events of the next {NIGHTS} nights, as /api/events lists them.")
    url: str = Field(description="Its page.")


class FarCityOut(CityOut):
    distance_km: float | None = Field(description="From the coordinates that were asked with, by air.")
    distance_miles: float | None


class Cities(Schema):
    cities: list[FarCityOut]


class MatchOut(Schema):
    """A city by what people call it. `served_by` is the city whose page has its events: itself, or one near it."""

    name: str
    country: str
    region: str | None
    latitude: float
    longitude: float
    other_name: str | None = Field(description="The name that was found, if it is another than `name`.")
    served_by: str | None = Field(description="The code of a city; null where none is near.")
    distance_km: int = Field(description="To the city that serves it.")


class Matches(Schema):
    cities: list[MatchOut]


class MajorQuery(Schema):
    country: str | None = Field(None, pattern="^[A-Za-z]{2}$", description="ISO 3166-1 alpha-2.", examples=["DE"])
    sort: Literal["population", "name", "distance"] = Field("population", description="distance needs coordinates.")
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    limit: int = Field(50, ge=1, le=500)


class Here(Body):
    latitude: Latitude = Field(examples=[52.4])
    longitude: Longitude = Field(examples=[13.1])
    limit: int = Field(5, ge=1, le=50)


class NameQuery(Schema):
    q: Annotated[str, Field(min_length=1, max_length=MAX_NAME, examples=["wien"])]
    limit: int = Field(8, ge=1, le=20)


@router.get("/locations/major-cities", response={200: Cities, 304: None}, summary="The cities that are served")
def major_cities(request: HttpRequest, query: Query[MajorQuery]) -> HttpResponseBase:
    here = _coordinates(query)
    now = clock.now()
    country = (query.country or "").upper()
    asked = ("cities", country, query.sort, here, query.limit, int(now.timestamp()) // QUARTER)

    def make() -> str:
        cities = City.objects.active()
        if country:
            cities = cities.filter(country=country)
        if here:
            far = cities.with_distance(*here, within_km=ANYWHERE_KM)
            cities = far if query.sort == "distance" else far.order_by()
        if query.sort != "distance":
            cities = cities.order_by("name", "pk") if query.sort == "name" else cities.biggest_first()
        return as_json({"cities": _rows(cities[: query.limit], now)})

    keep = here is None and query.limit in KEPT
    return answered(request, "cities:all", *asked, city_id=SITE, make=make, keep=keep)


@router.get("/locations/location/{city_id}", response={200: CityOut, 304: None, 404: None}, summary="One city")
def location(request: HttpRequest, city_id: CityId) -> HttpResponseBase:
    city, now = city_of(city_id), clock.now()
    answer = Answer(request, "city", city.pk, city.name, city.tonight(now), generation=generation(city.pk))
    if answer.fresh:
        return answer.fresh
    [row] = _rows([city], now)
    return answer.of({name: row[name] for name in CityOut.model_fields})


@router.post("/locations/nearest-cities", response=Cities, summary="The cities nearest to a place")
def nearest_cities(request: HttpRequest, here: Here) -> HttpResponse:
    """By POST, so that where somebody is stands in no address and no log; it is rounded to about a kilometre."""
    place = round(here.latitude, 2), round(here.longitude, 2)
    cities = City.objects.active().with_distance(*place, within_km=ANYWHERE_KM)[: here.limit]
    return private(JsonResponse({"cities": _rows(cities, clock.now())}))


@router.get("/locations/search", response={200: Matches, 304: None}, summary="Cities by any name of theirs")
def search_cities(request: HttpRequest, query: Query[NameQuery]) -> HttpResponseBase:
    """Names in other languages and small misspellings included; cities without a page lead to one that has theirs."""
    answer = Answer(request, "cities.search", query.q, query.limit, generation=generation())
    return answer.fresh or answer.of({"cities": matches(query.q, query.limit)})


def matches(text: str, limit: int) -> list[dict[str, Any]]:
    """Cities of a name, as MatchOut."""
    return [
        {
            "name": one.city.name,
            "country": one.city.country,
            "region": one.city.region or None,
            "latitude": one.city.latitude,
            "longitude": one.city.longitude,
            "other_name": one.name or None,
            "served_by": one.leads_to.code if one.leads_to else None,
            "distance_km": one.km,
        }
        for one in find_cities(text, limit=limit)
    ]


def _coordinates(query: MajorQuery) -> tuple[float, float] | None:
    if query.latitude is not None and query.longitude is not None:
        return query.latitude, query.longitude
    if query.sort == "distance" or query.latitude is not None or query.longitude is not None:
        raise wrong("query", "longitude" if query.latitude is not None else "latitude", "Both coordinates are needed.")
    return None


def _rows(found: Iterable[City], now: dt.datetime) -> list[dict[str, Any]]:
    """As FarCityOut; the events of all are counted by one query."""
    cities = list(found)
    tonights = {city.pk: city.tonight(now) for city in cities}
    counts = Event.objects.public().nights_by_city(tonights, nights=NIGHTS)
    return [_row(city, counts.get(city.pk, (0, 0))[1]) for city in cities]


def _row(city: City, count: int) -> dict[str, Any]:
    km: float | None = getattr(city, "distance", None)
    return {
        "code": city.code,
        "slug": city.slug,
        "name": city.name,
        "country": city.country,
        "region": city.region or None,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "timezone": city.timezone,
        "currency": city.currency or None,
        "population": city.population,
        "event_count": count,
        "url": absolute(city.get_absolute_url()),
        "distance_km": None if km is None else round(km, 1),
        "distance_miles": None if km is None else round(km * MILES, 1),
    }
