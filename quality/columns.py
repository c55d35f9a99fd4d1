"""Many records as arrays, column by column, so that thousands of pairs are looked at in one step. An array's places are
the positions of the records."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import cached_property
from itertools import count, islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from events.text import END, fold, spaced

from . import titles
from .records import Record
from .sayings import Sayings
from .times import mistakes, says_time

if TYPE_CHECKING:
    from .cores import Cores

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Texts that one copied from another begin alike.
_TEXT_BEGINNING = 40
# What begins before or after these hours may be listed on another night by a mistake in the zone.
_EARLY, _LATE = 8, 21
# What begins before this hour may be meant for the evening.
_MORNING = 10
DAY = 1440


class Numbering[Value: Hashable](defaultdict[Value, int]):
    """Gives each value that it is asked for a number, from 0 on."""

    def __init__(self, known: Iterable[Value] = ()) -> None:
        super().__init__(count().__next__)
        for value in known:
            self[value]

    def of(self, values: Sequence[Value]) -> Numbers:
        return np.fromiter(map(self.__getitem__, values), np.int64, len(values))


class Columns:
    """`second`, `minute` and `night` count from one day. `at_edge` says that a source may list it on the night beside,
    `odd` that the time may be wrong or unknown.

    In the others equal numbers are equal values, and 0 is none: the canonical `page`, the `row` by its fingerprint, the
    beginning of the `text`, and the `place` by identity or name. `named` is the place in `names` of the venue's name,
    `town` that in `towns`. `source` is less than 0 where a record is not live.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.area = _numbered([record.area for record in records])
        self.source = 1 + _numbered([record.source for record in records])
        self.source[~np.array([record.live for record in records], np.bool_)] *= -1
        self.root = _or_none([record.root for record in records])
        self.venue = _or_none([record.venue_id for record in records])
        self.page = _numbered([record.url for record in records])
        self.row = _numbered([record.fingerprint for record in records])
        self.descriptions = [record.description for record in records]
        self._lengths = lengths(self.descriptions)
        self.has_text = self._lengths > 0
        self.text = _numbered([text[:_TEXT_BEGINNING] for text in self.descriptions])
        self.text[self._lengths < _TEXT_BEGINNING] = 0
        names = Numbering[str]()
        self.named = names.of([record.venue for record in records])
        self.names = list(names)
        towns = Numbering[str]()
        self.town = towns.of([record.city for record in records])
        self.towns = list(towns)
        self.place = _numbered([fold(name) for name in self.names])[self.named]
        if (settled := self.venue > 0).any():
            self.place[settled] = len(self.names) + _numbered(self.venue[settled].tolist())
        self.cores: Cores | None = None  # of those that were asked for last
        self.sayings = Sayings(records)
        self._read_times()
        self._read_titles()

    def _read_times(self) -> None:
        starts = Numbering[dt.datetime]()
        which = starts.of([record.start for record in self.records])
        seconds = [((at.toordinal() * 24 + at.hour) * 60 + at.minute) * 60 + at.second for at in starts]
        self.second = _column(seconds)[which]
        self.minute = self.second // 60
        self.day = self.minute // DAY
        self.hour = self.minute % DAY // 60
        nights = [record.night for record in self.records]
        self.night = np.fromiter(map(dt.date.toordinal, nights), np.int64, len(nights))
        self.known = np.array([record.time_known for record in self.records], np.bool_)
        self.at_edge = ~self.known | (self.hour < _EARLY) | (self.hour >= _LATE)
        self.odd = self.at_edge | (self.hour < _MORNING)

    def _read_titles(self) -> None:
        """`texts` are the folded titles, `words` the words of all, END behind those of each. The words of the title at
        `n` go from `first[n]` to `last[n]`; `word` are their numbers, which `numbering` gives, and `owner` says whose
        they are."""
        self.texts = spaced([record.title for record in self.records])
        self.words = f" {END} ".join([*self.texts, ""]).split()
        self.numbering, self._tells = Numbering([END]), np.zeros(0)
        self.word = self.numbering.of(self.words)
        self.last = np.flatnonzero(self.word == 0)
        self.first = np.append(0, self.last + 1)[:-1]
        self.owner = np.repeat(np.arange(len(self.records)), self.last + 1 - self.first)

    def title(self, position: int) -> list[str]:
        """The folded words of a title."""
        return self.words[self.first[position] : self.last[position]]

    def flagged(self, words: Iterable[str]) -> Flags:
        """By a word's number, whether it is one of the words."""
        found = np.zeros(len(self.numbering), np.bool_)
        found[[self.numbering[word] for word in words if word in self.numbering]] = True
        return found

    @property
    def tells(self) -> Weights:
        """By a word's number, what it tells."""
        if len(self._tells) < len(self.numbering):
            new = list(islice(self.numbering, len(self._tells), None))
            self._tells = np.append(self._tells, titles.weights(new))
        return self._tells

    def having(self, words: Collection[str]) -> Flags:
        """Whether a title has one of the words."""
        found = np.zeros(len(self.records), np.bool_)
        found[self.owner[self.flagged(words)[self.word]]] = True
        return found

    @cached_property
    def says_time(self) -> Flags:
        """Whether a text says a time of day."""
        texts = self.descriptions
        # most have no digit, which is seen soonest in the bytes of all; a letter beyond ASCII may be one, too
        letters = np.frombuffer("".join(texts).encode("ascii", "replace").replace(b"?", b"0"), np.uint8)
        digits = np.flatnonzero(letters - np.uint8(ord("0")) < 10)
        ends = np.cumsum(self._lengths)
        found = np.zeros(len(texts), np.bool_)
        for at in distinct(np.searchsorted(ends, digits, side="right")).tolist():
            found[at] = says_time(texts[at])
        return found

    @cached_property
    def is_run(self) -> Flags:
        """Whether it lasts more than one night."""
        nights = [record.last_night for record in self.records]
        return self._at([at for at, last in enumerate(nights) if last is not None and self.records[at].is_run])

    @cached_property
    def located(self) -> Flags:
        """Whether its coordinates are known."""
        latitudes = [record.latitude for record in self.records]
        return self._at([at for at, one in enumerate(latitudes) if one is not None and self.records[at].is_located])

    def _at(self, positions: Sequence[int]) -> Flags:
        found = np.zeros(len(self.records), np.bool_)
        found[list(positions)] = True
        return found

    def each(self, positions: Numbers) -> Numbers:
        """The positions in order, each once."""
        found = np.zeros(len(self.records), np.bool_)
        found[positions] = True
        return np.flatnonzero(found)

    @cached_property
    def mistakes(self) -> Flags:
        """Of each number of minutes up to a day, whether a mistake may set a start off by it."""
        found = np.zeros(DAY + 2, np.bool_)
        for offset in {record.utc_offset for record in self.records}:
            found[[round(minutes) for minutes in mistakes(offset)]] = True
        return found


def _column(values: Sequence[int]) -> Numbers:
    return np.array(values, np.int64)


def _or_none(values: Sequence[int | None]) -> Numbers:
    """-1 for None."""
    if values.count(None) == len(values):
        return np.full(len(values), -1)
    return _column([-1 if value is None else value for value in values])


def _numbered(values: Sequence[Hashable]) -> Numbers:
    """Numbers that are equal where the values are; 0 for an empty text."""
    return Numbering[Hashable]([""]).of(values)


def lengths(texts: Sequence[str]) -> Numbers:
    return np.fromiter(map(len, texts), np.int64, len(texts))


def distinct(values: Numbers) -> Numbers:
    """Each once, in order; np.unique takes ten times as long."""
    values = np.sort(values)
    return values[np.append(True, values[1:] != values[:-1])[: len(values)]]


def spread(start: Numbers, size: Numbers) -> tuple[Numbers, Numbers]:
    """The places from each start on, as many as its size, and for each of them which start it is of."""
    which = np.repeat(np.arange(len(start)), size)
    before = np.cumsum(size) - size
    return np.arange(len(which)) + (start - before)[which], which
