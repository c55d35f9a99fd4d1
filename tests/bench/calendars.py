"""A large calendar in the shape that club calendars have, made from a seed."""

import datetime as dt
import random

WORDS = (
    "amber basement cassette daylight echo forest garden harbour island jasmine kite lantern meadow night orchard "
    "paper quiet river shadow tide umbrella velvet winter yellow zephyr brass choir drum engine fable glass hollow"
).split()
VENUES = 120
FIRST = dt.date(2026, 12, 3)


def calendar(events: int = 10_000, *, seed: int = 1, days: int = 150) -> bytes:
    """VEVENTs of about 580 bytes over `days` days from 3 December 2026 on; one of twenty is a weekly series."""
    rng = random.Random(seed)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Klub//Programme 1.0//EN", "X-WR-TIMEZONE:Europe/Berlin"]
    for number in range(events):
        lines += _event(rng, number, days)
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _event(rng: random.Random, number: int, days: int) -> list[str]:
    day = FIRST + dt.timedelta(days=rng.randrange(days))
    start = dt.datetime.combine(day, dt.time(rng.randint(10, 22), rng.choice((0, 0, 30))))
    venue = rng.randrange(VENUES)
    title = " ".join(rng.sample(WORDS, 3)).title()
    text = " ".join(rng.choices(WORDS, k=19)).capitalize()
    lines = [
        "BEGIN:VEVENT",
        f"UID:{number}-{rng.randrange(10**9)}@klub.example",
        "DTSTAMP:20261120T090000Z",
        f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/Berlin:{start + dt.timedelta(hours=2):%Y%m%dT%H%M%S}",
        f"SUMMARY:{title} {number}",
        *_folded(f"DESCRIPTION:{text}.\\n\\nDoors open half an hour before\\, tickets at the door."),
        f"LOCATION:{WORDS[venue % 32].title()} Hall {venue}\\, {venue + 1} Dock Street\\, Berlin",
        f"URL:https://klub.example/programme/{start:%Y/%m}/{number}",
        f"CATEGORIES:{rng.choice(('Music,Jazz', 'Theatre', 'Film,Documentary', 'Talks'))}",
        "STATUS:CONFIRMED",
        "SEQUENCE:0",
        "TRANSP:OPAQUE",
    ]
    if number % 20 == 0:
        lines.append("RRULE:FREQ=WEEKLY;COUNT=8")
    return [*lines, "END:VEVENT"]


def _folded(line: str) -> list[str]:
    return [line[:75], *(" " + line[at : at + 74] for at in range(75, len(line), 74))]
