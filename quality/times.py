"""How far apart two starts are, and whether a mistake that sources make would explain it."""

import datetime as dt
import re
from functools import lru_cache
from typing import Literal, NamedTuple

from .records import Record

# What the difference of two starts is: none; within the limit; one time is not known; one is the other's in UTC,
# or on the other half of a 12-hour clock; the text of the one says the other's time; or truly another time.
Kind = Literal["same", "near", "unknown", "shifted", "stated", "far"]

_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?\s?m\b|\b([01]?\d|2[0-3]):([0-5]\d)\b", re.I)
_HALF_DAY = 720
_DIGIT = re.compile(r"\d")
# A show and its doors under one mistaken zone, and the zones' offsets west of Greenwich where no city is known.
_DOORS_HOURS, _OFFSETS = 0.5, (4, 5, 6, 7, 8)


class Gap(NamedTuple):
    """`minutes` is None where one time is not known and the day is the same."""

    minutes: float | None
    kind: Kind


def gap(a: Record, b: Record, limit: float) -> Gap:
    """`limit` is the number of minutes within which two starts are near."""
    minutes = _minutes(a, b)
    if minutes is None:
        return _UNKNOWN
    if minutes <= limit:
        return Gap(minutes, "near") if minutes else _NONE
    if shifted(a, b):
        return Gap(minutes, "shifted")
    return Gap(minutes, "stated" if minutes <= 1440 and (_corrects(a, b) or _corrects(b, a)) else "far")


_UNKNOWN, _NONE = Gap(None, "unknown"), Gap(0.0, "same")


def _minutes(a: Record, b: Record) -> float | None:
    if a.time_known and b.time_known:
        return abs((a.start - b.start).total_seconds()) / 60 if a.start != b.start else 0.0
    days = abs(a.start.toordinal() - b.start.toordinal())
    # a day without a time may be the calendar day or the night of something after midnight
    return None if days == 0 or (days == 1 and a.night == b.night) else days * 1440.0


def shifted(a: Record, b: Record) -> bool:
    """Whether one start is the other's in UTC, printed as local time, or the other half of a 12-hour clock's."""
    early, late = (a, b) if a.start <= b.start else (b, a)
    first, second = early.start.hour, late.start.hour
    at_night = first < 6 or not 6 <= second < 22
    if not (at_night or first < 10) or not (early.time_known and (late.time_known or late.midnight)):
        return False
    hours = (late.start - early.start).total_seconds() / 3600
    if hours == 12:
        return early.start.date() == late.start.date() and first < 10
    if not at_night:
        return False
    offset = a.utc_offset if a.utc_offset is not None else b.utc_offset
    return 60 * hours in _offsets(offset)


@lru_cache
def _offsets(offset: dt.timedelta | None) -> frozenset[float]:
    """The minutes by which what is printed in UTC is off."""
    hours = _OFFSETS if offset is None else (abs(offset.total_seconds()) / 3600,)
    return frozenset(60 * by for hour in hours for by in (hour, hour + _DOORS_HOURS if hour else hour))


def mistakes(offset: dt.timedelta | None) -> frozenset[float]:
    """The minutes by which a mistake may set a start off; `offset` is that of the zone, if it is known."""
    return _offsets(offset) | {_HALF_DAY}


def _corrects(a: Record, b: Record) -> bool:
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
