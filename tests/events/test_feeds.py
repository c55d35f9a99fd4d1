"""What visitors take along: the same search as a calendar, an Atom feed and a JSON Feed."""

import xml.etree.ElementTree as ET
from typing import Any

import feedparser
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from events.models import Event, Series
from events.views import feeds
from nocturne.cache import bump
from nocturne.origin import absolute
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed

pytestmark = pytest.mark.django_db
FORMS = ("calendar.ics", "feed.atom", "feed.json")
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def entries(client: Client, url: str) -> list[ET.Element]:
    response = client.get(url)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.content).findall("a:entry", ATOM)


def titles(client: Client, url: str) -> list[str]:
    return [entry.findtext("a:title", "", ATOM) for entry in entries(client, url)]


class TestTheFeedOfACity:
    def test_has_what_the_page_has_of_the_same_search(self, client: Client) -> None:
        make_event("Jazz", local="2026-12-04T20:00", category="music")
        make_event("Film", local="2026-12-05T20:00", category="film")
        make_event("Ausstellung", local="2026-11-04T10:00", local_end="2026-12-24T20:00", category="art")
        make_event("Later", local="2027-02-05T20:00", category="film")
        make_event("Held", local="2026-12-05T20:00", visibility="held")
        assert titles(client, "/berlin/feed.atom") == ["Jazz", "Film", "Ausstellung"]
        assert titles(client, "/berlin/feed.atom?category=film") == ["Film"]
        assert [item["title"] for item in client.get("/berlin/feed.json?category=film").json()["items"]] == ["Film"]

    def test_says_when_where_and_how_much(self, client: Client) -> None:
        venue = make_venue("Klub <Null>")
        event = make_event("Jazz & Blues", venue=venue, local="2026-12-04T20:00", price_min=12, currency="EUR")
        [entry] = entries(client, "/berlin/feed.atom")
        summary = entry.findtext("a:summary", "", ATOM)
        assert "Fri 4 Dec 2026, 20:00 CET" in summary
        assert "Klub &lt;Null&gt;" in summary
        assert "€12" in summary
        link = entry.find("a:link", ATOM)
        assert link is not None
        assert link.attrib["href"].endswith(event.get_absolute_url())
        [item] = client.get("/berlin/feed.json").json()["items"]
        assert item["_event"] | {"starts_at": "2026-12-04T20:00+01:00", "venue": "Klub <Null>"} == item["_event"]
        assert item["_event"]["price_min"] == 12

    def test_keeps_the_id_of_an_event_whose_title_changes(self, client: Client) -> None:
        event = make_event("Jazz")
        [before] = entries(client, "/berlin/feed.atom")
        event.title, event.slug, event.status = "Blues", "blues", "cancelled"
        event.save()
        bump(event.city_id)
        [after] = entries(client, "/berlin/feed.atom")
        assert before.findtext("a:id", "", ATOM) == after.findtext("a:id", "", ATOM)
        assert after.findtext("a:title", "", ATOM) == "Cancelled: Blues"

    def test_is_not_sent_again_when_nothing_has_changed(self, client: Client) -> None:
        make_event("Jazz")
        for url in (f"/berlin/{form}" for form in FORMS):
            etag = client.get(url)["ETag"]
            assert client.get(url, headers={"If-None-Match": etag}).status_code == 304

    def test_asks_the_database_no_more_when_there_is_more(self, client: Client) -> None:
        def queries(url: str) -> int:
            with CaptureQueriesContext(connection) as context:
                assert client.get(url).status_code == 200
            return len(context)

        make_event("Jazz", venue=make_venue("Klub Null"))
        few = [queries(f"/berlin/{form}") for form in FORMS]
        for number in range(30):
            make_listing(make_event(f"Event {number}", venue=make_venue(f"Venue {number}")))
        assert [queries(f"/berlin/{form}") for form in FORMS] <= few

    def test_is_found_by_readers_and_by_eyes(self, client: Client) -> None:
        make_event("Jazz", category="music")
        tree = parsed(client.get("/berlin/?category=music"))
        alternates = [link.attributes["href"] for link in tree.css("link[rel=alternate]")]
        assert alternates == [f"/berlin/{name}?category=music" for name in FORMS]
        webcal, *taken, embed = links(tree, ".take a").values()
        assert taken == alternates
        assert webcal == f"webcal://127.0.0.1:8000{alternates[0]}"
        assert embed == "/embed/berlin/?category=music"
        assert tree.css_first("link[rel=alternate]").attributes["title"].startswith("Berlin: Music, next 7 nights")

    def test_keeps_the_order_that_is_asked_for_and_those_that_are_cancelled(self, client: Client) -> None:
        make_event("Dear", local="2026-12-04T20:00", price_min=30, currency="EUR")
        make_event("Cheap", local="2026-12-05T20:00", price_min=5, currency="EUR", status="cancelled")
        assert titles(client, "/berlin/feed.atom?sort=price&page=9") == ["Cancelled: Cheap", "Dear"]
        calendar = Calendar.from_ical(client.get("/berlin/calendar.ics?sort=price").content)
        assert [(str(e["SUMMARY"]), e["STATUS"]) for e in calendar.walk("VEVENT")] == [
            ("Cheap", "CANCELLED"),
            ("Dear", "CONFIRMED"),
        ]

    def test_ends_at_a_limit_and_says_so(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(feeds, "MAX_EVENTS", 3)
        for number in range(3):
            make_event(f"Event {number}", local="2026-12-05T20:00")
        assert "description" not in client.get("/berlin/feed.json").json()
        make_event("Ausstellung", local="2026-11-04T10:00", local_end="2026-12-24T20:00")
        said = "These are the first 3 events. There are more."
        feed = client.get("/berlin/feed.json").json()
        assert ([item["title"] for item in feed["items"]], feed["description"]) == (
            ["Event 0", "Event 1", "Event 2"],
            said,
        )
        atom = ET.fromstring(client.get("/berlin/feed.atom").content)
        assert atom.findtext("a:subtitle", "", ATOM) == said
        assert Calendar.from_ical(client.get("/berlin/calendar.ics").content)["DESCRIPTION"] == said

    def test_leads_to_the_pages_of_publishers(self, client: Client) -> None:
        event = make_event("Jazz")
        make_listing(event, source=make_source(publisher="Klub & Co"), url="https://klub.example/?a=1&b=2")
        make_listing(
            event, source=make_source(publisher="Gone"), retired_at=event.created_at, missing_since=event.created_at
        )
        make_listing(event, source=make_source(publisher="Bad"), url="javascript:alert(1)")
        [item] = client.get("/berlin/feed.json").json()["items"]
        assert item["_event"]["sources"] == [{"name": "Klub & Co", "url": "https://klub.example/?a=1&b=2"}]
        assert '<a href="https://klub.example/?a=1&amp;b=2">Klub &amp; Co</a>' in item["content_html"]
        [entry] = Calendar.from_ical(client.get("/berlin/calendar.ics").content).walk("VEVENT")
        assert "Klub & Co: https://klub.example/?a=1&b=2" in entry["DESCRIPTION"]
        assert "javascript" not in entry["DESCRIPTION"]

    def test_of_a_city_that_is_not_active_is_not_there(self, client: Client) -> None:
        make_city("los-angeles", active=False)
        assert [client.get(f"/los-angeles/{form}").status_code for form in FORMS] == [404] * 3


def test_a_reader_reads_the_atom_feeds(client: Client) -> None:
    """feedparser, as many readers do."""
    event = make_event("Jazz & <Blues>", category="music", venue=make_venue("Klub <Null>"), description="One & two")
    for path in ("/berlin/feed.atom", f"{event.venue.get_absolute_url()[:-1]}.atom"):
        read = feedparser.parse(client.get(path).content)
        assert not read.bozo, read.get("bozo_exception")
        assert read.version == "atom10"
        [entry] = read.entries
        assert (entry.title, entry.link) == ("Jazz & <Blues>", absolute(event.get_absolute_url()))
        assert entry.id == f"tag:127.0.0.1,{event.created_at:%Y-%m-%d}:event-{event.pk}"
        assert "Klub &lt;Null&gt;" in entry.summary
        assert [tag.term for tag in entry.tags] == ["Music"]
        assert entry.updated_parsed[:5] == event.updated_at.utctimetuple()[:5]


class TestWhatIsTakenOfASeries:
    def test_is_its_dates_that_are_to_come(self, client: Client) -> None:
        series = Series.objects.create(source=make_source(), key="jam", title="Jam Session")
        for date in ("2026-12-03", "2026-12-06", "2027-06-06"):
            make_event("Jam", local=f"{date}T20:00", series=series)
        page = series.get_absolute_url()
        tree = parsed(client.get(page))
        alternates = [link.attributes["href"] for link in tree.css("link[rel=alternate]")]
        assert alternates == [f"{page[:-1]}.{form}" for form in ("ics", "atom", "json")]
        items = client.get(f"{page[:-1]}.json").json()["items"]
        assert [item["_event"]["night"] for item in items] == ["2026-12-06", "2027-06-06"]
        calendar = Calendar.from_ical(client.get(f"{page[:-1]}.ics").content)
        assert str(calendar["X-WR-CALNAME"]) == "Jam Session"
        etag = client.get(f"{page[:-1]}.ics")["ETag"]
        assert client.get(f"{page[:-1]}.ics", headers={"If-None-Match": etag}).status_code == 304
        Event.objects.update(visibility="hidden")
        assert client.get(f"{page[:-1]}.atom").status_code == 404


class TestWhatIsTakenOfAVenue:
    def test_is_what_is_on_there(self, client: Client) -> None:
        venue = make_venue("Klub Null")
        make_event("Over", local="2026-12-03T20:00", venue=venue)
        make_event("Jazz", local="2026-12-04T20:00", venue=venue)
        make_event("Next year", local="2027-06-04T20:00", venue=venue)
        make_event("Elsewhere", local="2026-12-04T20:00")
        page = venue.get_absolute_url().rstrip("/")
        assert titles(client, f"{page}.atom") == ["Jazz", "Next year"]
        assert [item["title"] for item in client.get(f"{page}.json").json()["items"]] == ["Jazz", "Next year"]
        read = Calendar.from_ical(client.get(f"{page}.ics").content)
        assert [str(event["SUMMARY"]) for event in read.walk("VEVENT")] == ["Jazz", "Next year"]
        assert str(read["X-WR-CALNAME"]).replace("\\", "") == "Klub Null, Berlin"

    def test_of_one_that_was_merged_leads_to_the_one_that_stays(self, client: Client) -> None:
        venue = make_venue("Klub Null")
        merged = make_venue("Club Zero", merged_into=venue)
        response = client.get(f"{merged.get_absolute_url().rstrip('/')}.atom")
        assert (response.status_code, response["Location"]) == (301, f"{venue.get_absolute_url().rstrip('/')}.atom")
