"""What an audit counts, part by part."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# Of what it names line by line, so much is told.
MOST_NOTES = 200
# What the counts are, in the order in which they are told.
LINES = {
    "sources": "Sources",
    "listings": "Listings of events that are to come",
    "published": "Events published",
    "held": "Events held for review",
    "reassessed": "Listings whose findings or score were not what the rules say",
    "drifted": "Events that did not say what their sources say",
    "duplicates": "Pairs of events that are one",
    "unsure": "Pairs that wait for an editor",
    "pointers": "Merged events that led to the wrong one",
    "without_listings": "Published events without a listing",
    "unreadable": "Listings that could not be read any more and stay as they were",
    "failed": "Parts that failed",
}


def tens(scores: Mapping[str, int]) -> list[tuple[str, int]]:
    """The numbers of a Tally's scores by what they stand for, as "90 to 100", the lowest first."""
    lows = sorted(map(int, scores))
    return [(f"{low} to {100 if low == 90 else low + 9}", scores[str(low)]) for low in lows]


@dataclass(slots=True)
class Tally:
    """`counts` by name, listings by `rules` that they break and by tens of their `scores` ("0" to "90"), and `notes`:
    one sentence for each thing that was found."""

    counts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    scores: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.counts.update(other.counts)
        self.rules.update(other.rules)
        self.scores.update(other.scores)
        self.notes += other.notes[: MOST_NOTES - len(self.notes)]

    def note(self, sentence: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(sentence)


def batches[T](rows: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
