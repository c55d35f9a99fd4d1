"""Covers: what stands where an event has no image, drawn from what is known of it and never by chance.

The sky is that of its hour, the moon that of its night, the drawing that of its category; the title settles how
it is turned and coloured. Drawings are symbols of static/covers.svg, colours classes of the style sheet.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from events.categories import CATEGORIES
from events.models import Event

NEW_MOON = dt.date(2000, 1, 6)
LUNATION = 29.530588853
TINTS = 6
# Of what there is much of, there are two drawings.
DOUBLED = frozenset({"comedy", "film", "music", "nightlife", "theatre"})

# Until which hour of the night a sky lasts; a night begins at 6 in the morning.
SKIES = ((12, "morning"), (17, "day"), (19, "dusk"), (21, "evening"), (24, "nightly"), (27, "late"), (30, "dawn"))


@dataclass(frozen=True, slots=True)
class Cover:
    """`sky` and `tint` are classes, `drawing` and `light` names of symbols, `x` and `y` where the light's centre is
    on 120 by 90; `turned` and `south` mirror the drawing and the moon."""

    sky: str
    tint: int
    drawing: str
    light: str
    x: int
    y: int
    turned: bool
    south: bool


def cover(event: Event) -> Cover:
    seed = hashlib.sha256(event.title.encode()).digest()
    timed = event.time_known and not event.all_day
    # of an event without a time the middle of the evening, which says least
    hour = event.local_start.hour + event.local_start.minute / 60 if timed else 21.0
    hour += 24 if hour < 6 else 0
    day = hour < 17
    # the sun is highest at noon, the moon an hour after midnight
    along = (hour - 6) / 12 if day else (hour - 17) / 13
    return Cover(
        sky=next(name for until, name in SKIES if hour < until),
        tint=seed[0] % TINTS,
        drawing=_drawing(event.category, seed[2]),
        light="sun" if day else f"moon{moon_phase(event.night)}",
        x=round(16 + 88 * along),
        y=round(18 + 60 * (along - 0.5) ** 2),
        turned=bool(seed[1] % 2),
        south=event.city.latitude < 0,
    )


def _drawing(category: str, number: int) -> str:
    if category not in CATEGORIES:
        return "other"
    return f"{category}2" if category in DOUBLED and number % 2 else category


def moon_phase(night: dt.date) -> int:
    """The eighth of the lunation that a night lies in: 0 new moon, 2 first quarter, 4 full moon, 6 last quarter.

    By the mean length of a lunation, which is never more than a day off: enough for a drawing.
    """
    age = (night - NEW_MOON).days % LUNATION
    return round(age / LUNATION * 8) % 8
