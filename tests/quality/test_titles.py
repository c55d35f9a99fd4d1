import datetime as dt

import pytest

from quality.titles import Core, contained, core, is_companion, percent


def of(title: str, *, venue: str = "Klub Null", city: str = "Berlin") -> Core:
    return core(title, venue=venue, city=city, date=dt.date(2026, 12, 4))


@pytest.mark.parametrize(
    "title",
    [
        "Mdou Moctar",
        "MDOU MOCTAR",
        "Mdou Moctar – live!",
        "Mdou Moctar (SOLD OUT)",
        "CANCELLED: Mdou Moctar",
        "Mdou Moctar @ Klub Null",
        "Mdou Moctar live at Klub Null, Berlin",
        "Klub Null presents: Mdou Moctar",
        "Mdou Moctar | Fri Dec 4 2026",
        "Mdou Moctar 2026",
        "Mdou Moctar in concert – tickets",
        "Mdou  Moctar, doors 7pm",
    ],
)
def test_what_sources_add_is_taken_off(title: str) -> None:
    assert of(title).text == "mdou moctar"


def test_a_title_of_nothing_else_stays_as_it_is() -> None:
    assert of("Live").text == "live"
    assert of("Klub Null").words == {"klub", "null"}
    assert of("東京事変").text == "東京事変"


def test_initials_are_a_word() -> None:
    assert of("W.I.T.C.H.").text == "witch"


def test_the_order_of_names_makes_no_difference() -> None:
    assert percent(of("Powerplant / Pollute / Cheeks"), of("Powerplant w/ Cheeks & Pollute")) == 100
    assert percent(of("Mdou Moctar"), of("Tinariwen")) < 50


def test_numbers_tell_parts_and_editions() -> None:
    assert of("Dune: Part Two").numbers == {"2"} == of("Dune Part II").numbers
    assert of("12th Poetry Slam").numbers == {"12"}
    assert of("Mdou Moctar 2026").numbers == frozenset()


def test_generic_words_in_both_tell_little() -> None:
    open_mic, comedy = of("Open Mic"), of("Comedy Open Mic Night with Ana Lovell")
    assert contained(open_mic, comedy) == 100
    assert contained(of("Watkins Open Mic"), of("Shalom Open Mic")) < 50


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("The Cook-Off", "Insights: a talk on The Cook-Off", True),
        ("Spooky Run", "Volunteer for the Spooky Run", True),
        ("Spooky Run", "Spooky Run with costumes", False),
        ("Volunteer day", "Volunteer day in the park", False),
    ],
)
def test_what_goes_with_an_event_is_another(one: str, other: str, expected: bool) -> None:
    assert is_companion(of(one), of(other)) is expected
