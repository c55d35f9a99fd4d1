import pytest

from events.text import fold, words
from quality.titles import (
    Core,
    beginning,
    common,
    contrast,
    core,
    further,
    is_companion,
    is_online,
    kinds,
    percent,
    telling,
)


def of(title: str, *, venue: str = "Klub Null", city: str = "Berlin") -> Core:
    return core(words(title), venue=venue, city=city, year=2026)


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
    assert common(open_mic, comedy).contained == 100
    assert common(open_mic, comedy).weight < 5
    assert common(of("Watkins Open Mic"), of("Shalom Open Mic")).contained < 50


def test_words_spelled_nearly_alike_are_shared() -> None:
    found = common(of("Cello Goblin Rhapsody"), of("Chello Goblins Rhapsodie at noon"))
    assert found.contained == 100
    assert found.alone == (frozenset(), {"noon"})
    assert common(of("Dune"), of("Dane")).weight == 0
    one, other = of("Abendlieder Abendlied"), of("Abendliedern Klavier")
    assert common(one, other).weight == common(other, one).weight == 8


def test_what_a_title_says_may_stand_in_the_others_text() -> None:
    found = common(of("Nicolette Varga"), of("Harbour Sundays"))
    assert found.told(0, frozenset("this week the nicolette varga quintet".split())) == (13, 100)
    assert found.told(1, frozenset())[0] == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Men's tennis", "Women's tennis", True),
        ("Homeschool day (AM session)", "Homeschool day (PM session)", True),
        ("Friday jam", "Saturday jam", True),
        ("Open day for kids", "Open day for children", False),
        ("Late show", "Early and late show", False),
        ("Tennis", "Women's tennis", False),
    ],
)
def test_titles_that_name_two_of_a_kind(one: str, other: str, expected: bool) -> None:
    first, second = (frozenset(fold(title).split()) for title in (one, other))
    assert contrast(kinds(first), kinds(second)) is contrast(kinds(second), kinds(first)) is expected


def test_a_title_may_say_that_it_is_nowhere() -> None:
    assert is_online("a virtual author talk".split())
    assert not is_online("a reality show".split())


def test_titles_in_scripts_without_spaces_and_initials_have_further_words() -> None:
    assert "東京" in {*further(words("東京事変ライブ"))} & {*further(words("ライブ 東京事変"))}
    assert further(words("W.I.T.C.H. (Zambia)")) == ["witch"]


def test_words_are_found_whatever_their_ending_and_generic_ones_tell_little() -> None:
    assert beginning("ravens") == beginning("raven")
    linking, generic, name = telling(["the", "night", "agadez"])
    assert linking == 0 < generic < name


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
