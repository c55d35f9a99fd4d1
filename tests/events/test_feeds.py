"""What visitors take along: the same search as a calendar, an Atom feed and a JSON Feed."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from nocturne.cache import bump
from tests.factories import make_city, make_event, make_venue
from tests.html import links, parsed

pytestmark = pytest.mark.django_db
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
        for url in ("/berlin/feed.atom", "/berlin/feed.json"):
            etag = client.get(url)["ETag"]
            assert client.get(url, headers={"If-None-Match": etag}).status_code == 304

    def test_asks_the_database_no_more_when_there_is_more(self, client: Client) -> None:
        def queries(url: str) -> int:
            with CaptureQueriesContext(connection) as context:
                assert client.get(url).status_code == 200
            return len(context)

        make_city()
        few = [queries(f"/berlin/feed.{form}") for form in ("atom", "json")]
        for number in range(30):
            make_event(f"Event {number}", venue=make_venue(f"Venue {number}"))
        assert [queries(f"/berlin/feed.{form}") for form in ("atom", "json")] <= few

    def test_is_found_by_readers_and_by_eyes(self, client: Client) -> None:
        make_event("Jazz", category="music")
        tree = parsed(client.get("/berlin/?category=music"))
        alternates = [link.attributes["href"] for link in tree.css("link[rel=alternate]")]
        assert alternates == [f"/berlin/{name}?category=music" for name in ("calendar.ics", "feed.atom", "feed.json")]
        assert list(links(tree, ".take a").values()) == alternates


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
