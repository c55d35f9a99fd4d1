"""Which venues may be one place."""

import itertools

import pytest

from quality.venue_pairs import Place, suggest

_numbers = itertools.count(1)


def place(name: str, address: str = "", **fields: object) -> Place:
    return Place(**{"key": next(_numbers), "city": 1, "city_name": "Berlin", "name": name, "address": address} | fields)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("The Blue Lantern", ""), ("Blue Lantern", "")),
        (("Blue Lantern", "12 Elm Street"), ("Lantern, Blue", "")),
        (("Blue Lantern Theatre", "12 Elm Street"), ("Blue Lantern Theater", "12 Elm St")),
        (("Blue Lantern", "12 Elm Street"), ("Blue Lantern Upstairs", "12 Elm St")),
        (("Zur Möwe Musikkeller", ""), ("Zur Moewe Musikkeller", "")),
        (("Kulturhaus Sternwarte", "12 Elm Street"), ("Sternwarte e.V.", "12 Elm Street")),
    ],
)
def test_one_place_under_two_names_is_suggested(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    (one,) = suggest([place(*ours), place(*theirs)])
    assert 60 <= one.score < 100
    assert one.reasons


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("Blue Lantern", ""), ("Red Rooster", "")),
        (("Blue Lantern", "12 Elm Street"), ("Blue Parrot", "99 Oak Street")),
        (("City Library", "12 Elm Street"), ("City Hall", "99 Oak Street")),
        (("Online", ""), ("Zoom", "")),
        (("Lantern North", "12 Elm Street"), ("Lantern South", "80 Hill Road")),
        (("Lantern Community Center", ""), ("Lantern State University", "")),
        (("Lantern Library 009", ""), ("Lantern Library 026", "")),
    ],
)
def test_two_places_are_not(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    assert suggest([place(*ours), place(*theirs)]) == []


def test_the_same_name_in_two_cities_is_two_places() -> None:
    assert suggest([place("Blue Lantern"), place("Blue Lantern", city=2)]) == []


def test_what_is_far_apart_on_the_map_is_two_places_and_what_is_near_is_likelier() -> None:
    here = {"latitude": 52.5200, "longitude": 13.4050}
    far = {"latitude": 52.5600, "longitude": 13.4050}
    near = {"latitude": 52.5203, "longitude": 13.4052}
    assert suggest([place("Blue Lantern", **here), place("Blue Lantern", **far)]) == []
    (one,) = suggest([place("Blue Lantern Bar", **here), place("Blue Lantern Club", **near)])
    assert any("150 metres" in reason for reason in one.reasons)


def test_the_likeliest_come_first_and_each_pair_once() -> None:
    a = place("Blue Lantern", "12 Elm Street")
    b = place("Blue Lantern", "12 Elm Street")
    c = place("Kulturhaus Blue", "12 Elm Street")
    found = suggest([c, b, a])
    assert (found[0].first, found[0].second) == (a.key, b.key)
    assert len({(one.first, one.second) for one in found}) == len(found)


def test_work_grows_with_the_venues_and_not_with_their_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands that share a word of the city, and one point that a map gives for all of it."""
    from quality import venue_pairs

    compared: list[None] = []
    compare = venue_pairs._compare
    monkeypatch.setattr(venue_pairs, "_compare", lambda a, b: compared.append(None) or compare(a, b))

    def comparisons(count: int) -> int:
        compared.clear()
        suggest(place(f"Spree {n:05d}", latitude=52.5, longitude=13.4) for n in range(count))
        return len(compared)

    assert comparisons(2000) <= 2 * comparisons(1000) + 12
