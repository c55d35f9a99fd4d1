"""Many records as arrays, column by column, so that thousands of pairs are looked at in one step. An array's places are
the positions of the records."""

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from events.text import fold, words, words_of_each

from . import locations, titles
from .profiles import Profile
from .times import mistakes, says_time

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


class Columns:
    """`minute` and `night` count from one day. `at_edge` says that a source may list it on the night beside, `odd` that
    the time may be wrong or unknown.

    In the others equal numbers are equal values, and 0 is none: the canonical `page`, the `row` by its fingerprint, the
    beginning of the `text`, the `place` by identity or name, and the `place_word` that tells most of it, by its
    beginning. `source` is less than 0 where a record is not live.
    """

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self.records = records = [profile.record for profile in profiles]
        self.area = _numbered([record.area for record in records])
        self.source = 1 + _numbered([record.source for record in records])
        self.source[[at for at, record in enumerate(records) if not record.live]] *= -1
        self.page = _numbered([record.url for record in records])
        self.row = _numbered([record.fingerprint for record in records])
        texts = [record.description[:_TEXT_BEGINNING] for record in records]
        self.has_text = np.fromiter(map(bool, texts), np.bool_, len(texts))
        self.text = _numbered([text if len(text) == _TEXT_BEGINNING else "" for text in texts])
        self._read_times()
        self.words = words_of_each([record.title for record in records])
        for profile, row in zip(profiles, self.words, strict=True):
            profile.words = row
        self._read_words()
        self._read_places()

    def _read_times(self) -> None:
        starts = [record.start for record in self.records]
        self.minute = _column([(at.toordinal() * 24 + at.hour) * 60 + at.minute for at in starts])
        self.night = _column([record.night.toordinal() for record in self.records])
        self.known = np.array([record.time_known for record in self.records], np.bool_)
        hour = self.minute % DAY // 60
        self.at_edge = ~self.known | (hour < _EARLY) | (hour >= _LATE)
        self.odd = self.at_edge | (hour < _MORNING)

    def _read_words(self) -> None:
        """Each word of a title is in one place of `owner`, `beginning` and `telling`: whose it is, what it begins with
        and what it tells; `weight` is what a title tells in all."""
        flat = list(chain.from_iterable(self.words))
        index = _index(flat)
        if unusual := frozenset(filter(titles.is_unusual, index)):
            self.words = [row if unusual.isdisjoint(row) else row + titles.further(row) for row in self.words]
            flat = list(chain.from_iterable(self.words))
            index = _index(flat)
        beginnings = [titles.beginning(word) for word in index]
        self._beginnings = _index(beginnings)
        number = _column([self._beginnings[beginning] for beginning in beginnings])
        told = np.array(titles.telling(index), np.float64)
        # that it is in town tells nothing
        towns = frozenset(chain.from_iterable(map(words, {record.city for record in self.records})))
        told[[number - 1 for word, number in index.items() if word in towns]] = 0
        which = np.fromiter(map(index.__getitem__, flat), np.int64, len(flat)) - 1
        owner = np.repeat(np.arange(len(self.words)), np.fromiter(map(len, self.words), np.int64, len(self.words)))
        telling = told[which]
        # a title of nothing but linking words is found by these
        telling[np.bincount(owner, telling, len(self.words))[owner] == 0] = 1.0
        some = telling > 0
        self.owner, self.beginning, self.telling = owner[some], number[which][some], telling[some]
        self.weight = np.bincount(self.owner, self.telling, len(self.words))

    def _read_places(self) -> None:
        venues = [record.venue for record in self.records]
        words: dict[str, int] = {}
        names: dict[str, str] = {}
        for venue in dict.fromkeys(venues):
            names[venue] = fold(venue)
            word = titles.beginning(locations.telling_word(venue))
            words[venue] = self._beginnings.setdefault(word, len(self._beginnings) + 1) if word else 0
        self.place_word = _column([words[venue] for venue in venues])
        self.place = _numbered([record.venue_id or names[record.venue] for record in self.records])

    @property
    def vocabulary(self) -> int:
        """One more than any beginning of a word."""
        return len(self._beginnings) + 1

    def saying_time(self, positions: Numbers) -> Flags:
        """Of all records those of the positions whose text says a time of day."""
        positions = np.unique(positions)
        texts = [self.records[at].description for at in positions.tolist()]
        # most have no digit, which is seen soonest in the bytes of all; a letter beyond ASCII may be one, too
        letters = np.frombuffer("".join(texts).encode("ascii", "replace").replace(b"?", b"0"), np.uint8)
        digits = np.flatnonzero(letters - np.uint8(ord("0")) < 10)
        ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
        some = np.unique(np.searchsorted(ends, digits, side="right"))
        found = np.zeros(len(self.records), np.bool_)
        found[positions[[at for at in some.tolist() if says_time(texts[at])]]] = True
        return found

    @cached_property
    def mistakes(self) -> Flags:
        """Of each number of minutes up to a day, whether a mistake may set a start off by it."""
        found = np.zeros(DAY + 2, np.bool_)
        for offset in {record.utc_offset for record in self.records}:
            found[[round(minutes) for minutes in mistakes(offset)]] = True
        return found


def _column(values: Sequence[int]) -> Numbers:
    return np.array(values, np.int64)


def _index[Value: Hashable](values: Iterable[Value]) -> dict[Value, int]:
    """A number from 1 on for each value."""
    return dict(zip(dict.fromkeys(values), count(1), strict=False))


def _numbered(values: Sequence[Hashable]) -> Numbers:
    """Numbers that are equal where the values are; 0 for an empty text."""
    index: dict[Hashable, int] = _index(values)
    if "" in index:
        index[""] = 0
    return np.fromiter(map(index.__getitem__, values), np.int64, len(values))
