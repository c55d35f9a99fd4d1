"""How likely two records are one event: a few features of what they have in common, weighed by fitted weights.

The weights are in weights.json; `manage.py tune_matching` fits them. Every feature is 0 to 1 and speaks for one side
only, whatever the others say: a weight never turns against its feature.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .columns import Weights
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


def features(seen: "Evidence") -> dict[str, "Weights"]:
    """By name, pair by pair. Titles count from 80 %, texts from 5 % to 60 %: less is chance, more is the same text."""
    telling = np.minimum(seen.shared / TELLING, 1)
    somewhere = ~np.isnan(seen.outline.location)
    return {
        "title": _ramp(seen.title, 80, 100),
        "contained": seen.contained / 100 * telling,
        "covered": np.minimum(seen.covered / TELLING, 1) * seen.covered_part / 100,
        "place": somewhere.astype(np.float64),
        "same_start": seen.outline.gap.of("same").astype(np.float64),
        "mistaken_time": (seen.outline.gap.of("shifted") | seen.outline.gap.of("stated")).astype(np.float64),
        "text": _ramp(np.nan_to_num(seen.text), 5, 60),
        # nobody says where, and the words could be of many
        "vague": ~somewhere * (1 - telling),
        "missing": np.minimum(seen.missing / TELLING, 1),
        "other_page": seen.other_page.astype(np.float64),
    }


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The log odds of one event where nothing speaks for either side, and what each feature adds to them."""

    intercept: float
    weights: dict[str, float]

    def score(self, seen: Mapping[str, "Weights"]) -> "Weights":
        """The probability that it is one event, in whole percent."""
        log_odds = sum((self.weights[name] * value for name, value in seen.items()), start=np.float64(self.intercept))
        return np.rint(100 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


@cache
def scorecard() -> Scorecard:
    """The committed one."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Scorecard(stored["intercept"], stored["weights"])


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _ramp(value: "Weights", low: float, high: float) -> "Weights":
    return np.clip((value - low) / (high - low), 0.0, 1.0)
