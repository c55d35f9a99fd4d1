"""Fitting the scorecard to pairs that people labelled, and telling how well it does on pairs that it has not seen."""

import hashlib
import html
import json
import random
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from events.text import fold, words

from .columns import Columns
from .evidence import Evidence, Limits, outline, weigh
from .records import Record
from .scorecard import AGAINST, FEATURES, Scorecard, features, probability
from .similarity import judge
from .titles import core

DEFAULT = Limits()
# How strongly weights are held near 0, and when they have settled.
PENALTY, SETTLED, MOST_ROUNDS = 1.0, 1e-6, 500
_BREAK = re.compile(r"<br\s*/?>", re.I)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that somebody looked at; `same` is what they said."""

    left: Record
    right: Record
    same: bool


@dataclass(frozen=True, slots=True)
class Tally:
    hit: int
    missed: int
    wrong: int
    rejected: int

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.wrong) if self.hit + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.hit / (2 * self.hit + self.missed + self.wrong) if self.hit else 0.0


def read_pair(line: str) -> Pair | None:
    """A pair of one line of JSON; None where nobody could decide. Raise ValueError, KeyError or TypeError."""
    row = json.loads(line)
    if row["label"] is None:
        return None
    return Pair(_record(row["left"]), _record(row["right"]), bool(row["label"]))


def _record(side: Mapping[str, Any]) -> Record:
    venue, _, address = _BREAK.sub(", ", side.get("loc") or "").partition(",")
    stated = {
        "id": 0,
        "city": side["city"],
        "source": side["src"],
        "title": html.unescape(side["title"]),
        "starts_at": side["start"],
        "venue": venue.strip(),
        "address": address.strip(),
        "url": side.get("url"),
        "description": side.get("desc"),
    }
    return Record.from_json(stated)


def digest(pairs: Iterable[Pair]) -> str:
    """Tells whether weights were fitted to these pairs, in whatever order."""
    said = sorted(f"{fold(p.left.title)}|{p.left.start}|{fold(p.right.title)}|{p.same}" for p in pairs)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def fit(pairs: Sequence[Pair], limits: Limits = DEFAULT) -> Scorecard:
    """Weights of a logistic regression, held near 0 and on the side that each feature speaks for.

    Pairs that are ruled out whatever the score are not asked.
    """
    seen = _weigh(pairs, limits)
    asked = np.flatnonzero(~seen.outline.is_two(limits))
    labels = [pairs[at].same for at in asked.tolist()]
    values = {name: column[asked].tolist() for name, column in features(seen).items()}
    weights, log_odds, intercept = dict.fromkeys(FEATURES, 0.0), [0.0] * len(labels), 0.0
    columns = {name: [(at, value) for at, value in enumerate(values[name]) if value] for name in FEATURES}
    everywhere = [(at, 1.0) for at in range(len(labels))]
    for _ in range(MOST_ROUNDS):
        step = _step(everywhere, labels, log_odds, penalty=1e-6)
        intercept, most = intercept + step, abs(step)
        _move(log_odds, everywhere, step)
        for name, column in columns.items():
            wanted = weights[name] + _step(column, labels, log_odds, penalty=PENALTY, weight=weights[name])
            wanted = min(wanted, 0.0) if name in AGAINST else max(wanted, 0.0)
            step, weights[name] = wanted - weights[name], wanted
            _move(log_odds, column, step)
            most = max(most, abs(step))
        if most < SETTLED:
            break
    return Scorecard(round(intercept, 3), {name: round(weight, 3) + 0.0 for name, weight in weights.items()})


def _weigh(pairs: Sequence[Pair], limits: Limits) -> Evidence:
    """The evidence of all, in their order."""
    seen = Columns([record for pair in pairs for record in (pair.left, pair.right)])
    left, right = np.arange(0, 2 * len(pairs), 2), np.arange(1, 2 * len(pairs), 2)
    return weigh(seen, left, right, outline(seen, left, right, limits))


def _step(
    column: Sequence[tuple[int, float]],
    labels: Sequence[bool],
    log_odds: Sequence[float],
    *,
    penalty: float,
    weight: float = 0.0,
) -> float:
    """Newton's step for one weight, the others left as they are."""
    slope, curve = penalty * weight, penalty
    for at, value in column:
        chance = probability(log_odds[at])
        slope += (chance - labels[at]) * value
        curve += chance * (1 - chance) * value * value
    return -slope / curve


def _move(log_odds: list[float], column: Sequence[tuple[int, float]], step: float) -> None:
    for at, value in column:
        log_odds[at] += step * value


def decide(pairs: Sequence[Pair], card: Scorecard, limits: Limits = DEFAULT) -> list[bool]:
    """Which pairs the scorecard calls one event, two records of one source being two; unsure is not one."""
    same = judge(_weigh(pairs, limits), limits, card).same.tolist()
    return [pair.left.source != pair.right.source and one for pair, one in zip(pairs, same, strict=True)]


def decide_unseen(pairs: Sequence[Pair], *, folds: int, seed: int, limits: Limits = DEFAULT) -> list[bool]:
    """Each pair decided by weights that were fitted without it and without any pair of its group."""
    groups = grouped(pairs)
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    fold_of = {name: at % folds for at, name in enumerate(names)}
    found = [False] * len(pairs)
    for part in range(folds):
        known = [pair for pair, group in zip(pairs, groups, strict=True) if fold_of[group] != part]
        asked = [at for at, group in enumerate(groups) if fold_of[group] == part]
        for at, same in zip(asked, decide([pairs[at] for at in asked], fit(known, limits), limits), strict=True):
            found[at] = same
    return found


def tally(pairs: Sequence[Pair], found: Sequence[bool]) -> Tally:
    counts = Counter((pair.same, same) for pair, same in zip(pairs, found, strict=True))
    return Tally(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def grouped(pairs: Sequence[Pair]) -> list[int]:
    """The group of each pair: pairs are of one where a title or a venue of a city is in both, directly or by others."""
    parent = list(range(len(pairs)))

    def top(at: int) -> int:
        while parent[at] != at:
            parent[at] = at = parent[parent[at]]
        return at

    seen: dict[Hashable, int] = {}
    for at, pair in enumerate(pairs):
        for side in (pair.left, pair.right):
            city = side.area
            title = core(words(side.title), venue=side.venue, city=side.city, year=side.start.year)
            for key in ((city, frozenset(title)), (city, fold(side.venue))):
                if key[1]:
                    parent[top(at)] = top(seen.setdefault(key, at))
    return [top(at) for at in range(len(pairs))]
