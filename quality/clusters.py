"""Putting records that are one event together, pair by pair, the strongest evidence first."""

import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import NamedTuple

import numpy as np

from .blocking import pairs
from .columns import Columns, Numbers
from .evidence import Evidence, Limits, exact, hopeful, outline, weigh
from .records import Record
from .similarity import Comparison, Judgement, comparisons, judge

# Sets of more records are not looked at in one step.
_MOST_AT_ONCE = 100


class Edge(NamedTuple):
    """Two records, by position, that are one event or may be. `sure` edges (an editor's word) ask nobody."""

    first: int
    second: int
    comparison: Comparison
    sure: bool = False

    def as_unsure(self) -> "Edge":
        return self._replace(comparison=self.comparison._replace(outcome="unsure"))


class Clusters:
    """Sets of records, by position; those of one event are together from the start.

    `forbidden` says which pairs an editor keeps apart, `seen` are the records as columns, if somebody made them.
    """

    def __init__(
        self,
        records: Sequence[Record],
        limits: Limits,
        forbidden: Callable[[int, int], bool] = lambda i, j: False,
        *,
        seen: Columns | None = None,
    ) -> None:
        self.records = records
        self.limits = limits
        self.forbidden = forbidden
        self._seen = seen
        # of pairs that were looked at: whether they are the same row, and whether something says that they are two
        self._looked: dict[tuple[int, int], tuple[bool, bool]] = {}
        # of those that are together with others; hardly any are
        self._members: dict[int, list[int]] = {}
        first_of: dict[int, int] = {}
        for position in range(len(records)) if seen is None else np.flatnonzero(seen.root >= 0).tolist():
            if (root := records[position].root) is not None:
                self._unite(first_of.setdefault(root, position), position)

    def members(self, position: int) -> list[int]:
        return self._members.get(position) or [position]

    def sets(self) -> list[list[int]]:
        found = [self.members(position) for position in range(len(self.records))]
        return [members for position, members in enumerate(found) if members[0] == position]

    def together(self, first: int, second: int) -> bool:
        return first == second or first in self._members.get(second, ())

    def open(self, edge: Edge) -> bool:
        """Whether the two sides are still two and nothing but their likeness speaks for or against one event."""
        return not self.together(edge.first, edge.second) and not any(self._two(i, j) for i, j in self._across(edge))

    def _across(self, edge: Edge) -> list[tuple[int, int]]:
        return [(i, j) for i in self.members(edge.first) for j in self.members(edge.second)]

    def _unite(self, first: int, second: int) -> None:
        if not self.together(first, second):
            members = sorted(self.members(first) + self.members(second))
            for position in members:
                self._members[position] = members

    def join(self, edge: Edge) -> bool:
        """Unite the two sides of an edge unless any two of them cannot be one event; whether they are one now."""
        if edge.first not in self._members and edge.second not in self._members:  # as most
            if not edge.sure and self._two(edge.first, edge.second):
                return False
            self._members[edge.first] = self._members[edge.second] = sorted((edge.first, edge.second))
            return True
        if self.together(edge.first, edge.second):
            return True
        if not edge.sure and any(self._apart(edge, i, j) for i, j in self._across(edge)):
            return False
        self._unite(edge.first, edge.second)
        return True

    def expect(self, edges: Sequence[Edge]) -> None:
        """Look at once at all pairs that joining these edges may ask for."""
        ends = Counter([edge.first for edge in edges] + [edge.second for edge in edges])
        reach = Clusters((), self.limits)
        reach._members = dict(self._members)
        for first, second, *_ in edges:
            if self._members or ends[first] > 1 or ends[second] > 1:
                reach._unite(first, second)
        sets = {id(members): members for members in reach._members.values() if 2 < len(members) <= _MOST_AT_ONCE}
        pairs = [pair for members in sets.values() for pair in combinations(members, 2)]
        self._look([pair for pair in pairs if not self.together(*pair)])

    def _look(self, pairs: Sequence[tuple[int, int]]) -> None:
        pairs = [pair for pair in pairs if pair not in self._looked]
        if not pairs:
            return
        left, right = np.array(pairs, np.int64).T
        seen = self._seen
        if seen is None:
            positions = sorted({at for pair in pairs for at in pair})
            seen = Columns([self.records[at] for at in positions])
            left, right = np.searchsorted(positions, left), np.searchsorted(positions, right)
        same, two = exact(seen, left, right), outline(seen, left, right, self.limits).is_two(self.limits)
        self._looked |= zip(pairs, zip(same.tolist(), two.tolist(), strict=True), strict=True)

    def _seen_of(self, i: int, j: int) -> tuple[bool, bool]:
        pair = (i, j) if i < j else (j, i)
        if pair not in self._looked:
            self._look([pair])
        return self._looked[pair]

    def _apart(self, edge: Edge, i: int, j: int) -> bool:
        if self._two(i, j):
            return True
        if {i, j} == {edge.first, edge.second}:
            return False
        same, two = self._seen_of(i, j)
        return two and not same

    def _two(self, i: int, j: int) -> bool:
        """Whether two are two by an editor's word, as a festival and its part, or as two items of one source."""
        a, b = self.records[i], self.records[j]
        if self.forbidden(i, j):
            return True
        if (a.root is not None and a.root == b.festival) or (b.root is not None and b.root == a.festival):
            return True
        if (a.part_of or b.part_of) and (_is_part(a, b) or _is_part(b, a)):
            return True
        return _one_source(a, b) and not self._seen_of(i, j)[0]


def _is_part(record: Record, festival: Record) -> bool:
    """Whether one is listed as a part of the other, as long as neither is an event."""
    return bool(record.part_of) and record.source == festival.source and record.part_of == festival.name


class Cluster(NamedTuple):
    """Records that are one event, by key, with the weakest link that holds them together."""

    keys: list[int | str]
    score: int
    reasons: tuple[str, ...]


def edges(
    records: Sequence[Record], limits: Limits, *, new: Iterable[int] | None = None, seen: Columns | None = None
) -> list[Edge]:
    """Pairs that are the same or may be, the strongest first; with `new`, those with one of these positions.

    Two live listings of one source are the same only as the same row twice. `seen` are the records as columns.
    """
    seen = seen or Columns(records)
    parts = list(pairs(seen, minutes=limits.minutes, new=new))
    if not parts:
        return []
    left, right = (np.concatenate(part) for part in zip(*parts, strict=True))
    some = np.flatnonzero((seen.root[left] != seen.root[right]) | (seen.root[left] < 0))
    left, right = left[some], right[some]
    same_row = exact(seen, left, right)
    rows = np.flatnonzero(~same_row & ((seen.source[left] != seen.source[right]) | (seen.source[left] < 0)))
    alike, judgement, evidence = _judged(seen, left[rows], right[rows], limits)
    known = Comparison("same", 100, ("the same title, start and place",))
    found = [known] * int(same_row.sum()) + comparisons(evidence, judgement)
    rows = np.concatenate((np.flatnonzero(same_row), rows[alike]))
    left, right = left[rows], right[rows]
    # A source's row under a new id goes where the old one is, also if an editor took that from its likes.
    abroad = np.abs(seen.source[left]) != np.abs(seen.source[right])
    score = np.array([comparison.score for comparison in found], np.int64)
    order = np.lexsort((right, left, abroad, -score)).tolist()
    pairs_of = list(zip(left.tolist(), right.tolist(), found, strict=True))
    return [Edge(*pairs_of[at]) for at in order]


def _judged(seen: Columns, left: Numbers, right: Numbers, limits: Limits) -> tuple[Numbers, Judgement, Evidence]:
    """The rows of pairs that are not two events, with what was found of these."""
    rows, known = hopeful(seen, left, right, limits)
    evidence = weigh(seen, left[rows], right[rows], known)
    judgement = judge(evidence, limits)
    some = np.flatnonzero(judgement.same | judgement.unsure)
    return rows[some], Judgement._make(column[some] for column in judgement), evidence.only(some)


def _one_source(a: Record, b: Record) -> bool:
    """Whether one source shows both now: it would not list one event twice."""
    return a.source == b.source and a.live and b.live


def find(
    records: Sequence[Record], limits: Limits, forbidden: Callable[[int, int], bool] = lambda i, j: False
) -> list[Cluster]:
    """All groups of records that are one event and were not yet; `forbidden` as of Clusters.

    One area after the other, so that only one is held prepared.
    """
    areas: dict[Hashable, list[int]] = defaultdict(list)
    for position, record in enumerate(records):
        areas[record.area].append(position)
    found = []
    for at in areas.values():
        with _uncollected():
            found += _of_area([records[position] for position in at], limits, _moved(forbidden, at))
    return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles, which takes long among so many small objects: comparing makes none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _moved(forbidden: Callable[[int, int], bool], at: Sequence[int]) -> Callable[[int, int], bool]:
    """The same of records at other positions."""
    return lambda i, j: forbidden(at[i], at[j])


def _of_area(records: Sequence[Record], limits: Limits, forbidden: Callable[[int, int], bool]) -> list[Cluster]:
    seen = Columns(records)
    clusters = Clusters(records, limits, forbidden, seen=seen)
    found = [edge for edge in edges(records, limits, seen=seen) if edge.comparison.outcome == "same"]
    clusters.expect(found)
    links = [edge for edge in found if clusters.join(edge)]
    weakest = {clusters.members(edge.first)[0]: edge.comparison for edge in links}
    return [
        Cluster([records[position].key for position in clusters.members(first)], weak.score, weak.reasons)
        for first, weak in sorted(weakest.items())
    ]
