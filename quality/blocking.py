"""Which records are worth comparing: those that share an area, a night or its neighbour, and something telling.

Linear in the records: what too many share (a word like "live", a listings page) makes no pairs by itself.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache

from events.text import fold

from .records import Record

# A bucket of more records than this tells nothing.
FULL = 60
_DAY = dt.timedelta(days=1)


@lru_cache(maxsize=20_000)
def words(title: str) -> tuple[str, ...]:
    """The words of a title, the longest first; pairs of letters where a script has no spaces."""
    found = set()
    for word in fold(title).split():
        if len(word) > 3 and ord(word[0]) >= 0x2E80:
            found |= {word[i : i + 2] for i in range(len(word) - 1)}
        elif len(word) > 2 or word.isdigit():
            found.add(word)
    return tuple(sorted(found or set(fold(title).split()), key=lambda word: (-len(word), word))[:8])


def _keys(record: Record) -> Iterator[Hashable]:
    for word in words(record.title):
        yield "word", word[:6]
    if record.url:
        yield "url", record.url
    if record.fingerprint:
        yield "fingerprint", record.fingerprint
    place = record.venue_id or fold(record.venue)
    if place:
        yield "place", place


def pairs(records: Sequence[Record], *, new: Iterable[int] | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of positions, each once and the lower first, that have a chance to be one event.

    With `new`, only pairs with one of these positions.
    """
    buckets: dict[Hashable, list[int]] = defaultdict(list)
    for position, record in enumerate(records):
        for key in _keys(record):
            buckets[record.area, record.night, key].append(position)
    asked = set(range(len(records))) if new is None else set(new)
    for position in sorted(asked):
        record, met = records[position], set[int]()
        for key in _keys(record):
            for days in (-1, 0, 1):
                bucket = buckets.get((record.area, record.night + days * _DAY, key), ())
                if len(bucket) <= FULL:
                    met.update(bucket)
        for other in sorted(met):
            if other > position or other not in asked:
                yield min(position, other), max(position, other)
