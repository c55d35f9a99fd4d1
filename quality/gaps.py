"""How far apart two starts are, and whether a mistake that sources make would explain it: of many pairs at once."""

from typing import Literal, NamedTuple

import numpy as np

from .columns import DAY, Columns, Flags, Numbers, Weights
from .times import HALF_DAY, corrects, offsets

# What the difference of two starts is: none; within the limit; one time is not known; one is the other's in UTC,
# or on the other half of a 12-hour clock; the text of the one says the other's time; or truly another time.
Kind = Literal["same", "near", "unknown", "shifted", "stated", "far"]
KINDS: tuple[Kind, ...] = ("same", "near", "unknown", "shifted", "stated", "far")


class Gaps(NamedTuple):
    """Pair by pair; `minutes` is not a number where one time is not known and the day is the same, `kind` the place of
    a kind in KINDS."""

    minutes: Weights
    kind: Numbers

    def of(self, kind: Kind) -> Flags:
        """Whether they are of the kind."""
        return self.kind == KINDS.index(kind)

    def only(self, rows: Numbers) -> "Gaps":
        return Gaps(self.minutes[rows], self.kind[rows])


def gaps(seen: Columns, left: Numbers, right: Numbers, limit: float) -> Gaps:
    """`limit` is the number of minutes within which two starts are near."""
    minutes = _minutes(seen, left, right)
    kind = np.full(len(left), KINDS.index("far"))
    kind[_shifted(seen, left, right)] = KINDS.index("shifted")
    kind[minutes <= limit] = KINDS.index("near")
    kind[minutes == 0] = KINDS.index("same")
    kind[np.isnan(minutes)] = KINDS.index("unknown")
    for at in np.flatnonzero((kind == KINDS.index("far")) & (minutes <= DAY)).tolist():
        a, b = seen.records[left[at]], seen.records[right[at]]
        if corrects(a, b) or corrects(b, a):
            kind[at] = KINDS.index("stated")
    return Gaps(minutes, kind)


def _minutes(seen: Columns, left: Numbers, right: Numbers) -> Weights:
    minutes = np.abs(seen.second[left] - seen.second[right]) / 60
    unknown = np.flatnonzero(~(seen.known[left] & seen.known[right]))
    left, right = left[unknown], right[unknown]
    days = np.abs(seen.day[left] - seen.day[right])
    # a day without a time may be the calendar day or the night of something after midnight
    same = (days == 0) | ((days == 1) & (seen.night[left] == seen.night[right]))
    minutes[unknown] = np.where(same, np.nan, days * DAY)
    return minutes


def _shifted(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether one start is the other's in UTC, printed as local time, or the other half of a 12-hour clock's."""
    turned = seen.second[left] > seen.second[right]
    early, late = np.where(turned, right, left), np.where(turned, left, right)
    first, second = seen.hour[early], seen.hour[late]
    at_night = (first < 6) | (second < 6) | (second >= 22)
    may = (at_night | (first < 10)) & seen.known[early]
    for at in np.flatnonzero(may & ~seen.known[late]).tolist():
        may[at] = seen.records[late[at]].midnight
    minutes = (seen.second[late] - seen.second[early]) / 60
    found = may & (minutes == HALF_DAY) & (seen.day[early] == seen.day[late]) & (first < 10)
    rows = np.flatnonzero(may & at_night & (minutes != HALF_DAY))
    for at, apart in zip(rows.tolist(), minutes[rows].tolist(), strict=True):
        one, other = seen.records[left[at]], seen.records[right[at]]
        found[at] = apart in offsets(one.utc_offset if one.utc_offset is not None else other.utc_offset)
    return found
