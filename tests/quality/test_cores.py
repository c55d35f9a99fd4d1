import datetime as dt

import numpy as np
import pytest
from hypothesis import given, strategies as st

from events.text import words
from quality import titles
from quality.columns import Columns
from quality.cores import Cores, cores, overlap
from quality.records import Record

NIGHT = dt.date(2026, 12, 4)


def columns(*names: str) -> Columns:
    start = dt.datetime.combine(NIGHT, dt.time(20))
    values = {"source": 1, "area": 1, "start": start, "night": NIGHT, "venue": "Klub Null", "city": "Berlin"}
    return Columns([Record(key=at, title=name, **values) for at, name in enumerate(names)])  # type: ignore[arg-type]


def common(one: str, other: str) -> tuple[float, float, float, list[set[str]]]:
    """How alike two titles are, what they share, how much of the one is in the other, and the words alone."""
    seen, left, right = columns(one, other), np.array([0]), np.array([1])
    known = cores(seen, left, right)
    found = overlap(known, left, right)
    alone = [{known.strings[number] for number in word.tolist()} for _, word in found.alone]
    return float(found.title[0]), float(found.shared[0]), float(found.contained[0]), alone


def test_the_order_of_names_makes_no_difference() -> None:
    assert common("Powerplant / Pollute / Cheeks", "Powerplant w/ Cheeks & Pollute")[0] == 100
    assert common("Mdou Moctar", "Tinariwen")[0] < 50


def test_generic_words_in_both_tell_little() -> None:
    _, shared, contained, _ = common("Open Mic", "Comedy Open Mic Night with Ana Lovell")
    assert contained == 100
    assert shared < 5
    assert common("Watkins Open Mic", "Shalom Open Mic")[2] < 50


def test_words_spelled_nearly_alike_are_shared() -> None:
    _, _, contained, alone = common("Cello Goblin Rhapsody", "Chello Goblins Rhapsodie at noon")
    assert contained == 100
    assert alone == [set(), {"noon"}]
    assert common("Dune", "Dane")[1] == 0
    one, other = "Abendlieder Abendlied", "Abendliedern Klavier"
    assert common(one, other)[1] == common(other, one)[1] == 8


def test_titles_without_a_word_have_nothing_in_common() -> None:
    assert common("!!!", "Mdou Moctar") == (0, 0, 0, [set(), {"mdou", "moctar"}])
    assert common("!!!", "...")[1:3] == (0, 0)


TITLES = (
    "Mdou Moctar", "The The", "the", "", "!!!", "A night of songs", "Mdou Moctar @ Klub Null", "Klub Null", "Live",
    "W.I.T.C.H. in Berlin", "X Y Z", "Dune 2", "Dune: Part II", "SOLD OUT: Mdou Moctar", "Free jazz, doors 7pm",
    "東京事変", "Klub der Dichter", "Café d'Été", "Berliner Nächte", "Fri Dec 4 The Band", "20% off", "New moon",
    "Tickets",
)  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(TITLES), st.text("ab 1'&.é", max_size=12)), min_size=1, max_size=8))
def test_thousands_of_cores_are_what_each_is_alone(names: list[str]) -> None:
    seen = columns(*names)
    found = Cores(seen, np.arange(len(names)))
    for row, name in enumerate(names):
        alone = titles.core(words(name), venue="Klub Null", city="Berlin", year=2026)
        assert found.text[row] == " ".join(alone)
        assert found.words(row) == frozenset(alone)
        assert found.weight[row] == sum(titles.weights(list(found.words(row))))
        assert found.numeric[row] == bool(titles.numbers(alone))


@pytest.mark.parametrize("asked", [[0], [2, 1], [0, 1, 2]])
def test_cores_are_made_of_the_titles_that_are_asked_for(asked: list[int]) -> None:
    seen = columns("Mdou Moctar", "Tinariwen (live)", "Bombino")
    known = cores(seen, np.array(asked), np.array(asked))
    assert [known.text[known.row[at]] for at in asked] == [["mdou moctar", "tinariwen", "bombino"][at] for at in asked]
    assert cores(seen, np.array(asked[:1]), np.array(asked[:1])) is known
