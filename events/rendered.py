"""Pages that this process has rendered, served again for as long as the rows that they were made of are as they were.

One query asks for the versions of all these rows (events/rows.py), so that nothing has to tell of a change: what is
shown is what stands in the database. What no version tells of ends after a quarter of an hour here, and as long after
that where pages are kept.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterable

from nocturne import metrics
from nocturne.entries import LIFETIME, Entry, Memory

BYTES = 24_000_000  # of one process

MEMORY = Memory(BYTES)

# Of the rows that a page is made of, and of the answers to the root events that it shows.
type Versions = Callable[[list[int]], tuple[str, int]]


class Rendered:
    """One page as it was rendered, to be had as `content`; None if it has to be rendered (anew).

    Whoever renders it keeps it. The versions are asked for before: what is kept is made of those rows, or newer ones.
    """

    def __init__(self, name: str, versions: Versions) -> None:
        self._name, self._versions = name, versions
        self._rows = b""
        self.content = self._found()
        (metrics.cache_misses if self.content is None else metrics.cache_hits).labels("rendered").inc()

    def keep(self, content: bytes, shown: Iterable[int], answers: int) -> None:
        """`answers` is the version of those to the root events shown, of when they were counted."""
        head = json.dumps({"shown": list(shown), "answers": answers}).encode()
        # an eighth of its size and in a fifth of a millisecond read: what is kept is to be of all cities
        MEMORY.put(self._name, self._rows, Entry(b"", b"", time.time(), head + b"\n" + zlib.compress(content, 1)))

    def _found(self) -> bytes | None:
        found = MEMORY.get(self._name)
        if found is None or time.time() - found[1].made > LIFETIME:
            self._ask([])
            return None
        head, _, packed = found[1].value.partition(b"\n")
        kept = json.loads(head)
        answers = self._ask(kept["shown"])
        return zlib.decompress(packed) if (self._rows, answers) == (found[0], kept["answers"]) else None

    def _ask(self, shown: list[int]) -> int:
        rows, answers = self._versions(shown)
        self._rows = rows.encode()
        return answers
