import datetime as dt

import pytest
from hypothesis import given, settings, strategies as st

from scraping.times import Moment, day_comes_first, duration, learn_day_first, moment, rfc2822, span, when
from scraping.zones import iana


def said(found):
    if found is None:
        return None
    return " ".join(filter(None, (str(found.day), found.clock and f"{found.clock:%H:%M}", found.zone)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # programs
        ("2026-12-05T20:00:00+01:00", "2026-12-05 19:00 UTC"),
        ("2026-12-05T20:00:00Z", "2026-12-05 20:00 UTC"),
        ("2026-12-05T20:00:00.000-0500", "2026-12-06 01:00 UTC"),
        ("2026-12-05T20:00", "2026-12-05 20:00"),
        ("2026-12-05 20:00:00", "2026-12-05 20:00"),
        ("2026-12-05", "2026-12-05"),
        ("20261205T200000Z", "2026-12-05 20:00 UTC"),
        ("20261205", "2026-12-05"),
        ("2026-12-05T18:30:00:00+01:00", "2026-12-05 17:30 UTC"),
        ("2026-9-20T08-08-30-00", "2026-09-20 08:30"),
        ("2026-1-14T19:00-6:00", "2026-01-15 01:00 UTC"),
        ("2026-12-05T20:00[Europe/Berlin]", "2026-12-05 20:00 Europe/Berlin"),
        ("2026-12-05 8:00 PM", "2026-12-05 20:00"),
        ("2026-12-05T24:00", "2026-12-06 00:00"),
        ("2026/12/05 20:00", "2026-12-05 20:00"),
        ("Sat, 05 Dec 2026 20:00:00 GMT", "2026-12-05 20:00 UTC"),
        ("Sat Dec 05 2026 20:00:00 GMT+0100 (CET)", "2026-12-05 19:00 UTC"),
        ("1796500800", "2026-12-05 20:00 UTC"),
        ("1796500800000", "2026-12-05 20:00 UTC"),
        # en
        ("December 5, 2026 8:00 PM", "2026-12-05 20:00"),
        ("Saturday, December 5th 2026 @ 8pm", "2026-12-05 20:00"),
        ("Sat 5 Dec 2026, doors 7.30pm", "2026-12-05 19:30"),
        ("Dec 5 2026 at noon", "2026-12-05 12:00"),
        ("12/25/2026 7:30pm", "2026-12-25 19:30"),
        ("5 Dec '26 20:00", "2026-12-05 20:00"),
        ("December 5, 2026, 8:00 PM EST", "2026-12-05 20:00 America/New_York"),
        ("May 5, 2026", "2026-05-05"),
        # de
        ("Samstag, 5. Dezember 2026, 20 Uhr", "2026-12-05 20:00"),
        ("Sa, 05.12.2026 20:00 Uhr", "2026-12-05 20:00"),
        ("05.12.26 - 20.30 Uhr", "2026-12-05 20:30"),
        ("20:00 Uhr am 5. März 2026", "2026-03-05 20:00"),
        ("5. Jänner 2026", "2026-01-05"),
        # fr, es, it, pt, nl, el
        ("le samedi 5 décembre 2026 à 20h30", "2026-12-05 20:30"),
        ("1er août 2026 à 21h", "2026-08-01 21:00"),
        ("sábado 5 de diciembre de 2026 a las 20:00", "2026-12-05 20:00"),
        ("5 de dezembro de 2026 às 21h", "2026-12-05 21:00"),
        ("sabato 5 dicembre 2026 ore 21", "2026-12-05 21:00"),
        ("zaterdag 5 december 2026 om 20:00 uur", "2026-12-05 20:00"),
        ("Σάββατο 5 Δεκεμβρίου 2026, 21:00", "2026-12-05 21:00"),
        ("24/11/2026 9:00:00 μμ", "2026-11-24 21:00"),
        ("29/11/2026 12:30:00 πμ", "2026-11-29 00:30"),
        # more
        ("sobota, 5 grudnia 2026, godz. 20:00", "2026-12-05 20:00"),
        ("lördag 5 december 2026 kl 19:00", "2026-12-05 19:00"),
        ("5. joulukuuta 2026 klo 19.00", "2026-12-05 19:00"),
    ],
)
def test_a_stated_time_is_read(text, expected):
    assert said(moment(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "TBA",
        "Tuesday 20:00",
        "December 5",
        "May 2026",
        "2026",
        "05/12/2026",
        "31.02.2026",
        "2026-13-45",
        "99999999",
        "0000-00-00",
        "every Friday",
        "12",
        "https://venue.example/2026",
        "the 5th",
    ],
)
def test_what_names_no_certain_day_is_not_read(text):
    assert moment(text) is None


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("5 December 2026 8-11pm", "2026-12-05 20:00", "2026-12-05 23:00"),
        ("5 December 2026 11-1pm", "2026-12-05 11:00", "2026-12-05 13:00"),
        (
            "Dec 5, 2026, 8:00 PM – 11:00 PM EST",
            "2026-12-05 20:00 America/New_York",
            "2026-12-05 23:00 America/New_York",
        ),
        ("2026-12-05 20:00-23:00", "2026-12-05 20:00", "2026-12-05 23:00"),
        ("5.12.2026 22:00 bis 04:00", "2026-12-05 22:00", "2026-12-06 04:00"),
        ("2026-12-05T20:00 to 2026-12-06T02:00", "2026-12-05 20:00", "2026-12-06 02:00"),
        ("December 5 - 7, 2026", "2026-12-05", "2026-12-07"),
        ("5.-7. Dezember 2026", "2026-12-05", "2026-12-07"),
        ("del 5 al 7 de diciembre de 2026", "2026-12-05", "2026-12-07"),
    ],
)
def test_a_range_has_a_start_and_an_end(text, start, end):
    found = span(text)
    assert (said(found[0]), said(found[1])) == (start, end)


def test_an_ambiguous_date_is_read_by_what_the_source_tells():
    assert said(moment("05/12/2026", day_first=True)) == "2026-12-05"
    assert said(moment("05/12/2026", day_first=False)) == "2026-05-12"
    assert learn_day_first(["1/12/2026", "24/11/2026"]) is True
    assert learn_day_first(["1/12/2026", "11/24/2026"], hint=True) is False
    assert learn_day_first(["1/12/2026"]) is None
    assert day_comes_first("Europe/Athens") is True
    assert day_comes_first("America/Chicago") is False
    assert day_comes_first("UTC") is None
    assert day_comes_first("UTC", "el") is True
    assert day_comes_first("UTC", "en-US") is False


@pytest.mark.parametrize("day_first", [None, True, False])
def test_a_weekday_tells_which_number_is_the_day(day_first):
    assert said(moment("Sat, 12/05/2026 - 20:00", day_first=day_first)) == "2026-12-05 20:00"
    assert said(moment("Samstag 05/12/2026", day_first=day_first)) == "2026-12-05"
    # one that fits neither tells nothing
    assert said(moment("Sun, 05/12/2026", day_first=True)) == "2026-12-05"
    assert moment("Sun, 05/12/2026") is None


def test_a_day_without_a_time_has_no_known_time_and_an_inclusive_last_day():
    found = when(Moment(dt.date(2026, 12, 5)), Moment(dt.date(2026, 12, 7)))
    assert (found.time_known, found.all_day) == (False, False)
    assert found.start == dt.datetime(2026, 12, 5)
    assert found.end == dt.datetime(2026, 12, 8)
    assert when(Moment(dt.date(2026, 12, 5)), Moment(dt.date(2026, 12, 5))).end is None


def test_an_end_before_the_start_is_left_out():
    found = when(Moment(dt.date(2026, 12, 5), dt.time(20)), Moment(dt.date(2026, 12, 5), dt.time(18)))
    assert found.end is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT2H30M", 150),
        ("P1DT1H", 1500),
        ("P1W", 10080),
        ("PT0S", None),
        ("", None),
        ("2 hours", None),
        ("P9999999D", None),
    ],
)
def test_a_duration_is_read(text, expected):
    length = duration(text)
    assert (length and length / dt.timedelta(minutes=1)) == expected


def test_dates_of_mails_are_instants():
    assert rfc2822("Sat, 05 Dec 2026 20:00:00 +0100") == Moment(dt.date(2026, 12, 5), dt.time(19), "UTC")
    assert rfc2822("yesterday") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("GMT Standard Time", "Europe/London"),
        ("/example.org/20261101_1/America/New_York", "America/New_York"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("EST", "America/New_York"),
        ("CEST", "Europe/Berlin"),
        ("Western/Central Europe", "Europe/Berlin"),
        ("UTC+2", "Etc/GMT-2"),
        ("+02:00", "Etc/GMT-2"),
        ("GMT-0500", "Etc/GMT+5"),
        ("Z", "UTC"),
        ("Nowhere/Middle", None),
        ("", None),
        ("+05:30", None),
    ],
)
def test_zone_names_of_all_kinds_become_iana_names(name, expected):
    assert iana(name) == expected


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=1000)
def test_any_text_is_read_or_not_and_never_an_error(text):
    moment(text)
    iana(text)
    duration(text)
    rfc2822(text)
