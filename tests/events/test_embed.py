"""Lists in other people's pages: what they show, and that nothing else of ours may be framed."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from events.models import Event, Series
from tests.factories import make_city, make_event, make_source, make_venue
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def test_it_is_the_same_search_as_the_page(client: Client) -> None:
    make_event("Jazz", local="2026-12-04T20:00", category="music", venue=make_venue("Klub Null"), price_min=12)
    make_event("Off", local="2026-12-05T01:00", category="music", status="cancelled")
    make_event("Show", local="2026-11-04T10:00", local_end="2026-12-24T20:00", category="music")
    make_event("Film", local="2026-12-05T20:00", category="film")
    tree = parsed(client.get("/embed/berlin/?category=music&page=7"))
    assert text_of(tree, "h1") == "Berlin: Music, next 7 nights"
    assert texts(tree, "h2") == ["Tonight Fri 4 Dec", "Exhibitions and runs"]
    assert texts(tree, "h3") == ["Jazz", "Off", "Show"]
    assert texts(tree, "li .clock") == ["20:00", "01:00 Sat 5 Dec", "until Thu 24 Dec"]
    assert texts(tree, "li div p")[:2] == ["Klub Null · from 12", "Cancelled"]
    assert text_of(tree, "h3 s") == "Off"
    assert tree.css_first("h1 a").attributes["href"] == "http://127.0.0.1:8000/berlin/?category=music"
    for link in tree.css("a"):
        assert (link.attributes["target"], link.attributes["rel"]) == ("_blank", "noopener")
    assert texts(parsed(client.get("/embed/berlin/?sort=price")), "h3")[0] == "Jazz"


def test_venues_and_series_have_one_too_and_old_addresses_lead_there(client: Client) -> None:
    venue = make_venue("Klub Null")
    series = Series.objects.create(source=make_source(), key="jam", title="Jam Session")
    make_event("Jam", local="2026-12-06T20:00", venue=venue, series=series)
    assert texts(parsed(client.get(f"/embed{venue.get_absolute_url()}")), "h3") == ["Jam"]
    assert texts(parsed(client.get(f"/embed{series.get_absolute_url()}")), "h3") == ["Jam"]
    moved = client.get(f"/embed/berlin/venues/old-name-{venue.pk}/?theme=dark")
    assert (moved.status_code, moved["Location"]) == (301, f"/embed{venue.get_absolute_url()}?theme=dark")


@pytest.mark.parametrize(
    ("query", "theme", "count"),
    [
        ("", "auto", 50),
        ("theme=dark&limit=2", "dark", 2),
        ("theme=light&limit=60", "light", 60),
        ("theme=%22%3E%3Cscript%3E&limit=-1", "auto", 50),
        ("limit=99999", "auto", 60),
        ("limit=0", "auto", 50),
    ],
)
def test_it_is_as_dark_and_as_long_as_is_asked_for(client: Client, query: str, theme: str, count: int) -> None:
    make_city()
    events = [make_event(f"Event {number}", local="2026-12-05T20:00") for number in range(60)]
    tree = parsed(client.get(f"/embed/berlin/?{query}"))
    assert tree.css_first("html").attributes["data-theme"] == theme
    assert len(tree.css("li")) == count
    more = "there are more" in text_of(tree, "footer")
    assert more == (count < len(events))


def test_only_embeds_may_be_framed_and_they_hold_nothing_of_the_visitor(client: Client) -> None:
    event = make_event("Jazz", venue=make_venue())
    assert event.venue
    first = client.get("/embed/berlin/")
    again = client.get("/embed/berlin/", headers={"If-None-Match": first["ETag"]})
    gone = client.get("/embed/nowhere/")
    assert (again.status_code, gone.status_code) == (304, 404)
    assert text_of(LexborHTMLParser(gone.content.decode()), "h1") == "No longer here"
    for response in (first, again, gone, client.get(f"/embed{event.venue.get_absolute_url()}")):
        assert "frame-ancestors *" in response["Content-Security-Policy"]
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert "X-Frame-Options" not in response
        assert response["X-Robots-Tag"] == "noindex"
        assert "Vary" not in response
        assert not response.cookies
    paths = ("/", "/berlin/", event.get_absolute_url(), event.venue.get_absolute_url(), "/about/", "/admin/login/")
    for path in paths:
        response = client.get(path)
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"], path
        assert response["X-Frame-Options"] == "DENY", path


def test_what_is_hidden_is_gone_and_nothing_is_said_to_be_nothing(client: Client) -> None:
    event = make_event("Jazz")
    etag = client.get("/embed/berlin/")["ETag"]
    Event.objects.filter(pk=event.pk).update(visibility="hidden")
    assert client.get("/embed/berlin/?theme=dark")["ETag"] != etag
    assert "Nothing is announced" in text_of(parsed(client.get("/embed/berlin/?theme=dark")), "main")


def test_it_asks_the_database_no_more_when_there_is_more(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get("/embed/berlin/").status_code == 200
        return len(context)

    make_event("Jazz", venue=make_venue("Klub Null"))
    few = queries()
    for number in range(20):
        make_event(f"Event {number}", venue=make_venue(f"Venue {number}"))
    assert queries() <= few


def test_the_snippet_under_a_list_is_a_frame_of_that_list(client: Client) -> None:
    make_event("Jazz", category="music")
    code = parsed(client.get("/berlin/?category=music&q=jazz+%22&when=weekend")).css_first(".snippet")
    frame = LexborHTMLParser(code.text()).css_first("iframe")
    assert frame.attributes["title"] == 'Berlin: Music, with “jazz "”, this weekend'
    src = frame.attributes["src"].removeprefix("http://127.0.0.1:8000")
    assert src == "/embed/berlin/?when=weekend&category=music&q=jazz+%22"
    assert client.get(src).status_code == 200
    script = LexborHTMLParser(code.text()).css_first("script")
    # no hash in its name: it is written into pages that we do not change
    assert script.attributes["src"] == "http://127.0.0.1:8000/static/js/embed.js"
