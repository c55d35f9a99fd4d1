"""Series of calendars: their dates, their exceptions, and rules that nobody can follow."""

import datetime as dt

import pytest

from scraping.identity import settle
from tests.scraping.reading import drafts, reading, starts
from tests.scraping.test_ics import JAZZ, ORIGINAL, WEEKLY, calendar, ids


def test_a_series_is_its_dates_with_their_own_ids():
    found = drafts(calendar(WEEKLY))
    assert starts(found) == ["2026-12-04T20:00", "2026-12-11T20:00", "2026-12-18T20:00", "2026-12-25T20:00"]
    assert {draft.series_key for draft in found} == {"weekly"}
    assert ids(calendar(WEEKLY)) == [f"weekly/2026-12-{day}" for day in ("04", "11", "18", "25")]


def test_a_series_keeps_its_wall_clock_over_a_change_of_the_clocks():
    found = drafts(calendar(WEEKLY.replace("COUNT=4", "COUNT=20")), start="2027-03-20", end="2027-04-08")
    assert starts(found) == ["2027-03-26T20:00", "2027-04-02T20:00"]
    assert {draft.when.timezone for draft in found} == {"Europe/Berlin"}


def test_dates_are_added_and_left_out():
    extra = "RDATE;TZID=Europe/Berlin:20261224T180000,20261231T180000\n"
    extra += "EXDATE;TZID=Europe/Berlin:20261211T200000\nEXDATE;VALUE=DATE:20261218"
    found = drafts(calendar(f"{WEEKLY}{extra}"))
    assert sorted(starts(found)) == ["2026-12-04T20:00", "2026-12-24T18:00", "2026-12-25T20:00", "2026-12-31T18:00"]


def test_an_exception_in_utc_is_of_the_same_instant():
    found = drafts(calendar(f"{WEEKLY}EXDATE:20261211T190000Z"))
    assert "2026-12-11T20:00" not in starts(found)


def test_a_moved_instance_keeps_the_id_of_its_original_date():
    moved = """
UID:weekly
SUMMARY:Weekly\\, on Saturday
RECURRENCE-ID;TZID=Europe/Berlin:20261211T200000
DTSTART;TZID=Europe/Berlin:20261212T210000
"""
    found = {draft.external_id: draft for draft in settle(drafts(calendar(WEEKLY, moved)))}
    assert sorted(found) == [f"weekly/2026-12-{day}" for day in ("04", "11", "18", "25")]
    assert found["weekly/2026-12-11"].when.start == dt.datetime(2026, 12, 12, 21)
    assert found["weekly/2026-12-11"].title == "Weekly, on Saturday"


def test_the_original_time_may_be_stated_in_utc_or_as_a_day():
    for original in ("RECURRENCE-ID:20261211T190000Z", "RECURRENCE-ID;VALUE=DATE:20261211"):
        moved = f"UID:weekly\nSUMMARY:Moved\n{original}\nDTSTART;TZID=Europe/Berlin:20261212T210000"
        assert ids(calendar(WEEKLY, moved)) == [f"weekly/2026-12-{day}" for day in ("04", "11", "18", "25")]


@pytest.mark.parametrize(
    "original",
    ["20261212", "20261212T000000Z", "20261211T230000Z", "20261212T000000", "TZID=Europe/Berlin:20261212T000000"],
)
def test_the_original_day_of_a_series_of_days_is_read_in_each_of_its_forms(original):
    days = "UID:d\nSUMMARY:Days\nDTSTART;VALUE=DATE:20261205\nRRULE:FREQ=WEEKLY;COUNT=2"
    separator = ";" if ":" in original else ":"
    moved = f"UID:d\nSUMMARY:Moved\nRECURRENCE-ID{separator}{original}\nDTSTART;VALUE=DATE:20261213"
    assert ids(calendar(days, moved)) == ["d/2026-12-05", "d/2026-12-12"]


def test_an_instance_moved_into_the_window_is_there_and_one_moved_out_is_not():
    moved = f"{ORIGINAL}20270201T200000\nSUMMARY:Moved"
    assert starts(drafts(calendar(WEEKLY, moved), start="2027-02-01")) == ["2027-02-01T20:00"]
    assert "2027-02-01T20:00" not in starts(drafts(calendar(WEEKLY, moved), end="2026-12-20"))
    assert len(drafts(calendar(WEEKLY, moved), end="2026-12-20")) == 2


def test_a_cancelled_instance_is_cancelled_alone():
    cancelled = f"{ORIGINAL}20261211T200000\nSUMMARY:Weekly\nSTATUS:CANCELLED"
    found = {draft.instance: draft.status for draft in drafts(calendar(WEEKLY, cancelled))}
    assert found == {
        "2026-12-04": "scheduled",
        "2026-12-11": "cancelled",
        "2026-12-18": "scheduled",
        "2026-12-25": "scheduled",
    }


def test_the_newest_of_several_changes_of_one_instance_holds():
    change = ORIGINAL + "20261211T2{0}0000\nSUMMARY:v{0}\nSEQUENCE:{0}"
    found = drafts(calendar(WEEKLY, change.format(2), change.format(1)))
    assert [draft.title for draft in found if draft.instance == "2026-12-11"] == ["v2"]


def test_a_change_of_this_and_all_future_instances_moves_them_all():
    change = f"{ORIGINAL}20261211T210000\nSUMMARY:Later\nDURATION:PT1H".replace("-ID;", "-ID;RANGE=THISANDFUTURE;")
    found = sorted(drafts(calendar(WEEKLY, change)), key=lambda draft: draft.when.start)
    assert starts(found) == ["2026-12-04T20:00", "2026-12-11T21:00", "2026-12-18T21:00", "2026-12-25T21:00"]
    assert [draft.title for draft in found] == ["Weekly", "Later", "Later", "Later"]
    assert found[3].when.end.hour == 22
    assert found[3].instance == "2026-12-25"


def test_an_instance_whose_series_is_not_in_the_feed_stands_alone():
    alone = "UID:weekly\nSUMMARY:Alone\nRECURRENCE-ID:20261211T190000Z\nDTSTART:20261212T190000Z"
    assert ids(calendar(alone)) == ["weekly/2026-12-11"]


def test_several_instances_a_day_have_times_in_their_ids():
    tours = "UID:tour\nSUMMARY:Tour\nDTSTART:20261205T100000\nRRULE:FREQ=DAILY;BYHOUR=10,14;COUNT=3"
    assert ids(calendar(tours)) == ["tour/2026-12-05T10:00", "tour/2026-12-05T14:00", "tour/2026-12-06T10:00"]


def test_a_series_of_days_and_its_last_day():
    days = "UID:d\nDTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261207\nRRULE:FREQ=WEEKLY;UNTIL=20261212T000000Z"
    found = drafts(calendar(days))
    assert [(draft.when.start.day, draft.when.end.day, draft.when.all_day) for draft in found] == [
        (5, 7, True),
        (12, 14, True),
    ]


def test_the_end_of_a_rule_in_utc_counts_on_the_clock_of_the_series():
    found = drafts(calendar(WEEKLY.replace("COUNT=4", "UNTIL=20261218T190000Z")))
    assert starts(found) == ["2026-12-04T20:00", "2026-12-11T20:00", "2026-12-18T20:00"]


def test_a_broken_rule_leaves_the_first_date_and_says_so():
    (found,) = drafts(calendar(WEEKLY.replace("COUNT=4", "COUNT=four")))
    assert starts((found,)) == ["2026-12-04T20:00"]
    assert [problem.code for problem in found.problems] == ["series.unreadable"]


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=5", "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,15,30,45"]
)
@pytest.mark.timeout(10)
def test_a_rule_of_a_million_instances_is_cut_and_that_is_told(rule):
    found = drafts(calendar(f"UID:1\nSUMMARY:x\nDTSTART:20261205T200000\nRRULE:{rule}"))
    assert 0 < len(found) <= 2_000
    assert found[-1].problems[0].code == "series.cut"


@pytest.mark.timeout(30)
def test_three_hundred_rules_that_never_match_end_in_bounded_time_and_cost_no_other_event():
    bad = "UID:{}\nSUMMARY:x\nDTSTART:10000101T200000\nRRULE:FREQ=DAILY;COUNT=99999999;BYMONTH=2;BYMONTHDAY=30"
    found = reading(calendar(*(bad.format(number) for number in range(300)), JAZZ))
    assert [draft.title for draft in found.drafts if draft.when] == ["Jazz, Night"]
