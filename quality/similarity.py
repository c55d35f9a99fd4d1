"""Are two records of one event? Pure functions.

What rules it out comes first: another start on the same night (early and late show, matinee and evening), other
numbers (part 1 and 2, editions), other ones of a kind (men's and women's), another place. Then titles have to be as
alike as the settings ask; the same text, or an address that names the event, stands for the title. The rest is a score
from all that the two have in common: the same event, or a pair for an editor.
"""

from dataclasses import dataclass
from typing import Literal

from . import titles
from .evidence import Evidence, Limits, one_page, outline, weigh
from .profiles import Profile
from .records import Record
from .scorecard import SAME, UNSURE, Scorecard, features, scorecard
from .times import Gap

__all__ = ["Comparison", "Limits", "compare", "exact", "judge"]

Outcome = Literal["same", "different", "unsure"]
DEFAULT = Limits()
# The score of two that name one page as theirs, at least.
SAME_PAGE = 95
# Doors open no longer than this before a show.
DOORS_MINUTES = 180


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score` is 0 to 100; `conflict` says that the two can never be one event, whatever else is like them."""

    outcome: Outcome
    score: int
    reasons: tuple[str, ...]
    conflict: bool = False


def compare(a: Record, b: Record, limits: Limits = DEFAULT) -> Comparison:
    first, second = Profile(a), Profile(b)
    return judge(weigh(first, second, outline(first, second, limits)), limits)


def judge(seen: Evidence, limits: Limits, card: Scorecard | None = None) -> Comparison:
    """`card` is the committed one if none is given."""
    known = seen.outline
    if known.is_two(limits):
        # doors and show under one address; or an early and a late one
        if known.page and seen.title >= limits.title and (known.gap.minutes or 0) <= DOORS_MINUTES:
            return Comparison("unsure", UNSURE, _reasons(seen), conflict=True)
        return Comparison("different", 0, _reasons(seen), conflict=True)
    score = (card or scorecard()).score(features(seen))
    if not seen.alike(limits):
        return Comparison("different", min(score, UNSURE - 1), _reasons(seen))
    if known.page:
        score = max(score, SAME_PAGE)
    if seen.companion or seen.vague:
        score = min(score, SAME - 1)
    outcome: Outcome = "same" if score >= SAME else "unsure" if score >= UNSURE else "different"
    return Comparison(outcome, score, _reasons(seen))


def exact(a: Profile, b: Profile) -> bool:
    """The same row twice: one fingerprint (title, start and venue), or one address that names an event and one
    start. Only this makes two live listings of one source one event."""
    one, other = a.record, b.record
    if one.fingerprint and one.fingerprint == other.fingerprint:
        return True
    if not one_page(a, b) or one.time_known != other.time_known or one.start != other.start:
        return False
    return titles.percent(a.core, b.core) >= 85


def _reasons(seen: Evidence) -> tuple[str, ...]:
    known = seen.outline
    reasons = ["the same web address"] if known.page else []
    reasons.append(f"titles {seen.title:.0f} % alike")
    if seen.contained > seen.title:
        reasons.append(f"{seen.contained:.0f} % of one title in the other")
    elif seen.covered_part > seen.title:
        reasons.append(f"{seen.covered_part:.0f} % of one title in what the other says")
    if known.location is None:
        reasons.append("one place is not known")
    else:
        reasons.append(f"places {known.location:.0f} % alike")
    reasons.append(_time(known.gap))
    if seen.same_text:
        reasons.append("the same text")
    if seen.other_page:
        reasons.append("two pages of one site")
    if seen.vague:
        reasons.append("many events are called so")
    if seen.companion:
        reasons.append("one goes with the other")
    if known.numbers_differ:
        reasons.append("other numbers in the titles")
    if known.contrast:
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
