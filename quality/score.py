"""How good a listing is, in one number."""

from collections.abc import Iterable
from typing import Protocol


class Weighted(Protocol):
    @property
    def weight(self) -> int: ...


def score(findings: Iterable[Weighted]) -> int:
    """100 minus the weights of what was found, at least 0."""
    return max(0, 100 - sum(finding.weight for finding in findings))
