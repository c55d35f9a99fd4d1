"""Which city an event belongs to, and which cities make one area."""

import functools
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from events.countries import countries, countries_with_region, country_code, region_code
from events.drafts import Where
from events.models import City
from events.models.place import AREA_KM, EARTH_KM
from events.text import fold
from nocturne.cache import bump_on_commit

Coordinates = tuple[float, float]


def kilometres(one: Coordinates, other: Coordinates) -> float:
    """The great-circle distance of two (latitude, longitude) in degrees."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def coordinates(where: Where) -> Coordinates | None:
    """Coordinates that can be meant: not those off the globe, nor the 0, 0 of an empty form."""
    latitude, longitude = where.latitude, where.longitude
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return None if abs(latitude) < 0.01 and abs(longitude) < 0.01 else (latitude, longitude)


@transaction.atomic
def assign_areas() -> int:
    """Set the area of every city, after any change of which are active; the number of rows that changed.

    An active city's area is the largest active city within 50 km of it, itself if there is no larger one.
    That one's area may be another: areas are no chains. An inactive city has none.
    """
    active = list(City.objects.active().select_for_update(of=("self",)).order_by("-population", "pk"))
    changed = []
    for city in active:
        here = (city.latitude, city.longitude)
        largest = next(
            other for other in active if other is city or kilometres(here, (other.latitude, other.longitude)) <= AREA_KM
        )
        if city.area_id != largest.pk:
            city.area = largest
            changed.append(city)
    City.objects.bulk_update(changed, ["area"], batch_size=500)
    return len(changed) + City.objects.filter(active=False, area__isnull=False).update(area=None)


@transaction.atomic
def activate(chosen: Iterable[str | City]) -> list[City]:
    """Let the site serve these cities, given as rows or codes; ValueError for codes that no city has."""
    codes = [city.code if isinstance(city, City) else city for city in chosen]
    City.objects.filter(code__in=codes, active=False).update(active=True)
    assign_areas()
    found = {city.code: city for city in City.objects.filter(code__in=codes)}
    if unknown := sorted(set(codes) - found.keys()):
        raise ValueError(f"There is no city with the code {', '.join(unknown)}; load_cities brings them.")
    _bump(found.values())
    return [found[code] for code in codes]


@transaction.atomic
def deactivate(chosen: Iterable[City]) -> None:
    """Serve these cities no more. Their events stay; what is read from now on goes to the nearest active city."""
    cities = list(chosen)
    _bump(cities)  # and those that stay of the areas that they were in
    City.objects.filter(pk__in=[city.pk for city in cities]).update(active=False)
    assign_areas()


def _bump(cities: Iterable[City]) -> None:
    """Cities and those that name them as neighbours."""
    areas = {city.area_id for city in cities if city.area_id}
    near = City.objects.filter(area__in=areas).values_list("pk", flat=True)
    bump_on_commit([*(city.pk for city in cities), *near])


@dataclass(frozen=True, slots=True)
class Place:
    """A known city, served or not."""

    pk: int
    folded: str
    country: str
    region: str
    at: Coordinates
    population: int


class Gazetteer:
    """All cities that are known, served or not, also by each of their names."""

    def __init__(self) -> None:
        self.places = [
            Place(pk, folded, country, region_code(country, region), (latitude, longitude), population)
            for pk, folded, country, region, latitude, longitude, population in City.objects.values_list(
                *_NAMED
            ).order_by("pk")
        ]
        self.named: dict[str, list[Place]] = defaultdict(list)
        for place in self.places:
            for name in place.folded.split(" | "):
                self.named[name].append(place)


_NAMED = ("pk", "folded", "country", "region", "latitude", "longitude", "population")
# A city of that many people is meant by its name alone, if no other one that we know bears it.
LARGE = 200_000


@functools.lru_cache(maxsize=1)
def _gazetteer(stamp: tuple[int, int]) -> Gazetteer:
    return Gazetteer()


def _stamp() -> tuple[int, int]:
    """Another one once any city has changed. Thousands of rows take longer to read than to sum up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(hashtextextended(concat_ws('|', id, folded, country, region, latitude, "
            "longitude, population), 0)), 0) FROM events_city"
        )
        count, total = cursor.fetchone()
    return count, int(total)


class Atlas:
    """The cities in memory, to place thousands of drafts: those that are served as they are now, and the known ones,
    which a process reads again only once they have changed."""

    def __init__(self) -> None:
        self.active = {city.pk: city for city in City.objects.active()}
        known = _gazetteer(_stamp())
        self._places, self._named = known.places, known.named
        self._nearest: dict[Coordinates, City | None] = {}
        self._regions: dict[int, set[tuple[str, str]]] = {}

    def locate(self, where: Where, fallback: City | None = None) -> City | None:
        """The active city of a place, None where it has none: then the event is held.

        Coordinates decide alone where there are any. Else the city that the locality names, if region and
        country agree, or the active city that is near it. `fallback` (the source's city) settles what the
        text leaves open, unless country or region say that it is elsewhere. Without one the end of the address
        does, if it names a city beyond doubt.
        """
        if here := coordinates(where):
            return self.nearest(here)
        name, region, country = self._locality(where)
        country = country_code(country) or self._implied_country(region, fallback)
        region = region_code(country, region)
        candidates = [
            place
            for place in self._named.get(name, ())
            if country in ("", place.country) and (not region or region == place.region)
        ]
        if candidates:
            return self._choose(candidates, fallback)
        if fallback:
            return fallback if self._is_around(fallback, country, region) else None
        return None if name or region else self._at_end_of(f"{where.venue}, {where.address}", country)

    def _at_end_of(self, address: str, country: str) -> City | None:
        """The city that a place ends with, as "Oranienstr. 190, Berlin": the only one of that name that is known,
        and a large one unless the country is told. What has no house number may be no address."""
        *street, last = [part.strip() for part in address.split(",") if part.strip()] or [""]
        if street and not country and (country := country_code(last)):
            last = street.pop()
        if not any(re.search(r"\d", part) for part in street):
            return None
        found = [place for place in self._named.get(fold(last), ()) if country in ("", place.country)]
        if len(found) != 1 or (found[0].population < LARGE and not country):
            return None
        return self.active.get(found[0].pk) or self.nearest(found[0].at)

    def nearest(self, here: Coordinates) -> City | None:
        """The nearest active city within 50 km."""
        if here not in self._nearest:
            degrees = math.degrees(AREA_KM / EARTH_KM)
            found = [
                (distance, city.pk)
                for city in self.active.values()
                if abs(city.latitude - here[0]) <= degrees
                and (distance := kilometres(here, (city.latitude, city.longitude))) <= AREA_KM
            ]
            self._nearest[here] = self.active[min(found)[1]] if found else None
        return self._nearest[here]

    def _locality(self, where: Where) -> tuple[str, str, str]:
        """The folded name, region and country of a locality, which may hold all ("Portland, ME, USA")."""
        name = fold(where.locality)
        if name in self._named:
            return name, where.region, where.country
        # numbers are postal codes: "10997 Berlin", "Portland, ME 04101"
        first, *rest = (re.sub(r"\w*\d\w*", "", part).strip() for part in where.locality.split(","))
        region, country = where.region, where.country
        if rest and not region and (len(rest) > 1 or countries_with_region(rest[0])):
            region, *rest = rest
        return fold(first), region, country or (rest[-1] if rest else "")

    def _implied_country(self, region: str, fallback: City | None) -> str:
        """The country that a region names by itself. Short codes mean something else where we know no
        regions (CA is Cagliari in Italy), so that there only a full name tells."""
        found = countries_with_region(region)
        if fallback and fallback.country in found:
            return fallback.country
        if fallback and len(region) <= 3 and "regions" not in countries().get(fallback.country, {}):
            return ""
        return found[0] if len(found) == 1 else ""

    def _choose(self, candidates: list[Place], fallback: City | None) -> City | None:
        """Of the cities with one name the one near the fallback, else the only one that there is."""
        served = {place: self.active.get(place.pk) or self.nearest(place.at) for place in candidates}
        if fallback:
            home = (fallback.latitude, fallback.longitude)
            near = {(kilometres(home, (city.latitude, city.longitude)), city.pk) for city in served.values() if city}
            if near and min(near)[0] <= AREA_KM:
                return self.active[min(near)[1]]
        own = [place.pk for place in candidates if place.pk in self.active]
        found = set(own or [city.pk if city else 0 for city in served.values()])
        return self.active.get(found.pop()) if len(found) == 1 else None

    def _is_around(self, city: City, country: str, region: str) -> bool:
        """Whether the country and region, where given, are found within 50 km of a city."""
        if not country:
            return True
        if city.pk not in self._regions:
            home = (city.latitude, city.longitude)
            self._regions[city.pk] = {(city.country, region_code(city.country, city.region))} | {
                (place.country, place.region) for place in self._places if kilometres(home, place.at) <= AREA_KM
            }
        return any(country == other and region in ("", other_region) for other, other_region in self._regions[city.pk])
