"""What records say beside their titles, worked out for those that are asked."""

from collections.abc import Iterable, Sequence

from events.text import spaced

from .records import Record

# Texts are compared by runs of so many words; sources shorten them and put prices before them.
RUN, FEW_RUNS = 3, 8
# Among so many words as many as are needed are nearly always others.
_ENOUGH = 24


class Sayings:
    """Of records, by position."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._texts: dict[int, str] = {}
        self._told: dict[int, str] = {}
        self._runs: dict[str, frozenset[int]] = {}

    def told(self, positions: Iterable[int]) -> dict[int, str]:
        """What the records say in text, venue and address, at these positions at least: folded, between spaces."""
        new = [at for at in positions if at not in self._told]
        if new:
            places = [f"{self._records[at].venue} {self._records[at].address}" for at in new]
            texts = self._folded(new)
            for at, place in zip(new, spaced(places), strict=True):
                self._told[at] = f" {texts[at]} {place} "
        return self._told

    def _folded(self, positions: Iterable[int]) -> dict[int, str]:
        """The texts alone."""
        new = [at for at in positions if at not in self._texts]
        if new:
            texts = [self._records[at].description for at in new]
            each = list(dict.fromkeys(texts))  # sources copy from each other
            folded = dict(zip(each, spaced(each), strict=True))
            self._texts |= zip(new, map(folded.__getitem__, texts), strict=True)
        return self._texts

    def in_common(self, one: Sequence[int], other: Sequence[int]) -> list[float | None]:
        """Of pairs of positions, how much of what the shorter text says the other says in the same words, 0 to 100;
        None where one says little."""
        self._folded({*one, *other})
        return [self._in_common(self._texts[a], self._texts[b]) for a, b in zip(one, other, strict=True)]

    def _in_common(self, text: str, other: str) -> float | None:
        if text == other and len(frozenset(text.split(None, _ENOUGH)[:_ENOUGH])) >= FEW_RUNS + RUN:
            return 100.0  # each word but the first two ends a run that was not there before
        runs, others = self._runs_of(text), self._runs_of(other)
        least = min(len(runs), len(others))
        return 100 * len(runs & others) / least if least >= FEW_RUNS else None

    def _runs_of(self, text: str) -> frozenset[int]:
        """All runs of three words, by their hashes, which take less room."""
        found = self._runs.get(text)
        if found is None:
            said = text.split()
            self._runs[text] = found = frozenset(map(hash, zip(said, said[1:], said[2:], strict=False)))
        return found


def tells(told: str, spellings: Iterable[str]) -> bool:
    """Whether a word is among what is told, in one of its spellings."""
    for word in spellings:  # noqa: SIM110 - any() takes twice the time, and this is asked often
        if f" {word} " in told:
            return True
    return False
