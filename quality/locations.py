"""How alike two places are, from names, addresses and coordinates as sources write them."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from events.countries import countries_with_region, country_code
from events.text import fold, words

from .venues import NO_VENUE

# Words that many venues' names share: they tell no place from another.
_COMMON_WORDS = (
    "a amphitheater an and at by de der die el in la las le los of on the to und "
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
_ONLINE = frozenset(("online", "virtual", "event", "zoom", "webinar", "livestream", "live", "stream", "only", "via"))
_DIRECTIONS = frozenset(("n", "s", "e", "w", "ne", "nw", "se", "sw"))
_KINDS = frozenset(("st", "ave", "rd", "blvd", "dr", "ln", "hwy", "pl", "sq", "way"))
_HOUSE = re.compile(r"\b(\d{1,5})(?:\s?[a-d])?\s+((?:[^\W\d]+|\d{1,3}(?:st|nd|rd|th))(?:\s+[^\W\d]+){0,3})")
_DIGIT = re.compile(r"\d")
_ZIP = re.compile(r"\b[A-Za-z]{2},? \d{5}(?:-\d{4})?$")
# Words that initials leave out.
_UNSAID = frozenset(("of", "the", "and", "for", "at"))
_SPELLINGS = {"theatre": "theater", "amphitheatre": "amphitheater", "centre": "center", "saint": "st", "mount": "mt"}
# Words that have other spellings, or are one: all spellings of it.
RESPELLED: dict[str, tuple[str, ...]] = dict.fromkeys(_SPELLINGS, ())
RESPELLED |= {one: (one, *(word for word in _SPELLINGS if _SPELLINGS[word] == one)) for one in _SPELLINGS.values()}
NEAR_KM, FAR_KM = 0.15, 1.5
# What is longer is a sentence, not a name.
LONGEST_NAME = 70
# What a place is worth that only the other's title or text names.
NAMED_ELSEWHERE = 80.0


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """A place taken apart: telling words of the venue's name, the same in order, whether a text that has them names it,
    whether any of these has other spellings, the name's initials, all of its words, and the street with its number."""

    name: str
    telling: frozenset[str]
    in_order: str
    memorable: bool
    respelled: bool
    initials: str
    words: frozenset[str]
    house: tuple[str, str] | None
    everything: frozenset[str]
    online: bool


@lru_cache(maxsize=20_000)
def location(venue: str, address: str, city: str, *, online: bool = False) -> Location | None:
    """None where nothing says where it is; `online` where the title says that it is nowhere."""
    called = words(venue)
    if _is_address(venue, called):
        venue, address, called = "", f"{venue}, {address}", []
    elif _is_town(venue, address) or len(venue) > LONGEST_NAME:
        venue, called = "", []
    named, town = spelled(called), words(city)
    if called == town or " ".join(called) in NO_VENUE:
        named = frozenset()
    everything = [*called, *words(address)]
    if not everything:
        return None
    telling = named.difference(_COMMON, town)
    # the number of a room, beside a name
    telling = frozenset([word for word in telling if not word.isdigit()]) or telling
    return Location(
        name=" ".join(called) if named else "",
        telling=telling,
        in_order=" ".join(sorted(telling)),
        memorable=any(len(word) > 3 for word in telling),
        respelled=not telling.isdisjoint(RESPELLED),
        initials="".join([word[0] for word in called if word not in _UNSAID]) if named else "",
        words=named,
        house=_house(venue, address),
        everything=spelled(everything),
        online=online or (bool(called) and _ONLINE.issuperset(called)),
    )


def _is_address(venue: str, called: list[str]) -> bool:
    """ "12 Main Street", "South Van Buren Street", "Santa Rosa CA 95404": no venue's name; `called` are its words."""
    if called and _STREETS.get(called[-1], called[-1]) in _KINDS:
        return True
    return bool(_ZIP.search(venue)) or (venue[:1].isdigit() and _house("", venue) is not None)


def _is_town(venue: str, address: str) -> bool:
    """ "Chapel Hill, NC" or "NC": a name with nothing but a region or country behind it."""
    if not address:
        return len(venue) == 2 and bool(countries_with_region(venue))
    if venue[:1].isdigit() or (address[0].isdigit() and " " in address):
        return False
    parts = [part for part in address.split(",") if fold(part)]
    return len(parts) == 1 and bool(countries_with_region(parts[0]) or country_code(parts[0]))


def _house(venue: str, address: str) -> tuple[str, str] | None:
    """Number and first telling word of the street: "385 N Church St" is ("385", "church")."""
    for text in (address, venue):
        if not _DIGIT.search(text):
            continue
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
    if a.online and b.online:
        return 90.0
    named = _names(a, b)
    if a.house and b.house:
        if a.house == b.house:
            return 100.0
        # a venue with two entrances, or a typing error in one of them
        return named if named is not None and named >= 95 else min(named or 0.0, 40.0)
    if named is not None:
        return named
    telling, other = (a.telling, b) if a.telling else (b.telling, a)
    return 90.0 if telling and telling <= other.everything else None


def named(place: Location | None, words: frozenset[str]) -> bool:
    """Whether the words of a text name a place by all the telling words of its name."""
    return place is not None and place.memorable and place.telling <= words


@lru_cache(maxsize=20_000)
def telling_word(venue: str) -> str:
    """The longest word of a venue's name that tells it from others; "" if none does."""
    return max(sorted(spelled(words(venue)) - _COMMON), key=len, default="")


def spellings(word: str) -> tuple[str, ...]:
    """The words that are spelled as this one: none if it is another spelling itself."""
    return RESPELLED.get(word, (word,))


def spelled(words: Iterable[str]) -> frozenset[str]:
    """Folded words in one spelling."""
    found = frozenset(words)
    return found if found.isdisjoint(_SPELLINGS) else frozenset([_SPELLINGS.get(word, word) for word in found])


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
        if _abbreviates(a, b) or _abbreviates(b, a):
            return 90.0
        by_words = 100.0 * shared / (len(a.telling) + len(b.telling) - shared)
        return max(by_words, fuzz.ratio(a.in_order, b.in_order, score_cutoff=80))
    return fuzz.token_sort_ratio(a.name, b.name)


def _abbreviates(a: Location, b: Location) -> bool:
    """Whether a telling word of the one is the initials of the other's name: "DPAC", "IMU"."""
    if len(b.initials) >= 3:
        for word in a.telling:
            if 3 <= len(word) <= 6 and word in b.initials:
                return True
    return False


def by_coordinates(a: tuple[float, float], b: tuple[float, float]) -> float | None:
    """100 for the same building, 0 for what is far apart, None in between; degrees WGS 84."""
    dy = math.radians(a[0] - b[0])
    dx = math.radians(a[1] - b[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    km = 6371.0 * math.hypot(dx, dy)
    if km <= NEAR_KM:
        return 100.0
    return 0.0 if km >= FAR_KM else None
