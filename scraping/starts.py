"""When an object of JSON begins and ends, under whatever names it says so."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from events.drafts import Problem, When
from scraping import times
from scraping.extractors import Window
from scraping.fields import Fields, first_text, inner, is_true, named, text_of
from scraping.zones import iana

_STARTS = (
    "start startdatetime startsat startat starttime startdate startlocal datetimelocal eventstart eventstartdate begin "
    "beginson begindate dtstart startdatetimelocal startutc datetimeutc fechainicio dateunix dates datestart startson "
    "localdate eventstartunix eventdate eventstartstamp startstamp starttimestamp nexttiming"
).split()
_ENDS = (
    "end enddatetime endsat endat endtime enddate endlocal eventend eventenddate endson dtend enddatetimelocal endutc "
    "fechafin dateend finish eventendunix"
).split()
_FORMS = "local datetime iso utc localdate date value".split()
_ZONES = "timezone tz timezonename timezoneid ianatimezone".split()
_START_CLOCKS = "starttime timestart starthour time eventtime doorstime hora localtime".split()
_END_CLOCKS = "endtime timeend endhour".split()
_TIME_UNKNOWN = ("timetbd", "timetba", "nospecifictime", "timeunknown")
_DATE_UNKNOWN = ("datetbd", "datetba")
_CLOCK_ONLY = re.compile(r"\d{1,2}(?::\d{2}){0,2}\s*(?:[ap]\.?m\.?)?", re.I)


def states_start(fields: Fields, *, certain: bool) -> bool:
    """Does a field state a day to begin on? `certain` says that a mere "date" is one."""
    said = _said(fields, [*_names(fields), "date"] if certain else _names(fields), "start")
    return bool(said) and times.moment(said, day_first=True) is not None


def when_of(fields: Fields, window: Window, places: Iterable[Fields] = ()) -> tuple[When | None, Problem | None]:
    """The time, or why there is none; `places` may tell the zone."""
    hint = times.day_comes_first(window.timezone)
    dates, begin = inner(fields, "dates"), inner(inner(fields, "dates"), "start") or inner(fields, "start")
    flags = {**dates, **begin, **fields}
    said = _said(fields, [*_names(fields), "date"], "start")
    start = times.moment(said, day_first=hint)
    if start is None or any(is_true(flags.get(name)) for name in _DATE_UNKNOWN):
        return None, Problem(code="date.unreadable", message=f"“{said[:80]}” is not a certain day.")
    if any(is_true(flags.get(name)) for name in _TIME_UNKNOWN):
        return times.when(times.Moment(start.day)), None
    end = times.moment(_said(fields, _ENDS, "end") or _said(dates, _ENDS, "end"), day_first=hint)
    clocks = {**_only(fields.get("times")), **begin, **fields}
    start = _with_clock(start, clocks, _START_CLOCKS)
    if end:
        end = _with_clock(end, clocks, _END_CLOCKS)
    elif start.clock and (same := _with_clock(times.Moment(start.day), clocks, _END_CLOCKS)).clock:
        over = dt.timedelta(days=same.local <= start.local)  # "20:00" to "02:00"
        end = times.Moment(same.day + over, same.clock, start.zone)
    zone = _zone([fields, inner(fields, "start"), dates, begin, *places])
    is_date = fields.get("kind") == "calendar#event" and "date" in begin  # Google's, whose end is exclusive
    if is_date or is_true(fields.get("allday")) or is_true(fields.get("isallday")):
        return _days(start, end, exclusive=is_date, zone=zone), None
    return located(start, end, zone), None


def _names(fields: Fields) -> list[str]:
    """The names of a start; a mere "time" is one where the event has an address (Meetup), else a time of day."""
    return [*_STARTS, "time"] if "eventurl" in fields else _STARTS


def _said(fields: Fields, names: Iterable[str], side: str) -> str:
    """The text under the first name that has one that states a day; of an object its most local form."""
    for name in names:
        value: Any = fields.get(name)
        if isinstance(value, dict):
            parts = named(value)
            value = _said(parts, [*_FORMS, f"event{side}date", side], side)
        elif isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        said = text_of(value) if isinstance(value, (str, int, float)) else ""
        digits = said.partition(".")[0]
        # years, counts and times of day are no days; ten digits are seconds and thirteen milliseconds
        if said and (len(digits) in (8, 10, 13) if digits.isdigit() else not _CLOCK_ONLY.fullmatch(said)):
            return said
    return ""


def _only(value: Any) -> Fields:
    """The one object of a list, its names in one spelling."""
    return named(value[0]) if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else {}


def _with_clock(found: times.Moment, fields: Fields, names: Iterable[str]) -> times.Moment:
    """A day with the time that stands in a field of its own."""
    said = first_text(fields, names) if found.clock in (None, dt.time()) else ""
    return (_CLOCK_ONLY.fullmatch(said) and times.moment(f"{found.day} {said}")) or found


def _zone(holders: Iterable[Fields]) -> str | None:
    """The first zone that is a place's; a mere offset is in the time itself."""
    names = (text_of(holder.get(name)) for holder in holders for name in _ZONES)
    return next((zone for name in names if name and (zone := iana(name)) and not zone.startswith("Etc/")), None)


def located(start: times.Moment, end: times.Moment | None, zone: str | None) -> When:
    """The time on the clock of its place, where that is known."""
    return times.when(_at(start, zone), _at(end, zone) if end else None, zone=zone)


def _at(found: times.Moment, zone: str | None) -> times.Moment:
    """An instant on the clock of its place, where that is known."""
    if found.zone != "UTC" or zone is None or found.clock is None:
        return found
    local = found.local.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone))
    return times.Moment(local.date(), local.time().replace(tzinfo=None), zone)


def _days(start: times.Moment, end: times.Moment | None, *, exclusive: bool, zone: str | None) -> When:
    last = end.day if end else start.day
    after = last if exclusive else last + dt.timedelta(days=1)
    midnight = dt.time()
    return When(
        start=dt.datetime.combine(start.day, midnight),
        end=dt.datetime.combine(after, midnight) if after > start.day else None,
        timezone=zone,
        all_day=True,
    )
