"""Are two records of one event? Pure functions.

What rules it out comes first: another start on the same night (early and late show, matinee and evening), other
numbers (part 1 and 2, editions), other ones of a kind (men's and women's), another place. Then titles have to
be as alike as the settings ask; the same text, or an address that names the event, stands for the title. The rest is a
score from all that the two have in common: the same event, or a pair for an editor.
"""

from dataclasses import dataclass
from typing import Literal

from . import locations, titles
from .profiles import Profile
from .records import Record
from .scorecard import SAME, UNSURE, Scorecard, features, scorecard
from .times import Gap, gap

Outcome = Literal["same", "different", "unsure"]
# Sources shorten texts and put prices before them.
SAME_TEXT, FEW_RUNS = 30, 8
# The score of two that name one page as theirs, at least.
SAME_PAGE = 95
# Titles that share words of less weight than this could be of two events.
VAGUE = 10
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
    """What two records have in common; `title`, `contained`, `covered_part`, `location` and `text` are 0 to 100.

    `contained` is how much of the shorter title is in the other, `shared` the weight of the words in both. `covered`
    and `covered_part` are the weight and the part of a title that the other says anywhere, `missing` the weight of
    what each title has and the other nowhere. `location` and `text` are None where one side is silent. `url` is one
    address that names an event, `other_page` another page of the same site. `companion`: one is a talk before, or a
    reception after the other, or an exhibition of which the other is an evening.
    """

    title: float
    contained: float
    shared: float
    covered: float
    covered_part: float
    missing: float
    location: float | None
    gap: Gap
    text: float | None
    url: bool
    other_page: bool
    companion: bool
    numbers_differ: bool
    contrast: bool

    @property
    def likeness(self) -> float:
        """Of the titles: one that is in the other, or in what the other says, is as good as the same."""
        return max(self.title, self.contained, self.covered_part)

    @property
    def vague(self) -> bool:
        """Whether nothing says where, and many events are called so: there is a Halloween party everywhere."""
        return self.location is None and self.shared < VAGUE and not (self.same_text or self.url)

    @property
    def same_text(self) -> bool:
        return self.text is not None and self.text >= SAME_TEXT


def weigh(a: Profile, b: Profile, limits: Limits = Limits()) -> Evidence:
    first, second = a.core, b.core
    title, between = titles.percent(first, second), gap(a.record, b.record, limits.minutes)
    common = titles.common(first, second)
    told = [common.told(0, b.told), common.told(1, a.told)]
    covered, covered_part = max(told, key=lambda part: part[0] * part[1])
    url = bool(a.page) and a.page == b.page
    return Evidence(
        title=title,
        contained=common.contained,
        shared=common.weight,
        covered=covered,
        covered_part=covered_part,
        missing=min(common.totals[side] - told[side][0] for side in (0, 1)),
        location=_location(a, b),
        gap=between,
        text=_text(a, b),
        # a page may tell of a show and of the talk before it
        url=url and (not between.minutes or title >= 50),
        other_page=not url and bool(a.site) and a.site == b.site,
        companion=titles.is_companion(first, second) or (a.record.is_run != b.record.is_run and between.minutes != 0),
        numbers_differ=bool(first.numbers and second.numbers) and first.numbers != second.numbers,
        contrast=titles.contrast(a.title_words, b.title_words),
    )


def compare(a: Record, b: Record, limits: Limits = Limits()) -> Comparison:
    return judge(weigh(Profile(a), Profile(b), limits), limits)


def hopeless(a: Profile, b: Profile, limits: Limits) -> bool:
    """Whether `judge` would find two events by the times alone; cheaper than to weigh everything."""
    return gap(a.record, b.record, limits.minutes).kind == "far" and not (a.page and a.page == b.page)


def judge(seen: Evidence, limits: Limits = Limits(), card: Scorecard | None = None) -> Comparison:
    card = card or scorecard()
    reasons = _reasons(seen)
    if ruled_out(seen, limits):
        # doors and show under one address; or an early and a late one
        doubtful = seen.url and seen.title >= limits.title and (seen.gap.minutes or 0) <= DOORS_MINUTES
        if doubtful and not (seen.numbers_differ or seen.contrast):
            return Comparison("unsure", UNSURE, reasons, conflict=True)
        return Comparison("different", 0, reasons, conflict=True)
    score = card.score(features(seen, least_location=limits.location))
    if not (seen.likeness >= limits.title or seen.same_text or seen.url):
        return Comparison("different", min(score, UNSURE - 1), reasons)
    if seen.url:
        score = max(score, SAME_PAGE)
    if seen.companion or seen.vague:
        score = min(score, SAME - 1)
    if score >= SAME:
        return Comparison("same", score, reasons)
    return Comparison("unsure" if score >= UNSURE else "different", score, reasons)


def ruled_out(seen: Evidence, limits: Limits) -> bool:
    """Whether something says that these are two, whatever else is alike."""
    if seen.numbers_differ or seen.contrast or seen.gap.kind == "far":
        return True
    return not seen.url and seen.location is not None and seen.location < limits.location


def exact(a: Profile, b: Profile) -> bool:
    """The same row twice: one fingerprint (title, start and venue), or one address that names an event and one
    start. Only this makes two live listings of one source one event."""
    one, other = a.record, b.record
    if one.fingerprint and one.fingerprint == other.fingerprint:
        return True
    if not a.page or a.page != b.page or one.time_known != other.time_known or one.start != other.start:
        return False
    return titles.percent(a.core, b.core) >= 85


def _location(a: Profile, b: Profile) -> float | None:
    one, other = a.record, b.record
    if one.venue_id is not None and one.venue_id == other.venue_id:
        return 100.0
    if None not in (one.latitude, one.longitude, other.latitude, other.longitude):
        near = locations.by_coordinates((one.latitude, one.longitude), (other.latitude, other.longitude))  # type: ignore[arg-type]
        if near is not None:
            return near
    here, there = a.location, b.location
    alike = locations.percent(here, there)
    if alike is None or alike < locations.NAMED_ELSEWHERE:
        # a title or text that names the other's venue
        if locations.named(here, b.title_words) or locations.named(there, a.title_words):
            return locations.NAMED_ELSEWHERE
        if alike is None and (locations.named(here, b.told) or locations.named(there, a.told)):
            return locations.NAMED_ELSEWHERE
    return alike


def _text(a: Profile, b: Profile) -> float | None:
    """How much of what the shorter text says the other says in the same words; None where one says little."""
    if not (a.record.description and b.record.description):
        return None
    least = min(len(a.runs), len(b.runs))
    return 100 * len(a.runs & b.runs) / least if least >= FEW_RUNS else None


def _reasons(seen: Evidence) -> tuple[str, ...]:
    reasons = ["the same web address"] if seen.url else []
    reasons.append(f"titles {seen.title:.0f} % alike")
    if seen.contained > seen.title:
        reasons.append(f"{seen.contained:.0f} % of one title in the other")
    elif seen.covered_part > seen.title:
        reasons.append(f"{seen.covered_part:.0f} % of one title in what the other says")
    if seen.location is None:
        reasons.append("one place is not known")
    else:
        reasons.append(f"places {seen.location:.0f} % alike")
    reasons.append(_time(seen.gap))
    if seen.same_text:
        reasons.append("the same text")
    if seen.other_page:
        reasons.append("two pages of one site")
    if seen.vague:
        reasons.append("many events are called so")
    if seen.companion:
        reasons.append("one goes with the other")
    if seen.numbers_differ:
        reasons.append("other numbers in the titles")
    if seen.contrast:
        reasons.append("the titles name two of a kind")
    return tuple(reasons)


def _time(between: Gap) -> str:
    if between.minutes is None:
        return "one time is not known"
    if between.kind == "shifted":
        return f"times {between.minutes / 60:.0f} h apart, as a mistake makes them"
    if between.kind == "stated":
        return f"times {between.minutes / 60:.1f} h apart, but the text of one says the other's"
    return f"times {between.minutes:.0f} min apart" if between.minutes else "the same start"
