"""Which events are in an issue, and in which part."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from events.models import Event, Venue
from events.nights import night_of
from subscriptions import planning
from subscriptions.planning import Plan

MONDAY = dt.date(2026, 11, 30)
NINE = dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
NIGHTS = planning.nights_of(MONDAY, MONDAY)
LONG_AGO = NINE - dt.timedelta(days=30)


def event(pk: int, day: int = 1, *, venue: int = 0, hour: int = 20, **columns: Any) -> Event:
    start = dt.datetime.combine(MONDAY, dt.time(hour), dt.UTC) + dt.timedelta(days=day)
    night = columns.pop("night", night_of(start))
    values: dict[str, Any] = {"title": f"Event {pk}", "venue_id": venue or None, "last_night": night, **columns}
    made = Event(pk=pk, root_id=pk, starts_at=start, timezone="UTC", night=night, **{"created_at": LONG_AGO, **values})
    made.venue = Venue(pk=venue, name=f"Venue {venue}") if venue else None
    return made


def plan(*events: Event, **options: Any) -> Plan:
    return planning.plan(events, **{"nights": NIGHTS, "now": NINE, **options})


def ids(entries: Any) -> list[int]:
    return [entry.event.pk for entry in entries]


def test_what_is_past_or_of_another_week_or_not_on_is_left_out() -> None:
    found = plan(
        event(1, 0, hour=8),
        event(2, 6),
        event(3, 7),
        event(4, 2, status="not_listed"),
        event(5, 0, hour=0, time_known=False, night=MONDAY),
        event(6, 7, hour=1),
    )
    assert ids(found.entries) == [5, 2, 6]
    assert found.total == 3


def test_a_mail_sent_late_ends_where_the_week_of_its_issue_does() -> None:
    day = dt.timedelta(days=1)
    assert planning.nights_of(MONDAY, MONDAY - day) == (MONDAY, MONDAY + 6 * day)
    assert planning.nights_of(MONDAY, MONDAY + 4 * day) == (MONDAY + 4 * day, MONDAY + 10 * day)
    assert planning.nights_of(MONDAY, MONDAY + 8 * day)[1] == MONDAY + 12 * day


def test_pinned_come_first_then_what_is_told_well_and_popular() -> None:
    rows = [event(n, n) for n in range(5)]
    rows[1].score = 30
    found = planning.in_order(rows, pinned=[4, 1], popularity={0: 1, 2: 3, 3: 2})
    assert [row.pk for row in found] == [4, 1, 2, 3, 0]


def test_of_equals_each_night_has_one_before_any_has_a_second() -> None:
    rows = [event(n, n // 3) for n in range(6)]
    found = planning.in_order(rows, pinned=[], popularity={})
    assert [row.pk for row in found] == [0, 3, 1, 4, 2, 5]


def test_a_venue_has_three_and_a_category_six_before_others_are_refilled() -> None:
    one_venue = [event(n, venue=1) for n in range(10)]
    music = [event(100 + n, venue=50 + n, category="music") for n in range(20)]
    other = [event(200 + n, venue=80 + n) for n in range(5)]
    chosen = planning.choose([planning.Entry(row) for row in one_venue + music + other], limit=20)
    assert len(chosen) == 20
    assert ids(chosen)[:14] == [0, 1, 2, *range(100, 106), *range(200, 205)]
    assert ids(chosen)[14:] == [3, 4, 5, 6, 7, 8]


def test_what_is_pinned_is_there_whatever_the_shares() -> None:
    rows = [event(n, venue=1) for n in range(30)]
    found = plan(*rows, pinned={20, 25, 28, 29})
    assert {20, 25, 28, 29} <= set(ids(found.picks))
    assert len(found.entries) == planning.LIMIT


def test_one_show_on_many_nights_is_one_entry() -> None:
    rows = [event(n, n, venue=1, title="The  Play" if n else "the play") for n in range(3)]
    twice = event(9, 1, venue=1, hour=22, title="Two shows")
    found = plan(
        *rows, twice, event(10, 1, venue=1, hour=18, title="Two shows"), event(11, 2, venue=2, title="The Play")
    )
    [play] = [entry for entry in found.entries if entry.event.pk == 0]
    assert play.also == (MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=2))
    assert sorted(ids(found.entries)) == [0, 9, 10, 11]


def test_new_ones_stand_apart_and_without_a_last_issue_none_are() -> None:
    rows = [event(n, n % 7) for n in range(12)]
    rows[10].created_at = NINE - dt.timedelta(days=1)
    found = plan(*rows, since=NINE - dt.timedelta(days=7))
    assert ids(found.new) == [10]
    assert 10 not in ids(found.rest)
    assert plan(*rows).new == ()


def test_a_short_list_has_no_parts() -> None:
    found = plan(event(1, 3), event(2, 2), since=LONG_AGO - dt.timedelta(days=1))
    assert (found.picks, found.new) == ((), ())
    assert ids(found.rest) == [2, 1]
    assert plan().is_empty


def test_runs_are_folded_and_end_soonest_first() -> None:
    runs = [
        event(n, -9, is_run=True, last_night=MONDAY + dt.timedelta(days=9 - n), ends_at=NINE + dt.timedelta(days=9 - n))
        for n in range(6)
    ]
    over = event(8, -9, is_run=True, last_night=MONDAY - dt.timedelta(days=1))
    found = plan(*runs, over, event(20))
    assert ids(found.runs) == [3, 2, 1, 0]
    assert found.more_runs == 2
    assert ids(found.rest) == [20]


@pytest.mark.parametrize(
    ("columns", "before", "told"),
    [
        ({"status": "cancelled"}, {"status": "scheduled"}, ("cancelled", False)),
        ({"status": "postponed"}, {}, ("postponed", False)),
        ({}, {"starts_at": "2026-12-02T20:00:00+00:00"}, ("moved", True)),
        ({"day": 30}, {"starts_at": "2026-12-02T20:00:00+00:00"}, ("moved", True)),
        ({"venue": 3}, {"venue": "Venue 9"}, ("moved", False)),
        ({}, {"starts_at": "2026-12-01T00:00:00+00:00", "time_known": False}, None),
        ({"venue": 3}, {"venue": ""}, None),
        ({"status": "sold_out"}, {"status": "scheduled"}, None),
        ({"day": 30, "status": "cancelled"}, {}, None),
        ({"status": "not_listed"}, {"starts_at": "2026-12-02T20:00:00+00:00"}, None),
    ],
)
def test_what_was_cancelled_or_moved_is_named_and_nothing_else(
    columns: dict[str, Any], before: dict[str, Any], told: tuple[str, bool] | None
) -> None:
    row = event(1, **columns)
    found = plan(row, event(2), changes={1: before} if before else {})
    assert [(one.what, one.before is not None) for one in found.changed] == ([told] if told else [])
    assert 1 not in ids(found.entries) or not told


def test_of_several_changes_the_first_state_counts() -> None:
    merged = planning.merged_changes([(1, {"venue": "A", "status": "scheduled"}), (1, {"venue": "B"}), (2, {})])
    assert merged == {1: {"venue": "A", "status": "scheduled"}, 2: {}}


@settings(deadline=None)  # how long it takes depends on what else the machine does
@given(
    st.lists(
        st.tuples(
            st.integers(-2, 9), st.integers(0, 4), st.sampled_from(["", "music", "film"]), st.booleans(),
            st.sampled_from(["scheduled", "cancelled", "sold_out"]), st.sampled_from(["A", "B", "C", "D", "E", "F"]),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_nothing_is_there_twice_or_past_and_never_too_much(rows: list[Any]) -> None:
    events = [
        event(n + 1, day, venue=venue, category=category, status=status, title=title)
        for n, (day, venue, category, _, status, title) in enumerate(rows)
    ]
    pinned = {n + 1 for n, row in enumerate(rows[:8]) if row[3]}
    found = plan(*events, pinned=pinned, since=LONG_AGO)
    shown = ids(found.entries) + ids(found.changed)
    assert len(shown) == len(set(shown))
    assert len(found.entries) <= planning.LIMIT
    for entry in found.entries:
        assert entry.event.starts_at > NINE
        assert NIGHTS[0] <= entry.event.night <= NIGHTS[1]
        assert entry.event.status != "cancelled"
    assert found.is_empty == (found.total == 0)
