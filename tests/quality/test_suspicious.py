"""What shows only in all that a source lists."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from events.drafts import EventDraft, When, instant
from quality.rules import RULES
from quality.suspicious import PATTERNS, Seen, find

LOS_ANGELES, BERLIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")
NAMES = "Ada Bela Cleo Dora Edda Frida Greta Hilde Ilse Jutta Klara Lotte Mina Nora Olga Paula Resi Selma Thea Ulla"
# A club's evenings: (hour, minute)
EVENINGS = ((19, 0), (20, 0), (20, 30), (21, 0), (22, 0))


def programme(
    count: int,
    *,
    zone: ZoneInfo = LOS_ANGELES,
    times: Sequence[tuple[int, int]] = EVENINGS,
    wrong_by: int = 0,
    text: str = "",
    **when: object,
) -> list[Seen]:
    """A venue's nights, one a day, as they would be listed with all times wrong by some hours."""
    names = NAMES.split()
    nights = []
    for number in range(count):
        right = dt.datetime(2026, 12, 1, *times[number % len(times)]) + dt.timedelta(days=number)
        said = text.format(time=f"{right:%-I:%M %p}".replace(":00", "").lower(), number=number)
        start = right + dt.timedelta(hours=wrong_by)
        draft = EventDraft(
            title=f"{names[number % len(names)]} & {names[number // len(names)]}",
            when=When(start=start, **when),
            description=said,
        )
        nights.append(Seen.of(draft, instant(start, zone.key), zone))
    return nights


def codes(seen: Sequence[Seen]) -> Counter[str]:
    return Counter(one.rule for each in find(seen) for one in each)


def at(start: str, count: int, first: int = 0) -> list[Seen]:
    """So many different events at one moment."""
    local = dt.datetime.fromisoformat(start)
    return [
        Seen.of(EventDraft(title=f"Night {number}", when=When(start=local)), local.replace(tzinfo=BERLIN), BERLIN)
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize("zone", [LOS_ANGELES, BERLIN], ids=str)
def test_a_venues_programme_is_not_suspicious(zone):
    assert codes(programme(60, zone=zone)) == {}


class TestOneStart:
    def test_dozens_at_one_moment_are(self):
        assert codes(at("2027-01-01T12:00", 60) + programme(40, zone=BERLIN)) == {"suspicious.one_start": 60}

    def test_a_busy_saturday_of_a_large_list_is_not(self):
        large = [one for day in range(1, 11) for one in at(f"2026-12-{day:02}T20:00", 60, first=day * 60)]
        assert codes(large) == {}

    def test_one_show_on_many_stages_is_not(self):
        local = dt.datetime(2026, 12, 31, 20)
        draft = EventDraft(title="New Year's Eve", when=When(start=local))
        assert codes([Seen.of(draft, local.replace(tzinfo=BERLIN), BERLIN)] * 80) == {}

    def test_most_at_a_moment_that_nobody_plans_are(self):
        assert codes(at("2026-11-22T14:37", 12) + programme(6, zone=BERLIN)) == {"suspicious.odd_start": 12}

    def test_a_few_at_such_a_moment_are_not(self):
        assert codes(at("2026-11-22T14:37", 9)) == {}


class TestMidnight:
    def test_all_at_midnight_are(self):
        assert codes(programme(12, times=[(0, 0)])) == {"suspicious.midnight": 12}

    def test_midnight_of_the_zone_in_which_the_source_writes_is(self):
        listed = []
        for day in range(1, 13):
            start = dt.datetime(2026, 12, day)
            draft = EventDraft(title=f"Night {day}", when=When(start=start, timezone="UTC"))
            listed.append(Seen.of(draft, start.replace(tzinfo=dt.UTC), LOS_ANGELES))
        assert codes(listed) == {"suspicious.midnight": 12}

    def test_days_without_a_time_are_not(self):
        assert codes(programme(12, times=[(0, 0)], all_day=True)) == {}
        assert codes(programme(12, times=[(0, 0)], time_known=False)) == {}

    def test_a_club_that_often_opens_at_midnight_is_not(self):
        assert codes(programme(20, zone=BERLIN, times=[(0, 0), (0, 0), (0, 0), (23, 0)])) == {}


class TestOneText:
    TEXT = "The best night of the year with the best music and the best people, every time anew."

    def test_under_many_titles_is(self):
        assert codes(programme(12, zone=BERLIN, text=self.TEXT)) == {"suspicious.one_text": 12}

    def test_under_one_title_is_not(self):
        local = dt.datetime(2026, 12, 1, 20, tzinfo=BERLIN)
        weekly = EventDraft(title="Salsa", when=When(start=local.replace(tzinfo=None)), description=self.TEXT)
        assert codes([Seen.of(weekly, local + dt.timedelta(days=7 * n), BERLIN) for n in range(30)]) == {}

    def test_a_line_about_the_doors_is_not(self):
        assert codes(programme(30, zone=BERLIN, text="Doors one hour earlier.")) == {}

    def test_is_found_where_no_date_can_be_read(self):
        listed = [
            Seen.of(EventDraft(title=f"Night {n}", when=None, description=self.TEXT), None, None) for n in range(12)
        ]
        assert codes(listed) == {"suspicious.one_text": 12}


class TestShifted:
    def test_evenings_in_utc_that_are_called_local_are(self):
        assert codes(programme(20, wrong_by=8)) == {"suspicious.shifted": 20}

    def test_evenings_that_are_called_utc_are_where_that_gives_the_small_hours(self):
        assert codes(programme(20, zone=ZoneInfo("Asia/Tokyo"), wrong_by=9)) == {"suspicious.shifted": 20}

    def test_near_utc_nothing_can_be_told(self):
        assert codes(programme(20, zone=BERLIN, wrong_by=1)) == {}

    def test_a_part_of_the_programme_is_not_all_of_it(self):
        assert codes(programme(8, wrong_by=8) + programme(12)) == {}

    def test_one_daily_class_before_dawn_is_not(self):
        assert codes(programme(20, times=[(5, 30)])) == {}

    def test_the_texts_tell_it_of_days_too(self):
        """At 19:00 in Los Angeles it is 03:00 in UTC; at 10:00 it is 18:00, which nobody doubts by itself."""
        days = programme(12, times=[(10, 0), (13, 0)], wrong_by=8, text="We begin at {time}. Bring a friend, or two.")
        assert codes(days) == {"suspicious.shifted": 12}

    def test_texts_that_name_the_time_that_is_read_speak_against_it(self):
        right = programme(20, times=[(2, 0), (3, 0), (4, 0)], text="After hours: it begins at {time} and not before.")
        assert codes(right) == {}
        assert codes(programme(20, times=[(2, 0), (3, 0), (4, 0)])) == {"suspicious.shifted": 20}

    def test_a_time_of_doors_is_no_witness(self):
        assert codes(programme(20, text="Doors at 6 pm. Night {number} of the festival.")) == {}


def test_nothing_is_said_of_a_short_list():
    for listed in (at("2026-11-22T14:37", 5), programme(5, times=[(0, 0)]), programme(5, wrong_by=8)):
        assert codes(listed) == {}
    assert find([]) == []


def test_the_sentences_stay_the_same_while_a_source_grows():
    few, many = find(programme(12, times=[(0, 0)])), find(programme(30, times=[(0, 0)]))
    assert few[0] == many[0]


def test_no_code_is_used_twice():
    assert len({one.code for one in (*RULES, *PATTERNS)}) == len(RULES) + len(PATTERNS)
