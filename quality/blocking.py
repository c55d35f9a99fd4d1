"""Which records are worth comparing: those that share an area, a night or its neighbour, and something telling.

Linear in the records: what too many share (a word like "live", a listings page) makes no pairs by itself. It looks at
columns, not at records one by one, for of all that share something hardly any two are one event.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from rapidfuzz import fuzz, process

from . import titles
from .columns import DAY, Columns, Flags, Numbers, Weights
from .profiles import Profile

# What more records than this share tells nothing.
FULL = 90
# Titles that share less of what they tell, and are not even so much alike in percent, have little in common.
_LEAST_SHARED, _LEAST_ALIKE = 0.6, 75
# Words as long as this tell something where they stand in a text.
_TELLING_LETTERS = 5
# More than the ordinal of any night.
_NIGHTS = 4_000_000
# So much that is shared is looked at in one step.
_PART = 20_000


def pairs(
    profiles: Sequence[Profile], *, minutes: float = 60, new: Iterable[int] | None = None
) -> Iterator[tuple[int, int]]:
    """Pairs of positions, each once and the lower first, that have a chance to be one event.

    `minutes` is how far apart starts may be that are no mistake. With `new`, only pairs with one of these positions.
    """
    if len(profiles) < 2:
        return
    seen = Columns(profiles)
    asked = np.full(len(profiles), new is None)
    asked[list(new or ())] = True
    for left, right, weight in _met(seen):
        some = np.flatnonzero((left != right) & (asked[left] | asked[right]))
        left, right, weight = left[some], right[some], weight[some]
        some = np.flatnonzero(_other_source(seen, left, right) & _one_time(seen, left, right, minutes))
        left, right, shared = _added_up(left[some], right[some], weight[some], len(profiles))
        some = np.flatnonzero(_promising(seen, left, right, shared))
        yield from zip(left[some].tolist(), right[some].tolist(), strict=True)


def _met(seen: Columns) -> Iterator[tuple[Numbers, Numbers, Weights]]:
    """Who shares something with whom, the lower position first, and what that tells: as often as they share something.

    What may belong to a night beside is a guest there, and meets who is at home there, but those that are its guests,
    too, on the earlier night only. So a pair is of one night. It comes in parts of whole nights, so that memory does
    not grow with the records.
    """
    owner, key, weight, size = _shared(seen)
    guests = np.flatnonzero(seen.at_edge[owner])
    night = (seen.area * _NIGHTS + seen.night)[owner]
    nights = np.concatenate((night, night[guests] - 1, night[guests] + 1))
    at = np.concatenate((np.arange(len(owner)), guests, guests))
    keys = nights * size + key[at]
    order = np.argsort(keys, kind="stable")
    at, keys, nights = at[order], keys[order], nights[order]
    at_home = nights == night[at]
    ends = np.append(np.flatnonzero(nights[1:] != nights[:-1]) + 1, len(nights))
    begin = 0
    while begin < len(nights):
        end = int(ends[min(int(np.searchsorted(ends, begin + _PART)), len(ends) - 1)])
        first, second = _of_groups(keys[begin:end])
        first, second = first + begin, second + begin
        host = np.where(at_home[first], first, second)
        guest = first + second - host
        meet = at_home[host] & (at_home[guest] | (night[at[guest]] > nights[host]) | ~seen.at_edge[owner[at[host]]])
        first, second = at[first[meet]], at[second[meet]]
        one, other = owner[first], owner[second]
        yield np.minimum(one, other), np.maximum(one, other), np.minimum(weight[first], weight[second])
        begin = end


def _shared(seen: Columns) -> tuple[Numbers, Numbers, Weights, int]:
    """What may be shared: whose it is, a number for it, and what it tells of a title; all numbers are below the last.

    A word of a place is among the words of titles, for a title may be the place of another listing.
    """
    owners, keys, weights, size = [seen.owner], [seen.beginning], [seen.telling], seen.vocabulary
    for column in (seen.place_word, seen.place, seen.page, seen.row, seen.text):
        often = np.bincount(column) > 1
        often[0] = False
        if column is seen.place_word:
            some, offset = np.flatnonzero(column), 0
        else:
            some, offset = np.flatnonzero(often[column]), size
            size += len(often)
        owners.append(some)
        keys.append(column[some] + offset)
        weights.append(np.zeros(len(some)))
    return np.concatenate(owners), np.concatenate(keys), np.concatenate(weights), size


def _of_groups(keys: Numbers) -> tuple[Numbers, Numbers]:
    """All pairs of places where one key stands, of sorted keys; none of a key that stands at too many."""
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    size = np.diff(np.append(first, len(keys)))
    start = np.repeat(first, size)
    before = np.arange(len(keys)) - start
    before[np.repeat(size > FULL, size)] = 0
    second = np.repeat(np.arange(len(keys)), before)
    past = np.repeat(np.cumsum(before) - before, before)
    return start[second] + np.arange(len(second)) - past, second


def _added_up(left: Numbers, right: Numbers, weight: Weights, size: int) -> tuple[Numbers, Numbers, Weights]:
    """Each pair once, with all that it shares."""
    codes, which = np.unique(left * size + right, return_inverse=True)
    return codes // size, codes % size, np.bincount(which, weight, len(codes))


def _other_source(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether two are not what one source shows now, unless as the same row twice: most pairs of a large calendar."""
    apart = (seen.source[left] != seen.source[right]) | (seen.source[left] < 0)
    return apart | _same(seen.page, left, right) | _same(seen.row, left, right)


def _same(column: Numbers, left: Numbers, right: Numbers) -> Flags:
    return (column[left] == column[right]) & (column[left] != 0)


def _one_time(seen: Columns, left: Numbers, right: Numbers, minutes: float) -> Flags:
    """Whether the starts are near, or there may be a mistake in one."""
    minute = seen.minute[left], seen.minute[right]
    apart = np.abs(minute[0] - minute[1])
    some = (apart <= minutes) | _same(seen.page, left, right)
    some |= (seen.odd[left] | seen.odd[right]) & seen.mistakes[np.minimum(apart, DAY + 1)]
    unknown = ~(seen.known[left] & seen.known[right])
    some |= unknown & ((seen.night[left] == seen.night[right]) | (minute[0] // DAY == minute[1] // DAY))
    rest = np.flatnonzero(~some & (apart <= DAY))
    left, right = left[rest], right[rest]
    said = seen.saying_time(np.concatenate((left, right)))
    some[rest] = said[left] | said[right]
    return some


def _promising(seen: Columns, left: Numbers, right: Numbers, shared: Weights) -> Flags:
    """Whether the titles have something in common, or the one says what the other is called."""
    there = _same(seen.place, left, right) | _same(seen.place_word, left, right)
    some = _same(seen.page, left, right) | _same(seen.row, left, right) | _same(seen.text, left, right)
    least = np.where(there, 0.01, _LEAST_SHARED * np.minimum(seen.weight[left], seen.weight[right]))
    some |= (shared > 0) & (shared >= least)
    rest = np.flatnonzero(~some)
    some[rest] = _spelled_alike(seen, left[rest], right[rest])
    # other titles: one tells of the other at the same place, or the place of one is the other
    unplaced = (seen.place[left] == 0) | (seen.place[right] == 0)
    rest = np.flatnonzero(~some & (unplaced | (shared == 0)) & (seen.has_text[left] | seen.has_text[right]))
    some[rest] = _told(seen, left[rest], right[rest]) | _told(seen, right[rest], left[rest])
    return some


def _spelled_alike(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether titles are spelled alike, whatever the order of their words."""
    names = {at: " ".join(sorted(seen.words[at])) for at in np.unique(np.concatenate((left, right))).tolist()}
    one, other = [names[at] for at in left.tolist()], [names[at] for at in right.tolist()]
    return process.cpdist(one, other, scorer=fuzz.ratio, score_cutoff=_LEAST_ALIKE) > 0


def _told(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether the text of the one has a word of the other's title: one that is telling, if there is any."""
    found = np.zeros(len(left), np.bool_)
    some = np.flatnonzero(seen.has_text[left])
    left, right = left[some], right[some]
    texts = {at: seen.records[at].description.casefold() for at in np.unique(left).tolist()}
    words = {at: _telling(seen.words[at]) for at in np.unique(right).tolist()}
    found[some] = [_names(texts[one], words[other]) for one, other in zip(left.tolist(), right.tolist(), strict=True)]
    return found


def _telling(words: Iterable[str]) -> Sequence[str]:
    """The long ones of a title, without those that many titles share unless there are no others."""
    found = [word for word in words if len(word) >= _TELLING_LETTERS]
    return [word for word in found if not titles.is_generic(word)] or found


def _names(text: str, words: Iterable[str]) -> bool:
    """Whether a text has one of the words."""
    for word in words:  # noqa: SIM110 - any() takes twice the time, and this is asked most
        if word in text:
            return True
    return False
