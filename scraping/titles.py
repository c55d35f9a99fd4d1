"""Dates that stand in titles: "Jazz Night — Sat Aug 22, 7:30 PM — Blue Note"."""

import datetime as dt
import re
from dataclasses import dataclass

from events.drafts import When
from scraping import times
from scraping.months import weekday

_SEPARATOR = re.compile(r"\s+[-–—|•·]\s+|\s*\|\s*|:\s+|\s+@\s+")
_BRACKETS = re.compile(r"[\[(]([^\[\]()]{5,60})[\])]")
_LEADING = re.compile(
    r"^((?:\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4})"
    r"(?:[ ,]+\d{1,2}[:.]\d\d(?:\s?(?:uhr|[ap]m))?)?)(?=[ ,])",
    re.I,
)
_WORDS = re.compile(r"[^\W\d_]+")
# How far an event may lie from its announcement.
_SPAN = dt.timedelta(days=330)


@dataclass(frozen=True, slots=True)
class Dated:
    """A title without its date, the time, and the place that stands behind it."""

    title: str
    when: When
    place: str = ""


def dated_title(title: str, *, published: dt.date | None = None, day_first: bool | None = None) -> Dated | None:
    """The date that a title names without doubt: with its year, or with a weekday that fits one year about its
    publishing. None where there is none, or more than one.
    """
    if ahead := _beside(title, published, day_first):
        return ahead
    parts = [part.strip() for part in _SEPARATOR.split(title)]
    found = [(number, when) for number, part in enumerate(parts) if (when := _date(part, published, day_first))]
    if len(found) != 1:
        return None
    number, when = found[0]
    rest = [part for index, part in enumerate(parts) if index != number and part]
    if not rest:
        return None
    behind = parts[number + 1 :]
    place = behind[0] if number > 0 and len(behind) == 1 else ""
    name = title[: title.find(parts[number])] if number else " - ".join(rest)
    return Dated(name.rstrip(" -–—|•·:@") or " - ".join(rest), when, place)


def _beside(title: str, published: dt.date | None, day_first: bool | None) -> Dated | None:
    """A date in brackets, or in digits before the name, that is yet to come when it is published: other posts have the
    date of what they report of there."""
    for match in (*_BRACKETS.finditer(title), *_LEADING.finditer(title)):
        name = " ".join((title[: match.start()] + title[match.end() :]).split()).strip(" -–—|•·:,")
        when = _date(match[1], published, day_first)
        if name and when and published and when.start.date() > published:
            return Dated(name, when)
    return None


def _date(part: str, published: dt.date | None, day_first: bool | None) -> When | None:
    """The time that a part of a title is; one that has much else in it is a sentence that names a date."""
    if len(_WORDS.findall(part)) > 6:
        return None
    if span := times.span(part, day_first=day_first):
        return times.when(*span)
    wanted = next((number for word in _WORDS.findall(part.lower()) if (number := weekday(word)) is not None), None)
    if published is None or wanted is None:
        return None
    candidates = []
    for year in (published.year - 1, published.year, published.year + 1):
        span = times.span(part, day_first=day_first, year=year)
        if span and span[0].day.weekday() == wanted and abs(span[0].day - published) <= _SPAN:
            candidates.append(span)
    return times.when(*candidates[0]) if len(candidates) == 1 else None
