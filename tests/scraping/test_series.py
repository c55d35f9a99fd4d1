"""Instances that exceptions leave out or replace, where libraries and feeds differ most."""

import pytest

from scraping.identity import settle
from tests.scraping.reading import drafts, starts


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\nUID:1\nSUMMARY:x\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n"


@pytest.mark.parametrize(
    ("start", "excluded"),
    [
        ("DTSTART;TZID=Europe/Berlin:20261205T200000", "EXDATE;TZID=Europe/Berlin:20261205T200000"),
        ("DTSTART;TZID=Europe/Berlin:20261205T200000", "EXDATE:20261205T190000Z"),
        ("DTSTART;VALUE=DATE:20261205", "EXDATE;VALUE=DATE:20261205"),
    ],
)
def test_a_single_event_may_be_excluded_too(start: str, excluded: str) -> None:
    assert drafts(calendar(f"{start}\n{excluded}")) == ()
    (left,) = drafts(calendar(f"{start}\n{excluded}\nRDATE:20261212T190000Z"))
    assert left.when
    assert left.when.start.day == 12


def test_a_single_event_that_was_moved_is_there_once() -> None:
    moved = "SEQUENCE:1\nRECURRENCE-ID:20261205T200000\nDTSTART:20261206T210000"
    found = drafts(calendar("DTSTART:20261205T200000", moved))
    assert starts(found) == ["2026-12-06T21:00"]


def test_a_change_that_belongs_to_another_date_leaves_a_single_event_alone() -> None:
    other = "RECURRENCE-ID:20261212T200000\nDTSTART:20261213T200000"
    found = settle(drafts(calendar("DTSTART:20261205T200000", other)))
    assert sorted(draft.external_id for draft in found) == ["1/2026-12-05", "1/2026-12-12"]


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        ("DURATION:PT8H", ["2027-03-27T06:00", "2027-03-28T07:00", "2027-03-29T06:00"]),
        ("DURATION:P1D", ["2027-03-27T22:00", "2027-03-28T22:00", "2027-03-29T22:00"]),
        ("DURATION:P1DT3H", ["2027-03-28T01:00", "2027-03-29T01:00", "2027-03-30T01:00"]),
        ("DTEND;TZID=Europe/Berlin:20270327T060000", ["2027-03-27T06:00", "2027-03-28T06:00", "2027-03-29T06:00"]),
    ],
)
def test_hours_of_a_duration_pass_and_its_days_are_those_of_the_clock(lines: str, ends: list[str]) -> None:
    # clocks are put forward in the night of the second
    nights = f"DTSTART;TZID=Europe/Berlin:20270326T220000\nRRULE:FREQ=DAILY;COUNT=3\n{lines}"
    found = [draft.when.end for draft in drafts(calendar(nights)) if draft.when]
    assert [end and end.isoformat(timespec="minutes") for end in found] == ends


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("DTSTART;TZID=Europe/Berlin:20271030T220000", "PT8H", "2027-10-31T05:00"),
        ("DTSTART:20271030T220000", "PT8H", "2027-10-31T05:00"),
        ("DTSTART:20271030T200000Z", "PT8H", "2027-10-31T04:00"),
        ("DTSTART;TZID=Europe/Berlin:20271031T024500", "PT30M", "2027-10-31T03:15"),
    ],
)
def test_an_hour_that_clocks_show_twice_passes_twice(start: str, length: str, end: str) -> None:
    (draft,) = drafts(calendar(f"{start}\nDURATION:{length}"), end="2028-01-01")
    assert draft.when
    assert draft.when.end
    assert (draft.when.end.isoformat(timespec="minutes"), draft.when.end.fold) == (end, 0)


def test_a_rule_of_exclusion_leaves_its_dates_out() -> None:
    event = "DTSTART:20261205T200000\nRRULE:FREQ=DAILY;COUNT=10\nEXRULE:FREQ=WEEKLY;BYDAY=MO,TU"
    days = [int(start[8:10]) for start in starts(drafts(calendar(event)))]
    assert days == [5, 6, 9, 10, 11, 12, 13]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "nonsense", "FREQ=DAILY;BYMONTHDAY=99"])
def test_a_rule_of_exclusion_that_cannot_be_followed_leaves_nothing_out(rule: str) -> None:
    event = f"DTSTART:20261205T200000\nRRULE:FREQ=DAILY;COUNT=3\nEXRULE:{rule}"
    assert len(drafts(calendar(event))) == 3
