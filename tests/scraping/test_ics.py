import datetime as dt

import pytest

from events.drafts import Where
from scraping.identity import settle
from tests.scraping.reading import drafts, reading, starts


def calendar(*events, head=""):
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{body}END:VCALENDAR\n".replace("\n", "\r\n")


JAZZ = """
UID:jazz@venue.example
SUMMARY:Jazz\\, Night
DTSTART;TZID=Europe/Berlin:20261205T200000
DTEND;TZID=Europe/Berlin:20261205T230000
LOCATION:Blue Note\\, Hauptstr. 1\\, 10997 Berlin\\, Germany
DESCRIPTION:Three players.\\nDoors 19:00
URL:https://venue.example/jazz
CATEGORIES:Concert,Jazz\\, live
ORGANIZER;CN="Jazz: the club":mailto:jazz@venue.example
GEO:52.5;13.4
ATTACH;FMTTYPE=image/jpeg:https://cdn.example/jazz.jpg
X-COST:15 €
STATUS:TENTATIVE
"""
ORIGINAL = "UID:weekly\nRECURRENCE-ID;TZID=Europe/Berlin:20261211T200000\nDTSTART;TZID=Europe/Berlin:"
WEEKLY = """
UID:weekly
SUMMARY:Weekly
DTSTART;TZID=Europe/Berlin:20261204T200000
DTEND;TZID=Europe/Berlin:20261204T230000
RRULE:FREQ=WEEKLY;COUNT=4
"""


def one(text, **options):
    (draft,) = drafts(text, **options)
    return draft


def ids(text, **options):
    return sorted(draft.external_id for draft in settle(drafts(text, **options)))


def test_an_event_is_read_with_all_that_it_states():
    draft = one(calendar(JAZZ))
    assert (draft.title, draft.external_id, draft.instance) == ("Jazz, Night", "jazz@venue.example", "")
    assert (draft.when.start, draft.when.end) == (dt.datetime(2026, 12, 5, 20), dt.datetime(2026, 12, 5, 23))
    assert (draft.when.timezone, draft.when.all_day, draft.when.time_known) == ("Europe/Berlin", False, True)
    assert draft.where == Where(
        venue="Blue Note", address="Hauptstr. 1, 10997 Berlin, Germany", locality="Berlin", country="DE", latitude=52.5,
        longitude=13.4,
    )  # fmt: skip
    assert draft.description == "Three players.\nDoors 19:00"
    assert (draft.url, draft.image_url) == ("https://venue.example/jazz", "https://cdn.example/jazz.jpg")
    assert draft.categories == ("Concert", "Jazz, live")
    assert draft.organizer == "Jazz: the club"
    assert (draft.price.minimum, draft.price.currency) == (15, "EUR")
    assert draft.status == "scheduled"  # tentative is live


@pytest.mark.parametrize(
    ("said", "status"), [("CONFIRMED", "scheduled"), ("CANCELLED", "cancelled"), ("canceled", "cancelled")]
)
def test_the_status_is_read(said, status):
    assert one(calendar(f"{JAZZ.replace('TENTATIVE', said)}")).status == status


@pytest.mark.parametrize(
    ("start", "zone", "local"),
    [
        ("DTSTART:20261205T190000Z", "UTC", "2026-12-05T19:00"),
        ("DTSTART:20261205T200000", None, "2026-12-05T20:00"),
        ("DTSTART;TZID=W. Europe Standard Time:20261205T200000", "Europe/Berlin", "2026-12-05T20:00"),
        ('DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin":20261205T200000', "Europe/Amsterdam", "2026-12-05T20:00"),
        ("DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin:20261205T200000", "Europe/Amsterdam", "2026-12-05T20:00"),
        ("DTSTART;TZID=/vendor.example/2026/Europe/Berlin:20261205T200000", "Europe/Berlin", "2026-12-05T20:00"),
        ("DTSTART;TZID=Nowhere/Middle:20261205T200000", None, "2026-12-05T20:00"),
        ("DTSTART;TZID=:20261205T200000", None, "2026-12-05T20:00"),
        ("DTSTART;VALUE=DATE-TIME;TZID=Europe/Berlin:20261205T2000", "Europe/Berlin", "2026-12-05T20:00"),
        ("DTSTART:2026-12-05T20:00:00+01:00", "UTC", "2026-12-05T19:00"),
        ("DTSTART;VALUE=DATE:20261205T200000", None, "2026-12-05T20:00"),
        ("dtstart:20261205T200000", None, "2026-12-05T20:00"),
    ],
)
def test_a_start_is_read_in_each_of_its_forms(start, zone, local):
    draft = one(calendar(f"UID:1\nSUMMARY:x\n{start}"))
    assert (draft.when.timezone, draft.when.start.isoformat(timespec="minutes")) == (zone, local)


def test_a_zone_that_the_calendar_defines_itself_gives_the_instant():
    zone = """BEGIN:VTIMEZONE
TZID:Our own
BEGIN:STANDARD
DTSTART:20001029T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20000326T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
END:DAYLIGHT
END:VTIMEZONE
"""
    draft = one(calendar("UID:1\nSUMMARY:x\nDTSTART;TZID=Our own:20261205T210000", head=zone))
    assert (draft.when.timezone, draft.when.start) == ("Europe/Berlin", dt.datetime(2026, 12, 5, 20))


def test_the_zone_of_the_calendar_is_that_of_floating_times_and_shows_the_others():
    head = "X-WR-TIMEZONE:America/New_York\n"
    found = drafts(
        calendar("UID:1\nSUMMARY:x\nDTSTART:20261205T200000", "UID:2\nSUMMARY:y\nDTSTART:20261206T010000Z", head=head)
    )
    assert [draft.when.timezone for draft in found] == ["America/New_York"] * 2
    assert starts(found) == ["2026-12-05T20:00", "2026-12-05T20:00"]


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ("DTSTART;VALUE=DATE:20261205", None),
        ("DTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261206", "2026-12-06"),
        ("DTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261208", "2026-12-08"),
        ("DTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261205", "2026-12-06"),
        ("DTSTART;VALUE=DATE:20261205\nDURATION:P3D", "2026-12-08"),
        ("DTSTART;VALUE=DATE:20261205T000000\nDTEND;VALUE=DATE:20261206T000000", "2026-12-06"),
        ("DTSTART:20261205\nDTEND:20261206", "2026-12-06"),
        ("DTSTART:20261205T000000\nDTEND:20261206T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "2026-12-06"),
    ],
)
def test_days_are_all_day_and_end_at_the_midnight_after(lines, end):
    when = one(calendar(f"UID:1\nSUMMARY:x\n{lines}")).when
    assert (when.all_day, when.start, when.end and when.end.isoformat()[:10]) == (True, dt.datetime(2026, 12, 5), end)


def test_midnight_alone_is_not_all_day():
    assert one(calendar("UID:1\nSUMMARY:x\nDTSTART:20261205T000000\nDTEND:20261206T000000")).when.all_day is False


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ("DURATION:PT2H30M", "2026-12-05T22:30"),
        ("DURATION:P1DT1H", "2026-12-06T21:00"),
        ("DTEND:20261205T210000Z", "2026-12-05T22:00"),
        ("DTEND;TZID=America/New_York:20261205T170000", "2026-12-05T23:00"),
        ("", None),
        ("DURATION:-PT2H", None),
        ("DURATION:soon", None),
        ("DTEND:soon", None),
    ],
)
def test_an_end_is_stated_or_unknown(lines, end):
    draft = one(calendar(f"UID:1\nSUMMARY:x\nDTSTART;TZID=Europe/Berlin:20261205T200000\n{lines}"))
    assert (draft.when.end and draft.when.end.isoformat(timespec="minutes")) == end


def test_an_end_before_the_start_is_left_out_and_told():
    draft = one(calendar("UID:1\nSUMMARY:x\nDTSTART:20261205T200000\nDTEND:20261205T180000"))
    assert draft.when.end is None
    assert [problem.code for problem in draft.problems] == ["date.end-before-start"]


@pytest.mark.parametrize("start", ["", "DTSTART:soon", "DTSTART:20261345T200000", "DTSTART;VALUE=DATE:00000000"])
def test_an_unreadable_start_costs_only_its_event(start):
    found = drafts(calendar(f"UID:1\nSUMMARY:Bad\n{start}", JAZZ))
    assert [(draft.title, draft.when is None) for draft in found] == [("Bad", True), ("Jazz, Night", False)]
    assert found[0].problems[0].code == "date.unreadable"


# --- what feeds get wrong


def test_an_id_that_the_feed_repeats_is_told_apart_by_date():
    again = "UID:same\nSUMMARY:{}\nDTSTART:202612{}T200000"
    assert ids(calendar(again.format("A", "05"), again.format("A", "06"))) == ["same/2026-12-05", "same/2026-12-06"]
    # the same in a window that sees only one of them
    assert ids(calendar(again.format("A", "05"), again.format("A", "06")), start="2026-12-06") == ["same/2026-12-06"]


def test_a_later_version_replaces_the_earlier():
    version = "UID:same\nSUMMARY:Jazz\nDTSTART:20261205T2{0}0000\nSEQUENCE:{0}"
    assert starts(drafts(calendar(version.format(1), version.format(2), version.format(0)))) == ["2026-12-05T22:00"]


def test_a_later_version_may_have_another_title_or_another_start():
    old = "UID:same\nSUMMARY:Jazz\nDTSTART:20261205T200000\nRRULE:FREQ=WEEKLY;COUNT=3\nSEQUENCE:1"
    renamed = old.replace("Jazz", "Blues").replace("COUNT=3", "COUNT=1").replace("SEQUENCE:1", "SEQUENCE:2")
    assert [draft.title for draft in drafts(calendar(old, renamed))] == ["Blues"]
    other = renamed.replace("20261205", "20261206")
    assert len(drafts(calendar(old, other))) == 4


def test_a_daily_series_is_whole_in_a_window_of_years():
    daily = calendar("UID:1\nSUMMARY:x\nDTSTART:20100101T200000\nRRULE:FREQ=DAILY")
    assert len(drafts(daily, start="2011-01-01", end="2021-01-01")) == 3653


def test_an_event_without_an_id_has_none():
    assert one(calendar("SUMMARY:x\nDTSTART:20261205T200000")).external_id == ""


def test_lines_that_were_folded_wrongly_belong_to_the_line_before():
    text = calendar(
        "UID:1\nSUMMARY:Jazz\nDESCRIPTION:First line\nsecond line\nNote: bring a chair\n\nlast\nDTSTART:20261205T200000"
    )
    assert one(text).description == "First line\nsecond line\nNote: bring a chair\nlast"


def test_folding_may_cut_a_letter_in_two():
    body = calendar("UID:1\nSUMMARY:Müller\nDTSTART:20261205T200000").encode().replace(b"\xc3\xbc", b"\xc3\r\n \xbc")
    assert one(body).title == "Müller"


@pytest.mark.parametrize("charset", ["cp1252", "utf-16"])
def test_other_charsets_are_read(charset):
    assert one(calendar("UID:1\nSUMMARY:Müller – Bar\nDTSTART:20261205T200000").encode(charset)).title == "Müller – Bar"


def test_odd_lines_and_missing_ends_cost_nothing():
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:One\nDTSTART:20261205T200000\n=odd=\n:\nX-ODD\nBEGIN:VALARM\nDESCRIPTION:Alarm\n"
        "SUMMARY:Alarm\nEND:VALARM\nBEGIN:VEVENT\nUID:2\nSUMMARY:Two\nDTSTART:20261206T200000\nEND:VTODO\nEND:VEVENT\nBEGIN:VEVENT\n"
        "UID:3\nSUMMARY:Three\nDTSTART:20261207T200000\nEND:VEVENT"
    )
    assert [draft.title for draft in drafts(text)] == ["One", "Two", "Three"]


@pytest.mark.parametrize("rest", ["", "END:VCALENDAR"])
def test_an_event_that_is_cut_off_is_told_and_not_listed(rest):
    text = calendar(JAZZ).replace("END:VCALENDAR", "") + "BEGIN:VEVENT\nUID:2\nSUMMARY:Two\nDTSTART:20261206T200000\n"
    found = reading(text + rest)
    assert [draft.title for draft in found.drafts] == ["Jazz, Night"]
    assert [problem.code for problem in found.problems] == ["item.cut"]


def test_several_calendars_in_one_file_are_all_read_each_with_its_zone():
    one_, two = (
        calendar("UID:1\nSUMMARY:A\nDTSTART:20261205T200000", head="X-WR-TIMEZONE:Europe/Rome\n"),
        calendar("UID:2\nSUMMARY:B\nDTSTART:20261206T200000"),
    )
    assert [(draft.title, draft.when.timezone) for draft in drafts(one_ + two)] == [("A", "Europe/Rome"), ("B", None)]


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        ("URL;VALUE=URI:https://venue.example/a", "https://venue.example/a"),
        ("DESCRIPTION:Details at https://venue.example/b.\\nMore", "https://venue.example/b"),
        ("LOCATION:https://venue.example/c", "https://venue.example/c"),
        ("DESCRIPTION:none", ""),
    ],
)
def test_the_address_may_stand_only_in_the_text_or_the_place(lines, url):
    draft = one(calendar(f"UID:1\nSUMMARY:x\nDTSTART:20261205T200000\n{lines}"))
    assert draft.url == url
    assert draft.where.venue == ""


def test_a_meeting_link_for_a_place_is_online():
    assert (
        one(calendar("UID:1\nSUMMARY:x\nDTSTART:20261205T200000\nLOCATION:https://us02web.zoom.us/j/1")).where.online
        is True
    )


@pytest.mark.timeout(20)
def test_thousands_of_events_are_read_fast():
    events = [
        JAZZ.replace("jazz@", f"{number}@").replace("20261205", f"202612{number % 28 + 1:02}")
        + ("RRULE:FREQ=WEEKLY\n" if number % 20 == 0 else "")
        for number in range(2_000)
    ]
    assert len(drafts(calendar(*events))) > 2_000
