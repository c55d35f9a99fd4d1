"""How good a listing is, in one number."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class Weighted(Protocol):
    @property
    def weight(self) -> int: ...


def score(findings: Iterable[Weighted]) -> int:
    """100 minus the weights of what was found, at least 0."""
    return max(0, 100 - sum(finding.weight for finding in findings))


def as_sum(findings: Sequence[Weighted]) -> str:
    """The score as a sum: "100 − 60 − 10 = 30". What costs nothing is left out."""
    weights = [finding.weight for finding in findings if finding.weight]
    if not weights:
        return "100"
    at_least = ", the least there is" if sum(weights) > 100 else ""
    return " − ".join(map(str, [100, *weights])) + f" = {score(findings)}{at_least}"
