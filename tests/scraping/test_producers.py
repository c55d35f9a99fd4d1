"""iCalendar in the shapes of the programs that write it: zones, places, prices and times of their own kinds."""

import pytest

from events.drafts import EventDraft, Where, instant
from tests.scraping.reading import drafts


def one(lines: str, head: str = "") -> EventDraft:
    (draft,) = drafts(
        f"BEGIN:VCALENDAR\r\n{head}BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Jazz\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return draft


def zone(name: str, winter: str, summer: str) -> str:
    """A VTIMEZONE as Exchange writes it, with the rules of the United States."""
    parts = "".join(
        f"BEGIN:{part}\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:{before}\r\nTZOFFSETTO:{after}\r\n"
        f"RRULE:FREQ=YEARLY;BYDAY={day};BYMONTH={month}\r\nEND:{part}\r\n"
        for part, before, after, day, month in (
            ("STANDARD", summer, winter, "1SU", 11),
            ("DAYLIGHT", winter, summer, "2SU", 3),
        )
    )
    return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{parts}END:VTIMEZONE\r\n"


def utc(draft: EventDraft) -> str:
    assert draft.when
    return instant(draft.when.start, draft.when.timezone or "Europe/Berlin").isoformat(timespec="hours")[:13]


@pytest.mark.parametrize(
    "name",
    [
        "America/New_York",
        "America-New_York",
        "Eastern",
        "Eastern Time",
        "Eastern Standard Time",
        "(UTC-05:00) Eastern Time (US & Canada)",
        "/citadel.org/20190914_1/America/New_York",
        "tzone://Microsoft/Eastern Standard Time",
    ],
)
def test_a_zone_is_known_by_each_of_its_names(name: str) -> None:
    assert utc(one(f'DTSTART;TZID="{name}":20270501T200000')) == "2027-05-02T00"


@pytest.mark.parametrize(
    "name", ["GMT -0500 (Standard) / GMT -0400 (Daylight)", "Customized Time Zone", "GMT-0500", "US-Eastern"]
)
def test_what_the_calendar_defines_counts_more_than_an_offset_in_the_name(name: str) -> None:
    assert utc(one(f'DTSTART;TZID="{name}":20270501T200000', zone(name, "-0500", "-0400"))) == "2027-05-02T00"


def test_the_zone_of_the_calendar_may_stand_under_another_name() -> None:
    assert utc(one("DTSTART:20270501T200000", "TIMEZONE-ID:America/New_York\r\n")) == "2027-05-02T00"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-12-05T20:00:00+01:00", "2026-12-05T19"),
        ("2026-12-05 20:00:00", "2026-12-05T19"),
        ("05/12/2026 8:00 PM", "2026-12-05T19"),
        ("1796500800", "2026-12-05T20"),
    ],
)
def test_a_start_in_another_form_is_read(start: str, expected: str) -> None:
    assert utc(one(f"DTSTART:{start}")) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "LOCATION:Blue Note\\nHauptstr. 1\\n10997 Berlin\\nDeutschland",
            Where(venue="Blue Note", address="Hauptstr. 1, 10997 Berlin, Deutschland", locality="Berlin", country="DE"),
        ),
        (
            'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="Damm 1, 10997 Berlin";X-TITLE="Blue Note":geo:52.5,13.4',
            Where(venue="Blue Note", address="Damm 1, 10997 Berlin", locality="Berlin", latitude=52.5, longitude=13.4),
        ),
        ("X-GOOGLE-CONFERENCE:https://meet.google.com/abc", Where(online=True)),
    ],
)
def test_a_place_is_read_as_programs_write_it(lines: str, expected: Where) -> None:
    assert one(f"DTSTART:20261205T200000\r\n{lines}").where == expected


@pytest.mark.parametrize(
    ("lines", "price"),
    [
        ("X-COST:$10", (10, "")),
        ("X-COST-TYPE:free", (0, "")),
        ("X-COST-TYPE:external", (None, "")),
        ('X-TRUMBA-CUSTOMFIELD;NAME="Cost";ID=1;TYPE=SingleLine:12 EUR', (12, "EUR")),
        ('X-TRUMBA-CUSTOMFIELD;NAME="Room";ID=1:12 EUR', (None, "")),
        ("DESCRIPTION:Loud.\\nEintritt: 12 €", (12, "EUR")),
        ("X-COST:15 €\r\nDESCRIPTION:Eintritt: 12 €", (15, "EUR")),
    ],
)
def test_a_price_is_read_where_programs_put_it(lines: str, price: tuple[int | None, str]) -> None:
    found = one(f"DTSTART:20261205T200000\r\n{lines}").price
    assert (found.minimum, found.currency) == price


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        (
            "DESCRIPTION:Join https://us02web.zoom.us/j/1 or see https://venue.example/jazz.",
            "https://venue.example/jazz",
        ),
        ("DESCRIPTION:https://www.google.com/maps/place/x https://maps.app.goo.gl/1", ""),
        ("LOCATION:https://meet.google.com/abc\r\nDESCRIPTION:https://venue.example/1", "https://venue.example/1"),
        ("X-TRUMBA-LINK:https://venue.example/e/1", "https://venue.example/e/1"),
    ],
)
def test_a_link_to_a_meeting_or_a_map_is_not_the_page_of_the_event(lines: str, url: str) -> None:
    assert one(f"DTSTART:20261205T200000\r\n{lines}").url == url


def test_a_calendar_that_calls_its_events_off_is_believed() -> None:
    assert one("DTSTART:20261205T200000", "METHOD:CANCEL\r\n").status == "cancelled"


def test_the_address_of_a_picture_may_stand_among_its_sizes() -> None:
    lines = "X-WP-IMAGES-URL:medium;https://cdn.example/a-300.jpg;300;200"
    assert one(f"DTSTART:20261205T200000\r\n{lines}").image_url == "https://cdn.example/a-300.jpg"


def test_tags_are_categories() -> None:
    assert one("DTSTART:20261205T200000\r\nX-TAGS;LANGUAGE=en-US:jazz,rock").categories == ("jazz", "rock")


def test_an_unreadable_start_stays_unreadable() -> None:
    draft = one("DTSTART:05/12 8pm")
    assert draft.when is None
    assert [problem.code for problem in draft.problems] == ["date.unreadable"]


def test_text_that_is_quoted_printable_is_decoded() -> None:
    lines = "DESCRIPTION;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:K=F6ln=0D=0Aund=\r\nmehr"
    assert one(f"DTSTART:20261205T200000\r\n{lines}").description == "Köln\nundmehr"


def test_an_alarm_that_does_not_end_costs_the_event_nothing() -> None:
    draft = one("BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDTSTART:20261205T200000\r\nLOCATION:Blue Note")
    assert (draft.when and draft.when.start.hour, draft.where.venue) == (20, "Blue Note")
