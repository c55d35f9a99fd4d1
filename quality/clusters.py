"""Putting records that are one event together, pair by pair, the strongest evidence first."""

import gc
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .blocking import pairs
from .evidence import Limits, hopeful, outline, weigh
from .profiles import Profile
from .records import Record
from .similarity import Comparison, exact, judge


@dataclass(frozen=True, slots=True)
class Edge:
    """Two records, by position, that are one event or may be. `sure` edges (an editor's word) ask nobody."""

    first: int
    second: int
    comparison: Comparison
    sure: bool = False

    def as_unsure(self) -> "Edge":
        return replace(self, comparison=replace(self.comparison, outcome="unsure"))


class Clusters:
    """Sets of records, by position; those of one event are together from the start.

    `forbidden` says which pairs an editor keeps apart, `profiles` are the records prepared, if somebody did.
    """

    def __init__(
        self,
        records: Sequence[Record],
        limits: Limits,
        forbidden: Callable[[int, int], bool] = lambda i, j: False,
        *,
        profiles: Sequence[Profile] | None = None,
    ) -> None:
        self.profiles = profiles or [Profile(record) for record in records]
        self.limits = limits
        self.forbidden = forbidden
        # of those that are together with others; hardly any are
        self._members: dict[int, list[int]] = {}
        first_of: dict[int, int] = {}
        for position, record in enumerate(records):
            if record.root is not None:
                self._unite(first_of.setdefault(record.root, position), position)

    def members(self, position: int) -> list[int]:
        return self._members.get(position) or [position]

    def sets(self) -> list[list[int]]:
        found = [self.members(position) for position in range(len(self.profiles))]
        return [members for position, members in enumerate(found) if members[0] == position]

    def together(self, first: int, second: int) -> bool:
        return first in self.members(second)

    def open(self, edge: Edge) -> bool:
        """Whether the two sides are still two and nothing but their likeness speaks for or against one event."""
        return not self.together(edge.first, edge.second) and not any(self._two(i, j) for i, j in self._across(edge))

    def _across(self, edge: Edge) -> list[tuple[int, int]]:
        return [(i, j) for i in self.members(edge.first) for j in self.members(edge.second)]

    def _unite(self, first: int, second: int) -> None:
        if not self.together(first, second):
            members = sorted(self.members(first) + self.members(second))
            self._members |= dict.fromkeys(members, members)

    def join(self, edge: Edge) -> bool:
        """Unite the two sides of an edge unless any two of them cannot be one event; whether they are one now."""
        if not edge.sure and any(self._apart(edge, i, j) for i, j in self._across(edge)):
            return False
        self._unite(edge.first, edge.second)
        return True

    def _apart(self, edge: Edge, i: int, j: int) -> bool:
        a, b = self.profiles[i], self.profiles[j]
        if self._two(i, j):
            return True
        known = {i, j} == {edge.first, edge.second}
        return not known and not exact(a, b) and outline(a, b, self.limits).is_two(self.limits)

    def _two(self, i: int, j: int) -> bool:
        """Whether two are two by an editor's word, as a festival and its part, or as two items of one source."""
        a, b = self.profiles[i].record, self.profiles[j].record
        if self.forbidden(i, j):
            return True
        if (a.root is not None and a.root == b.festival) or (b.root is not None and b.root == a.festival):
            return True
        if _is_part(a, b) or _is_part(b, a):
            return True
        return _one_source(a, b) and not exact(self.profiles[i], self.profiles[j])


def _is_part(record: Record, festival: Record) -> bool:
    """Whether one is listed as a part of the other, as long as neither is an event."""
    return bool(record.part_of) and record.source == festival.source and record.part_of == festival.name


@dataclass(frozen=True, slots=True)
class Cluster:
    """Records that are one event, by key, with the weakest link that holds them together."""

    keys: list[int | str]
    score: int
    reasons: tuple[str, ...]


def edges(
    records: Sequence[Record],
    limits: Limits,
    *,
    new: Iterable[int] | None = None,
    profiles: Sequence[Profile] | None = None,
) -> list[Edge]:
    """Pairs that are the same or may be, the strongest first; with `new`, those with one of these positions.

    Two live listings of one source are the same only as the same row twice.
    """
    profiles, found = profiles or [Profile(record) for record in records], []
    for i, j in pairs(profiles, minutes=limits.minutes, new=new):
        a, b = profiles[i], profiles[j]
        if a.record.root is not None and a.record.root == b.record.root:
            continue
        if exact(a, b):
            found.append(Edge(i, j, Comparison("same", 100, ("the same title, start and place",))))
        elif not _one_source(a.record, b.record) and (comparison := _compare(a, b, limits)):
            found.append(Edge(i, j, comparison))

    def rank(edge: Edge) -> tuple[int, bool, int, int]:
        # A source's row under a new id goes where the old one is, also if an editor took that from its likes.
        abroad = records[edge.first].source != records[edge.second].source
        return -edge.comparison.score, abroad, edge.first, edge.second

    return sorted(found, key=rank)


def _compare(a: Profile, b: Profile, limits: Limits) -> Comparison | None:
    """None for two events."""
    known = hopeful(a, b, limits)
    seen = weigh(a, b, known) if known else None
    comparison = judge(seen, limits) if seen and seen.alike(limits) else None
    return comparison if comparison and comparison.outcome != "different" else None


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
    profiles = [Profile(record) for record in records]
    clusters = Clusters(records, limits, forbidden, profiles=profiles)
    found = edges(records, limits, profiles=profiles)
    links = [edge for edge in found if edge.comparison.outcome == "same" and clusters.join(edge)]
    weakest = {clusters.members(edge.first)[0]: edge.comparison for edge in links}
    return [
        Cluster([records[position].key for position in clusters.members(first)], weak.score, weak.reasons)
        for first, weak in sorted(weakest.items())
    ]
