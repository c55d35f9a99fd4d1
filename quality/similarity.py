"""Are two records of one event? Pure functions.

What rules it out comes first: another start on the same night (early and late show, matinee and evening), other
numbers (part 1 and 2, editions). Then titles, places and times have to be as alike as the settings ask, unless a
web address that names the event stands for them. The rest is a score from all that the two have in common: the
same event, or a pair for an editor.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from events.text import fold

from . import locations, titles
from .records import Record

Outcome = Literal["same", "different", "unsure"]
# Scores from which a pair is the same, and from which an editor is asked.
SAME, UNSURE = 78, 68
# Sources shorten texts and put prices before them.
SAME_TEXT, FEW_PHRASES = 50, 8
# Doors open no longer than this before a show.
DOORS_MINUTES = 180


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
    """What two records have in common; percentages are 0 to 100.

    `contained` is how much of the shorter title is in the other, `shared` the weight of the words in both.
    `minutes` is None where a time is not known; `shifted` is set where the times differ as a mistake would have
    it. `location` and `text` are None where one side is silent. `url` is one address that names an event,
    `other_page` another page of the same site. `companion`: one is a talk before or a reception after the other.
    """

    title: float
    contained: float
    shared: float
    location: float | None
    minutes: float | None
    shifted: bool
    text: float | None
    url: bool
    other_page: bool
    companion: bool
    numbers_differ: bool

    @property
    def likeness(self) -> float:
        """Of the titles: a title within a longer one is nearly as good as the same one."""
        return max(self.title, 0.9 * self.contained if self.shared >= 3 else 0)

    @property
    def same_text(self) -> bool:
        return self.text is not None and self.text >= SAME_TEXT

    def _time(self) -> float:
        if self.minutes is None:
            return 80
        return 70 if self.shifted else 100 - min(self.minutes, 180) / 3

    def score(self) -> int:
        """Half of it is the titles, the rest the place and the time; where nobody says the place, a title of telling
        words stands in for it."""
        place = min(70, 2.4 * self.shared) if self.location is None else self.location
        score = 0.5 * self.likeness + 0.3 * place + 0.2 * self._time()
        score += 8 * self.same_text - 15 * self.other_page - 20 * self.companion
        return round(min(99, max(score, 95 if self.url else 0)))


def weigh(a: Record, b: Record) -> Evidence:
    first, second = _core(a), _core(b)
    title, minutes = titles.percent(first, second), _minutes(a, b)
    url = bool(a.url) and a.url == b.url and names_one_thing(a.url)
    return Evidence(
        title=title,
        contained=titles.contained(first, second),
        shared=titles.weight(first.words & second.words),
        location=_location(a, b),
        minutes=minutes,
        shifted=_shifted(a, b),
        text=_text(a.description, b.description),
        # a page may tell of a show and of the talk before it
        url=url and (not minutes or title >= 50),
        other_page=not url and _pages_of_one_site(a.url, b.url),
        # an exhibition and one evening of it
        companion=titles.is_companion(first, second) or (a.is_run != b.is_run and minutes != 0),
        numbers_differ=bool(first.numbers and second.numbers) and first.numbers != second.numbers,
    )


def compare(a: Record, b: Record, limits: Limits = Limits()) -> Comparison:
    return judge(weigh(a, b), limits)


def hopeless(a: Record, b: Record, limits: Limits) -> bool:
    """Whether `compare` would find two events: true of most pairs, and told by the cheapest of the evidence."""
    if a.url and a.url == b.url:
        return False
    minutes = _minutes(a, b)
    if minutes is not None and minutes > limits.minutes and not _shifted(a, b):
        return True
    first, second = _core(a), _core(b)
    if max(titles.percent(first, second), titles.contained(first, second)) >= limits.title:
        return False
    text = _text(a.description, b.description) if minutes == 0 else None
    return text is None or text < SAME_TEXT


def judge(seen: Evidence, limits: Limits) -> Comparison:
    reasons = _reasons(seen)
    if seen.numbers_differ:
        return Comparison("different", 0, reasons, conflict=True)
    if seen.minutes is not None and seen.minutes > limits.minutes and not seen.shifted:
        # doors and show under one address; or an early and a late one
        doubtful = seen.url and seen.title >= limits.title and seen.minutes <= DOORS_MINUTES
        return Comparison("unsure" if doubtful else "different", UNSURE if doubtful else 0, reasons, conflict=True)
    titled = max(seen.title, seen.contained) >= limits.title or (seen.same_text and seen.minutes == 0)
    placed = seen.location is None or seen.location >= limits.location
    if not placed and not seen.url:
        return Comparison("different", 0, reasons, conflict=True)
    score = seen.score()
    if not titled and not seen.url:
        return Comparison("different", min(score, UNSURE - 1), reasons)
    if score >= SAME:
        return Comparison("same", score, reasons)
    return Comparison("unsure" if score >= UNSURE else "different", score, reasons)


def exact(a: Record, b: Record) -> bool:
    """The same row twice: one fingerprint (title, start and venue), or one address that names an event and one
    start. Only this makes two live listings of one source one event."""
    if a.fingerprint and a.fingerprint == b.fingerprint:
        return True
    same_url = bool(a.url) and a.url == b.url and names_one_thing(a.url)
    return same_url and a.time_known == b.time_known and a.start == b.start and weigh(a, b).title >= 85


def _core(record: Record) -> titles.Core:
    return titles.core(record.title, venue=record.venue, city=record.city, date=record.start.date())


def _location(a: Record, b: Record) -> float | None:
    if a.venue_id is not None and a.venue_id == b.venue_id:
        return 100.0
    if None not in (a.latitude, a.longitude, b.latitude, b.longitude):
        near = locations.by_coordinates((a.latitude, a.longitude), (b.latitude, b.longitude))  # type: ignore[arg-type]
        if near is not None:
            return near
    here, there = (locations.location(one.venue, one.address, one.city) for one in (a, b))
    alike = locations.percent(here, there)
    if alike is None or alike < locations.NAMED_ELSEWHERE:
        # a title or text that names the other's venue
        if locations.named(here, b.title) or locations.named(there, a.title):
            return locations.NAMED_ELSEWHERE
        if alike is None and (locations.named(here, b.description) or locations.named(there, a.description)):
            return locations.NAMED_ELSEWHERE
    return alike


def _minutes(a: Record, b: Record) -> float | None:
    """Minutes between the starts; None where one time is not known and the day is the same."""
    if a.time_known and b.time_known:
        return abs((a.start - b.start).total_seconds()) / 60
    days = abs((a.start.date() - b.start.date()).days)
    # a day without a time may be the calendar day or the night of something after midnight
    return None if days == 0 or (days == 1 and a.night == b.night) else days * 1440.0


def _shifted(a: Record, b: Record) -> bool:
    """Whether one start is the other's in UTC, printed as local time, or the other half of a 12-hour clock's."""
    if not (a.time_known and b.time_known):
        return False
    early, late = sorted((a.start, b.start))
    hours = (late - early).total_seconds() / 3600
    if hours == 12:
        return early.date() == late.date() and early.hour < 10
    offset = a.utc_offset if a.utc_offset is not None else b.utc_offset
    implausible = late.hour >= 22 or late.hour < 6 or early.hour < 6
    if offset is not None:
        return bool(hours) and hours == abs(offset.total_seconds()) / 3600 and implausible
    return hours in (4, 5, 6, 7, 8) and implausible


@lru_cache(maxsize=4_000)
def _phrases(text: str) -> frozenset[str]:
    """All runs of three words."""
    words = fold(text).split()
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2))


def _text(a: str, b: str) -> float | None:
    """How much of what the shorter text says the other says in the same words; None where one says little."""
    first, second = _phrases(a), _phrases(b)
    least = min(len(first), len(second))
    return 100 * len(first & second) / least if least >= FEW_PHRASES else None


def names_one_thing(url: str) -> bool:
    """A homepage or a calendar's front names no event."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    return bool(parts.netloc) and (bool(parts.query) or "/" in path or len(path) > 20)


def _pages_of_one_site(a: str, b: str) -> bool:
    if not (a and b) or a == b or not (names_one_thing(a) and names_one_thing(b)):
        return False
    return urlsplit(a).netloc == urlsplit(b).netloc


def _reasons(seen: Evidence) -> tuple[str, ...]:
    reasons = ["the same web address"] if seen.url else []
    reasons.append(f"titles {seen.title:.0f} % alike")
    if seen.contained > seen.title:
        reasons.append(f"{seen.contained:.0f} % of one title in the other")
    if seen.location is None:
        reasons.append("one place is not known")
    else:
        reasons.append(f"places {seen.location:.0f} % alike")
    if seen.minutes is None:
        reasons.append("one time is not known")
    elif seen.shifted:
        reasons.append(f"times {seen.minutes / 60:.0f} h apart, as a mistake makes them")
    else:
        reasons.append(f"times {seen.minutes:.0f} min apart" if seen.minutes else "the same start")
    if seen.same_text:
        reasons.append("the same text")
    if seen.other_page:
        reasons.append("two pages of one site")
    if seen.companion:
        reasons.append("one goes with the other")
    if seen.numbers_differ:
        reasons.append("other numbers in the titles")
    return tuple(reasons)
