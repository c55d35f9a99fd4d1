"""What there is beside events: venues, categories, and how much of everything."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone as clock
from ninja import Field, Query, Router, Schema

from events.categories import CATEGORIES
from events.models import City, Event, Source, Venue
from events.text import fold
from nocturne.answers import Answer, Cursor, Limit
from nocturne.cache import generation
from nocturne.cursors import cut
from nocturne.origin import absolute

from .asked import CityId, city_of

router = Router(tags=["Catalogue"])
STATS, STATS_SECONDS = "api-stats", 300


class VenueOut(Schema):
    id: int
    name: str
    address: str | None
    latitude: float | None
    longitude: float | None
    event_count: int = Field(description="What is still to come there.")
    url: str = Field(description="Its page.")


class Venues(Schema):
    city: str
    venues: list[VenueOut]
    next_cursor: str | None


class VenuesQuery(Schema):
    q: str = Field("", max_length=100, description="Words of the name.")
    limit: Limit = 50
    cursor: Cursor = None


class CategoryOut(Schema):
    code: str = Field(examples=["music"])
    name: str = Field(description="In the site's language.")


class Categories(Schema):
    categories: list[CategoryOut]


class Stats(Schema):
    """Counted anew every five minutes."""

    cities: int
    countries: int
    events: int = Field(description="That visitors can see, and that are not over.")
    venues: int
    sources: int = Field(description="That are read.")
    updated_at: Any = Field(description="When an event changed last; null without any.")


@router.get("/venues/{city_id}", response={200: Venues, 304: None, 404: None}, summary="The venues of a city")
def venues(request: HttpRequest, city_id: CityId, query: Query[VenuesQuery]) -> HttpResponseBase:
    """By name. What was merged into another venue is that one."""
    city = city_of(city_id)
    answer = Answer(request, "venues", city.pk, city.tonight(), repr(query), generation=generation(city.pk))
    if answer.fresh:
        return answer.fresh
    found: Any = Venue.objects.roots().filter(city=city).order_by("name", "pk")
    for word in fold(query.q).split()[:8]:
        found = found.filter(pk__in=city.venue_aliases.filter(folded__contains=word).values("venue"))
    shown, more = cut(found.annotate(count=_events_at(city)), query.cursor, query.limit, order="venues")
    return answer.of({"city": city.code, "venues": [_venue(row, city) for row in shown], "next_cursor": more})


@router.get("/categories", response={200: Categories, 304: None}, summary="The kinds of events")
def categories(request: HttpRequest) -> HttpResponseBase:
    answer = Answer(request, "categories", generation="fixed")
    rows = [{"code": code, "name": str(name)} for code, name in CATEGORIES.items()]
    return answer.fresh or answer.of({"categories": rows})


@router.get("/stats", response={200: Stats, 304: None}, summary="How much there is")
def stats(request: HttpRequest) -> HttpResponseBase:
    counted = cache.get(STATS)
    if counted is None:
        counted = _counted()
        cache.set(STATS, counted, timeout=STATS_SECONDS)
    answer = Answer(request, "stats", counted, generation="counted")
    return answer.fresh or answer.of(counted)


def _counted() -> dict[str, Any]:
    cities = City.objects.active().aggregate(cities=Count("pk"), countries=Count("country", distinct=True))
    to_come = Event.objects.public().filter(city__active=True).from_night(clock.now().date())
    events = to_come.order_by().aggregate(events=Count("pk"), updated_at=Max("updated_at"))
    at = events["updated_at"]
    return {
        **cities,
        "events": events["events"],
        "venues": Venue.objects.roots().filter(city__active=True).count(),
        "sources": Source.objects.scraped().count(),
        "updated_at": at and at.isoformat(timespec="seconds"),
    }


def _events_at(city: City) -> Coalesce:
    """How much is to come at a venue and at those that were merged into it."""
    here = Q(venue=OuterRef("pk")) | Q(venue__merged_into=OuterRef("pk"))
    found: QuerySet[Event, Any] = Event.objects.public().from_night(city.tonight()).filter(here).order_by()
    count = found.annotate(all=F("visibility")).values("all").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)


def _venue(venue: Any, city: City) -> dict[str, Any]:
    venue.city = city  # its address needs no query
    return {
        "id": venue.pk,
        "name": venue.name,
        "address": venue.address or None,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "event_count": venue.count,
        "url": absolute(venue.get_absolute_url()),
    }
