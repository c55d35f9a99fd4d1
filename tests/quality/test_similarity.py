import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from events.nights import night_of
from quality.columns import Columns
from quality.evidence import Evidence, exact, hopeful, outline, weigh
from quality.records import Record
from quality.similarity import Limits, compare, compare_all, comparisons, judge

ONE, OTHER = np.array([0]), np.array([1])


def record(title: str = "Mdou Moctar", local: str = "2026-12-04T20:00", **more: Any) -> Record:
    start = dt.datetime.fromisoformat(local)
    known = more.pop("time_known", True)
    values = {"key": 1, "source": object(), "area": 1, "venue": "Klub Null", "city": "Berlin", **more}
    return Record(title=title, start=start, night=night_of(start, time_known=known), time_known=known, **values)


TEXT = "Desert blues from Agadez: the guitarist and his band play the songs of the new record, and some of the old."
URL = "https://klub-null.example/events/mdou-moctar"

SAME: list[tuple[Record, Record]] = [
    (record(), record("MDOU MOCTAR (live)", "2026-12-04T20:30")),
    (record(), record("Mdou Moctar & Band, Les Filles de Illighadad", "2026-12-04T19:00")),
    (record(), record("Mdou Moctar", "2026-12-04T00:00", time_known=False)),
    (record(url=URL), record("Mdou Moctar & friends", venue="Großer Saal", url=URL)),
    (record(), record(local="2026-12-04T23:00", description=TEXT, utc_offset=dt.timedelta(hours=-3))),
    (record(local="2026-12-04T20:00"), record(local="2026-12-04T08:00")),  # AM for PM
    (record("Rare Tomato Tasting and Watercolour", venue=""), record("Rare Tomato Tasting and Watercolour")),
    (record("Desert blues from Agadez", description=TEXT), record("An evening of desert blues", description=TEXT)),
]
DIFFERENT: list[tuple[Record, Record]] = [
    (record(local="2026-12-04T19:00"), record(local="2026-12-04T21:30")),
    (record(local="2026-12-04T20:00"), record(local="2026-12-05T20:00")),
    (record("Dune: Part One"), record("Dune: Part Two")),
    (record("Open Mic", venue="Bar Eins"), record("Open Mic", venue="Bar Zwei")),
    (record("Mdou Moctar"), record("Tinariwen")),
    (record("Board meeting", venue=""), record("Executive board meeting of the chamber", venue="")),
    (
        record("The Cook-Off", url=URL),
        record("Talk: insights into The Cook-Off", "2026-12-04T19:00", url=URL, venue="Foyer"),
    ),
]
UNSURE: list[tuple[Record, Record]] = [
    (record("Halloween Party", venue=""), record("Halloween Party")),
    (record("Spooky Run"), record("Volunteer for the Spooky Run", "2026-12-04T19:30")),
    (record(url=URL, local="2026-12-04T18:00"), record(url=URL, local="2026-12-04T20:00")),  # doors, or early and late
    (record("Magic Sword", last_night=dt.date(2026, 12, 20), time_known=False), record("Magic Sword")),  # a run
]


@pytest.mark.parametrize("pair", SAME)
def test_these_are_one_event(pair: tuple[Record, Record]) -> None:
    assert compare(*pair).outcome == "same", compare(*pair)


@pytest.mark.parametrize("pair", DIFFERENT)
def test_these_are_two_events(pair: tuple[Record, Record]) -> None:
    assert compare(*pair).outcome == "different", compare(*pair)


@pytest.mark.parametrize("pair", UNSURE)
def test_these_are_for_an_editor(pair: tuple[Record, Record]) -> None:
    assert compare(*pair).outcome == "unsure", compare(*pair)


def test_the_limits_are_settings() -> None:
    one, other = record("Mdou Moctar Trio"), record("Mdou Moctar Duo", "2026-12-04T20:45")
    assert compare(one, other, Limits(title=70)).outcome == "same"
    assert compare(one, other, Limits(title=99)).outcome == "different"
    assert compare(one, other, Limits(title=70, minutes=30)).conflict
    near = record(venue="Klub Nulla")
    assert compare(one, near, Limits(title=70, location=70)).outcome == "same"
    assert compare(one, near, Limits(title=70, location=99)).outcome == "different"


def test_coordinates_go_before_names() -> None:
    here, there = {"latitude": 52.52, "longitude": 13.40}, {"latitude": 52.45, "longitude": 13.40}
    assert compare(record(**here), record(venue="Saal 1", **here)).outcome == "same"
    assert compare(record(**here), record(**there)).outcome == "different"


def minutes(one: Record, other: Record) -> float | None:
    found = float(outline(Columns((one, other)), ONE, OTHER, Limits()).gap.minutes[0])
    return None if found != found else found


def test_midnight_belongs_to_the_night_before_or_is_no_time() -> None:
    club = record("Molam Disco", "2026-12-04T23:59")
    assert minutes(club, record("Molam Disco", "2026-12-05T00:30")) == 31
    assert minutes(club, record("Molam Disco", "2026-12-04T00:00", time_known=False)) is None
    assert minutes(club, record("Molam Disco", "2026-12-06T00:00", time_known=False)) == 2 * 1440


def test_reasons_say_what_was_seen() -> None:
    reasons = compare(record(url=URL), record("Mdou Moctar Trio", "2026-12-04T20:15", url=URL)).reasons
    assert reasons[0] == "the same web address"
    assert {"places 100 % alike", "times 15 min apart"} <= set(reasons)


def is_exact(one: Record, other: Record) -> bool:
    return bool(exact(Columns((one, other)), ONE, OTHER)[0])


def test_the_same_row_twice() -> None:
    one = record(fingerprint="abc")
    assert is_exact(one, record("Other words", fingerprint="abc"))
    assert not is_exact(one, record())
    assert is_exact(record(url=URL), record("Mdou Moctar (live)", url=URL))
    assert not is_exact(record(url=URL), record("Mdou Moctar", "2026-12-04T22:00", url=URL))


records = st.builds(
    record,
    st.sampled_from(["Open Mic", "Mdou Moctar", "Mdou Moctar & Band", "Dune 2", "東京", "!!!"]),
    st.sampled_from(["2026-12-04T20:00", "2026-12-04T20:40", "2026-12-05T00:00", "2026-12-05T01:00"]),
    venue=st.sampled_from(["", "Klub Null", "12 Main Street", "Online"]),
    url=st.sampled_from(["", URL]),
    description=st.sampled_from(["", TEXT]),
    time_known=st.booleans(),
)


@settings(deadline=None)
@given(records, records)
def test_it_makes_no_difference_which_comes_first(one: Record, other: Record) -> None:
    assert compare(one, other) == compare(other, one)


@settings(deadline=None)
@given(records, records)
def test_what_is_hopeless_is_two_events(one: Record, other: Record) -> None:
    rows, _ = hopeful(Columns((one, other)), ONE, OTHER, Limits())
    if not len(rows):
        assert (compare(one, other).outcome, compare(one, other).conflict) == ("different", True)
    else:
        assert not compare(one, other).conflict or one.url == other.url != ""


@settings(deadline=None)
@given(records)
def test_a_record_with_a_place_is_the_same_as_itself(one: Record) -> None:
    if one.venue:
        assert compare(one, dataclasses.replace(one, source="another")).outcome == "same"


def test_two_pages_of_one_site_are_two_events_and_two_publishers_at_one_address_are_not() -> None:
    def pages(host: str) -> tuple[Record, Record]:
        return tuple(record(f"Scanning lab {name}", url=f"https://{host}/events/{name}-day") for name in ("ada", "bob"))  # type: ignore[return-value]

    assert "two pages of one site" in compare(*pages("library.example")).reasons
    for host in ("127.0.0.1:8001", "localhost", "[::1]"):
        assert "two pages of one site" not in compare(*pages(host)).reasons


def weighed(one: Record, other: Record) -> Evidence:
    seen = Columns((one, other))
    return weigh(seen, ONE, OTHER, outline(seen, ONE, OTHER, Limits()))


evidence = st.builds(weighed, records, records)


@settings(deadline=None)
@given(evidence, st.sampled_from(["title", "contained", "text", "covered_part", "covered"]))
def test_more_in_common_is_never_less_likely_one_event(seen: Evidence, name: str) -> None:
    more = seen._replace(**{name: np.nan_to_num(getattr(seen, name)) + 20})
    assert judge(more, Limits()).score >= judge(seen, Limits()).score


@settings(deadline=None)
@given(evidence, st.sampled_from(["other_page", "companion"]))
def test_what_speaks_against_it_never_makes_it_likelier(seen: Evidence, name: str) -> None:
    with_it, without = (judge(seen._replace(**{name: np.array([value])}), Limits()) for value in (True, False))
    assert with_it.score <= without.score


SEVERAL_TITLES = (
    "Open Mic", "Mdou Moctar", "MDOU MOCKTAR (live)", "Mdou Moctar & Band @ Klub Null", "Dune 2", "Dune: Part Three",
    "東京", "!!!", "Women's tennis", "Men's tennis", "Volunteer for the Spooky Run", "Spooky Run", "Virtual tour",
)  # fmt: skip
kinds_of_records = st.builds(
    record,
    st.sampled_from(SEVERAL_TITLES),
    st.sampled_from([f"2026-12-{at}" for at in ("04T20:00", "04T20:40", "04T08:00", "05T00:00", "05T01:00")]),
    venue=st.sampled_from(["", "Klub Null", "KLUB NULL Theatre", "12 Main Street", "Online", "Moctar House"]),
    address=st.sampled_from(["", "12 Main St", "Gasse 1"]),
    url=st.sampled_from(["", URL, "https://klub-null.example/events/dune", "https://klub-null.example/"]),
    description=st.sampled_from(["", TEXT, f"{TEXT} With Dune.", "Doors 20:40 at the Moctar House: café, spooky run."]),
    time_known=st.booleans(),
    midnight=st.booleans(),
    latitude=st.sampled_from([None, 52.52, 52.6]),
    longitude=st.sampled_from([None, 13.4]),
    venue_id=st.sampled_from([None, None, 1, 2]),
    fingerprint=st.sampled_from(["", "", "abc"]),
    last_night=st.sampled_from([None, None, dt.date(2026, 12, 20)]),
    utc_offset=st.sampled_from([None, dt.timedelta(hours=-5), dt.timedelta(hours=-4)]),
)


@settings(deadline=None)
@given(st.lists(kinds_of_records, min_size=2, max_size=4))
def test_many_pairs_at_once_are_what_each_is_alone(listed: list[Record]) -> None:
    seen = Columns(listed)
    left, right = np.triu_indices(len(listed), 1)
    evidence = weigh(seen, left, right, outline(seen, left, right, Limits()))
    at_once = comparisons(evidence, judge(evidence, Limits()))
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    assert at_once == [compare(listed[one], listed[other]) for one, other in pairs]
    assert exact(seen, left, right).tolist() == [is_exact(listed[one], listed[other]) for one, other in pairs]
    kept, _ = hopeful(seen, left, right, Limits())
    assert set(kept.tolist()) >= {at for at, found in enumerate(at_once) if found.outcome != "different"}


def test_pairs_compared_together_are_what_each_is_alone() -> None:
    several = [record(), record("Mdou Moctar Trio", "2026-12-04T20:15"), record("Tinariwen"), record(url=URL)]
    pairs = [(3, 1), (0, 2), (0, 1)]
    assert compare_all(several, pairs) == [compare(several[i], several[j]) for i, j in pairs]
    assert compare_all(several, []) == []
