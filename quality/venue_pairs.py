"""Which venues of a city may be one place under two names. Nothing here asks a database.

Two venues meet if they share the telling words of their names, one of these words, the house and street, or the
place on the map; what too many share (a word of half the city, the coordinates that a map gives for a whole town)
brings nobody together. So the work grows with the number of venues and not with that of pairs.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from .locations import Location, by_coordinates, location

# Of what more venues share than this, nothing follows.
FULL = 12
LIKELY = 60
# What a name is worth that the other one says with more words, none of which tell a place.
WITHIN = 95.0
# About 150 metres, in degrees of latitude.
_CELL = 0.0015


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A venue; `city` is what it is looked for within, coordinates are WGS 84 degrees."""

    key: int
    city: Hashable
    city_name: str
    name: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def point(self) -> tuple[float, float] | None:
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two venues by key, the lower first; `score` is 0 to 100."""

    first: int
    second: int
    score: int
    reasons: tuple[str, ...]


def suggest(places: Iterable[Place]) -> list[Suggestion]:
    """Pairs that may be one venue, the likeliest first."""
    pairs = _pairs(sorted(places, key=lambda place: place.key))
    found = [suggestion for a, b in pairs if (suggestion := _compare(a, b))]
    return sorted(found, key=lambda one: (-one.score, one.first, one.second))


def _location(place: Place) -> Location | None:
    return location(place.name, place.address, place.city_name)


def _keys(place: Place) -> Iterator[Hashable]:
    where = _location(place)
    if where:
        if where.telling:
            yield "name", where.telling
        for word in where.telling:
            yield "word", word
        if where.house:
            yield "house", where.house
    if place.point:
        row, column = (round(degrees / _CELL) for degrees in place.point)
        for north in (0, 1):
            for east in (0, 1):
                yield "map", row + north, column + east


def _pairs(places: list[Place]) -> Iterator[tuple[Place, Place]]:
    buckets: dict[Hashable, list[int]] = defaultdict(list)
    for position, place in enumerate(places):
        for key in _keys(place):
            buckets[place.city, key].append(position)
    met = set()
    for bucket in buckets.values():
        if len(bucket) <= FULL:
            met |= {(i, j) for n, i in enumerate(bucket) for j in bucket[n + 1 :]}
    for i, j in sorted(met):
        yield places[i], places[j]


def _compare(a: Place, b: Place) -> Suggestion | None:
    ours, theirs = _location(a), _location(b)
    if ours is None or theirs is None or ours.online or theirs.online:
        return None
    names = _names(ours, theirs)
    near = by_coordinates(a.point, b.point) if a.point and b.point else None
    same_house = bool(ours.house) and ours.house == theirs.house
    if _numbers(ours) and _numbers(theirs) and _numbers(ours) != _numbers(theirs):
        return None  # rooms of a house
    if near == 0 or (ours.house and theirs.house and not same_house and names < 95):
        return None
    score = 0.7 * names
    reasons = []
    if names == 100:
        reasons.append("the names have the same words")
    elif names == WITHIN:
        reasons.append("one name is within the other")
    elif names >= 70:
        reasons.append(f"the names are alike by {names:.0f} %")
    if same_house:
        score = max(score, 35 + 0.35 * names) + 27
        reasons.append("house and street are the same")
    if near:
        score += 15
        reasons.append("they are less than 150 metres apart")
    if not a.address or not b.address:
        score += 10 if names >= 90 else 0
    score = round(min(99, score))
    return Suggestion(a.key, b.key, score, tuple(reasons)) if score >= LIKELY and reasons else None


def _names(a: Location, b: Location) -> float:
    """How alike two names are, 0 to 100: by the words that tell places apart, where both have some."""
    if not a.name or not b.name:
        return 0.0
    if a.words == b.words:
        return 100.0
    if a.telling and a.telling == b.telling and (a.words <= b.words or b.words <= a.words):
        return WITHIN
    ours, theirs = (a.telling, b.telling) if a.telling and b.telling and a.telling != b.telling else (a.words, b.words)
    return float(fuzz.token_sort_ratio(" ".join(sorted(ours)), " ".join(sorted(theirs))))


def _numbers(place: Location) -> set[str]:
    return {word for word in place.words if word.isdigit()}
