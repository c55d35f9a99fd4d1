"""Are two records of one event? Pure functions; the order of evidence is that of `compare`.

What tells two events apart comes first: another start on the same night (early and late show, matinee and
evening), another number (part 1 and 2, editions), another house. What is only likely is unsure.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from events.text import fold

from . import locations, titles
from .records import Record

Outcome = Literal["same", "different", "unsure"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Percent, percent and minutes: the settings MATCH_TITLE_PERCENT, MATCH_LOCATION_PERCENT, MATCH_MINUTES."""

    title: float = 85
    location: float = 70
    minutes: float = 60


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score` is 0 to 100; `conflict` says that the two can never be one event, whatever else is like them."""

    outcome: Outcome
    score: int
    reasons: tuple[str, ...]
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two records have in common. `minutes` is None where a time is not known; `shifted` where the times
    differ as a source's mistake would have it; `location` and `text` are None where one side is silent."""

    title: float
    contained: bool
    telling: int
    location: float | None
    minutes: float | None
    shifted: bool
    text: float | None
    url: bool
    numbers_differ: bool


def weigh(a: Record, b: Record) -> Evidence:
    first, second = _core(a), _core(b)
    smaller = min(first.words, second.words, key=len)
    shared = first.words & second.words
    return Evidence(
        title=titles.percent(first, second),
        contained=bool(smaller) and smaller == shared,
        telling=len(shared),
        location=_location(a, b),
        minutes=_minutes(a, b),
        shifted=_shifted(a, b),
        text=_text(a.description, b.description),
        url=bool(a.url) and a.url == b.url and _names_one_thing(a.url),
        numbers_differ=bool(first.numbers and second.numbers) and first.numbers != second.numbers,
    )


def _core(record: Record) -> titles.Core:
    return titles.core(record.title, venue=record.venue, city=record.city, date=record.start.date())


def _location(a: Record, b: Record) -> float | None:
    if a.venue_id is not None and a.venue_id == b.venue_id:
        return 100.0
    if None not in (a.latitude, a.longitude, b.latitude, b.longitude):
        near = locations.by_coordinates((a.latitude, a.longitude), (b.latitude, b.longitude))  # type: ignore[arg-type]
        if near is not None:
            return near
    return locations.percent(
        locations.location(a.venue, a.address, a.city), locations.location(b.venue, b.address, b.city)
    )


def _minutes(a: Record, b: Record) -> float | None:
    """Minutes between the starts; None where one time is not known and the day is the same."""
    if a.time_known and b.time_known:
        return abs((a.start - b.start).total_seconds()) / 60
    days = abs((a.start.date() - b.start.date()).days)
    # a day without a time may be the calendar day or the night of something after midnight
    return None if days == 0 or (days == 1 and a.night == b.night) else days * 1440.0


def _shifted(a: Record, b: Record) -> bool:
    """Whether one start is the other's in UTC, printed as local time: late, and whole hours off."""
    if not (a.time_known and b.time_known):
        return False
    early, late = sorted((a.start, b.start))
    hours = (late - early).total_seconds() / 3600
    offset = a.utc_offset if a.utc_offset is not None else b.utc_offset
    if offset is not None:
        return abs(hours) == abs(offset.total_seconds()) / 3600 and offset != dt.timedelta()
    return hours in (4, 5, 6, 7, 8) and (late.hour >= 22 or late.hour < 6)


@lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    return fold(text)


def _text(a: str, b: str) -> float | None:
    first, second = _folded(a), _folded(b)
    length = min(len(first), len(second))
    if length < 40:
        return None
    return fuzz.ratio(first[:length], second[:length])


def _names_one_thing(url: str) -> bool:
    """A homepage or a calendar's front names no event."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    path = parts.path.strip("/")
    return bool(path and parts.netloc) and (bool(parts.query) or path.count("/") >= 1 or len(path) > 20)


def compare(a: Record, b: Record, limits: Limits = Limits()) -> Comparison:
    return judge(weigh(a, b), limits)


def judge(seen: Evidence, limits: Limits) -> Comparison:
    reasons = _reasons(seen)
    apart = seen.minutes is not None and seen.minutes > limits.minutes
    if apart and not seen.shifted:
        return Comparison("different", 0, reasons, conflict=True)
    if seen.numbers_differ:
        return Comparison("different", 10, reasons, conflict=True)
    alike = seen.title >= limits.title
    here = seen.location is not None and seen.location >= limits.location
    elsewhere = seen.location is not None and seen.location < limits.location
    exact = seen.minutes == 0
    if seen.url and not apart and (seen.title >= 50 or seen.contained):
        return Comparison("same", 97, reasons)
    if alike and here:
        return Comparison("same", 80 if apart else round(min(96, (seen.title + (seen.location or 0)) / 2)), reasons)
    if elsewhere:
        return Comparison("different", 20, reasons, conflict=(seen.location or 0) <= 40)
    same_text = seen.text is not None and seen.text >= 80
    if alike and seen.location is None:
        if exact and (same_text or seen.telling >= 4):
            return Comparison("same", 85, reasons)
        return Comparison("unsure", 60, reasons)
    if here and exact and seen.contained and seen.telling >= 2:
        return Comparison("same", 86, reasons)
    if here and same_text and not apart:
        return Comparison("same", 84, reasons)
    return Comparison("different", 30, reasons)


def _reasons(seen: Evidence) -> tuple[str, ...]:
    reasons = [f"titles {seen.title:.0f} % alike"]
    if seen.url:
        reasons.insert(0, "the same web address")
    if seen.location is not None:
        reasons.append(f"places {seen.location:.0f} % alike")
    else:
        reasons.append("one place is not known")
    if seen.minutes is None:
        reasons.append("one time is not known")
    elif seen.shifted:
        reasons.append(f"times {seen.minutes / 60:.0f} h apart, as UTC is from local time")
    else:
        reasons.append(f"times {seen.minutes:.0f} min apart" if seen.minutes else "the same start")
    if seen.text is not None and seen.text >= 80:
        reasons.append("the same text")
    if seen.numbers_differ:
        reasons.append("other numbers in the titles")
    return tuple(reasons)


def exact(a: Record, b: Record) -> bool:
    """The same row twice: one fingerprint (title, start and venue), or one address that names an event and one
    start. Only this makes two live listings of one source one event."""
    if a.fingerprint and a.fingerprint == b.fingerprint:
        return True
    same_url = bool(a.url) and a.url == b.url and _names_one_thing(a.url)
    return same_url and a.time_known == b.time_known and a.start == b.start and weigh(a, b).title >= 85
