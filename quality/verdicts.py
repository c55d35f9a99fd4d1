"""Verdicts on pairs of listings: reading what editors said, writing what they and the matcher decide."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone as clock

from nocturne.models import User

from .clusters import Edge
from .models import Verdict
from .records import Record
from .similarity import Comparison

# Of the likely others of one listing, editors are asked about so many.
MOST_UNSURE = 3
Pair = tuple[int, int]


def pair_of(a: int | str, b: int | str) -> Pair:
    """The ids of two listings as a Verdict has them: the lower one first."""
    first, second = sorted((int(a), int(b)))
    return first, second


class Editors:
    """What editors said of pairs of listings."""

    def __init__(self, asked: Iterable[int]) -> None:
        self.said: dict[Pair, str] = {}
        self._load(Q(first__in=asked) | Q(second__in=asked))

    def _load(self, which: Q) -> None:
        rows = Verdict.objects.filter(which, by_editor=True).exclude(outcome=Verdict.Outcome.UNSURE)
        self.said |= {(a, b): outcome for a, b, outcome in rows.values_list("first", "second", "outcome")}

    def load_between(self, listings: Sequence[int]) -> None:
        """Also what was said of these among each other, though nobody asks for them now."""
        self._load(Q(first__in=listings, second__in=listings))

    def partners(self) -> set[int]:
        return {pk for pair, outcome in self.said.items() if outcome == Verdict.Outcome.SAME for pk in pair}

    def apart(self, a: int | str, b: int | str) -> bool:
        return self.said.get(pair_of(a, b)) == Verdict.Outcome.DIFFERENT

    def together(self, a: int | str, b: int | str) -> bool:
        return self.said.get(pair_of(a, b)) == Verdict.Outcome.SAME

    def edges(self, found: Sequence[Record]) -> list[Edge]:
        """The pairs that editors call the same, of those among these records, by position."""
        at = {record.key: position for position, record in enumerate(found)}
        word = Comparison("same", 100, ("an editor says so",))
        return [
            Edge(at[first], at[second], word, sure=True)
            for (first, second), outcome in sorted(self.said.items())
            if outcome == Verdict.Outcome.SAME and first in at and second in at
        ]


def remember(found: Sequence[Record], asked: Iterable[int], edges: Iterable[Edge]) -> None:
    """Keep why the asked listings came together with others, and which pairs wait for an editor.

    Pairs that wait no more are forgotten; editors' own verdicts stay as they are. Nothing is written twice.
    """
    wanted = _wanted(found, edges)
    rows = Verdict.objects.filter(Q(first__in=asked) | Q(second__in=asked))
    stored = {(row.first_id, row.second_id): row for row in rows}
    changed = [
        Verdict(first_id=a, second_id=b, outcome=seen.outcome, score=seen.score, reasons=list(seen.reasons))
        for (a, b), seen in sorted(wanted.items())
        if _differs(stored.get((a, b)), seen)
    ]
    if changed:
        Verdict.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["first", "second"],
            update_fields=["outcome", "score", "reasons", "decided_at"],
        )
    stale = [
        row.pk
        for pair, row in stored.items()
        if pair not in wanted and not row.by_editor and row.outcome == Verdict.Outcome.UNSURE
    ]
    if stale:
        Verdict.objects.filter(pk__in=stale).delete()


def _wanted(found: Sequence[Record], edges: Iterable[Edge]) -> dict[Pair, Comparison]:
    wanted: dict[Pair, Comparison] = {}
    waiting: dict[int, int] = defaultdict(int)
    for edge in edges:
        if edge.sure:
            continue
        first, second = pair_of(found[edge.first].key, found[edge.second].key)
        if edge.comparison.outcome == "unsure":
            if max(waiting[first], waiting[second]) >= MOST_UNSURE:
                continue
            waiting[first] += 1
            waiting[second] += 1
        wanted[first, second] = edge.comparison
    return wanted


def _differs(row: Verdict | None, seen: Comparison) -> bool:
    if row is None:
        return True
    stored = (row.outcome, row.score, tuple(row.reasons))
    return not row.by_editor and stored != (seen.outcome, seen.score, seen.reasons)


def decide(lefts: Iterable[int], rights: Iterable[int], outcome: str, *, by: User | None, reason: str = "") -> None:
    """Write one verdict on every pair of a left and a right listing, an editor's if `by` is one.

    An editor's verdict replaces what was there, but for the score and the reasons of the matcher, unless there is a
    reason to put in their place; without an editor, what one said stays.
    """
    pairs = sorted({pair_of(a, b) for a in lefts for b in rights if a != b})
    told = bool(reason) or by is None
    if by is None:
        kept = Verdict.objects.filter(by_editor=True, first__in=[a for a, _ in pairs], second__in=[b for _, b in pairs])
        said = set(kept.values_list("first", "second"))
        pairs = [pair for pair in pairs if pair not in said]
    Verdict.objects.bulk_create(
        [
            Verdict(
                first_id=first,
                second_id=second,
                outcome=outcome,
                reasons=[reason] if reason else [],
                decided_by=by,
                by_editor=by is not None,
                decided_at=clock.now(),
            )
            for first, second in pairs
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["outcome", "decided_by", "by_editor", "decided_at", *(["score", "reasons"] if told else [])],
    )
