from typing import Any

import pytest

from events.text import words
from quality.locations import by_coordinates, location, named, percent, spelled


def alike(one: tuple[str, str], other: tuple[str, str], city: str = "Asheville") -> float | None:
    return percent(location(*one, city), location(*other, city))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("The Orange Peel", ""), ("Orange Peel", "")),
        (("Grey Eagle", ""), ("The Grey Eagle Music Hall and Pub", "")),
        (("Wortham Centre for the Performing Arts", ""), ("Wortham Center", "")),
        (("Sierra Nevada Brewery", ""), ("Sierra Nevada Brewing Company", "")),
        (("AyurPrana", "312 Haywood Road, Asheville"), ("Listening Room", "312 Haywood Rd.")),
        (("101 Biltmore Avenue", "Asheville, NC"), ("The Orange Peel", "101 Biltmore Ave. Asheville, NC 28801")),
        (("Room 3 at the Pack Library", ""), ("Pack Memorial Library", "")),
        (("Online", ""), ("Zoom", "")),
        (("Virtual (Zoom)", ""), ("Online event", "")),
        (("DPAC", ""), ("Durham Performing Arts Center", "")),
        (("Wells Library 026", ""), ("Herman B Wells Library", "")),
        (("Grinstead Amphitheatre", ""), ("Grinstead Amphitheater, Plaza", "")),
        (("Café Fantôme", ""), ("CAFE FANTOME", "")),
    ],
)
def test_one_place_in_two_spellings(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = alike(one, other)
    assert found is not None
    assert found >= 85


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Orange Peel", ""), ("Grey Eagle", "")),
        (("Northern Elms Library, Program Room", ""), ("York Woods Library, Program Room", "")),
        (("Bar Eins", "1 Main Street"), ("Bar Zwei", "200 Main Street")),
        (("Main Library", "12 Oak Street"), ("Main Library Annex", "77 Pine Avenue")),
    ],
)
def test_two_places(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = alike(one, other)
    assert found is not None
    assert found < 70


@pytest.mark.parametrize(
    "place",
    [
        ("", ""),
        ("Chapel Hill", "NC"),
        ("Santa Rosa CA 95404", ""),
        ("South Van Buren Street", "Nashville, Indiana"),
        ("NC", ""),
    ],
)
def test_what_names_no_house_says_nothing_of_a_venue(place: tuple[str, str]) -> None:
    assert alike(place, ("Brown County Playhouse", "")) is None


def test_a_sentence_is_no_name() -> None:
    sentence = "The committee meets every quarter by video, and dial-in numbers are sent to members"
    assert alike((sentence, ""), ("Grey Eagle", "")) is None


def test_a_text_names_a_place_by_its_telling_words() -> None:
    def says(name: str, text: str) -> bool:
        return named(location(name, "", "Kenwood"), spelled(words(text)))

    assert says("Robert Ferguson Observatory", "Cosmos and cocoa at Robert Ferguson Observatory")
    assert not says("Robert Ferguson Observatory", "Cosmos and cocoa at the observatory")
    assert not says("The Music Hall", "Music in the hall")


def test_what_the_title_calls_online_is_nowhere_in_town() -> None:
    one, other = (location(name, "", "Kenwood", online=True) for name in ("Oak Library", "Elm Library"))
    assert percent(one, other) == 90


@pytest.mark.parametrize(
    ("other", "expected"),
    [((52.5201, 13.4051), 100), ((52.60, 13.405), 0), ((52.5245, 13.405), None), ((-33.9, 151.2), 0)],
)
def test_coordinates_decide_near_and_far(other: Any, expected: float | None) -> None:
    assert by_coordinates((52.52, 13.405), other) == expected
