"""How alike the places of two records are, of many pairs at once."""

import numpy as np

from . import locations, titles
from .columns import Columns, Numbering, Numbers, Weights
from .sayings import tells


def alike(seen: Columns, left: Numbers, right: Numbers) -> Weights:
    """0 to 100, and not a number where one is not known."""
    positions = seen.each(np.concatenate((left, right)))
    which, places = _places(seen, positions)
    pairs = np.minimum(which[left], which[right]) * len(places) + np.maximum(which[left], which[right])
    codes, each = np.unique(pairs, return_inverse=True)
    one, other = np.divmod(codes, len(places))
    found = np.array(
        [locations.percent(places[a], places[b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)],
        np.float64,
    )[each]
    memorable = np.array([place is not None and place.memorable for place in places], np.bool_)
    # most titles have no word of any place
    telling = {word for place in places if place is not None and place.memorable for word in place.telling}
    naming = seen.having({spelling for word in telling for spelling in locations.spellings(word)})
    here, there = memorable[which[left]], memorable[which[right]]
    unknown = np.isnan(found)
    here, there = here & (unknown | naming[right]), there & (unknown | naming[left])
    seen.sayings.told(seen.each(np.concatenate((right[unknown & here], left[unknown & there]))).tolist())
    for asked, one, other in ((here, left, right), (there, right, left)):
        rows = np.flatnonzero(asked & ~(found >= locations.NAMED_ELSEWHERE))
        ends = zip(rows.tolist(), which[one[rows]].tolist(), other[rows].tolist(), unknown[rows].tolist(), strict=True)
        for at, place, position, alone in ends:
            if _named(seen, places[place], position, alone):
                found[at] = locations.NAMED_ELSEWHERE
    return _settled(seen, left, right, found)


def _places(seen: Columns, positions: Numbers) -> tuple[Numbers, list[locations.Location | None]]:
    """The number of each record's place, and the places by number."""
    address = Numbering[str]()
    code = address.of([seen.records[at].address for at in positions.tolist()])
    online = seen.having(titles.ONLINE)
    for column in (seen.named, seen.town, online):
        code = code * (int(column.max()) + 1) + column[positions]
    _, first, each = np.unique(code, return_index=True, return_inverse=True)
    which = np.zeros(len(seen.records), np.int64)
    which[positions] = each
    places = []
    for at in positions[first].tolist():
        record = seen.records[at]
        places.append(locations.location(record.venue, record.address, record.city, online=bool(online[at])))
    return which, places


def _named(seen: Columns, place: locations.Location | None, other: int, alone: bool) -> bool:
    """Whether a title names the other's place; or a text, where this place stands `alone`."""
    if place is None or not place.memorable:
        return False
    # most titles have no word of it, which is seen soonest without them in one spelling
    words = seen.title(other)
    if (place.respelled or not place.telling.isdisjoint(words)) and place.telling <= locations.spelled(words):
        return True
    if not alone:
        return False
    told = seen.sayings.told([other])[other]
    return all(tells(told, locations.spellings(word)) for word in place.telling)


def _settled(seen: Columns, left: Numbers, right: Numbers, found: Weights) -> Weights:
    """The same, by identity and coordinates where both are known."""
    for at in np.flatnonzero(seen.located[left] & seen.located[right]).tolist():
        a, b = seen.records[left[at]], seen.records[right[at]]
        near = locations.by_coordinates((a.latitude, a.longitude), (b.latitude, b.longitude))
        if near is not None:
            found[at] = near
    found[(seen.venue[left] == seen.venue[right]) & (seen.venue[left] >= 0)] = 100.0
    return found
