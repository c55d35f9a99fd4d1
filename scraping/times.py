"""Dates and times as people and programs write them, read by rule: the usual forms of the big languages.

What could mean two days (05/12/2026 without a hint) or names no year is not read: None, never a guess.
"""

import datetime as dt
import email.utils
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from events.drafts import When
from scraping.clocks import RANGE, clock_after, clock_before, without_doors
from scraping.months import MONTH, MONTHS, plain, weekday
from scraping.zones import iana

# Beyond these years a date is a typing error, and zone arithmetic overflows.
# A decade under the calendar's end, so that a start and a length always have an end.
FIRST_YEAR, LAST_YEAR = 1000, 9980

_ISO = re.compile(
    r"(?<!\d)(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\. ?(\d{1,2})\. ?(\d{1,2})\b\.?|(\d{2})(\d{2}))(?!\d)"
    r"(?:(?:\s*t\s*|\s+|,\s*)(?=\d))?"
)
# "T20:30:00.000", "T2030"; as two well-known programs write, "T18:30:00:00" and "T10-10-30-00" (hour twice)
_ISO_CLOCK = re.compile(
    r"(?:(?P<hour>\d{1,2})-(?P=hour)-(?P<minute2>\d\d)-\d\d"
    r"|(?P<h>\d\d?):(?P<m>\d\d)(?::(?P<s>\d\d)(?::\d\d)?(?:[.,]\d+)?)?"
    r"|(?P<h2>\d\d)(?P<m2>\d\d)(?P<s2>\d\d)?(?:\.\d+)?(?!\d)"
    r"|(?P<h3>\d\d)(?=z|[+-]\d|$))\s*"
)
_NUMERIC = re.compile(r"(?<![\d:.])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d:])")
# Several days of which only the last has the year; `joint` is what stands between them.
_JOINTS = frozenset("& + / und and et y e och og en i и oder or ou o".split())
_ZONE = re.compile(
    r"\s*(?:\[(?P<bracket>[\w/+-]+)\]|(?P<z>z|utc|gmt)?\s*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?(?![\d:])"
    r"|\(?(?P<name>[a-z]+/[a-z_]+(?:/[a-z_]+)?|[a-z]{1,5}|(?:eastern|central|mountain|pacific)(?=\)|\s+time|\s*$))\b\)?)"
)
_EPOCH = re.compile(r"(?:/date\()?(\d{10}(?:\d{3})?(?:\.\d+)?)(?:[+-]\d{4})?(?:\)/)?")
_DURATION = re.compile(
    r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?", re.I
)
# Sources in these zones write the month first; everybody else the day.
_MONTH_FIRST_ZONES = re.compile(
    r"^(US/|America/(New_York|Chicago|Denver|Los_Angeles|Phoenix|Detroit|Boise|Anchorage|"
    r"Indiana/|Kentucky/|North_Dakota/|Toronto|Vancouver)|Pacific/Honolulu|Asia/Manila)"
)


class _Words(NamedTuple):
    """The patterns of dates with the name of a month, and of ranges of days."""

    day_month: re.Pattern[str]
    month_day: re.Pattern[str]
    year_month_day: re.Pattern[str]
    counted_month: re.Pattern[str]
    printed: re.Pattern[str]
    ranges: tuple[re.Pattern[str], ...]


@functools.cache
def _words() -> _Words:
    """Compiled when the first date in words is met: with hundreds of names it takes a tenth of a second."""
    joints = "|".join(re.escape(joint) for joint in sorted(_JOINTS, key=len, reverse=True))
    joint = (
        rf"\s?(?P<joint>-|bis(?: zum)?|to|through|thru|al?|au|tot|t/m|ate|do|по|до|εωσ|till?|until|{joints})\s?"
        rf"(?:(?:vom|le|the|il|el|den)\s)?(?:(?!(?:{MONTH})\b)[^\W\d]{{2,12}}\.?,?\s)?"
    )
    first = r"(?<![\d:.])(?P<day1>\d{1,2})(?:st|nd|rd|th|er|\.)?,?"
    last = r"(?P<day2>\d{1,2})(?:st|nd|rd|th|er|\.)?"
    of = r"(?:\s?(?:d[ei]l?|of))?\s"
    year = r"(?P<year>\d{4})(?!\d)"
    numeric = (
        rf"(?<![\d:.])(?P<day1>\d{{1,2}})(?P<separator>[./])\s?(?:(?P<month1>\d{{1,2}})(?:(?P=separator))?)?{joint}"
        rf"(?P<day2>\d{{1,2}})(?P=separator)\s?(?P<month2>\d{{1,2}})(?P=separator)\s?(?P<year>\d{{4}}|\d\d)(?![\d:])"
    )
    ranges = (
        r"(?<![\d:./])(?P<day1>\d{1,2})\s?(?P<joint>-)\s?(?P<day2>\d{1,2})(?P<separator>/)(?P<month2>\d{1,2})/" + year,
        rf"{first}(?:{of}?(?P<month1>{MONTH})\b\.?,?)?{joint}{last}{of}(?P<month2>{MONTH})\b\.?,?(?:\s?d[ei]l?)?\s?{year}",
        rf"\b(?P<month1>{MONTH})\b\.?\s?{first}{joint}(?:(?P<month2>{MONTH})\b\.?\s?)?{last},?\s{year}",
        numeric,
    )
    return _Words(
        day_month=re.compile(
            rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|eme|ª|º|o|α|η)?[.,]?(?:\s*(?:de|di|of|del|da|do)\b)?[\s/-]*"
            rf"\b({MONTH})\b\.?(?:[\s,/-]*(?:de|del|of)?\s*('?\d{{4}}|'\d\d)(?!\d)(?!:))?"
        ),
        month_day=re.compile(
            rf"\b({MONTH})\b\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:\s*,?\s*(\d{{4}})(?!\d)(?!:))?"
        ),
        year_month_day=re.compile(rf"(?<!\d)(\d{{4}})\.?\s*(?:m\.\s*)?\b({MONTH})\b\.?\s*(\d{{1,2}})(?![\d:])"),
        # Vietnamese counts its months
        counted_month=re.compile(r"(?<!\d)(\d{1,2})(?:\s*ngay)?\s*thang\s*(\d{1,2})(?:\s*,|\s+nam|\s*/)?\s*(\d{4})"),
        # "Sat Dec  5 20:00:00 UTC 2026", as programs print dates
        printed=re.compile(
            rf"\b({MONTH})\s+(\d{{1,2}})\s+(\d{{1,2}}:\d\d(?::\d\d)?)\s*([a-z]{{2,5}}|[+-]\d{{4}})?\s+(\d{{4}})\b"
        ),
        ranges=tuple(map(re.compile, ranges)),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and a time of day where one is stated; `zone` is "UTC" for a stated offset, None for a floating time."""

    day: dt.date
    clock: dt.time | None = None
    zone: str | None = None

    @property
    def local(self) -> dt.datetime:
        return dt.datetime.combine(self.day, self.clock or dt.time())


def day_comes_first(timezone: str, language: str = "") -> bool | None:
    """Does 5/12 mean 5 December at a source in this zone? None where nothing tells."""
    if timezone not in ("", "UTC") and not timezone.startswith("Etc/"):
        return not _MONTH_FIRST_ZONES.match(timezone)
    language = language.lower().replace("_", "-")
    if language and not language.startswith("en"):
        return True
    return {"en-us": False, "en-gb": True, "en-au": True, "en-ie": True, "en-nz": True}.get(language)


def learn_day_first(texts: Iterable[str], hint: bool | None = None) -> bool | None:
    """Whether the numeric dates among texts of one source put the day first: 28/11 tells it for 5/12; else the hint."""
    for text in texts:
        for match in _NUMERIC.finditer(text):
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second or second > 12 >= first:
                return first > 12
    return hint


def moment(text: str, *, day_first: bool | None = None, year: int | None = None) -> Moment | None:
    """The day and time that a text states first; None where it states no readable day. `year` is for days without."""
    found = span(text, day_first=day_first, year=year)
    return found[0] if found else None


@functools.lru_cache(maxsize=4096)
def span(text: str, *, day_first: bool | None = None, year: int | None = None) -> tuple[Moment, Moment | None] | None:
    """Start and end that a text states: "5 Dec 2026, 8-11pm", "20:00 – 23:00"; the end is None where there is none."""
    text = plain(text)
    if match := _EPOCH.fullmatch(text):
        return _epoch(match[1]), None
    if not _ISO.match(text):
        text = _words().printed.sub(lambda match: f"{match[1]} {match[2]} {match[5]} {match[3]} {match[4] or ''}", text)
        if days := _range_of_days(text, day_first):
            return days
    text = without_doors(text)
    found = _day(text, day_first, year)
    if not found:
        return None
    day, before, after, iso = found
    start, rest = _iso_clock(day, after) if iso else (None, after)
    if start is None:
        clock = clock_after(after) or clock_before(before)
        if not clock:
            return Moment(day), _end(Moment(day), after, day_first, year)
        start, rest = _with_zone(day, clock[0], clock[1])
        if clock[2]:
            ending, _ = _with_zone(day, clock[2], clock[1])
            return start, ending if ending.local > start.local else Moment(_next(ending.day), ending.clock, ending.zone)
    return start, _end(start, rest, day_first, year)


def when(start: Moment, end: Moment | None = None, *, zone: str | None = None) -> When:
    """A draft's time out of two moments; a floating one takes `zone`. An end that is a day is meant inclusively."""
    timezone = start.zone or zone
    if start.clock is None:
        last = end.day if end else None
        if end and end.clock not in (None, dt.time()):
            return When(
                start=start.local,
                end=max(start.local, end.local) if end.day > start.day else None,
                timezone=zone,
                time_known=False,
            )
        over = dt.datetime.combine(_next(last), dt.time()) if last and last > start.day else None
        return When(start=start.local, end=over, timezone=zone, time_known=False)
    finish = None
    if end and end.clock is not None and (end.zone or zone) == timezone:
        finish = end.local
    elif end and end.clock is None and end.day > start.day:
        finish = dt.datetime.combine(_next(end.day), dt.time())
    return When(start=start.local, end=finish if finish and finish > start.local else None, timezone=timezone)


def _epoch(text: str) -> Moment:
    number = float(text)
    seconds = number / 1000 if number > 10_000_000_000 else number
    stamp = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return Moment(stamp.date(), stamp.time().replace(microsecond=0), "UTC")


def _date(year: int | str, month: int | str, day: int | str) -> dt.date | None:
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return date if FIRST_YEAR <= date.year <= LAST_YEAR else None


def _next(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def _day(text: str, day_first: bool | None, year: int | None) -> tuple[dt.date, str, str, bool] | None:
    """The first readable day, what stands before and after it, and whether it is of the ISO form."""
    for match in _ISO.finditer(text):
        digits = [group for group in match.groups() if group]
        if date := _date(*digits):
            return date, text[: match.start()], text[match.end() :], True
    for match in _NUMERIC.finditer(text):
        first, second = int(match[1]), int(match[3])
        stated = match[4] if len(match[4]) == 4 else f"20{match[4]}"
        order = day_first if (told := _told_by_weekday(text, stated, first, second)) is None else told
        if match[2] == "." or first > 12 or order or first == second:
            date = _date(stated, second, first)
        else:
            date = _date(stated, first, second) if second > 12 or order is False else None
        if date:
            return date, text[: match.start()], text[match.end() :], False
    if (found := _words().year_month_day.search(text)) and (date := _date(found[1], MONTHS[found[2]], found[3])):
        return date, text[: found.start()], text[found.end() :], False
    if (found := _words().counted_month.search(text)) and (date := _date(found[3], found[2], found[1])):
        return date, text[: found.start()], text[found.end() :], False
    for pattern, month, day in ((_words().day_month, 2, 1), (_words().month_day, 1, 2)):
        for match in pattern.finditer(text):
            stated = (match[3] or "").strip("'")
            stated = f"20{stated}" if len(stated) == 2 else stated
            if (stated or year) and (date := _date(stated or str(year), MONTHS[match[month]], match[day])):
                return date, text[: match.start()], text[match.end() :], False
    return None


def _told_by_weekday(text: str, year: str, first: int, second: int) -> bool | None:
    """Whether the day comes first, where the text names a weekday that fits only one of the two days."""
    if not any(c.isalpha() for c in text):
        return None
    days = _date(year, second, first), _date(year, first, second)
    named = {number for word in re.findall(r"[^\W\d_]{2,}", text) if (number := weekday(word)) is not None}
    fits = [day is not None and day.weekday() in named for day in days]
    return fits[0] if len(named) == 1 and fits[0] != fits[1] else None


def _range_of_days(text: str, day_first: bool | None) -> tuple[Moment, Moment | None] | None:
    """First and last day where only the last one has the year: "5.-7. Dezember 2026", "Dec 30 - Jan 2, 2027"."""
    for pattern in _words().ranges:
        if not (match := pattern.search(text)):
            continue
        named = match.groupdict()
        if named.get("separator") == "/" and not day_first:
            continue
        year = int(named["year"]) if len(named["year"]) == 4 else 2000 + int(named["year"])
        last_month = named["month2"] or named["month1"]
        numbers = [MONTHS.get(name) or int(name) for name in (named.get("month1") or last_month, last_month)]
        start = _date(year if numbers[0] <= numbers[1] else year - 1, numbers[0], named["day1"])
        end = _date(year, numbers[1], named["day2"])
        if not start or not end or start >= end:
            continue
        if named["joint"] in _JOINTS and end != _next(start):
            return Moment(start), None  # "5 and 12 December" are two days
        return Moment(start), Moment(end)
    return None


def _iso_clock(day: dt.date, text: str) -> tuple[Moment | None, str]:
    match = _ISO_CLOCK.match(text)
    if not match:
        return None, text
    named = match.groupdict()
    hour = int(named["hour"] or named["h"] or named["h2"] or named["h3"])
    minute = int(named["minute2"] or named["m"] or named["m2"] or 0)
    second = int(named["s"] or named["s2"] or 0)
    mark = re.match(r"([apπμ])\.?[mμ]\b", text[match.end() :])
    if mark:
        hour = hour % 12 + (12 if mark[1] in "pμ" else 0)
    if hour == 24 and not minute:
        day, hour = _next(day), 0
    if hour > 23 or minute > 59:
        return None, text
    clock = dt.time(hour, minute, min(second, 59))
    return _with_zone(day, clock, text[match.end() + (mark.end() if mark else 0) :])


def _with_zone(day: dt.date, clock: dt.time, rest: str) -> tuple[Moment, str]:
    """The moment with the zone that the text goes on with; a stated offset makes it UTC."""
    match = _ZONE.match(rest)
    if not match:
        return Moment(day, clock), rest
    if match["sign"]:
        offset = dt.timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        if offset > dt.timedelta(hours=15) or (
            not match["z"] and not match["minutes"] and match["hours"][0] != "0" and re.match(r"\s*-\s", rest)
        ):
            return Moment(day, clock), rest
        utc = dt.datetime.combine(day, clock) - (offset if match["sign"] == "+" else -offset)
        return Moment(utc.date(), utc.time(), "UTC"), rest[match.end() :]
    name = match["bracket"] or match["name"]
    if zone := iana(name) if name else None:
        return Moment(day, clock, zone), rest[match.end() :]
    return Moment(day, clock), rest


def _end(start: Moment, rest: str, day_first: bool | None, year: int | None) -> Moment | None:
    """The end after "to" or a dash: a moment of its own, or a time on the same day."""
    ending = RANGE.match(rest)
    if not ending:
        return None
    rest = rest[ending.end() :]
    if found := _day(rest, day_first, year or start.day.year):
        if len(found[1]) > 20:
            return None
        end, _ = _iso_clock(found[0], found[2]) if found[3] else (None, "")
        if end is None:
            clock = clock_after(found[2][:40])
            end = _with_zone(found[0], clock[0], clock[1])[0] if clock else Moment(found[0])
        return end
    if start.clock and (clock := clock_after(rest[:20])):
        end = Moment(start.day, clock[0], start.zone)
        return end if end.local > start.local else Moment(_next(end.day), end.clock, end.zone)
    return None


def duration(text: str) -> dt.timedelta | None:
    """The length that "PT2H30M", "P1D" or "-P1D" (which is none) states."""
    match = _DURATION.fullmatch(text.strip()[:40])
    if not match or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return length if dt.timedelta() < length < dt.timedelta(days=3660) else None


def rfc2822(text: str) -> Moment | None:
    """The date of a mail or an RSS item, "Sat, 05 Dec 2026 20:00:00 GMT"."""
    try:
        stamp = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if not FIRST_YEAR < stamp.year < LAST_YEAR:
        return None
    if stamp.tzinfo is None:
        return Moment(stamp.date(), stamp.time())
    stamp = stamp.astimezone(dt.UTC)
    return Moment(stamp.date(), stamp.time().replace(tzinfo=None), "UTC")
