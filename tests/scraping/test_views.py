"""What visitors see of the sources."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from events.models import Source
from nocturne.cache import bump
from scraping.models import Health, Schedule
from tests.factories import make_city, make_event, make_listing, make_source
from tests.html import links, parsed, text_of, texts

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Any:
    bump(0)
    with time_machine.travel(NOW, tick=False):
        yield


def make_read(state: str = "healthy", format: str = "ics", **columns: Any) -> Source:
    source = make_source(**columns)
    Schedule.objects.create(source=source, format=format, last_success_at=NOW - 2 * HOUR)
    Health.objects.create(source=source, state=state, since=NOW - 30 * HOUR, reason="Secret http.500 of a machine.")
    return source


def rows(client: Client, query: str = "") -> list[str]:
    return texts(parsed(client.get(f"/sources/{query}")), ".feeds li")


def test_it_says_who_publishes_what_and_how_fresh_it_is(client: Client) -> None:
    source = make_read(name="feed 7", publisher="Klub Null", homepage="https://klub.example/")
    event = make_event("Nachtmusik", local="2026-12-05T20:00")
    make_listing(event, source=source)
    make_listing(event, source=source)  # the same event once more
    make_listing(make_event("Versteckt", visibility="hidden"), source=source)
    make_listing(make_event("Vorbei", local="2026-11-05T20:00"), source=source)
    make_listing(make_event("Weg"), source=source, missing_since=NOW, retired_at=NOW)
    assert rows(client) == [
        "Klub Null calendar (iCalendar) 1 event to come last read 2 hours ago is read without trouble"
    ]
    page = parsed(client.get("/sources/"))
    assert links(page, ".feeds a") == {"Klub Null": "https://klub.example/"}
    assert links(page, "h2 a") == {"Berlin": "/berlin/"}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("degraded", "is read with trouble since 30 Nov"),
        ("failing", "cannot be read since 30 Nov"),
    ],
)
def test_trouble_is_said_in_words_and_without_details(client: Client, state: str, words: str) -> None:
    make_read(state)
    (row,) = rows(client)
    assert row.endswith(words)
    assert "Secret" not in client.get("/sources/").content.decode()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://klub.example:8443/events.ics?past=no", "https://klub.example:8443/events.ics?past=no"),
        ("https://ada:sesame@klub.example:8443/events.ics", "https://klub.example:8443/"),
        ("https://klub.example/events?city=7&access_token=sesame", "https://klub.example/"),
        ("https://klub.example/v2?apikey=sesame", "https://klub.example/"),
        ("https://calendar.example/ical/ada%40klub.example/private-sesame/basic.ics", "https://calendar.example/"),
        ("https://calendar.example/ical/klub/private-sesame/basic.ics", "https://calendar.example/"),
    ],
)
def test_an_address_that_lets_in_is_told_to_nobody(client: Client, address: str, told: str) -> None:
    make_source(name="Klub", url=address)
    assert links(parsed(client.get("/sources/")), ".feeds a") == {"Klub": told}
    assert [one["url"] for one in client.get("/api/sources").json()["sources"]] == [told]


def test_what_is_paused_or_new_is_said(client: Client) -> None:
    make_read(name="Away", active=False)
    make_source(name="Young")
    away, young = rows(client)
    assert away.endswith("is not read at the moment")
    assert young == "Young 0 events to come is about to be read"


def test_sources_stand_under_their_city_and_those_of_none_come_last(client: Client) -> None:
    make_read(name="B", city=make_city("los-angeles"))
    make_read(name="A")
    Source.objects.create(name="Everywhere", url="https://platform.example/")
    make_read(name="Closed", city=make_city("potsdam", active=False))
    page = parsed(client.get("/sources/"))
    assert texts(page, "main h2") == ["Berlin", "Los Angeles", "More than one city"]
    assert "3 calendars, feeds and pages that this site is made of, in 2 cities." in text_of(page, ".said")
    assert texts(parsed(client.get("/sources/?city=berlin")), "main h2") == ["Berlin"]
    assert client.get("/sources/?city=potsdam").status_code == 404
    assert client.get("/sources/?city=%00").status_code == 404


def test_built_in_sources_are_no_sources_to_visitors(client: Client) -> None:
    page = parsed(client.get("/sources/"))
    assert text_of(page, ".empty h2") == "Nothing feeds this site yet"


def test_long_lists_have_pages_on_which_a_city_goes_on(client: Client) -> None:
    for number in range(60):
        make_read(name=f"Source {number:02}")
    make_read(name="Z", city=make_city("los-angeles"))
    first, second = (parsed(client.get(f"/sources/{query}")) for query in ("", "?page=2"))
    assert len(first.css(".feeds li")) == 50
    assert texts(second, "main h2") == ["Berlin continued", "Los Angeles"]
    assert len(second.css(".feeds li")) == 11
    assert links(first, ".pages a") == {"Next": "/sources/?page=2"}
    assert links(second, ".pages a") == {"Previous": "/sources/"}
    assert second.css_first("link[rel=canonical]").attributes["href"].endswith("/sources/?page=2")


@pytest.mark.parametrize("query", ["?page=99", "?page=0", "?page=x", "?page=-1", "?page=²", "?page=" + "9" * 50])
def test_pages_that_are_none_are_the_nearest(client: Client, query: str) -> None:
    make_read(name="One")
    assert len(rows(client, query)) == 1


def test_queries_do_not_grow_with_rows(client: Client) -> None:
    def queries(count: int) -> int:
        for _ in range(count):
            make_listing(make_event(), source=make_read())
        bump(0)
        with CaptureQueriesContext(connection) as found:
            client.get("/sources/")
        return len(found)

    assert queries(3) == queries(30) <= 3


def test_it_is_a_public_page_and_answered_from_its_tag(client: Client) -> None:
    make_read()
    answer = client.get("/sources/")
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    with CaptureQueriesContext(connection) as found:
        again = client.get("/sources/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, len(found)) == (304, 0)
    assert client.get("/sources/?page=2")["ETag"] != answer["ETag"]


@pytest.mark.parametrize("address", ["/sources/", "/api/sources"])
def test_a_reading_without_news_is_told_within_a_minute(client: Client, address: str) -> None:
    source = make_read()
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    Schedule.objects.filter(source=source).update(last_success_at=NOW)
    Health.objects.filter(source=source).update(state="failing")
    with time_machine.travel(NOW + dt.timedelta(minutes=1), tick=False):
        answer = client.get(address, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "failing" in answer.content.decode()


def test_every_page_leads_to_it(client: Client) -> None:
    assert links(parsed(client.get("/")), ".foot a")["Sources"] == "/sources/"


class TestBot:
    def test_it_says_who_comes_how_often_and_how_to_keep_it_out(self, client: Client, settings: Settings) -> None:
        settings.FETCH_USER_AGENT = "OtherBot/2.0 (+https://events.example/bot/)"
        settings.SCRAPE_MIN_MINUTES, settings.SCRAPE_MAX_DAYS, settings.FETCH_HOST_SECONDS = 45, 14, 2.5
        page = parsed(client.get("/bot/"))
        text = text_of(page, "main")
        assert settings.FETCH_USER_AGENT in text
        assert "at most once in 45 minutes and at least once in 2 weeks" in text
        assert "at least 2.5 seconds between two requests" in text
        assert text_of(page, "pre") == "User-agent: OtherBot Disallow: /"

    def test_publishers_can_write_to_somebody(self, client: Client, settings: Settings) -> None:
        settings.DEFAULT_FROM_EMAIL = "Nocturne <night@events.example>"
        assert links(parsed(client.get("/bot/")))["night@events.example"] == "mailto:night@events.example"
        settings.FETCH_CONTACT = "bot@events.example"
        assert links(parsed(client.get("/bot/")))["bot@events.example"] == "mailto:bot@events.example"
