"""What speaks for and against one event, in words."""

import numpy as np

from .columns import Flags, Weights
from .evidence import Evidence
from .gaps import KINDS, Gaps, Kind


def reasons(seen: Evidence) -> list[tuple[str, ...]]:
    """Of each pair."""
    known = seen.outline
    contained = seen.contained > seen.title
    covered = ~contained & (seen.covered_part > seen.title)
    columns = [
        _where(known.page, "the same web address"),
        _percent("titles {} % alike", seen.title),
        _percent("{} % of one title in the other", np.where(contained, seen.contained, np.nan)),
        _percent("{} % of one title in what the other says", np.where(covered, seen.covered_part, np.nan)),
        _percent("places {} % alike", known.location, "one place is not known"),
        _times(known.gap),
        _where(seen.same_text, "the same text"),
        _where(seen.other_page, "two pages of one site"),
        _where(seen.vague, "many events are called so"),
        _where(seen.companion, "one goes with the other"),
        _where(known.numbers_differ, "other numbers in the titles"),
        _where(known.contrast, "the titles name two of a kind"),
    ]
    return [tuple(filter(None, row)) for row in zip(*columns, strict=True)]


def _where(column: Flags, words: str) -> list[str]:
    return [words if said else "" for said in column.tolist()]


def _percent(words: str, column: Weights, unknown: str = "") -> list[str]:
    values, which = np.unique(np.rint(column), return_inverse=True)
    said = [unknown if value != value else words.format(int(value)) for value in values.tolist()]
    return [said[at] for at in which.tolist()]


def _times(gap: Gaps) -> list[str]:
    said: dict[tuple[int, float], str] = {}
    found = []
    for key in zip(gap.kind.tolist(), np.nan_to_num(gap.minutes).tolist(), strict=True):
        if key not in said:
            said[key] = _time(KINDS[key[0]], key[1])
        found.append(said[key])
    return found


def _time(kind: Kind, minutes: float) -> str:
    if kind == "unknown":
        return "one time is not known"
    if kind == "same":
        return "the same start"
    if kind == "shifted":
        return f"times {minutes / 60:.0f} h apart, as a mistake makes them"
    if kind == "stated":
        return f"times {minutes / 60:.1f} h apart, but the text of one says the other's"
    return f"times {minutes:.0f} min apart"
