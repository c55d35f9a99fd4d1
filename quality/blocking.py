"""Which records are worth comparing: those that share an area, a night or its neighbour, and something telling.

Linear in the records: what too many share (a word like "live", a listings page) makes no pairs by itself. It looks at
columns, not at records one by one, for of all that share something hardly any two are one event.
"""

from collections.abc import Iterable, Iterator
from operator import contains

import numpy as np
from rapidfuzz import fuzz, process

from events.text import casefolded

from .columns import DAY, Columns, Flags, Numbers, Weights, spread
from .meetings import Shared, met

# Titles that share less of what they tell, and are not even so much alike in percent, have little in common.
_LEAST_SHARED, _LEAST_ALIKE = 0.6, 75


def pairs(seen: Columns, *, minutes: float = 60, new: Iterable[int] | None = None) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of positions, each once and the lower first, that have a chance to be one event: in parts.

    `minutes` is how far apart starts may be that are no mistake. With `new`, only pairs with one of these positions.
    """
    if len(seen.records) < 2:
        return
    shared = Shared(seen)
    asked = np.full(len(seen.records), new is None)
    asked[list(new or ())] = True
    for first, second in met(seen, shared):
        left, right = shared.owner.take(first), shared.owner.take(second)
        some = (left != right) if new is None else (left != right) & (asked[left] | asked[right])
        some = np.flatnonzero(some & _one_time(seen, left, right, minutes))
        left, right, first, second = left[some], right[some], first[some], second[some]
        some = np.flatnonzero(_other_source(seen, left, right))
        weight = np.minimum(shared.telling[first[some]], shared.telling[second[some]])
        left, right, told = _added_up(left[some], right[some], weight, len(asked))
        some = np.flatnonzero(_promising(seen, shared, left, right, told))
        yield left[some], right[some]


def _added_up(left: Numbers, right: Numbers, weight: Weights, size: int) -> tuple[Numbers, Numbers, Weights]:
    """Each pair once, the lower position first, with all that it shares."""
    codes, which = np.unique(np.minimum(left, right) * size + np.maximum(left, right), return_inverse=True)
    return codes // size, codes % size, np.bincount(which, weight, len(codes))


def _other_source(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether two are not what one source shows now, unless as the same row twice: most pairs of a large calendar."""
    apart = (seen.source[left] != seen.source[right]) | (seen.source[left] < 0)
    return apart | _same(seen.page, left, right) | _same(seen.row, left, right)


def _same(column: Numbers, left: Numbers, right: Numbers) -> Flags:
    value = column.take(left)
    return (value == column.take(right)) & (value != 0)


def _one_time(seen: Columns, left: Numbers, right: Numbers, minutes: float) -> Flags:
    """Whether the starts are near, or there may be a mistake in one."""
    apart = np.abs(seen.minute.take(left) - seen.minute.take(right))
    some = apart <= minutes
    # most are another time of the same night, so that each question is put to what the others have left
    rest = np.flatnonzero(~some)
    left, right, apart = left[rest], right[rest], apart[rest]
    found = _same(seen.page, left, right)
    mistaken = np.flatnonzero(seen.mistakes.take(np.minimum(apart, DAY + 1)))
    found[mistaken] |= seen.odd[left[mistaken]] | seen.odd[right[mistaken]]
    unknown = np.flatnonzero(~(seen.known.take(left) & seen.known.take(right)))
    one, other = left[unknown], right[unknown]
    found[unknown] |= (seen.night[one] == seen.night[other]) | (seen.day[one] == seen.day[other])
    if seen.says_time.any():
        found |= (apart <= DAY) & (seen.says_time[left] | seen.says_time[right])
    some[rest] = found
    return some


def _promising(seen: Columns, shared: Shared, left: Numbers, right: Numbers, told: Weights) -> Flags:
    """Whether the titles have something in common, or the one says what the other is called."""
    there = _same(seen.place, left, right) | _same(shared.place_word, left, right)
    some = _same(seen.page, left, right) | _same(seen.row, left, right) | _same(seen.text, left, right)
    least = np.where(there, 0.01, _LEAST_SHARED * np.minimum(shared.weight[left], shared.weight[right]))
    some |= (told > 0) & (told >= least)
    rest = np.flatnonzero(~some)
    some[rest] = _spelled_alike(seen, shared, left[rest], right[rest])
    # other titles: one tells of the other at the same place, or the place of one is the other
    unplaced = (seen.place[left] == 0) | (seen.place[right] == 0)
    rest = np.flatnonzero(~some & (unplaced | (told == 0)) & (seen.has_text[left] | seen.has_text[right]))
    some[rest] = _told(seen, shared, left[rest], right[rest])
    return some


def _spelled_alike(seen: Columns, shared: Shared, left: Numbers, right: Numbers) -> Flags:
    """Whether titles are spelled alike, whatever the order of their words; looked at only where they have so many
    letters in common that they may be."""
    size, letters = shared.letters
    one, other = size[left], size[right]
    found = 200 * np.minimum(one, other) >= _LEAST_ALIKE * (one + other)
    rest = np.flatnonzero(found)
    common = np.minimum(letters.take(left[rest], axis=0), letters.take(right[rest], axis=0))
    found[rest] = 200 * common.sum(axis=1, dtype=np.uint32) >= _LEAST_ALIKE * (one + other)[rest]
    rest = np.flatnonzero(found)
    left, right = left[rest], right[rest]
    more = {at: " ".join([seen.texts[at], *words]) for at, words in shared.further.items()}
    first, second = ([more.get(at) or seen.texts[at] for at in side.tolist()] for side in (left, right))
    found[rest] = process.cpdist(first, second, scorer=fuzz.token_sort_ratio, score_cutoff=_LEAST_ALIKE) > 0
    return found


def _told(seen: Columns, shared: Shared, left: Numbers, right: Numbers) -> Flags:
    """Whether the text of one has a word of the other's title: one that is telling, if there is any."""
    found = np.zeros(len(left), np.bool_)
    positions = seen.each(np.concatenate((left, right)))
    said = casefolded([seen.descriptions[at] for at in positions.tolist()])
    for one, other in ((left, right), (right, left)):
        rows = np.flatnonzero(~found & seen.has_text[one] & (shared.names_size[other] > 0))
        place, which = spread(shared.names[other[rows]], shared.names_size[other[rows]])
        texts = map(said.__getitem__, np.searchsorted(positions, one[rows])[which].tolist())
        words = map(shared.strings.__getitem__, shared.naming[place].tolist())
        tells = np.fromiter(map(contains, texts, words), np.bool_, len(place))
        found[rows[which[tells]]] = True
    return found
