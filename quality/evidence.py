"""What two records have in common, of many pairs at once: each field of what is returned is a column of the pairs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import contains
from typing import Any, NamedTuple

import numpy as np

from . import locations, places, titles
from .canonical import names_one_thing, site
from .columns import Columns, Flags, Numbers, Weights, distinct
from .cores import Cores, Overlap, cores, overlap
from .gaps import Gaps, gaps
from .sayings import tells

SAME_TEXT = 30
# Titles on one page, at one start, that are so much alike in percent are of the same row twice.
SAME_ROW = 85
# Titles that share words of less weight than this could be of two events.
VAGUE = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Percent, percent and minutes: the settings MATCH_TITLE_PERCENT, MATCH_LOCATION_PERCENT, MATCH_MINUTES."""

    title: float = 85
    location: float = 70
    minutes: float = 60


class Outline(NamedTuple):
    """What may rule one event out. How alike the `location` is, 0 to 100, is not a number where it is not known.

    `page` is one address that names an event; `contrast` says that the titles name two of a kind, as men's and women's.
    """

    gap: Gaps
    location: Weights
    page: Flags
    numbers_differ: Flags
    contrast: Flags

    def is_two(self, limits: Limits) -> Flags:
        """Whether something says that these are two events, whatever else is alike."""
        ruled_out = self.gap.of("far") | self.numbers_differ | self.contrast
        return ruled_out | (~self.page & (self.location < limits.location))

    def only(self, rows: Numbers) -> "Outline":
        return Outline(self.gap.only(rows), *_only(self[1:], rows))


class Evidence(NamedTuple):
    """All of it; `title`, `contained`, `covered_part` and `text` are 0 to 100.

    `contained` is how much of the shorter title is in the other, `shared` the weight of the words in both. `covered`
    and `covered_part` are the weight and the part of a title that the other says anywhere, `missing` the weight of
    what each title has and the other nowhere. `text` is not a number where one side says little. `other_page` is
    another page of the same site. `companion`: one is a talk before, or a reception after the other, or an exhibition
    of which the other is an evening.
    """

    outline: Outline
    title: Weights
    contained: Weights
    shared: Weights
    covered: Weights
    covered_part: Weights
    missing: Weights
    text: Weights
    other_page: Flags
    companion: Flags

    def alike(self, limits: Limits) -> Flags:
        """Whether they are as much alike as one event has to be. Of titles one that is in the other, or in what the
        other says, is as good as the same."""
        likeness = np.maximum(np.maximum(self.title, self.contained), self.covered_part)
        return (likeness >= limits.title) | self.same_text | self.outline.page

    @property
    def vague(self) -> Flags:
        """Whether nothing says where, and many events are called so: there is a Halloween party everywhere."""
        return np.isnan(self.outline.location) & (self.shared < VAGUE) & ~(self.same_text | self.outline.page)

    @property
    def same_text(self) -> Flags:
        return self.text >= SAME_TEXT

    def only(self, rows: Numbers) -> "Evidence":
        return Evidence(self.outline.only(rows), *_only(self[1:], rows))


def _only(columns: Iterable[Any], rows: Numbers) -> Iterator[Any]:
    return (column[rows] for column in columns)


def outline(seen: Columns, left: Numbers, right: Numbers, limits: Limits) -> Outline:
    known = gaps(seen, left, right, limits.minutes), places.alike(seen, left, right), one_page(seen, left, right)
    return _outline(seen, left, right, *known)


def hopeful(seen: Columns, left: Numbers, right: Numbers, limits: Limits) -> tuple[Numbers, Outline]:
    """The rows of the pairs that are not two, or name one page, and the outlines of these. Most of the others are two
    by their times or places, which are looked at first."""
    between, location = gaps(seen, left, right, limits.minutes), places.alike(seen, left, right)
    page = one_page(seen, left, right)
    rows = np.flatnonzero(page | ~(between.of("far") | (location < limits.location)))
    known = _outline(seen, left[rows], right[rows], between.only(rows), location[rows], page[rows])
    some = np.flatnonzero(known.page | ~known.is_two(limits))
    return rows[some], known.only(some)


def _outline(seen: Columns, left: Numbers, right: Numbers, between: Gaps, location: Weights, page: Flags) -> Outline:
    words = cores(seen, left, right)
    # a page may tell of a show and of the talk before it
    apart = np.flatnonzero(page & (between.minutes > 0))
    page[apart] = overlap(words, left[apart], right[apart]).title >= 50
    return Outline(between, location, page, _numbers_differ(words, left, right), _contrast(seen, left, right))


def weigh(seen: Columns, left: Numbers, right: Numbers, known: Outline) -> Evidence:
    """`known` is the outline of the pairs."""
    words = cores(seen, left, right)
    common = overlap(words, left, right)
    told = [_told(seen, words, common, side, other) for side, other in ((0, right), (1, left))]
    parts = [100 * found / np.where(total, total, np.inf) for found, total in zip(told, common.totals, strict=True)]
    # the side of which more is said
    second = told[1] * parts[1] > told[0] * parts[0]
    of_run = (seen.is_run[left] != seen.is_run[right]) & (known.gap.minutes != 0)
    return Evidence(
        outline=known,
        title=common.title,
        contained=common.contained,
        shared=common.shared,
        covered=np.where(second, told[1], told[0]),
        covered_part=np.where(second, parts[1], parts[0]),
        missing=np.minimum(common.totals[0] - told[0], common.totals[1] - told[1]),
        text=_text(seen, left, right),
        other_page=_other_page(seen, left, right),
        companion=_companion(words, left, right) | of_run,
    )


def one_page(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether two name one address that names an event."""
    found = (seen.page[left] == seen.page[right]) & (seen.page[left] != 0)
    rows = np.flatnonzero(found)
    found[rows] = [names_one_thing(seen.records[at].url) for at in left[rows].tolist()]
    return found


def exact(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """The same row twice: one fingerprint (title, start and venue), or one address that names an event and one
    start. Only this makes two live listings of one source one event."""
    found = (seen.row[left] == seen.row[right]) & (seen.row[left] != 0)
    at_once = (seen.known[left] == seen.known[right]) & (seen.second[left] == seen.second[right])
    rows = np.flatnonzero(~found & at_once & one_page(seen, left, right))
    if len(rows):
        left, right = left[rows], right[rows]
        found[rows] = overlap(cores(seen, left, right), left, right).title >= SAME_ROW
    return found


def _told(seen: Columns, words: Cores, common: Overlap, side: int, other: Numbers) -> Weights:
    """What of the titles on one side the others say, in the title or beside it."""
    pair, word = common.alone[side]
    positions = other[pair]
    told = seen.sayings.told(seen.each(positions).tolist())
    texts = list(map(told.__getitem__, positions.tolist()))
    wanted = {number: f" {words.strings[number]} " for number in distinct(word).tolist()}
    silent = ~np.fromiter(map(contains, texts, map(wanted.__getitem__, word.tolist())), np.bool_, len(word))
    for at in np.flatnonzero(seen.flagged(locations.RESPELLED)[word]).tolist():
        silent[at] = not tells(texts[at], locations.spellings(words.strings[word[at]]))
    return common.totals[side] - np.bincount(pair[silent], words.tells[word[silent]], len(other))


def _numbers_differ(words: Cores, left: Numbers, right: Numbers) -> Flags:
    """Whether both titles have numbers, and not the same."""
    one, other = words.row[left], words.row[right]
    found = words.numeric[one] & words.numeric[other]
    for at in np.flatnonzero(found).tolist():
        found[at] = words.numbers(int(one[at])) != words.numbers(int(other[at]))
    return found


def _contrast(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether titles name two of a kind, by all of their words."""
    naming = seen.having(titles.KIND_OF)
    found = naming[left] & naming[right]
    for at in np.flatnonzero(found).tolist():
        found[at] = titles.contrast(titles.kinds(seen.title(left[at])), titles.kinds(seen.title(right[at])))
    return found


def _companion(words: Cores, left: Numbers, right: Numbers) -> Flags:
    naming = words.having(titles.COMPANIONS)
    one, other = words.row[left], words.row[right]
    found = naming[one] | naming[other]
    for at in np.flatnonzero(found).tolist():
        found[at] = titles.is_companion(words.words(int(one[at])), words.words(int(other[at])))
    return found


def _text(seen: Columns, left: Numbers, right: Numbers) -> Weights:
    """How much of what the shorter text says the other says in the same words, 0 to 100."""
    found = np.full(len(left), np.nan)
    rows = np.flatnonzero(seen.has_text[left] & seen.has_text[right])
    found[rows] = np.array(seen.sayings.in_common(left[rows].tolist(), right[rows].tolist()), np.float64)
    return found


def _other_page(seen: Columns, left: Numbers, right: Numbers) -> Flags:
    """Whether two have two pages of one site that name events."""
    found = (seen.page[left] != seen.page[right]) & (seen.page[left] != 0) & (seen.page[right] != 0)
    for at in np.flatnonzero(found).tolist():
        one, other = seen.records[left[at]].url, seen.records[right[at]].url
        # most are of two sites, which is seen soonest in how they begin
        found[at] = other.startswith(one[: one.find("/", len("https://")) + 1]) and _two_pages(one, other)
    return found


def _two_pages(one: str, other: str) -> bool:
    """Whether two addresses of one host name events on a site."""
    return site(one) != "" and names_one_thing(one) and names_one_thing(other)
