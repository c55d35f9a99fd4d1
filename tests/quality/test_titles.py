import pytest

from events.text import words
from quality.titles import beginning, contrast, core, further, is_companion, kinds, numbers, weights


def of(title: str) -> str:
    return " ".join(core(words(title), venue="Klub Null", city="Berlin", year=2026))


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
    assert of(title) == "mdou moctar"


def test_a_title_of_nothing_else_stays_as_it_is() -> None:
    assert of("Live") == "live"
    assert of("Klub Null") == "klub null"
    assert of("東京事変") == "東京事変"


def test_initials_are_a_word() -> None:
    assert of("W.I.T.C.H.") == "witch"


def test_numbers_tell_parts_and_editions() -> None:
    def of_title(title: str) -> set[str]:
        return set(numbers(of(title).split()).values())

    assert of_title("Dune: Part Two") == {"2"} == of_title("Dune Part II")
    assert of_title("12th Poetry Slam") == {"12"}
    assert of_title("Mdou Moctar 2026") == of_title("Vivid Fixtures of Xi'an") == set()


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
    first, second = (words(title) for title in (one, other))
    assert contrast(kinds(first), kinds(second)) is contrast(kinds(second), kinds(first)) is expected


def test_titles_in_scripts_without_spaces_and_initials_have_further_words() -> None:
    assert "東京" in {*further(words("東京事変ライブ"))} & {*further(words("ライブ 東京事変"))}
    assert further(words("W.I.T.C.H. (Zambia)")) == ["witch"]


def test_words_are_found_whatever_their_ending_and_generic_ones_tell_little() -> None:
    assert beginning("ravens") == beginning("raven")
    generic, name = weights(["night", "agadez"])
    assert 0 < generic < name


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
    first, second = (frozenset(of(title).split()) for title in (one, other))
    assert is_companion(first, second) is expected
