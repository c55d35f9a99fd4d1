import datetime as dt

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings, strategies as st

from scraping.recurrence import WEEKDAYS, TooDense, occurrences, parse_rule

START = dt.datetime(2026, 12, 5, 20, 0)


def dates(rule, start=START, since=None, until=dt.datetime(2027, 12, 31)):
    return [
        moment.isoformat(timespec="minutes") for moment in occurrences(parse_rule(rule), start, since or start, until)
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["2026-12-05T20:00", "2026-12-06T20:00", "2026-12-07T20:00"]),
        ("FREQ=WEEKLY;BYDAY=SA,SU;COUNT=3", ["2026-12-05T20:00", "2026-12-06T20:00", "2026-12-12T20:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20270102T190000", ["2026-12-05T20:00", "2026-12-19T20:00"]),
        ("FREQ=WEEKLY;UNTIL=20261219", ["2026-12-05T20:00", "2026-12-12T20:00", "2026-12-19T20:00"]),
        ("FREQ=MONTHLY;BYDAY=1SA;COUNT=3", ["2026-12-05T20:00", "2027-01-02T20:00", "2027-02-06T20:00"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["2026-12-25T20:00", "2027-01-29T20:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["2026-12-31T20:00", "2027-01-31T20:00", "2027-03-31T20:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["2026-12-31T20:00", "2027-01-29T20:00"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=1", ["2027-08-13T20:00"]),
        ("FREQ=MONTHLY;BYDAY=1MO,WE;UNTIL=20261212", ["2026-12-07T20:00", "2026-12-09T20:00"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-12-05T20:00", "2027-12-05T20:00"]),
        ("FREQ=DAILY;BYHOUR=14,20;BYMINUTE=30;COUNT=3", ["2026-12-05T20:30", "2026-12-06T14:30", "2026-12-06T20:30"]),
        ("FREQ=WEEKLY;BYDAY=SA;COUNT=0", []),
        ("FREQ=WEEKLY;COUNT=-1;UNTIL=20261207", ["2026-12-05T20:00"]),
        ("RRULE:freq=weekly;byday=sa;count=1;X-ODD=1", ["2026-12-05T20:00"]),
    ],
)
def test_a_rule_gives_its_dates(rule, expected):
    assert dates(rule) == expected


def test_an_endless_rule_is_entered_at_the_window_and_left_at_its_end():
    found = dates("FREQ=WEEKLY", since=dt.datetime(2027, 3, 1), until=dt.datetime(2027, 3, 20))
    assert found == ["2027-03-06T20:00", "2027-03-13T20:00"]


def test_count_counts_from_the_start_and_not_from_the_window():
    assert dates("FREQ=WEEKLY;COUNT=3", since=dt.datetime(2026, 12, 18)) == ["2026-12-19T20:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=FORTNIGHTLY",
        "",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;COUNT=many",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=MONTHLY;BYMONTHDAY=40",
        "FREQ=WEEKLY;UNTIL=20269999",
        "FREQ=DAILY;BYHOUR=25",
    ],
)
def test_a_broken_rule_is_a_value_error(rule):
    with pytest.raises(ValueError):
        parse_rule(rule)


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=SECONDLY", START),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", START),
        ("FREQ=MINUTELY;COUNT=100000000", dt.datetime(1000, 1, 1)),
        ("FREQ=DAILY", dt.datetime(1000, 1, 1)),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", START),
        ("FREQ=DAILY;COUNT=10000000;BYMONTH=2;BYMONTHDAY=30", dt.datetime(1000, 1, 1)),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", START),
        (
            "FREQ=YEARLY;BYDAY=MO;BYHOUR="
            + ",".join(map(str, range(24)))
            + ";BYMINUTE="
            + ",".join(map(str, range(60))),
            START,
        ),
        ("FREQ=WEEKLY;INTERVAL=99999999999999999999", START),
        ("FREQ=HOURLY;INTERVAL=99999999999999999999", START),
    ],
)
@pytest.mark.timeout(10)
def test_what_would_hang_a_library_is_over_in_a_moment(rule, start):
    try:
        for count, _ in enumerate(occurrences(parse_rule(rule), start, START, START + dt.timedelta(days=180))):
            if count > 3_000:
                break
    except TooDense:
        pass


def numbers(low, high):
    return st.lists(st.integers(low, high), min_size=1, max_size=3, unique=True).map(lambda n: ",".join(map(str, n)))


@st.composite
def rules(draw):
    # Nothing that never matches: the reference would search it to the year 9999.
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 4))}", f"WKST={draw(st.sampled_from(WEEKDAYS))}"]
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(numbers(1, 12))}")
    if freq != "WEEKLY" and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(numbers(-28, -1))},{draw(numbers(1, 28))}")
    if draw(st.booleans()):
        # all with an ordinal or none: dateutil reads a mixture as "both", the standard as "either"
        ordinal = draw(st.sampled_from(["", "1", "-1", "2"])) if freq in ("MONTHLY", "YEARLY") else ""
        days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True))
        parts.append("BYDAY=" + ",".join(ordinal + day for day in days))
    if draw(st.booleans()):
        parts.append(f"BYHOUR={draw(numbers(0, 23))}")
    if any(part.startswith("BY") for part in parts) and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1']))}")
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 20))}")
    return ";".join(parts)


@given(rule=rules(), days=st.integers(0, 800), late=st.integers(-50, 500), hour=st.integers(0, 23))
@settings(max_examples=60, deadline=None)
def test_dates_are_those_of_the_reference_implementation(rule, days, late, hour):
    start = dt.datetime(2020, 1, 1, hour) + dt.timedelta(days=days)
    since = start + dt.timedelta(days=late)
    until = since + dt.timedelta(days=200)
    # UNTIL, so that a rule that never matches ends there too
    limit = f"{rule};UNTIL={until:%Y%m%dT%H%M%S}" if "COUNT" not in rule else rule
    expected = [m for m in rrulestr(limit, dtstart=start).between(since, until, inc=True) if m < until]
    assert list(occurrences(parse_rule(rule), start, since, until)) == expected
