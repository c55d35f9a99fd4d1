"""How likely two records are one event: a few features of what they have in common, weighed by fitted weights.

The weights are in weights.json; `manage.py tune_matching` fits them. Every feature is 0 to 1 and speaks for one side
only, whatever the others say: a weight never turns against its feature.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .evidence import Evidence

WEIGHTS = Path(__file__).with_name("weights.json")
# The features that speak for one event, and those that speak for two.
FOR = ("title", "contained", "covered", "place", "same_start", "mistaken_time", "text")
AGAINST = ("missing", "vague", "other_page")
FEATURES = (*FOR, *AGAINST)
# Scores from which a pair is one event, and from which an editor is asked.
SAME, UNSURE = 50, 25
# So much weight of words in common is telling enough: two long words.
TELLING = 16


def features(seen: "Evidence") -> dict[str, float]:
    """By name. Titles count from 80 %, texts from 5 % to 60 %: less is chance, more is the same text."""
    telling = min(seen.shared / TELLING, 1)
    return {
        "title": _ramp(seen.title, 80, 100),
        "contained": seen.contained / 100 * telling,
        "covered": min(seen.covered / TELLING, 1) * seen.covered_part / 100,
        "place": float(seen.outline.location is not None),
        "same_start": float(seen.outline.gap.kind == "same"),
        "mistaken_time": float(seen.outline.gap.kind in ("shifted", "stated")),
        "text": _ramp(seen.text or 0, 5, 60),
        # nobody says where, and the words could be of many
        "vague": float(seen.outline.location is None) * (1 - telling),
        "missing": min(seen.missing / TELLING, 1),
        "other_page": float(seen.other_page),
    }


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The log odds of one event where nothing speaks for either side, and what each feature adds to them."""

    intercept: float
    weights: dict[str, float]

    def score(self, seen: dict[str, float]) -> int:
        """The probability that it is one event, in percent."""
        log_odds = self.intercept
        for name, value in seen.items():
            log_odds += self.weights[name] * value
        return round(100 * probability(log_odds))


@cache
def scorecard() -> Scorecard:
    """The committed one."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Scorecard(stored["intercept"], stored["weights"])


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _ramp(value: float, low: float, high: float) -> float:
    return max(0.0, min(1.0, (value - low) / (high - low)))
