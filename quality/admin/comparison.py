"""Two listings field by field, with what differs marked word by word."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from events.admin.listing import draft_rows
from events.drafts import When, instant
from events.models import Listing
from events.nights import last_day_of
from events.text import fold
from nocturne.admin import link_outside

# Texts up to this many characters are compared word by word.
WORDS_UP_TO = 300
DAY = "%a %-d %b %Y"
_FIRST = ("title", "starts", "ends", "as the source writes it", "venue", "address")


@dataclass(frozen=True, slots=True)
class Row:
    """A field of both listings, as HTML. `standing` is "same", "differs", or "missing" where only one says it."""

    name: str
    first: SafeString | str
    second: SafeString | str
    standing: str


def compared(first: Listing, second: Listing) -> list[Row]:
    """The fields of two drafts side by side; times are those of each listing's city, with the zone's name."""
    ours, theirs = _fields(first), _fields(second)
    told = ours.keys() | theirs.keys()
    names = dict.fromkeys([*(name for name in _FIRST if name in told), *ours, *theirs])
    rows = [_row(name, ours.get(name, ""), theirs.get(name, "")) for name in names]
    return [row for row in rows if row.first or row.second]


def _row(name: str, a: str, b: str) -> Row:
    standing = "same" if a == b else "differs" if a and b else "missing"
    if name in ("url", "image url"):
        return Row(name, a and link_outside(a), b and link_outside(b), standing)
    if standing == "differs" and max(len(a), len(b)) <= WORDS_UP_TO:
        return Row(name, *marked(a, b), standing)
    return Row(name, a, b, standing)


def marked(a: str, b: str) -> tuple[SafeString, SafeString]:
    """Two texts as HTML, the words that the other one does not have in their place marked; case and accents aside."""
    ours, theirs = a.split(), b.split()
    matcher = SequenceMatcher(None, [fold(w) or w for w in ours], [fold(w) or w for w in theirs], autojunk=False)
    steps = matcher.get_opcodes()
    return (
        _words((kind == "equal", ours[i:j]) for kind, i, j, _, _ in steps),
        _words((kind == "equal", theirs[i:j]) for kind, _, _, i, j in steps),
    )


def _words(parts: Iterable[tuple[bool, Sequence[str]]]) -> SafeString:
    return format_html_join(
        mark_safe(" "),
        "{}",
        (
            (" ".join(words) if same else format_html("<mark>{}</mark>", " ".join(words)),)
            for same, words in parts
            if words
        ),
    )


def _fields(listing: Listing) -> dict[str, str]:
    """What the listing's source says, field by field, times first in the city's zone."""
    fields = draft_rows(listing.draft)
    rows = {name.removeprefix("where "): str(value) for name, value in fields if not name.startswith("when ")}
    return {"title": rows.pop("title", listing.title), **_times(listing), **rows}


def _times(listing: Listing) -> dict[str, str]:
    when = listing.as_draft().when
    if when is None:
        return {"starts": "no date that can be read"}
    zone = listing.city.zone if listing.city else ZoneInfo(listing.timezone or "UTC")
    times = {"starts": starts(listing, when=when), "ends": _ends(when, listing, zone)}
    if when.timezone and when.timezone != zone.key and not when.all_day:
        times["as the source writes it"] = f"{when.start:{DAY}, %H:%M} ({when.timezone})"
    return times


def starts(listing: Listing, *, when: When | None = None) -> str:
    """When it begins, on the clocks of the listing's city, whose zone is named."""
    when = when or listing.as_draft().when
    if when is None or listing.starts_at is None:
        return "no date that can be read"
    if when.all_day:
        return f"{when.start:{DAY}}, all day"
    if not when.time_known:
        return f"{when.start:{DAY}}, at a time that is not known"
    zone = listing.city.zone if listing.city else ZoneInfo(listing.timezone or "UTC")
    return _at(listing.starts_at, zone)


def _ends(when: When, listing: Listing, zone: ZoneInfo) -> str:
    if when.end is None:
        return ""
    if when.all_day:
        return f"{last_day_of(when.end):{DAY}}"
    return _at(instant(when.end, when.timezone or listing.timezone or zone.key), zone)


def _at(at: dt.datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):{DAY}, %H:%M} ({zone.key})"
