"""What two records have in common: first what may rule one event out, then all that speaks for and against it."""

from dataclasses import dataclass
from typing import NamedTuple

from . import locations, titles
from .profiles import RUN, Profile
from .times import Gap, gap

# Sources shorten texts and put prices before them.
SAME_TEXT, FEW_RUNS = 30, 8
_NOTHING: frozenset[str] = frozenset()
# Titles that share words of less weight than this could be of two events.
VAGUE = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Percent, percent and minutes: the settings MATCH_TITLE_PERCENT, MATCH_LOCATION_PERCENT, MATCH_MINUTES."""

    title: float = 85
    location: float = 70
    minutes: float = 60


class Outline(NamedTuple):
    """The cheaper part. `location` is 0 to 100, None where one side is silent; `page` is one address that names an
    event; `contrast` says that the titles name two of a kind, as men's and women's."""

    gap: Gap
    location: float | None
    page: bool
    numbers_differ: bool
    contrast: bool

    def is_two(self, limits: Limits) -> bool:
        """Whether something says that these are two events, whatever else is alike."""
        if self.gap.kind == "far" or self.numbers_differ or self.contrast:
            return True
        return not self.page and self.location is not None and self.location < limits.location


class Evidence(NamedTuple):
    """All of it; `title`, `contained`, `covered_part` and `text` are 0 to 100.

    `contained` is how much of the shorter title is in the other, `shared` the weight of the words in both. `covered`
    and `covered_part` are the weight and the part of a title that the other says anywhere, `missing` the weight of
    what each title has and the other nowhere. `text` is None where one side is silent. `other_page` is another page of
    the same site. `companion`: one is a talk before, or a reception after the other, or an exhibition of which the
    other is an evening.
    """

    outline: Outline
    title: float
    contained: float
    shared: float
    covered: float
    covered_part: float
    missing: float
    text: float | None
    other_page: bool
    companion: bool

    @property
    def likeness(self) -> float:
        """Of the titles: one that is in the other, or in what the other says, is as good as the same."""
        return max(self.title, self.contained, self.covered_part)

    def alike(self, limits: Limits) -> bool:
        """Whether they are as much alike as one event has to be."""
        return self.likeness >= limits.title or self.same_text or self.outline.page

    @property
    def vague(self) -> bool:
        """Whether nothing says where, and many events are called so: there is a Halloween party everywhere."""
        return self.outline.location is None and self.shared < VAGUE and not (self.same_text or self.outline.page)

    @property
    def same_text(self) -> bool:
        return self.text is not None and self.text >= SAME_TEXT


def outline(a: Profile, b: Profile, limits: Limits) -> Outline:
    between = gap(a.record, b.record, limits.minutes)
    return _outline(a, b, between, _location(a, b))


def hopeful(a: Profile, b: Profile, limits: Limits) -> Outline | None:
    """The outline of two that are not two by it, or name one page; most are two by their times or places, which are
    looked at first."""
    between, page = gap(a.record, b.record, limits.minutes), one_page(a, b)
    if between.kind == "far" and not page:
        return None
    place = _location(a, b)
    if place is not None and place < limits.location and not page:
        return None
    known = _outline(a, b, between, place)
    return known if known.page or not known.is_two(limits) else None


def _outline(a: Profile, b: Profile, between: Gap, place: float | None) -> Outline:
    first, second = a.core, b.core
    return Outline(
        gap=between,
        location=place,
        # a page may tell of a show and of the talk before it
        page=one_page(a, b) and (not between.minutes or titles.percent(first, second) >= 50),
        numbers_differ=first.numbers != second.numbers and bool(first.numbers and second.numbers),
        contrast=titles.contrast(a.kinds, b.kinds),
    )


def one_page(a: Profile, b: Profile) -> bool:
    """Whether two name one address that names an event."""
    return a.record.url == b.record.url != "" and a.page != ""


def weigh(a: Profile, b: Profile, known: Outline) -> Evidence:
    """`known` is the outline of the two."""
    first, second = a.core, b.core
    common = titles.common(first, second)
    told = [common.told(side, other.told if common.alone[side] else _NOTHING) for side, other in ((0, b), (1, a))]
    covered, covered_part = max(told, key=_product)
    return Evidence(
        outline=known,
        title=titles.percent(first, second),
        contained=common.contained,
        shared=common.weight,
        covered=covered,
        covered_part=covered_part,
        missing=min(common.totals[0] - told[0][0], common.totals[1] - told[1][0]),
        text=_text(a, b),
        other_page=_other_page(a, b),
        companion=titles.is_companion(first, second) or (a.record.is_run != b.record.is_run and known.gap.minutes != 0),
    )


def _product(part: tuple[float, float]) -> float:
    return part[0] * part[1]


def _other_page(a: Profile, b: Profile) -> bool:
    one, other = a.record.url, b.record.url
    if not one or not other or one == other or one.split("/", 3)[2] != other.split("/", 3)[2]:
        return False
    return a.site != "" and a.site == b.site


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
    if a.record.description == b.record.description and len(frozenset(a.text)) >= FEW_RUNS + RUN:
        return 100.0  # each word but the first two ends a run that was not there before
    least = min(len(a.runs), len(b.runs))
    return 100 * len(a.runs & b.runs) / least if least >= FEW_RUNS else None
