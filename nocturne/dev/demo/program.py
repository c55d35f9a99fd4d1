"""What is really on in the demo's cities: one Show for each thing that you can go to.

All of it follows from the city and the night alone, so that a night looks the same from whichever day it is seen.
"""

import datetime as dt
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from events.nights import NIGHT_ENDS, night_of

NIGHTS_AHEAD = 21
WEEK = dt.timedelta(days=7)
# Minutes that a show lasts, and the category a magazine files it under.
KINDS = {
    "concert": (150, "Music"),
    "party": (420, "Nightlife"),
    "late": (300, "Nightlife"),
    "comedy": (75, "Comedy"),
    "play": (120, "Theatre"),
    "film": (110, "Film"),
    "talk": (90, "Books & Talks"),
    "family": (60, "Family"),
    "festival": (0, "Festival"),
    "exhibition": (0, "Exhibition"),
}


@dataclass(frozen=True)
class Venue:
    key: str
    name: str
    also: tuple[str, ...]
    street: str
    postcode: str
    locality: str
    latitude: float
    longitude: float
    week: tuple[str, ...]
    festival: bool
    exhibition: bool


@dataclass(frozen=True)
class Series:
    """A weekly evening. Of six weeks one has none (EXDATE), one is moved to the next day, one is cancelled."""

    key: str
    number: int
    venue: Venue
    day: int
    time: dt.time
    minutes: int
    kind: str
    title: str
    price: str
    text: str

    def state(self, day: dt.date) -> str:
        turn = (day.toordinal() // 7 + 2 * self.number) % 6
        return {1: "none", 3: "moved", 5: "cancelled"}.get(turn, "as usual")

    def first(self) -> dt.datetime:
        monday = dt.date(2025, 12, 29)
        return dt.datetime.combine(monday + dt.timedelta(days=self.day), self.time)


@dataclass(frozen=True)
class Show:
    """Times are local. `price` is "", "0" or "15 18" (advance, door); `original` is an instance's regular time."""

    key: str
    kind: str
    category: str
    venue: Venue
    title: str
    start: dt.datetime
    end: dt.datetime
    text: str = ""
    price: str = ""
    status: str = "scheduled"
    headliner: str = ""
    support: str = ""
    series: Series | None = None
    original: dt.datetime | None = None
    all_day: bool = False

    @property
    def night(self) -> dt.date:
        return night_of(self.start, time_known=not self.all_day)


@dataclass(frozen=True, eq=False)
class Town:
    slug: str
    facts: dict[str, Any]
    venues: dict[str, Venue]
    series: tuple[Series, ...]

    @property
    def words(self) -> dict[str, str]:
        return self.facts["words"]

    @property
    def timezone(self) -> str:
        return self.facts["timezone"]


@cache
def pool(town: Town, kind: str) -> list[tuple[str, str]]:
    """Names with blurbs, in an order that only the names settle."""
    lines = [line.partition(" | ") for line in town.facts["pools"][kind].strip().splitlines()]
    return sorted(((name, text) for name, _, text in lines), key=lambda pair: number(town.slug, *pair))


def number(*parts: object) -> int:
    """A number that follows from the parts and looks like chance."""
    text = "|".join(map(str, parts))
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=6).digest())


@cache
def towns() -> dict[str, Town]:
    files = sorted(Path(__file__).parent.glob("*.toml"))
    return {file.stem: _town(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files}


def _town(facts: dict[str, Any]) -> Town:
    venues = {}
    for row in facts["venues"]:
        street, postcode, locality = row["address"]
        latitude, longitude = row["at"]
        venues[row["key"]] = Venue(
            row["key"],
            row["name"],
            tuple(row["also"]),
            street,
            postcode,
            locality,
            latitude,
            longitude,
            tuple(row["week"]),
            row.get("festival", False),
            row.get("exhibition", False),
        )
    series = tuple(
        Series(
            **row
            | {
                "key": f"series-{place}",
                "number": place,
                "venue": venues[row["venue"]],
                "time": dt.time.fromisoformat(row["time"]),
            }
        )
        for place, row in enumerate(facts["series"])
    )
    return Town(facts["slug"], facts, venues, series)


@lru_cache(maxsize=50)
def program(town: Town, tonight: dt.date) -> tuple[Show, ...]:
    """All shows from tonight to three weeks ahead, those included that last into that time."""
    last = tonight + dt.timedelta(days=NIGHTS_AHEAD)
    nights = [tonight + dt.timedelta(days=n) for n in range(NIGHTS_AHEAD + 1)]
    shows = [show for night in nights for show in single_shows(town, night)]
    yesterday = tonight - dt.timedelta(days=1)  # whose instance may have been moved to tonight
    weekly = (show for series in town.series for show in instances(series, yesterday, last))
    shows += [show for show in weekly if show.night >= tonight]
    shows += [show for show in runs(town, tonight) if show.end.date() > tonight and show.start.date() <= last]
    return tuple(sorted(shows, key=lambda show: (show.start, show.key)))


def single_shows(town: Town, night: dt.date) -> Iterator[Show]:
    """The one-off shows of a night, by the venues' weekly plans."""
    seen: Counter[str] = Counter()
    for venue in town.venues.values():
        words = venue.week[night.weekday()].split()
        for clock, slot in zip(words[::2], words[1::2], strict=True):
            kind, _, fate = slot.partition("!")
            yield _single(town, venue, night, clock=clock, kind=kind, fate=fate, nth=seen[kind])
            seen[kind] += 1


def _single(town: Town, venue: Venue, night: dt.date, *, clock: str, kind: str, fate: str, nth: int) -> Show:
    time = dt.time.fromisoformat(clock)
    day = night if time >= NIGHT_ENDS else night + dt.timedelta(days=1)
    start = dt.datetime.combine(day, time)
    minutes, category = KINDS[kind]
    key = f"{night}-{venue.key}-{clock}"
    names = pool(town, kind)
    # a play stays for a week; a comedian plays early and late
    turn = night.toordinal() // 7 if kind == "play" else night.toordinal()
    place = turn if kind in ("play", "comedy") else turn * (5 if kind == "concert" else 2) + nth
    name, text = names[place % len(names)]
    title, support = name, ""
    if kind == "concert":
        support = names[(place + len(names) // 2) % len(names)][0]
        title = name if number(key) % 2 else f"{name} + {support}"
    elif kind == "party":
        people = pool(town, "people")
        support = ", ".join(people[(place + n) % len(people)][0] for n in range(2))
    elif kind == "comedy" and night.weekday() == 5:
        title = f"{name} ({town.words['late' if nth else 'early']})"
    prices = town.facts["prices"][kind]
    # every other week a show is cancelled; the large hall is always full
    spared = fate == "cancelled" and night.toordinal() // 7 % 2
    return Show(
        key,
        kind,
        category,
        venue,
        title,
        start,
        start + dt.timedelta(minutes=minutes),
        text=text[:1].upper() + text[1:] + ".",
        price=prices[number(key, "price") % len(prices)],
        status="scheduled" if spared or not fate else fate,
        headliner=name,
        support=support,
    )


def instances(series: Series, first: dt.date, last: dt.date) -> Iterator[Show]:
    """The instances of a series whose regular day lies between two days."""
    day = first + dt.timedelta(days=(series.day - first.weekday()) % 7)
    while day <= last:
        original = dt.datetime.combine(day, series.time)
        state = series.state(day)
        start = original + dt.timedelta(days=1) if state == "moved" else original
        if state != "none":
            yield Show(
                f"{day}-{series.key}",
                series.kind,
                series.kind.capitalize(),
                series.venue,
                series.title,
                start,
                start + dt.timedelta(minutes=series.minutes),
                text=series.text,
                price=series.price,
                status="cancelled" if state == "cancelled" else "scheduled",
                headliner=series.title,
                series=series,
                original=original,
            )
        day += WEEK


def runs(town: Town, tonight: dt.date) -> Iterator[Show]:
    """Festivals of three days, every third week, and exhibitions of five weeks, every sixth; all-day."""
    week = tonight.toordinal() // 7
    for venue in town.venues.values():
        for kind, every, lasts, weekday in (("festival", 3, 3, 4), ("exhibition", 6, 36, 3)):
            if not getattr(venue, kind):
                continue
            for turn in range((week - 6) // every, (week + 4) // every + 1):
                monday = dt.date.fromordinal(turn * every * 7 + 1)
                start = dt.datetime.combine(monday + dt.timedelta(days=weekday), dt.time())
                name, text = pool(town, kind)[turn % len(pool(town, kind))]
                prices = town.facts["prices"][kind]
                yield Show(
                    f"{start.date()}-{venue.key}-{kind}",
                    kind,
                    KINDS[kind][1],
                    venue,
                    name,
                    start,
                    start + dt.timedelta(days=lasts),
                    text=text[:1].upper() + text[1:] + ".",
                    price=prices[turn % len(prices)],
                    headliner=name,
                    all_day=True,
                )
