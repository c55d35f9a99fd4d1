"""Is it right? One small function for each rule, over a normalised draft; RULES is the table of them.

A rule answers with a sentence for editors if it is broken, else with None. Nothing here asks a database.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from events.drafts import EventDraft, Problem, instant
from events.nights import last_night_of, tonight
from events.places import coordinates, kilometres
from events.text import fold
from events.titles import is_shouting

from . import wording
from .venues import is_venue

TITLE_LENGTH = (5, 200)
DESCRIPTION_LENGTH = (20, 5000)
SHOUTING_LENGTH, SHOUTING_READ = 80, 400
# Of a source's city: farther than people go for a night out.
ELSEWHERE_KM = 100
FAR = dt.timedelta(days=2 * 365)
LONGEST = dt.timedelta(days=400)
# The highest ticket that is plausible, in units of a currency; others as if they were dollars.
DEAREST = {"JPY": 1_500_000, "KRW": 15_000_000, "IDR": 150_000_000, "VND": 250_000_000, "HUF": 4_000_000}
DEAREST_ELSEWHERE = 10_000


class Place(Protocol):
    """What the rules ask of a city."""

    name: str
    timezone: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a rule may know beside the draft: `city` is None where the event's cannot be told, `home` the source's."""

    now: dt.datetime
    city: Place | None
    is_new: bool
    home: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A broken rule: what a Finding stores."""

    rule: str
    severity: str
    weight: int
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`weight` is what a listing's score loses. `sentence` says what is asked for."""

    code: str
    severity: str
    weight: int
    sentence: str
    check: Callable[[EventDraft, Circumstances], str | None]


def _title_missing(draft: EventDraft, at: Circumstances) -> str | None:
    return None if fold(draft.title) else "It has no title."


def _title_short(draft: EventDraft, at: Circumstances) -> str | None:
    length = len(draft.title.strip())
    return f"The title has only {length} characters." if 0 < length < TITLE_LENGTH[0] else None


def _title_long(draft: EventDraft, at: Circumstances) -> str | None:
    length = len(draft.title.strip())
    return f"The title has {length} characters." if length > TITLE_LENGTH[1] else None


def _title_placeholder(draft: EventDraft, at: Circumstances) -> str | None:
    if wording.is_placeholder(draft.title):
        return f"“{draft.title.strip()}” is a button or a stand-in, not a title."
    return None


def _title_nonsense(draft: EventDraft, at: Circumstances) -> str | None:
    if wording.is_nonsense(draft.title):
        return f"“{draft.title.strip()[:20]}” is one letter over and over, not a title."
    return None


def _title_button(draft: EventDraft, at: Circumstances) -> str | None:
    return "A button's label stands before the title." if wording.has_label(draft.title) else None


def _title_address(draft: EventDraft, at: Circumstances) -> str | None:
    return "There is a web address in the title." if wording.has_address(draft.title) else None


def _title_shouting(draft: EventDraft, at: Circumstances) -> str | None:
    return "The title is in capitals." if is_shouting(draft.title) else None


def _description_short(draft: EventDraft, at: Circumstances) -> str | None:
    length = len(draft.description.strip())
    if not length:
        return "It has no description."
    return f"The description has only {length} characters." if length < DESCRIPTION_LENGTH[0] else None


def _description_long(draft: EventDraft, at: Circumstances) -> str | None:
    length = len(draft.description.strip())
    return f"The description has {length} characters." if length > DESCRIPTION_LENGTH[1] else None


def _description_stand_in(draft: EventDraft, at: Circumstances) -> str | None:
    return "The description is a stand-in." if wording.is_stand_in(draft.description) else None


def _description_shouting(draft: EventDraft, at: Circumstances) -> str | None:
    text = draft.description[:SHOUTING_READ]
    shouting = len(text) >= SHOUTING_LENGTH and is_shouting(text)
    return "The description is in capitals." if shouting else None


def _date_unreadable(draft: EventDraft, at: Circumstances) -> str | None:
    if draft.when is not None:
        return None
    said = [problem.message for problem in draft.problems if problem.code.startswith("date")]
    return said[0] if said else "It has no date that can be read."


def _date_past(draft: EventDraft, at: Circumstances) -> str | None:
    when = draft.when
    if when is None or not at.is_new:
        return None
    stated = when.timezone or (at.city.timezone if at.city else "UTC")
    zone = at.city.timezone if at.city else stated
    start, end = when.start, when.end
    if when.time_known and not when.all_day:  # nights are the city's, also where the source states instants
        start = instant(start, stated).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        end = end and instant(end, stated).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    last = last_night_of(start, end, all_day=when.all_day, time_known=when.time_known)
    return f"It was over on {last} already when it was first seen." if last < tonight(at.now, zone) else None


def _date_far(draft: EventDraft, at: Circumstances) -> str | None:
    if draft.when and draft.when.start > at.now.replace(tzinfo=None) + FAR:
        return f"It begins on {draft.when.start.date()}, more than two years ahead."
    return None


def _end_before_start(draft: EventDraft, at: Circumstances) -> str | None:
    if draft.when and draft.when.end and draft.when.end < draft.when.start:
        return f"It ends ({draft.when.end}) before it starts ({draft.when.start})."
    return None


def _duration(draft: EventDraft, at: Circumstances) -> str | None:
    if draft.when and draft.when.end and draft.when.end - draft.when.start > LONGEST:
        return f"It lasts {(draft.when.end - draft.when.start).days} days."
    return None


def _url_invalid(draft: EventDraft, at: Circumstances) -> str | None:
    if not draft.url:
        return None
    try:
        parts = urlsplit(draft.url)
        valid = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in draft.url
    except ValueError:
        valid = False
    return None if valid else f"“{draft.url[:200]}” is no web address."


def _venue_unknown(draft: EventDraft, at: Circumstances) -> str | None:
    where = draft.where
    if where.online or where.latitude is not None or is_venue(where.venue) or is_venue(where.address):
        return None
    return "It says no venue and no address."


def _city_unknown(draft: EventDraft, at: Circumstances) -> str | None:
    if at.city is not None:
        return None
    place = ", ".join(part for part in (draft.where.venue, draft.where.locality, draft.where.region) if part)
    return f"No active city is known for its place{f' ({place[:200]})' if place else ''}."


def _place_elsewhere(draft: EventDraft, at: Circumstances) -> str | None:
    if at.home is None or draft.where.online:
        return None
    here = coordinates(draft.where) or (at.city and (at.city.latitude, at.city.longitude))
    home = (at.home.latitude, at.home.longitude)
    if here and kilometres(here, home) > ELSEWHERE_KM:
        return f"It lies more than {ELSEWHERE_KM} km from {at.home.name}, the city of its source."
    return None


def _price(draft: EventDraft, at: Circumstances) -> str | None:
    low, high = draft.price.minimum, draft.price.maximum
    dearest = DEAREST.get(draft.price.currency, DEAREST_ELSEWHERE)
    stated = [price for price in (low, high) if price is not None]
    if any(price < 0 or price > dearest for price in stated):
        return f"A price of {max(stated, key=abs)} {draft.price.currency}".strip() + " is not plausible."
    if low is not None and high is not None and high < low:
        return f"Its highest price ({high}) is under its lowest ({low})."
    if draft.price.is_free and any(price > Decimal(0) for price in stated):
        return f"It is called free and costs {max(stated)}."
    return None


def _spam(draft: EventDraft, at: Circumstances) -> str | None:
    phrase = wording.advertised(f"{draft.title} {draft.description}")
    return f"It reads like an advertisement (“{phrase}”)." if phrase else None


def _links(draft: EventDraft, at: Circumstances) -> str | None:
    count = wording.links(draft.description)
    return f"The description is a list of links ({count})." if count else None


RULES = (
    Rule("title.missing", "error", 100, "An event has a title.", _title_missing),
    Rule("title.short", "warning", 10, "A title has at least 5 characters.", _title_short),
    Rule("title.long", "warning", 10, "A title has at most 200 characters.", _title_long),
    Rule("title.placeholder", "error", 60, "A title is no button and no stand-in.", _title_placeholder),
    Rule("title.nonsense", "error", 60, "A title is more than one letter over and over.", _title_nonsense),
    Rule("title.button", "warning", 15, "A title does not begin with a button's label.", _title_button),
    Rule("title.address", "warning", 20, "A title holds no web address.", _title_address),
    Rule("title.shouting", "info", 5, "A title is not all in capitals.", _title_shouting),
    Rule("description.short", "info", 5, "A description has at least 20 characters.", _description_short),
    Rule("description.long", "info", 5, "A description has at most 5,000 characters.", _description_long),
    Rule("description.stand_in", "warning", 10, "A description is no template's stand-in.", _description_stand_in),
    Rule("description.shouting", "info", 5, "A description is not all in capitals.", _description_shouting),
    Rule("date.unreadable", "error", 100, "The date can be read.", _date_unreadable),
    Rule("date.past", "error", 60, "A new event is not over.", _date_past),
    Rule("date.far", "error", 60, "An event begins within two years.", _date_far),
    Rule("date.end_before_start", "warning", 15, "An event ends after it starts.", _end_before_start),
    Rule("date.duration", "warning", 15, "An event lasts at most 400 days.", _duration),
    Rule("url.invalid", "warning", 10, "The link is a web address.", _url_invalid),
    Rule("venue.unknown", "warning", 10, "The venue or the address is known.", _venue_unknown),
    Rule("city.unknown", "error", 60, "The place lies in or near an active city.", _city_unknown),
    Rule("place.elsewhere", "warning", 10, "The place lies within 100 km of the source's city.", _place_elsewhere),
    Rule("price.implausible", "warning", 15, "Prices are plausible and in order.", _price),
    Rule("text.spam", "error", 60, "The text is no advertisement for something else.", _spam),
    Rule("text.links", "error", 60, "The description is no list of links.", _links),
)
BY_CODE = {rule.code: rule for rule in RULES}
# What extractors and normalising could not read of an item that is an event all the same.
PROBLEM_SEVERITY, PROBLEM_WEIGHT = "warning", 5
# What they have left out because it breaks a rule, so that the rule cannot see it any more.
LEFT_OUT = {
    "date.end-before-start": "date.end_before_start",
    "date.too-long": "date.duration",
    "title.label": "title.placeholder",
    "url.refused": "url.invalid",
}


def assess(
    draft: EventDraft, *, now: dt.datetime, city: Place | None, is_new: bool, home: Place | None = None
) -> list[Found]:
    """What the rules find, and the draft's own problems; one for each rule code, in the order of RULES."""
    at = Circumstances(now, city, is_new, home)
    found = {}
    for rule in RULES:
        if message := rule.check(draft, at):
            found[rule.code] = Found(rule=rule.code, severity=rule.severity, weight=rule.weight, message=message[:500])
    for problem in draft.problems:
        if draft.when is None and problem.code.startswith("date"):
            continue  # it is the message of date.unreadable
        one = _of_problem(problem)
        found.setdefault(one.rule, one)
    return list(found.values())


def _of_problem(problem: Problem) -> Found:
    rule = BY_CODE.get(LEFT_OUT.get(problem.code, ""))
    return Found(
        rule=rule.code if rule else problem.code[:60],
        severity=rule.severity if rule else PROBLEM_SEVERITY,
        weight=rule.weight if rule else PROBLEM_WEIGHT,
        message=problem.message[:500],
    )
