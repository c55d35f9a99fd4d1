"""VTIMEZONE (RFC 5545): a time zone as calendar programs want it beside the times that name it."""

import datetime as dt
import functools
from collections.abc import Iterator
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
NONE = dt.timedelta()


@functools.lru_cache(maxsize=256)
def vtimezone(name: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The lines for an IANA zone: what holds when the first year begins, and each change of the clocks until the last
    one ends. Changes are written one by one, not as a rule: governments change rules, and tzdata knows dates."""
    zone = ZoneInfo(name)
    begin = dt.datetime(first_year, 1, 1, tzinfo=dt.UTC) - DAY
    moments = [begin, *_changes(zone, begin, dt.datetime(last_year + 1, 1, 1, tzinfo=dt.UTC) + DAY)]
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for moment in moments:
        after = moment.astimezone(zone)
        before = after if moment is begin else (moment - SECOND).astimezone(zone)
        kind = "DAYLIGHT" if (after.dst() or NONE) > NONE else "STANDARD"
        onset = (moment + _offset(before)).replace(tzinfo=None)
        lines += [
            f"BEGIN:{kind}",
            f"DTSTART:{onset:%Y%m%dT%H%M%S}",
            f"TZOFFSETFROM:{before:%z}",
            f"TZOFFSETTO:{after:%z}",
            f"TZNAME:{after.tzname()}",
            f"END:{kind}",
        ]
    return (*lines, "END:VTIMEZONE")


def _changes(zone: ZoneInfo, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """The instants at which the offset or its name changes."""
    day = first
    while day < last:
        if _state(zone, day) != _state(zone, day + DAY):
            low, high = day, day + DAY
            while high - low > SECOND:
                middle = low + (high - low) // 2 // SECOND * SECOND
                low, high = (middle, high) if _state(zone, middle) == _state(zone, day) else (low, middle)
            yield high
        day += DAY


def _state(zone: ZoneInfo, moment: dt.datetime) -> tuple[dt.timedelta, str | None]:
    local = moment.astimezone(zone)
    return _offset(local), local.tzname()


def _offset(local: dt.datetime) -> dt.timedelta:
    return local.utcoffset() or NONE
