import json

import pytest

from tests.scraping.reading import drafts, reading, starts


def rss(*items, namespaces=""):
    body = "".join(
        f"<item><title>Jazz Night</title><link>https://venue.example/jazz</link>{item}</item>" for item in items
    )
    return f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel><title>Program</title>{body}</channel></rss>'


PUBLISHED = "<pubDate>Tue, 01 Dec 2026 09:00:00 GMT</pubDate>"


@pytest.mark.parametrize(
    ("item", "start"),
    [
        ("<ev:startdate>2026-12-05T20:00</ev:startdate><ev:location>Blue Note</ev:location>", "2026-12-05T20:00"),
        (
            '<start xmlns="events">Sat, 05 Dec 2026 19:00:00 GMT</start><location>Blue Note</location>',
            "2026-12-05T19:00",
        ),
        ("<xcal:dtstart>20261205T200000</xcal:dtstart><xcal:location>Blue Note</xcal:location>", "2026-12-05T20:00"),
        ('<gd:when startTime="2026-12-05T20:00"/><gd:where valueString="Blue Note"/>', "2026-12-05T20:00"),
        (
            """<description><![CDATA[<p class="h-event"><b class="p-name">x</b>
            <time class="dt-start" datetime="2026-12-05T20:00">8</time>
            <i class="p-location">Blue Note</i></p>]]></description>""",
            "2026-12-05T20:00",
        ),
        (
            """<description>&lt;div data-start="2026-12-05 20:00" data-timezone="Asia/Tokyo"
            data-location="Blue Note"&gt;&lt;/div&gt;</description>""",
            "2026-12-05T20:00",
        ),
    ],
)
def test_an_entry_that_names_its_start_is_an_event(item, start):
    (draft,) = drafts(rss(item + PUBLISHED, namespaces='xmlns:ev="http://purl.org/rss/1.0/modules/event/"'))
    assert starts((draft,)) == [start]
    assert (draft.title, draft.url, draft.where.venue) == ("Jazz Night", "https://venue.example/jazz", "Blue Note")


@pytest.mark.parametrize(
    ("title", "name", "start", "place"),
    [
        ("Jazz Night — Sat Dec 5, 8:00 PM — Blue Note", "Jazz Night", "2026-12-05T20:00", "Blue Note"),
        ("5 December 2026: Jazz Night", "Jazz Night", "2026-12-05T00:00", ""),
        ("Jazz Night | Samstag, 5. Dezember 2026, 20 Uhr", "Jazz Night", "2026-12-05T20:00", ""),
        ("Rock - Pop - Sat 05/12/2026 20:00", "Rock - Pop", "2026-12-05T20:00", ""),
    ],
)
def test_an_unambiguous_date_in_the_title_is_the_events(title, name, start, place):
    text = rss(PUBLISHED).replace("Jazz Night", title)
    (draft,) = drafts(text)
    assert (draft.title, draft.where.venue) == (name, place)
    assert starts((draft,)) == [start]


@pytest.mark.parametrize(
    "item",
    [
        "",
        PUBLISHED,
        "<description>We had a great night on 5 December 2026.</description>" + PUBLISHED,
        "<updated>2026-12-05T20:00:00Z</updated><published>2026-12-05T20:00:00Z</published>",
        "<start>soon</start>",
    ],
)
def test_a_post_is_no_event(item):
    found = reading(rss(item))
    assert (found.format, found.drafts) == ("feeds", ())


@pytest.mark.parametrize(
    "title", ["Our week from 5 December to 7 December 2026 at the club and more", "Mon Dec 5 - Jazz", "Dec 5 — Jazz"]
)
def test_a_doubtful_date_in_the_title_is_none(title):
    assert drafts(rss(PUBLISHED).replace("Jazz Night", title)) == ()


@pytest.mark.parametrize(
    "line", ["When: Saturday, 5 December 2026, 8pm", "<p>Datum: 5.12.2026, 20:00 Uhr</p><p>Ort: Blue Note</p>"]
)
def test_a_labelled_line_of_the_content_is_the_start(line):
    assert starts(drafts(rss(f"<description><![CDATA[{line}]]></description>{PUBLISHED}"))) == ["2026-12-05T20:00"]


def test_atom_is_read_with_its_link_id_and_categories():
    entry = """<entry><id>tag:1</id><title type="html">Jazz &amp;amp; Blues</title><link rel="self" href="/feed"/>
    <link href="https://venue.example/jazz"/><category term="Concert"/><updated>2026-11-01T00:00:00Z</updated>
    <ev:start>2026-12-05T20:00+01:00</ev:start><ev:end>2026-12-05T23:00+01:00</ev:end></entry>"""
    (draft,) = drafts(f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:ev="events">{entry}</feed>')
    assert (draft.title, draft.external_id, draft.url) == ("Jazz & Blues", "tag:1", "https://venue.example/jazz")
    assert (draft.when.start.hour, draft.when.end.hour, draft.categories) == (19, 22, ("Concert",))


def test_json_feed_is_read():
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {
                "id": "1",
                "title": "Jazz",
                "url": "https://venue.example/1",
                "_event": {"start_date": "2026-12-05T20:00"},
            },
            {"id": "2", "title": "A post", "date_published": "2026-12-05T20:00:00Z"},
        ],
    }
    assert [(draft.title, draft.external_id) for draft in drafts(json.dumps(feed))] == [("Jazz", "1")]


def test_a_broken_entry_costs_only_itself():
    good = "<ev:startdate>2026-12-05T20:00</ev:startdate>"
    found = reading(rss(good, f"<b>{good}", good.replace("05", "06"), namespaces='xmlns:ev="e"'))
    assert starts(found.drafts) == ["2026-12-05T20:00", "2026-12-06T20:00"]
    assert [problem.code for problem in found.problems] == ["item.unreadable"]


def test_usual_faults_of_xml_are_forgiven():
    item = "<description>Rock & Roll &nbsp; &eacute; \x0b &#11; </description><start>2026-12-05T20:00</start>"
    (draft,) = drafts(rss(item))
    assert "Rock & Roll" in draft.description
    assert "é" in draft.description


def test_entities_of_the_document_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    (draft,) = drafts(bomb + rss("<description>&b;&c;</description><start>2026-12-05T20:00</start>"))
    assert draft.description == "&b;&c;"


def test_xcal_is_icalendar_in_xml():
    event = """<vevent><properties><uid><text>1</text></uid><summary><text>Jazz, Night</text></summary>
    <dtstart><parameters><tzid><text>Europe/Berlin</text></tzid></parameters>
    <date-time>2026-12-05T20:00:00</date-time></dtstart>
    <rrule><recur><freq>WEEKLY</freq><count>2</count><byday>SA</byday></recur></rrule>
    <geo><latitude>52.5</latitude><longitude>13.4</longitude></geo>
    <categories><text>Concert</text><text>Jazz</text></categories>
    </properties></vevent>"""
    found = reading(
        f'<icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><components>{event}</components>'
        "</vcalendar></icalendar>"
    )
    assert found.format == "xcal"
    assert starts(found.drafts) == ["2026-12-05T20:00", "2026-12-12T20:00"]
    draft = found.drafts[0]
    assert (draft.title, draft.where.latitude, draft.categories) == ("Jazz, Night", 52.5, ("Concert", "Jazz"))
