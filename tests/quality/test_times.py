import datetime as dt
from typing import Any

import numpy as np
import pytest

from events.nights import night_of
from quality.columns import Columns
from quality.gaps import KINDS, Kind, gaps
from quality.records import Record
from quality.times import clocks

NEW_YORK = dt.timedelta(hours=-5)


def at(local: str, **more: Any) -> Record:
    start = dt.datetime.fromisoformat(local)
    midnight = start.time() == dt.time()
    known = more.pop("time_known", not midnight)
    values = {"midnight": midnight, **more}
    return Record(
        key=1,
        source=1,
        area=1,
        title="Mdou Moctar",
        start=start,
        night=night_of(start, time_known=known),
        time_known=known,
        **values,
    )


def gap(one: Record, other: Record) -> tuple[float | None, Kind]:
    """Minutes, None where a time is not known, and the kind."""
    found = gaps(Columns((one, other)), np.array([0]), np.array([1]), 60)
    minutes = float(found.minutes[0])
    return None if minutes != minutes else minutes, KINDS[found.kind[0]]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (at("2026-12-04T20:00"), at("2026-12-04T20:00"), (0, "same")),
        (at("2026-12-04T20:00"), at("2026-12-04T20:45"), (45, "near")),
        (at("2026-12-04T23:45"), at("2026-12-05T00:15"), (30, "near")),
        (at("2026-12-04T20:00"), at("2026-12-04T21:30"), (90, "far")),
        (at("2026-12-04T20:00"), at("2026-12-05T20:00"), (1440, "far")),
        (at("2026-12-04T20:00"), at("2026-12-04T00:00"), (None, "unknown")),
        (at("2026-12-05T01:00"), at("2026-12-04T00:00", midnight=False), (None, "unknown")),
    ],
)
def test_how_far_apart_two_starts_are(one: Record, other: Record, expected: tuple[float | None, str]) -> None:
    assert gap(one, other) == gap(other, one) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (at("2026-12-04T20:00"), at("2026-12-04T08:00")),  # AM for PM
        (at("2026-12-04T20:00", utc_offset=NEW_YORK), at("2026-12-05T01:00")),  # UTC
        (at("2026-12-04T20:00"), at("2026-12-05T01:00")),  # UTC, of a city that is not known
        (at("2026-12-04T20:00"), at("2026-12-05T00:00")),  # UTC, at four hours
        (at("2026-12-04T19:30"), at("2026-12-05T01:00")),  # UTC, of the show and not the doors
    ],
)
def test_mistakes_that_sources_make_with_times(one: Record, other: Record) -> None:
    assert gap(one, other)[1] == gap(other, one)[1] == "shifted"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (at("2026-12-04T14:00"), at("2026-12-04T19:00")),  # matinee and evening
        (at("2026-12-04T20:00", utc_offset=NEW_YORK), at("2026-12-05T03:00")),
        (at("2026-12-04T20:00"), at("2026-12-05T00:00", midnight=False)),  # another day, without a time
        (at("2026-12-04T11:00"), at("2026-12-04T23:00")),
    ],
)
def test_what_no_mistake_explains(one: Record, other: Record) -> None:
    assert gap(one, other)[1] == gap(other, one)[1] == "far"


def test_a_text_that_says_the_others_time_and_not_its_own() -> None:
    wrong = at("2026-12-04T22:30", description="When: December 5, 5:30 PM to 7:30 PM")
    assert gap(wrong, at("2026-12-05T17:30"))[1] == gap(at("2026-12-05T17:30"), wrong)[1] == "stated"
    assert gap(wrong, at("2026-12-05T15:30"))[1] == "far"
    both = at("2026-12-04T19:00", description="Shows at 7 p.m. and 9.30 pm")
    assert gap(both, at("2026-12-04T21:30"))[1] == "far"


def test_the_times_that_a_text_says() -> None:
    text = "Doors 6:30pm, show 7 P.M.; 12 am last call; 21:15 late show; call 707-987-3674, room 13 pm, ratio 4:3"
    assert clocks(text) == {dt.time(18, 30), dt.time(19), dt.time(0), dt.time(21, 15)}
