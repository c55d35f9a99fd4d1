"""The times that texts say, and the mistakes that sources make with times."""

import datetime as dt
import re
from functools import lru_cache

from .records import Record

_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?\s?m\b|\b([01]?\d|2[0-3]):([0-5]\d)\b", re.I)
HALF_DAY = 720
_DIGIT = re.compile(r"\d")
# A show and its doors under one mistaken zone, and the zones' offsets west of Greenwich where no city is known.
_DOORS_HOURS, _OFFSETS = 0.5, (4, 5, 6, 7, 8)


@lru_cache
def offsets(offset: dt.timedelta | None) -> frozenset[float]:
    """The minutes by which what is printed in UTC is off."""
    hours = _OFFSETS if offset is None else (abs(offset.total_seconds()) / 3600,)
    return frozenset(60 * by for hour in hours for by in (hour, hour + _DOORS_HOURS if hour else hour))


def mistakes(offset: dt.timedelta | None) -> frozenset[float]:
    """The minutes by which a mistake may set a start off; `offset` is that of the zone, if it is known."""
    return offsets(offset) | {HALF_DAY}


def corrects(a: Record, b: Record) -> bool:
    """Whether the text of `a` says the time of `b` and not its own."""
    said = clocks(a.description) if _DIGIT.search(a.description) else ()
    return b.time_known and b.start.time() in said and a.start.time() not in said


def says_time(text: str) -> bool:
    """Whether a text says a time of day: quickly, for most say none."""
    return _DIGIT.search(text) is not None and _CLOCK.search(text) is not None


@lru_cache(maxsize=4_000)
def clocks(text: str) -> frozenset[dt.time]:
    """The times of day that a text says."""
    return frozenset(time for found in _CLOCK.finditer(text) if (time := _time(*found.groups())) is not None)


def _time(
    hour: str | None, minute: str | None, half: str | None, hour24: str | None, minute24: str | None
) -> dt.time | None:
    if hour24 is not None:
        return dt.time(int(hour24), int(minute24 or 0))
    if not 1 <= int(hour or 0) <= 12 or int(minute or 0) > 59:
        return None
    return dt.time(int(hour or 0) % 12 + (12 if half in ("p", "P") else 0), int(minute or 0))
