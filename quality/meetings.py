"""Who meets whom: pairs of records of an area and night, or of the night beside it, that share something."""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from events.text import words

from . import locations, titles
from .columns import Columns, Numbering, Numbers, Weights, lengths

# Words as long as this tell something where they stand in a text.
TELLING_LETTERS = 5
# What more records than this share tells nothing.
FULL = 90
# More than the ordinal of any night.
_NIGHTS = 4_000_000
# So much that is shared is looked at in one step.
_PART = 20_000
# Letters are told apart by what is left of their code.
_LETTERS = 32


class Shared:
    """What may be shared by its `key`, whose it is, and what it tells of a title; all keys are below `size`.

    Words are found by their beginnings. That of a place by `place_word`, the beginning of what tells most of its name,
    is among those of titles, for a title may be the place of another listing. `weight` is what a title tells in all,
    `further` the words that its letters make beside its own. Its long words, without those that many titles share
    unless there are no others, are the numbers `naming` from `names` on, as many as `names_size`.
    """

    def __init__(self, seen: Columns) -> None:
        self.further = _further(seen)
        beginnings = Numbering[str]([""])
        owner, key, telling = self._of_titles(seen, beginnings)
        self.weight = np.bincount(owner, telling, len(seen.records))
        place_words = [titles.beginning(locations.telling_word(name)) for name in seen.names]
        self.place_word = beginnings.of(place_words)[seen.named]
        some = np.flatnonzero(self.place_word)
        owners, keys, size = [owner, some], [key, self.place_word[some]], len(beginnings)
        for column in (seen.place, seen.page, seen.row, seen.text):
            often = np.bincount(column) > 1
            often[0] = False
            some = np.flatnonzero(often[column])
            owners.append(some)
            keys.append(column[some] + size)
            size += len(often)
        self.owner, self.key, self.size = np.concatenate(owners), np.concatenate(keys), size
        self.telling = np.zeros(len(self.owner))
        self.telling[: len(telling)] = telling
        self.letters = self._letters(seen)

    def _of_titles(self, seen: Columns, beginnings: Numbering[str]) -> tuple[Numbers, Numbers, Weights]:
        number, owner, which = seen.numbering, seen.owner, seen.word
        if more := [(at, number[word]) for at, further in self.further.items() for word in further]:
            owner, which = np.append(owner, [at for at, _ in more]), np.append(which, [word for _, word in more])
        self.strings = known = list(number)
        self._name(seen, owner, which)
        told = seen.tells.copy()
        told[seen.flagged(titles.LINKING)] = 0
        told[0] = 0
        # that it is in town tells nothing
        towns = set(chain.from_iterable(map(words, seen.towns)))
        told[[number[word] for word in towns & number.keys()]] = 0
        telling = told[which]
        # a title of nothing but linking words is found by these
        telling[(np.bincount(owner, telling, len(seen.records))[owner] == 0) & (which != 0)] = 1.0
        some = np.flatnonzero(telling)
        return owner[some], beginnings.of([titles.beginning(word) for word in known])[which[some]], telling[some]

    def _name(self, seen: Columns, owner: Numbers, which: Numbers) -> None:
        long = lengths(self.strings) >= TELLING_LETTERS
        some = np.flatnonzero(long[which])
        owner, which = owner[some], which[some]
        rare = ~seen.flagged(titles.GENERIC)[which]
        some = np.flatnonzero(rare | (np.bincount(owner[rare], minlength=len(seen.records))[owner] == 0))
        if self.further:
            some = some[np.argsort(owner[some], kind="stable")]
        self.naming = which[some]
        self.names_size = np.bincount(owner[some], minlength=len(seen.records))
        self.names = np.cumsum(self.names_size) - self.names_size

    def _letters(self, seen: Columns) -> tuple[Numbers, NDArray[np.unsignedinteger]]:
        """Of each title in words one space apart the size, and how often it has each of its letters, of which every
        32nd is taken for the same."""
        length, spaces = lengths(self.strings), np.maximum(seen.last - seen.first - 1, 0)
        code = np.frombuffer("".join(self.strings).encode("utf-32-le", "surrogatepass"), np.uint32)
        word = np.repeat(np.arange(len(length)), length)
        of_word = np.bincount(word * _LETTERS + code % _LETTERS, minlength=len(length) * _LETTERS)
        length[0] = of_word[0] = 0  # of END
        more = {at: " ".join(["", *words]) for at, words in self.further.items()}
        size = np.add.reduceat(length[seen.word], seen.first) + spaces
        for at, text in more.items():
            size[at] += len(text)
        # small numbers side by side in large ones are added at once, and none can be more than the size
        small = np.min_scalar_type(size.max())
        packed = of_word.astype(small).view(np.uint64).reshape(len(length), -1)
        count = np.add.reduceat(packed[seen.word], seen.first).view(small)
        count[:, ord(" ") % _LETTERS] += spaces.astype(small)
        for at, text in more.items():
            for letter in text:
                count[at, ord(letter) % _LETTERS] += 1
        return size, count


def _further(seen: Columns) -> dict[int, list[str]]:
    """By position, the words that letters with spaces between them make, and parts of words without spaces."""
    found = [number for word, number in seen.numbering.items() if len(word) == 1 or not word.isascii()]
    if not found:
        return {}
    unusual = np.zeros(len(seen.numbering), np.bool_)
    unusual[found] = True
    unusual[0] = False
    further = {at: titles.further(seen.title(at)) for at in seen.each(seen.owner[unusual[seen.word]]).tolist()}
    return {at: words for at, words in further.items() if words}


def met(seen: Columns, shared: Shared) -> Iterator[tuple[Numbers, Numbers]]:
    """Who shares something with whom, as often as they share something: the places of it among what may be shared.

    What may belong to a night beside is a guest there, and meets who is at home there, but those that are its guests,
    too, on the earlier night only. So a pair is of one night. It comes in parts of whole nights, so that memory does
    not grow with the records.
    """
    owner = shared.owner
    at_edge = seen.at_edge[owner]
    guests = np.flatnonzero(at_edge)
    night = (seen.area * _NIGHTS + seen.night)[owner]
    nights = np.concatenate((night, night[guests] - 1, night[guests] + 1))
    at = np.concatenate((np.arange(len(owner)), guests, guests))
    keys = nights * shared.size + shared.key[at]
    order = np.argsort(keys)
    # 0 is at home only, 1 at home and a guest elsewhere, 2 a guest whose home is the night after, 3 the night before:
    # two meet that come to no more than 3
    standing = np.concatenate((at_edge.astype(np.uint8), np.repeat(np.array([2, 3], np.uint8), len(guests))))
    at, keys, standing = at[order], keys[order], standing[order]
    nights = keys // shared.size
    ends = np.append(np.flatnonzero(nights[1:] != nights[:-1]) + 1, len(nights))
    begin = 0
    while begin < len(nights):
        end = int(ends[min(int(np.searchsorted(ends, begin + _PART)), len(ends) - 1)])
        first, second = of_groups(keys[begin:end], FULL)
        here, who = standing[begin:end], at[begin:end]
        meet = np.flatnonzero(here.take(first) + here.take(second) <= 3)
        yield who.take(first.take(meet)), who.take(second.take(meet))
        begin = end


def of_groups(keys: Numbers, most: int) -> tuple[Numbers, Numbers]:
    """All pairs of places where one key stands, of sorted keys; none of a key that stands at more than `most`."""
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    size = np.diff(np.append(first, len(keys)))
    start = np.repeat(first, size)
    before = np.arange(len(keys)) - start
    before[np.repeat(size > most, size)] = 0
    second = np.repeat(np.arange(len(keys)), before)
    past = np.repeat(np.cumsum(before) - before, before)
    return start[second] + np.arange(len(second)) - past, second
