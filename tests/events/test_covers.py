"""Covers: the same event has the same cover, and it says what is known of the event."""

import datetime as dt

import pytest

from events.categories import CATEGORIES
from events.covers import cover, moon_phase
from tests.factories import make_city, make_event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("clock", "sky", "light"),
    [
        ("11:00", "morning", "sun"),
        ("16:30", "day", "sun"),
        ("18:00", "dusk", "moon4"),
        ("20:00", "evening", "moon4"),
        ("23:00", "nightly", "moon4"),
    ],
)
def test_the_sky_is_that_of_the_hour(clock: str, sky: str, light: str) -> None:
    drawn = cover(make_event("Concert", local=f"2026-12-23T{clock}"))
    assert (drawn.sky, drawn.light) == (sky, light)
    assert 9 <= drawn.x <= 111
    assert 9 <= drawn.y <= 40


def test_after_midnight_the_moon_sinks_and_is_that_of_the_night() -> None:
    evening, late, early = (
        cover(make_event("Rave", local=f"2026-12-{local}")) for local in ("23T19:00", "24T01:00", "24T05:00")
    )
    assert (late.sky, early.sky) == ("late", "dawn")
    assert evening.x < late.x < early.x
    assert late.y < early.y
    assert evening.light == late.light == early.light


def test_what_is_drawn_follows_from_category_and_title_alone() -> None:
    one, again, other = make_event("A", category="art"), make_event("A", category="art"), make_event("B", category="?")
    assert cover(one) == cover(again)
    assert cover(one).drawing == "art"
    assert cover(other).drawing == "other"
    drawings = {cover(make_event(f"Concert {number}", category="music")).drawing for number in range(12)}
    assert drawings == {"music", "music2"}
    assert all(cover(make_event("C", category=code)).drawing.rstrip("2") == code for code in CATEGORIES)


def test_in_the_south_the_moon_stands_on_its_head() -> None:
    melbourne = make_city("melbourne", country="AU", latitude=-37.8, longitude=145.0, timezone="Australia/Melbourne")
    assert cover(make_event("Gig", city=melbourne)).south is True
    assert cover(make_event("Gig")).south is False


@pytest.mark.parametrize(
    ("night", "phase"),
    # from the almanac: new moon 9 December 2026, first quarter 17, full moon 24 December, last quarter 1 December
    [("2026-12-09", 0), ("2026-12-17", 2), ("2026-12-24", 4), ("2026-12-01", 6), ("2000-01-06", 0)],
)
def test_the_moon_is_that_of_the_almanac(night: str, phase: int) -> None:
    assert moon_phase(dt.date.fromisoformat(night)) == phase
