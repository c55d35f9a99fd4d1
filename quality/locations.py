"""How alike two places are, from names, addresses and coordinates as sources write them."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from events.text import fold

from .venues import is_venue

# Words that many venues' names share: they tell no place from another.
_COMMON_WORDS = (
    "a an and at by de der die el in la las le los of on the to und "
    "auditorium bar branch brewery brewing building cafe campus center central centre church city club cocktail "
    "college community company conference county court events floor gallery garden gardens grill ground hall hotel "
    "house inn kitchen library lounge main mall meeting memorial museum music online outdoor park patio performing "
    "arts art place plaza program pub public recreation regional restaurant room rooms school space square stage "
    "state street studio studios taproom tavern theater theatre united university upstairs downstairs venue village "
    "1st 2nd 3rd first second third level lower upper offsite off site"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_STREETS = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "boulevard": "blvd", "drive": "dr", "lane": "ln",
    "highway": "hwy", "place": "pl", "square": "sq", "north": "n", "south": "s", "east": "e", "west": "w",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip
_DIRECTIONS = frozenset(("n", "s", "e", "w", "ne", "nw", "se", "sw"))
_KINDS = frozenset(("st", "ave", "rd", "blvd", "dr", "ln", "hwy", "pl", "sq", "way"))
_HOUSE = re.compile(r"\b(\d{1,5})(?:\s?[a-d])?\s+((?:[^\W\d]+|\d{1,3}(?:st|nd|rd|th))(?:\s+[^\W\d]+){0,3})")
_SPELLINGS = {"theatre": "theater", "centre": "center", "saint": "st", "mount": "mt"}
NEAR_KM, FAR_KM = 0.15, 1.5


@dataclass(frozen=True, slots=True)
class Location:
    """A place taken apart: telling words of the venue's name, all of its words, and the street with its number."""

    name: str
    telling: frozenset[str]
    words: frozenset[str]
    house: tuple[str, str] | None
    everything: frozenset[str]


@lru_cache(maxsize=20_000)
def location(venue: str, address: str, city: str) -> Location | None:
    """None where nothing says where it is."""
    town = set(fold(city).split())
    name = fold(venue) if is_venue(venue, city_name=city) else ""
    whole = fold(f"{venue} {address}")
    words = [_SPELLINGS.get(word, word) for word in name.split()]
    telling = frozenset(words) - _COMMON - town
    if not name and not fold(address):
        return None
    return Location(
        name=" ".join(words),
        telling=telling,
        words=frozenset(words),
        house=_house(venue, address),
        everything=frozenset(_SPELLINGS.get(word, word) for word in whole.split()),
    )


def _house(venue: str, address: str) -> tuple[str, str] | None:
    """Number and first telling word of the street: "385 N Church St" is ("385", "church")."""
    for text in (address, venue):
        for number, street in _HOUSE.findall(fold(text)):
            words = [_STREETS.get(word, word) for word in street.split()]
            names = [word for word in words if word not in _DIRECTIONS and word not in _KINDS]
            if names:
                return number, names[0]
    return None


def percent(a: Location | None, b: Location | None) -> float | None:
    """How alike two places are, 0 to 100; None where one is not known."""
    if a is None or b is None:
        return None
    if a.house and b.house:
        if a.house == b.house:
            return 100.0
        named = _names(a, b)
        # a venue with two entrances, or a typing error in one of them
        return named if named is not None and named >= 95 else min(named or 0.0, 40.0)
    named = _names(a, b)
    if named is not None:
        return named
    if not a.telling and not b.telling:
        return None
    telling = a.telling or b.telling
    other = b if a.telling else a
    found = len(telling & other.everything)
    return 90.0 if found and found == len(telling) else None


def _names(a: Location, b: Location) -> float | None:
    """By the names; None where one has none."""
    if not a.name or not b.name:
        return None
    if a.name == b.name or a.words == b.words:
        return 100.0
    if a.telling and b.telling:
        shared = len(a.telling & b.telling)
        if shared == min(len(a.telling), len(b.telling)):
            return 95.0
        by_words = 100.0 * shared / len(a.telling | b.telling)
        spelled = fuzz.token_sort_ratio(" ".join(sorted(a.telling)), " ".join(sorted(b.telling)))
        return max(by_words, spelled if spelled >= 80 else by_words)
    return fuzz.token_sort_ratio(a.name, b.name)


def by_coordinates(a: tuple[float, float], b: tuple[float, float]) -> float | None:
    """100 for the same building, 0 for what is far apart, None in between; degrees WGS 84."""
    dy = math.radians(a[0] - b[0])
    dx = math.radians(a[1] - b[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    km = 6371.0 * math.hypot(dx, dy)
    if km <= NEAR_KM:
        return 100.0
    return 0.0 if km >= FAR_KM else None
