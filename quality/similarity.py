"""Are two records of one event? Pure functions, of many pairs at once.

What rules it out comes first: another start on the same night (early and late show, matinee and evening), other
numbers (part 1 and 2, editions), other ones of a kind (men's and women's), another place. Then titles have to be as
alike as the settings ask; the same text, or an address that names the event, stands for the title. The rest is a score
from all that the two have in common: the same event, or a pair for an editor.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from .columns import Columns, Flags, Weights
from .evidence import Evidence, Limits, outline, weigh
from .reasons import reasons
from .records import Record
from .scorecard import SAME, UNSURE, Scorecard, features, scorecard

__all__ = ["Comparison", "Judgement", "Limits", "compare", "compare_all", "comparisons", "judge"]

Outcome = Literal["same", "different", "unsure"]
DEFAULT = Limits()
# The score of two that name one page as theirs, at least.
SAME_PAGE = 95
# Doors open no longer than this before a show.
DOORS_MINUTES = 180


class Comparison(NamedTuple):
    """`score` is 0 to 100; `conflict` says that the two can never be one event, whatever else is like them."""

    outcome: Outcome
    score: int
    reasons: tuple[str, ...]
    conflict: bool = False


class Judgement(NamedTuple):
    """Pair by pair: `score` and `conflict` as of a comparison, and whether it is the `same` event or may be."""

    score: Weights
    same: Flags
    unsure: Flags
    conflict: Flags


def compare(a: Record, b: Record, limits: Limits = DEFAULT) -> Comparison:
    [comparison] = compare_all((a, b), [(0, 1)], limits)
    return comparison


def compare_all(
    records: Sequence[Record], pairs: Sequence[tuple[int, int]], limits: Limits = DEFAULT
) -> list[Comparison]:
    """Of pairs of positions, which takes little longer than of one pair."""
    if not pairs:
        return []
    positions = sorted({at for pair in pairs for at in pair})
    columns = Columns([records[at] for at in positions])
    left, right = np.searchsorted(positions, np.array(pairs, np.int64).T)
    seen = weigh(columns, left, right, outline(columns, left, right, limits))
    return comparisons(seen, judge(seen, limits))


def judge(seen: Evidence, limits: Limits, card: Scorecard | None = None) -> Judgement:
    """`card` is the committed one if none is given."""
    known = seen.outline
    two, alike = known.is_two(limits), seen.alike(limits)
    # doors and show under one address; or an early and a late one
    doors = two & known.page & (seen.title >= limits.title) & ~(known.gap.minutes > DOORS_MINUTES)
    score = (card or scorecard()).score(features(seen))
    score = np.where(known.page, np.maximum(score, SAME_PAGE), score)
    score = np.where(seen.companion | seen.vague, np.minimum(score, SAME - 1), score)
    score = np.where(alike, score, np.minimum(score, UNSURE - 1))
    score = np.where(two, np.where(doors, UNSURE, 0), score)
    return Judgement(score, score >= SAME, (score >= UNSURE) & (score < SAME), two)


def comparisons(seen: Evidence, found: Judgement) -> list[Comparison]:
    """One for each pair, in words."""
    outcome = np.where(found.same, "same", np.where(found.unsure, "unsure", "different"))
    columns = outcome.tolist(), found.score.astype(np.int64).tolist(), reasons(seen), found.conflict.tolist()
    return list(map(Comparison, *columns))
