"""Synthetic listings with the truth: who else lists the same event, made from a seed.

Own word lists, and decorations as publishers make them. Nothing here knows how listings are matched, and nothing is
tuned on it: another seed also has other decorations.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

FIRST_NIGHT = dt.date(2027, 1, 4)
ADJECTIVES = (
    "Amber Ashen Brittle Broken Burning Velvet Crooked Distant Electric Fallen Feral Frozen Gilded Hollow Hungry "
    "Idle Ivory Jagged Lonesome Lunar Marble Mellow Midnight Molten Northern Obsidian Paper Patient Phantom Quiet "
    "Rapid Restless Rusty Sacred Salted Secret Silver Sleepless Solar Sunken Tangled Tender Thirsty Twisted "
    "Violet Wandering Wild Winter Wooden"
).split()
NOUNS = (
    "Anchors Antlers Arcades Arrows Atlas Badgers Beacons Bells Bicycles Birches Canyons Cartographers Cathedrals "
    "Chimneys Comets Compass Coyotes Daggers Deltas Dolphins Embers Engines Falcons Ferns Foxes Gardens Ghosts "
    "Glaciers Harbours Herons Islands Jackals Kettles Lanterns Lemons Lighthouses Magpies Meadows Mirrors Monsoon "
    "Oracles Orchards Otters Pilots Planets Radio Ravens Rivers Sailors Satellites Shadows Sparrows Spirals "
    "Swallows Temples Thieves Tigers Towers Tunnels Valleys Vultures Whales Willows Windows Wolves Zebras"
).split()
SYLLABLES = (
    "ba bel cor da den du el fa gar hal il jo ka kel la lin lo ma mer mi mo na nor o pa per qua ra ri ro sa sel "
    "ta tor u va ver wi xa yo za"
).split()
KINDS = (
    "Exhibition opening: {}", "{} quartet", "An evening of {}", "Reading: {}", "{} film premiere", "Lecture on {}",
    "{} record release", "{} dance company", "{} workshop", "The {} comedy hour", "{} chamber music", "{}", "{}",
    "{}", "{} / {}", "{} and the {}",
)  # fmt: skip
REGULARS = (
    "Open Mic", "Pub Quiz", "Trivia Night", "Karaoke", "Jazz Jam", "Salsa Social", "Story Time", "Board Game Night",
    "Yoga in the Park", "Poetry Slam", "Comedy Open Mic", "Chess Club", "Bingo", "Drag Brunch", "Farmers Market",
    "Book Club", "Swing Dance Lesson",
)  # fmt: skip
PLACES = (
    "{} Hall", "The {} Room", "{} Theatre", "Club {}", "{} Tavern", "{} Arts Centre", "{} Library", "{} Brewery",
    "Cafe {}", "{} Church",
)  # fmt: skip
STREETS = (
    "Oak Street", "River Road", "Mill Lane", "Station Avenue", "Market Square", "Harbour Drive", "Hill Road",
    "Elm Avenue",
)  # fmt: skip
SENTENCES = (
    "Doors open half an hour before", "Tickets at the door while they last", "Expect {} and more of {}",
    "The new {} record is out this winter", "A night of {} for friends of {}", "Bring a friend and a {}",
    "With food by {} kitchen", "Seating is limited", "They toured with {} last year",
)  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Show:
    """What happens: the truth that listings are made from."""

    number: int
    title: str
    start: dt.datetime
    venue: str
    address: str
    text: str


class World:
    """Cities with venues and names, the same for a seed whatever is asked of it."""

    def __init__(self, seed: int, *, cities: int = 20, nights: int = 60) -> None:
        self.rng = random.Random(seed)
        self.nights = nights
        self.venues = {f"city-{n}": self._venues() for n in range(cities)}
        # which mistakes publishers make differs from seed to seed
        self.titles = self.rng.sample(TITLE_DECORATIONS, len(TITLE_DECORATIONS) * 2 // 3)
        self.places = self.rng.sample(PLACE_DECORATIONS, len(PLACE_DECORATIONS) * 2 // 3)
        self.times = self.rng.sample(TIME_DECORATIONS, len(TIME_DECORATIONS) * 2 // 3)

    def word(self) -> str:
        return "".join(self.rng.choices(SYLLABLES, k=self.rng.randint(2, 4))).capitalize()

    def name(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
        if kind < 0.8:
            return f"{self.word()} {self.word()}"
        return f"{self.word()} {rng.choice(NOUNS)}"

    def _venues(self) -> list[tuple[str, str]]:
        rng = self.rng
        names = {
            rng.choice(PLACES).format(rng.choice((self.word(), rng.choice(ADJECTIVES), rng.choice(NOUNS))))
            for _ in range(70)
        }
        return [(name, f"{rng.randint(1, 300)} {rng.choice(STREETS)}") for name in sorted(names)]

    def show(self, number: int, city: str) -> Show:
        rng = self.rng
        regular = rng.random() < 0.15
        title = rng.choice(REGULARS) if regular else rng.choice(KINDS).format(self.name(), self.name())
        day = FIRST_NIGHT + dt.timedelta(days=rng.randrange(self.nights))
        hour, minute = (
            rng.choices((11, 14, 17, 18, 19, 20, 21, 22, 23), (4, 6, 6, 12, 22, 24, 14, 8, 4))[0],
            rng.choice((0, 0, 0, 30, 30, 15, 45)),
        )
        venue, address = rng.choice(self.venues[city])
        text = ". ".join(rng.choice(SENTENCES).format(self.name(), self.word()) for _ in range(rng.randint(0, 6)))
        return Show(number, title, dt.datetime.combine(day, dt.time(hour, minute)), venue, address, text)

    def neighbour(self, show: Show, number: int) -> Show:
        """Another show that looks much like it: late show, next night, part two, the same evening elsewhere."""
        later = self.rng.choice((2.5, 3, 24, 24, 48, 0))
        if later:
            return replace(show, number=number, start=show.start + dt.timedelta(hours=later))
        return replace(show, number=number, title=f"{show.title} {self.rng.randint(2, 9)}")

    def listing(self, show: Show, source: str, city: str, *, decorate: bool) -> Row:
        rng = self.rng
        row: Row = {
            "id": "",
            "city": city,
            "source": source,
            "title": show.title,
            "starts_at": show.start.isoformat(timespec="minutes"),
            "venue": show.venue,
            "address": rng.choice((show.address, "")),
            "description": show.text if rng.random() < 0.7 else "",
            "url": f"https://{source}.example/events/{rng.randrange(10**9)}",
        }
        if decorate:
            for decorations, chance in ((self.titles, 0.8), (self.titles, 0.3), (self.places, 0.5), (self.times, 0.35)):
                if rng.random() < chance:
                    rng.choice(decorations)(row, self)
        return row


def listings(count: int, seed: int) -> tuple[list[Row], list[int]]:
    """So many rows as `find_duplicates` reads them, shuffled, and for each the number of its show.

    15 % are further listings of a show; 3 % more look like one and are none. Area and night are as full for any
    count: fewer rows are fewer cities and nights.
    """
    share = max(count / 200_000, 0.01)
    world = World(seed, cities=max(1, round(20 * share)), nights=60 if share >= 0.05 else 12)
    pairs = list(_rows(world, count))
    world.rng.shuffle(pairs)
    for number, (row, _) in enumerate(pairs):
        row["id"] = f"r{number}"
    return [row for row, _ in pairs], [show for _, show in pairs]


def _rows(world: World, count: int) -> Iterator[tuple[Row, int]]:
    made, number, cities = 0, 0, sorted(world.venues)
    while made < count:
        city, number = world.rng.choice(cities), number + 1
        show = world.show(number, city)
        yield world.listing(show, f"source-{world.rng.randrange(12)}", city, decorate=False), number
        made += 1
        if world.rng.random() < 0.03:
            number += 1
            yield (
                world.listing(world.neighbour(show, number), f"source-{world.rng.randrange(12)}", city, decorate=False),
                number,
            )
            made += 1
        if world.rng.random() < 0.16:
            for other in range(world.rng.choices((1, 2), (9, 1))[0]):
                yield (
                    world.listing(show, f"aggregator-{other}-{world.rng.randrange(5)}", city, decorate=True),
                    show.number,
                )
                made += 1


def _typo(row: Row, world: World) -> None:
    at = world.rng.randrange(len(row["title"]))
    row["title"] = row["title"][:at] + row["title"][at + 1 :]


def _title(form: Callable[[Row, World], str]) -> Callable[[Row, World], None]:
    return lambda row, world: row.update(title=form(row, world))


TITLE_DECORATIONS: tuple[Callable[[Row, World], None], ...] = (
    _typo,
    _title(lambda row, world: row["title"].upper()),
    _title(lambda row, world: f"{row['title']} (live)"),
    _title(lambda row, world: f"{row['title']} @ {row['venue']}"),
    _title(lambda row, world: f"{row['venue']} presents: {row['title']}"),
    _title(lambda row, world: f"{row['title']} + support: {world.name()}"),
    _title(lambda row, world: f"{world.word()} Productions: {row['title']}"),
    _title(lambda row, world: f"{row['title']} - TICKETS €{world.rng.randint(8, 40)}"),
    _title(lambda row, world: f"🎶 {row['title']} 🎶"),
    _title(lambda row, world: f"{row['title'][:22]}…" if len(row["title"]) > 26 else row["title"]),
    _title(lambda row, world: f"{row['title']} [18+]"),
    _title(lambda row, world: " ".join(reversed(row["title"].split(" and the ")))),
    _title(lambda row, world: f"{dt.datetime.fromisoformat(row['starts_at']):%d.%m.} {row['title']}"),
    _title(lambda row, world: f"{row['title']} | {row['city']}"),
    _title(lambda row, world: f"SOLD OUT: {row['title']}"),
    _title(lambda row, world: row["title"].replace("o", "ö", 1)),
    _title(lambda row, world: f"{row['title']} – doors 7pm"),
    _title(lambda row, world: f"Tonight! {row['title']}, don't miss it"),
)
PLACE_DECORATIONS: tuple[Callable[[Row, World], None], ...] = (
    lambda row, world: row.update(venue=row["venue"].removeprefix("The ").upper()),
    lambda row, world: row.update(venue=f"{row['venue']}, {row['city']}", address=""),
    lambda row, world: row.update(venue=f"Main stage, {row['venue']}"),
    lambda row, world: row.update(venue="", address=""),
    lambda row, world: row.update(venue=row["venue"].replace("Theatre", "Theater").replace("Centre", "Center")),
    lambda row, world: row.update(venue=f"{row['venue']} ({world.rng.choice(('upstairs', 'bar', 'downstairs'))})"),
)


def _moved(**by: float) -> Callable[[Row, World], None]:
    def move(row: Row, world: World) -> None:
        start = dt.datetime.fromisoformat(row["starts_at"]) + dt.timedelta(**by)
        row["starts_at"] = start.isoformat(timespec="minutes")

    return move


TIME_DECORATIONS: tuple[Callable[[Row, World], None], ...] = (
    _moved(minutes=-30),
    _moved(minutes=-60),
    _moved(minutes=15),
    _moved(hours=1),
    lambda row, world: row.update(starts_at=row["starts_at"][:10]),
    lambda row, world: row.update(starts_at=row["starts_at"][:10] + "T00:00"),
)
