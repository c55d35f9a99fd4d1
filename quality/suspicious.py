"""What looks wrong only when all that a source lists is seen together. PATTERNS is the table of what is looked for.

Each pattern is a pure function over the whole of a reading and finds nothing in a short one. A Finding hangs on each
listing concerned; its sentence holds no count, so that it stays the same while a source grows.
"""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from events.drafts import EventDraft
from events.text import fold

from .rules import Found

# Of fewer than these nothing is said.
FEW = 10
HUNDREDS = 50
# Shares of the listings with a time, or with a text.
MANY, MOST, NEARLY_ALL = 0.2, 0.6, 0.95
TEXT_LENGTH = 60
# So much of a text is looked at.
TEXT_READ = 600
# Nobody goes out at these hours; where clocks are nearer to UTC than this, a shift cannot be told from a late night.
DEAD = (dt.time(1), dt.time(6))
AWAKE = (dt.time(8), dt.time(23, 59, 59))
NEAR_UTC = dt.timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one listing shows: `local` is the city's clock when it starts, None where only the day is known; `stated`
    the time as the source writes it; `offset` what the city's clocks are ahead of UTC then."""

    title: str
    text: str
    local: dt.datetime | None = None
    stated: dt.time | None = None
    offset: dt.timedelta = dt.timedelta()

    @classmethod
    def of(cls, draft: EventDraft, starts_at: dt.datetime | None, zone: ZoneInfo | None) -> Self:
        """`starts_at` is the instant at which the draft starts, `zone` that of its city. Of the text the beginning
        is enough."""
        when, text = draft.when, draft.description[:TEXT_READ].strip()
        if when is None or when.all_day or not when.time_known or starts_at is None or zone is None:
            return cls(draft.title, text)
        local = starts_at.astimezone(zone)
        return cls(
            draft.title, text, local.replace(tzinfo=None), when.start.time(), local.utcoffset() or dt.timedelta()
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """`find` gives the positions of the listings concerned; the other columns are those of a Rule."""

    code: str
    severity: str
    weight: int
    sentence: str
    message: str
    find: Callable[[Sequence[Seen]], Iterable[int]]


def find(seen: Sequence[Seen]) -> list[list[Found]]:
    """What is suspicious about each listing of one source, in their order."""
    found: list[list[Found]] = [[] for _ in seen]
    for pattern in PATTERNS:
        for position in sorted(pattern.find(seen)):
            found[position].append(
                Found(rule=pattern.code, severity=pattern.severity, weight=pattern.weight, message=pattern.message)
            )
    return found


def _timed(seen: Sequence[Seen]) -> dict[int, dt.datetime]:
    return {position: one.local for position, one in enumerate(seen) if one.local is not None}


def _titles(seen: Sequence[Seen], positions: Iterable[int]) -> int:
    return len({fold(seen[position].title) for position in positions})


def _shared_start(seen: Sequence[Seen]) -> list[list[int]]:
    """Listings with the same start, for each start, where they have different titles."""
    starts: dict[dt.datetime, list[int]] = defaultdict(list)
    for position, local in _timed(seen).items():
        starts[local].append(position)
    return [some for some in starts.values() if len(some) >= FEW and _titles(seen, some) >= FEW]


def _one_start(seen: Sequence[Seen]) -> list[int]:
    """Half a hundred or more, and a fifth of all, at one moment: a default, or the moment of reading."""
    count = len(_timed(seen))
    return [p for some in _shared_start(seen) if len(some) >= max(HUNDREDS, MANY * count) for p in some]


def _odd_start(seen: Sequence[Seen]) -> list[int]:
    """Most at one moment that nobody plans, as 14:37:22."""
    timed = _timed(seen)
    return [
        p
        for some in _shared_start(seen)
        if len(some) >= MOST * len(timed) and (timed[some[0]].minute % 5 or timed[some[0]].second)
        for p in some
    ]


def _midnight(seen: Sequence[Seen]) -> list[int]:
    """Nearly all with a time at 00:00, on the city's clock or on the source's, on different days."""
    timed = _timed(seen)
    midnight = [p for p, local in timed.items() if dt.time() in (local.time(), seen[p].stated)]
    days = {timed[p].date() for p in midnight}
    return midnight if len(midnight) >= max(FEW, NEARLY_ALL * len(timed)) and len(days) > 1 else []


def _one_text(seen: Sequence[Seen]) -> list[int]:
    """One description under many titles, and under a good part of those that have one."""
    texts: dict[str, list[int]] = defaultdict(list)
    for position, one in enumerate(seen):
        if len(one.text) >= TEXT_LENGTH:
            texts[one.text].append(position)
    count = sum(map(len, texts.values()))
    return [
        p for some in texts.values() if len(some) >= max(FEW, MANY * count) and _titles(seen, some) >= FEW for p in some
    ]


def _shifted(seen: Sequence[Seen]) -> list[int]:
    """All times wrong by the UTC offset: UTC that is called local, or local time that is called UTC.

    Told in one of two ways, both of the whole source, and only three hours or more from UTC. Either most listings
    start between 01:00 and 06:00, at three different times or more, and nearly all start between 08:00 and midnight
    once the offset is taken off, and no texts say otherwise. Or titles and descriptions name a time, and nearly all
    of them name the one that is right without the offset, and not the one that is read.
    """
    timed = {p: local for p, local in _timed(seen).items() if abs(seen[p].offset) >= NEAR_UTC}
    if len(timed) < FEW or len(timed) < MOST * len(_timed(seen)):
        return []
    for sign in (1, -1):
        right = {p: local + sign * seen[p].offset for p, local in timed.items()}
        votes = _said_in_texts(seen, timed, right)
        texts = votes[True] >= FEW // 2 and votes[True] >= NEARLY_ALL * votes.total()
        if texts or (_at_dead_hours(timed, right) and votes[False] < FEW // 2):
            return list(timed)
    return []


def _at_dead_hours(timed: dict[int, dt.datetime], right: dict[int, dt.datetime]) -> bool:
    dead = [local.time() for local in timed.values() if DEAD[0] <= local.time() < DEAD[1]]
    awake = sum(AWAKE[0] <= local.time() <= AWAKE[1] for local in right.values())
    return len(dead) >= MOST * len(timed) and len(set(dead)) >= 3 and awake >= NEARLY_ALL * len(timed)


def _said_in_texts(seen: Sequence[Seen], timed: dict[int, dt.datetime], right: dict[int, dt.datetime]) -> Counter[bool]:
    """How many texts name the right time and not the one that is read (True), and how many the one that is read."""
    votes: Counter[bool] = Counter()
    for position, local in timed.items():
        said = _times_in(f"{seen[position].title}\n{seen[position].text}")
        if local.time() in said:
            votes[False] += 1
        elif right[position].time() in said:
            votes[True] += 1
    return votes


_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})(?:[:.h](\d{2}))?\s?([ap]\.?m\b\.?)|(?<![\d:.])([01]?\d|2[0-3])[:h](\d{2})(?![\d:])", re.I
)


def _times_in(text: str) -> set[dt.time]:
    """The times of day that a text names; of one without am and pm both, if it may be either."""
    times = set()
    for hour, minute, half, hour24, minute24 in _TIME.findall(text):
        number, minutes = int(hour or hour24), int(minute or minute24 or 0)
        if minutes > 59 or number > 23 or (half and not 1 <= number <= 12):
            continue
        if half:
            number = number % 12 + (12 if half.lower().startswith("p") else 0)
        times.add(dt.time(number, minutes))
        if not half and 1 <= number <= 12:
            times.add(dt.time(number % 12 + 12, minutes))
    return times


PATTERNS = (
    Pattern(
        "suspicious.one_start",
        "warning",
        30,
        "A source's events do not start by the dozen at one moment.",
        "A great part of what its source lists starts at the very same moment.",
        _one_start,
    ),
    Pattern(
        "suspicious.odd_start",
        "error",
        60,
        "A source's events do not all start at a moment that nobody plans, as 14:37.",
        "Most of what its source lists starts at the same odd moment, perhaps that of a reading.",
        _odd_start,
    ),
    Pattern(
        "suspicious.midnight",
        "warning",
        10,
        "A source's events do not all start at 00:00.",
        "All that its source lists starts at 00:00: the time is probably unknown.",
        _midnight,
    ),
    Pattern(
        "suspicious.one_text",
        "warning",
        10,
        "A source's events do not have one description under many titles.",
        "Its description stands under many titles of its source.",
        _one_text,
    ),
    Pattern(
        "suspicious.shifted",
        "error",
        60,
        "A source's times are not all wrong by the UTC offset.",
        "All times of its source seem to be wrong by the UTC offset.",
        _shifted,
    ),
)
