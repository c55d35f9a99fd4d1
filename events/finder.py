"""Finding a city by what people call it: its own name, other names, names in other languages, small misspellings."""

from dataclasses import dataclass

from django.contrib.postgres.search import TrigramWordSimilarity
from django.utils.translation import get_language

from events.countries import countries, names_in
from events.models import City
from events.models.place import AREA_KM
from events.places import kilometres
from events.text import fold

MAX_NAME = 60
MAX_MATCHES = 8
CANDIDATES = 40
MIN_LIKE = 3  # letters: of fewer any city is made by one mistake
LIKE = 0.45  # one letter wrong or two swapped in a word of seven


@dataclass(frozen=True, slots=True)
class Match:
    """`leads_to` is the active city that has its events: itself or the nearest one, which is `km` away.

    It is None where no active city is near. `name` is the other name that was found, "" if it is its own.
    """

    city: City
    name: str
    leads_to: City | None
    km: int

    @property
    def country(self) -> str:
        return country_name(self.city)


def find_cities(text: str, *, limit: int = MAX_MATCHES) -> list[Match]:
    """Cities called like a text, whole names first, then what is served, then the largest; two or three queries."""
    wanted = fold(text[:MAX_NAME])
    if not wanted:
        return []
    found = list(City.objects.named(wanted).order_by("-active", "-population", "pk")[:CANDIDATES])
    if found:
        found.sort(key=lambda city: _rank(city, wanted))
    elif len(wanted) >= MIN_LIKE:
        found = _spelled_like(wanted)
    active = [] if all(city.active for city in found) else list(City.objects.active())
    matches = [_match(city, wanted, active) for city in found]
    return sorted(matches, key=lambda match: match.leads_to is None)[:limit]


def country_name(city: City) -> str:
    """In the site's language, where there is a list of them in it."""
    country = countries().get(city.country)
    return names_in(get_language()).get(city.country) or (country["name"] if country else city.country)


def _spelled_like(wanted: str) -> list[City]:
    likeness = TrigramWordSimilarity(wanted, "folded")
    cities = City.objects.annotate(likeness=likeness).filter(likeness__gte=LIKE)
    return list(cities.order_by("-likeness", "-active", "-population", "pk")[:MAX_MATCHES])


def _rank(city: City, wanted: str) -> int:
    own, *others = city.folded.split(" | ")
    if own == wanted:
        return 0
    if wanted in others:
        return 1
    return 2 if own.startswith(wanted) else 3


def _match(city: City, wanted: str, active: list[City]) -> Match:
    name = _other_name(city, wanted)
    if city.active:
        return Match(city, name, city, 0)
    here = (city.latitude, city.longitude)
    near = [(kilometres(here, (one.latitude, one.longitude)), one.pk, one) for one in active]
    km, _, nearest = min(near, default=(0.0, 0, None))
    return Match(city, name, nearest, round(km)) if nearest and km <= AREA_KM else Match(city, name, None, 0)


def _other_name(city: City, wanted: str) -> str:
    """The name that a text begins, "" if the city's own does."""
    words = wanted.split()

    def has_words(name: str) -> bool:
        text = f" {fold(name)}"
        return all(f" {word}" in text for word in words)

    if has_words(city.name):
        return ""
    return next((name for name in (*city.aliases, *city.exonyms) if has_words(name)), "")
