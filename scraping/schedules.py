"""schema.org's Schedule: dates that a rule gives."""

import datetime as dt
import re
from itertools import islice
from typing import Any

from events.drafts import When
from scraping import times
from scraping.extractors import Window
from scraping.recurrence import WEEKDAYS, Budget, TooDense, occurrences, parse_rule
from scraping.zones import iana

MAX_DATES = 500
_REPEATS = re.compile(r"P(\d+)(D|W|M|Y)$", re.I)
_NAMED = {"daily": "P1D", "weekly": "P1W", "monthly": "P1M", "yearly": "P1Y", "annually": "P1Y", "biweekly": "P2W"}
_FREQUENCIES = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}
_DAY = re.compile(r"(mo|tu|we|th|fr|sa|su)\w*$", re.I)


def dates_of_schedule(
    schedule: dict[str, Any], window: Window, day_first: bool | None, budget: Budget | None = None
) -> list[When]:
    """The times that a schedule gives inside the window; none where it is not understood."""
    first = times.moment(_text(schedule.get("startDate")), day_first=day_first)
    clock = times.moment(f"2000-01-01 {_text(schedule.get('startTime'))}")
    if not first or not (rule := _rule(schedule)):
        return []
    zone = iana(_text(schedule.get("scheduleTimezone"))) or first.zone
    known = first.clock or (clock.clock if clock else None)
    start = dt.datetime.combine(first.day, known or dt.time())
    last = times.moment(_text(schedule.get("endDate")), day_first=day_first)
    length = _length(schedule, start)
    since, until = window.of_series.local(zone or window.timezone)
    if last:
        until = min(until, dt.datetime.combine(last.day, dt.time(23, 59)))
    excepted = {found.day for said in _texts(schedule.get("exceptDate")) if (found := times.moment(said))}
    try:
        walk = occurrences(parse_rule(rule), start, since - dt.timedelta(days=1), until, budget=budget)
        dates = list(islice(walk, MAX_DATES))
    except (TooDense, ValueError):
        return []
    return [
        When(start=date, end=date + length if length else None, timezone=zone, time_known=known is not None)
        for date in dates
        if date.date() not in excepted
    ]


def _rule(schedule: dict[str, Any]) -> str:
    said = _text(schedule.get("repeatFrequency")).strip()
    match = _REPEATS.match(_NAMED.get(said.lower(), said))
    days = [day for said in _texts(schedule.get("byDay")) if (day := _weekday(said))]
    if not match:
        return f"FREQ=WEEKLY;BYDAY={','.join(days)}" if days else ""
    rule = f"FREQ={_FREQUENCIES[match[2].upper()]};INTERVAL={match[1]}"
    rule += f";BYDAY={','.join(days)}" if days else ""
    for name, part in (("byMonthDay", "BYMONTHDAY"), ("byMonth", "BYMONTH"), ("repeatCount", "COUNT")):
        if values := ",".join(_texts(schedule.get(name))):
            rule += f";{part}={values}"
    return rule


def _weekday(said: str) -> str:
    """ "https://schema.org/Monday", "Monday", "MO", "1MO" as in a rule."""
    word = said.rpartition("/")[2].strip()
    ordinal = re.match(r"[+-]?\d", word)
    match = _DAY.match(word[ordinal.end() :] if ordinal else word)
    return f"{ordinal[0] if ordinal else ''}{match[1].upper()}" if match and match[1].upper() in WEEKDAYS else ""


def _length(schedule: dict[str, Any], start: dt.datetime) -> dt.timedelta | None:
    if length := times.duration(_text(schedule.get("duration"))):
        return length
    ending = times.moment(f"2000-01-01 {_text(schedule.get('endTime'))}")
    if not ending or ending.clock is None or not _text(schedule.get("startTime")):
        return None
    end = dt.datetime.combine(start.date(), ending.clock)
    return end - start if end > start else end + dt.timedelta(days=1) - start


def _texts(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else [value]
    return [str(part) for part in parts if isinstance(part, (str, int))]


def _text(value: Any) -> str:
    return next(iter(_texts(value)), "")
