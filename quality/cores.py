"""The cores of many titles at once, and what they have in common two by two."""

from collections.abc import Collection
from itertools import chain
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process

from events.text import END

from . import titles
from .columns import Columns, Flags, Numbers, Weights, distinct, lengths, spread

# Words of so many letters that are spelled so much alike, in percent, are one word.
_SPELLED_LETTERS, _SPELLED_ALIKE = 4, 80


class Cores:
    """What `titles.core` leaves of the titles at some positions, each given once.

    All is by row, which `row` gives for a position: `text` is a core in order, `weight` what its words tell. The words
    are by number, each once for a core: `word` from `start` on, as many as `size`. `strings` and `tells` are by number.
    `numeric` says whether there is a number, as of a part or an edition, among them.
    """

    def __init__(self, seen: Columns, positions: Numbers) -> None:
        self.positions = positions
        self.row = np.zeros(len(seen.records), np.int64)
        self.row[positions] = np.arange(len(positions))
        owner, word = self._read(seen)
        self._number = seen.numbering
        self.strings = list(seen.numbering)
        codes = distinct(owner * len(self.strings) + word)
        owner, self.word = np.divmod(codes, len(self.strings))
        self.tells = seen.tells
        self.size = np.bincount(owner, minlength=len(positions))
        self.start = np.cumsum(self.size) - self.size
        self.weight = np.bincount(owner, self.tells[self.word], len(positions))
        self.known = np.zeros(len(seen.records), np.bool_)
        self.known[positions] = True
        self._numbers = titles.numbers([self.strings[number] for number in distinct(self.word).tolist()])
        self.numeric = self.having(self._numbers)

    def _read(self, seen: Columns) -> tuple[Numbers, Numbers]:
        """The words with the row of each. Of most titles only words that link are taken off: the others are asked for
        one by one."""
        place, owner = spread(seen.first[self.positions], (seen.last + 1 - seen.first)[self.positions])
        word = seen.word[place]
        kept = ~seen.flagged(titles.LINKING)[word]
        # a title of nothing but linking words keeps them
        kept |= np.bincount(owner[kept], minlength=len(self.positions))[owner] == 1
        texts = " ".join([seen.words[at] for at in place[kept].tolist()]).split(END)
        self.text = [text.strip() for text in texts[: len(self.positions)]]
        asked = self._with_more(seen, owner, word)
        rows, more = np.flatnonzero(asked).tolist(), []
        for row in rows:
            at = self.positions[row]
            record = seen.records[at]
            found = titles.core(seen.title(at), venue=record.venue, city=record.city, year=record.start.year)
            self.text[row] = " ".join(found)
            more.append(found)
        some = kept & (word != 0) & ~asked[owner]
        owners = np.repeat(np.array(rows, np.int64), np.array([len(found) for found in more], np.int64))
        numbers = seen.numbering.of(list(chain.from_iterable(more)))
        return np.concatenate((owner[some], owners)), np.concatenate((word[some], numbers))

    def _with_more(self, seen: Columns, owner: Numbers, word: Numbers) -> Flags:
        """Whether something may be taken off a title: by a word that says so, a number beside one that makes a time or
        a date of it, letters that stand by themselves, or the longest word of its place's name."""

        def times(flags: Flags) -> Numbers:
            return np.bincount(owner[flags[word]], minlength=len(self.positions))

        odd = [known for known in seen.numbering if not (known.isalpha() and known.isascii()) and known != END]
        found = times(seen.flagged(titles.ADDING) | seen.flagged(filter(titles.is_time, odd))) > 0
        found |= (times(seen.flagged(odd)) > 0) & (times(seen.flagged(titles.TIMES)) > 0)
        found |= times(seen.flagged(titles.LETTERS)) >= titles.FEWEST_INITIALS
        for names, which in ((seen.names, seen.named), (seen.towns, seen.town)):
            longest = [max(titles.folded(name).split(), key=len, default="") for name in names]
            number = np.array([seen.numbering.get(one, -1) for one in longest], np.int64)[which[self.positions]]
            found[owner[number[owner] == word]] = True
        return found

    def having(self, words: Collection[str]) -> Flags:
        """By row, whether a core has one of the words."""
        some = np.zeros(len(self.strings), np.bool_)
        some[[self._number[word] for word in words if word in self._number]] = True
        found = np.zeros(len(self.size), np.bool_)
        found[np.repeat(np.arange(len(self.size)), self.size)[some[self.word]]] = True
        return found

    def numbers(self, row: int) -> frozenset[str]:
        """What tells parts and editions apart."""
        return frozenset([self._numbers[word] for word in self.words(row) if word in self._numbers])

    def words(self, row: int) -> frozenset[str]:
        some = slice(int(self.start[row]), int(self.start[row] + self.size[row]))
        return frozenset([self.strings[number] for number in self.word[some].tolist()])


def cores(seen: Columns, left: Numbers, right: Numbers) -> Cores:
    """With those of the pairs; what is there already is not made again."""
    if seen.cores is None or not (seen.cores.known[left].all() and seen.cores.known[right].all()):
        seen.cores = Cores(seen, seen.each(np.concatenate((left, right))))
    return seen.cores


class Overlap(NamedTuple):
    """What cores have in common, pair by pair: `title` says how alike they are, 0 to 100, whatever the order of their
    words; `shared` is the weight of the words in both, and `totals` are the weights of the one and the other.

    `alone` are the words that only the one or only the other has: each by the pair, in order, and its number.
    """

    title: Weights
    shared: Weights
    totals: tuple[Weights, Weights]
    alone: tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]

    @property
    def contained(self) -> Weights:
        """How much of what the one tells less is in the other, 0 to 100: "Watkins" is in "Watkins at the Brewery"."""
        least = np.minimum(*self.totals)
        return np.minimum(100.0, 100 * self.shared / np.where(least, least, np.inf))


def overlap(cores: Cores, left: Numbers, right: Numbers) -> Overlap:
    """Words that are spelled nearly alike are shared: "jazz nights" and "jazz night", "Moctar" and "Mocktar"."""
    one, other = cores.row[left], cores.row[right]
    sides, count = [], len(cores.strings)
    for row in (one, other):
        place, pair = spread(cores.start[row], cores.size[row])
        sides.append((pair, cores.word[place]))
    keys, others = (pair * count + word for pair, word in sides)
    at = np.searchsorted(others, keys)
    both = np.append(others, -1)[at] == keys
    alone = [~both, np.ones(len(others), np.bool_)]
    alone[1][at[both]] = False
    pair, word = sides[0]
    shared = np.bincount(pair[both], cores.tells[word[both]], len(one))
    title = np.full(len(one), 100.0)
    differ = np.zeros(len(one), np.bool_)
    for (pair, _), some in zip(sides, alone, strict=True):
        differ[pair[some]] = True
    unlike = np.flatnonzero(differ)
    title[unlike] = _percent(cores, one[unlike], other[unlike])
    single = [(pair[some], word[some]) for (pair, word), some in zip(sides, alone, strict=True)]
    if len(single[0][0]) and len(single[1][0]):
        single = _joined(cores, shared, *single)
    return Overlap(title, shared, (cores.weight[one], cores.weight[other]), (single[0], single[1]))


def _percent(cores: Cores, one: Numbers, other: Numbers) -> Weights:
    first, second = ([cores.text[row] for row in rows.tolist()] for rows in (one, other))
    found = [
        process.cpdist(first, second, scorer=scorer, dtype=np.float64) for scorer in (fuzz.ratio, fuzz.token_sort_ratio)
    ]
    return np.maximum(*found)


Alone = tuple[Numbers, Numbers]


def _joined(cores: Cores, shared: Weights, first: Alone, second: Alone) -> list[Alone]:
    """Words alone without those that the other side has in another spelling, each of them once, the likest first:
    what these tell is added to what is shared."""
    size = lengths(cores.strings)
    long = [np.flatnonzero(size[word] >= _SPELLED_LETTERS) for _, word in (first, second)]
    pair, others = first[0][long[0]], second[0][long[1]]
    begin = np.searchsorted(others, pair)
    place, which = spread(begin, np.searchsorted(others, pair, side="right") - begin)
    one, other = long[0][which], long[1][place]
    codes, each = np.unique(first[1][one] * len(size) + second[1][other], return_inverse=True)
    words = [[cores.strings[word] for word in part.tolist()] for part in np.divmod(codes, len(size))]
    alike = process.cpdist(*words, scorer=fuzz.ratio, score_cutoff=_SPELLED_ALIKE, dtype=np.float64)[each]
    near = []
    for hit in np.flatnonzero(alike).tolist():
        a, b = int(one[hit]), int(other[hit])
        word, like = cores.strings[first[1][a]], cores.strings[second[1][b]]
        near.append((first[0][a], -alike[hit], min(word, like), max(word, like), word, like, a, b))
    gone: tuple[set[int], set[int]] = (set(), set())
    for at, *_, a, b in sorted(near):
        if a not in gone[0] and b not in gone[1]:
            gone[0].add(a)
            gone[1].add(b)
            shared[at] += min(cores.tells[first[1][a]], cores.tells[second[1][b]])
    kept = []
    for (pair, word), taken in zip((first, second), gone, strict=True):
        some = np.ones(len(pair), np.bool_)
        some[list(taken)] = False
        kept.append((pair[some], word[some]))
    return kept
