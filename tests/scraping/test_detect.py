import pytest
from hypothesis import given, settings, strategies as st

from scraping.detect import read
from scraping.extractors import decode
from scraping.identity import settle
from scraping.normalise import normalise
from tests.scraping.reading import document, reading, window

ICS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Jazz\nDTSTART:20261205T200000Z\nEND:VEVENT\nEND:VCALENDAR\n"
LD = '<script type="application/ld+json">{"@type":"Event","name":"Jazz","startDate":"2026-12-05T20:00"}</script>'


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (ICS, "ics"),
        ("\ufeff\n " + ICS, "ics"),
        ("junk before\n" + ICS, "ics"),
        (ICS.lower(), "ics"),
        (f"<html>{LD}</html>", "jsonld"),
        ("<html><body>Program</body></html>", "html"),
        ("<!doctype html><title>Hello</title>", "html"),
    ],
)
def test_the_content_decides_the_format(text, format):
    assert reading(text).format == format


@pytest.mark.parametrize(
    "text", ["", "  \n", "hello", "%PDF-1.7", "GIF89a", "\x00\x01\x02", '<form><input type="password"></form>']
)
def test_what_is_no_format_that_we_read_says_so(text):
    found = reading(text)
    assert (found.format, found.drafts) == ("", ())
    assert [problem.code for problem in found.problems] == ["format.unknown"]


def test_what_lies_outside_the_window_is_not_listed():
    assert len(reading(ICS).drafts) == 1
    assert reading(ICS, start="2027-01-01").drafts == ()
    assert reading(ICS, end="2026-12-05").drafts == ()


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("Müller".encode(), "", "Müller"),
        ("Müller".encode(), "text/html; charset=iso-8859-1", "Müller"),
        ("Müller – Bar".encode("cp1252"), "", "Müller – Bar"),
        ("Łódź".encode("iso-8859-2"), "text/html; charset=ISO-8859-2", "Łódź"),
        ('<meta charset="iso-8859-7">Αθήνα'.encode("iso-8859-7"), "", '<meta charset="iso-8859-7">Αθήνα'),
        (b"\xff\xfe" + "Jazz".encode("utf-16-le"), "", "Jazz"),
        (b"\xef\xbb\xbfJazz", "text/html; charset=no-such-charset", "Jazz"),
        (("ä" * 50).encode() + b"\xff", "", "ä" * 50 + "\ufffd"),
    ],
)
def test_bytes_are_decoded_as_what_they_are(body, content_type, expected):
    assert decode(body, content_type) == expected


PIECES = rb"""
BEGIN:VCALENDAR|BEGIN:VEVENT|END:VEVENT|END:VCALENDAR|DTSTART:20261205T200000Z|DTSTART;TZID=|DTSTART;VALUE=DATE:99991231
RRULE:FREQ=SECONDLY|RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30|UID:1|RECURRENCE-ID:20261205T200000Z
RDATE:20261212T200000Z,|EXDATE:x|DURATION:P99999999W|: |; |"|BEGIN:VTIMEZONE|TZID:x|X-WR-TIMEZONE:Nowhere
SEQUENCE:99999999999999|GEO:1e999;x|<html>|<script type="application/ld+json">|</script>
{"@type":"Event","name":"x","startDate":|"2026-12-05T20:00"|{"@graph":[|]}|[|{|}|,|"startDate":["5/12/2026"]
"location":|"offers":{"price":"1e9"}|null|&lt;|&#x110000;|"subEvent":[|"eventSchedule":{"repeatFrequency":"P0D"}|"@id":
\ud800|<rss><channel>|<item><title>|Sat Dec 5, 8pm|</title>|<start>2026-12-05</start>|</item>|&x;
<!DOCTYPE x [<!ENTITY a "b">]>
<icalendar><vcalendar><components>
<vevent><properties>|<dtstart><date>2026-12-05</date></dtstart>
</properties></vevent>
<p itemscope itemtype="https://schema.org/Event">|<b itemprop="startDate">|<i class="vevent dtstart">
<time datetime=
{"title":"x","start":|{"timezone":"Mars"}|1796500800|"price":|"venue":{"address":|"dates":["2026-12-05"]|"acf":{
<script id="__NEXT_DATA__">|window.__INITIAL_STATE__ = |"ROOT_QUERY":{},"Event:1":|{"__ref":"Event:1"}
"ticket_classes":[{"cost":|itemref="a a"|id="a"
DESCRIPTION:Tickets: $10|5.-7.12.2026|X-COST:free|EXRULE:FREQ=DAILY|EXDATE:20261205""".replace(b"\n", b"|").split(b"|")
PIECES += [b"\x00", b"\xff\xfe", b"\xe2\x80\xae", b"9" * 400, b"\n ", b"\n", b"\n", b"\r\n"]


@pytest.mark.timeout(60)
@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=25).map(b"".join))
@settings(max_examples=250, deadline=None)
def test_any_bytes_are_read_and_never_an_error(body):
    found = read(document(body), window())
    settled = settle(normalise(draft, base_url="https://venue.example/") for draft in found.drafts)
    assert len({draft.external_id for draft in settled}) == len(settled)
    assert not any(problem.code == "document.fault" for problem in found.problems)
