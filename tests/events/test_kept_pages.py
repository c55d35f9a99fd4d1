"""Public pages are kept: a page that is found costs no query, and is never older than what visitors may see."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from events import editing
from events.models import City, Event
from events.search import EventSearch
from nocturne.cache import bump, invalidate
from nocturne.entries import FRESH_SECONDS, MEMORY, Attempt
from nocturne.models import User
from nocturne.valkey import ask, named
from tests.factories import make_city, make_event, make_listing, make_venue
from tests.html import parsed, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_pages")]
NOW = "2026-12-05T18:00:00+00:00"  # 19:00 in Berlin


@pytest.fixture
def event() -> Event:
    event = make_event("Concert", venue=make_venue("Klub Null"), category="music")
    make_listing(event)
    return event


def paths_of(event: Event) -> list[str]:
    page, venue = event.get_absolute_url(), event.venue
    assert venue
    lists = ["/", "/berlin/", "/berlin/list", "/berlin/more", "/berlin/?when=tonight", "/berlin/?category=music"]
    forms = ["/berlin/calendar.ics", "/berlin/feed.atom", "/berlin/feed.json", "/embed/berlin/", "/sitemap.xml"]
    api = ["/api/events/de--berlin", f"/api/events/berlin/{event.pk}", "/api/locations/major-cities"]
    return [*lists, *forms, *api, page, f"{page[:-1]}.ics", venue.get_absolute_url(), "/sitemap/cities/berlin.xml"]


def stored() -> list[str]:
    """The keys of pages that are kept in Valkey."""
    names: Any = ask(lambda client: client.keys(named("*")))
    found = (name.decode().removeprefix(named("")) for name in names)
    return sorted(key for key in found if key.startswith(("events:", "event:", "cities:", "venue:", "sitemap:")))


@time_machine.travel(NOW, tick=False)
def test_a_page_that_is_kept_costs_no_query_and_is_the_same(client: Client, event: Event) -> None:
    for path in paths_of(event):
        first = client.get(path)
        for elsewhere in (False, True):
            if elsewhere:
                MEMORY.clear()  # as another process has it
            with CaptureQueriesContext(connection) as captured:
                again = client.get(path)
            assert not captured.captured_queries, path
            assert (again.status_code, again.content) == (200, first.content), path
            assert again["ETag"] == first["ETag"], path
            assert again["Content-Type"] == first["Content-Type"], path
            assert not again.cookies, path
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304, path
        assert not captured.captured_queries, path
        assert client.head(path).content == b""


@time_machine.travel(NOW, tick=False)
def test_operators_know_the_keys(client: Client, event: Event) -> None:
    for path in paths_of(event):
        client.get(path)
    kinds = {key.split(":")[0] for key in stored()}
    assert kinds == {"events", "event", "cities", "venue", "sitemap"}
    assert sum(key.startswith(f"events:{event.city_id}:2026-12-05:2026-12-11:") for key in stored()) >= 8
    assert sum(key.startswith(f"event:{event.pk}:") for key in stored()) == 3
    assert sum(key.startswith("cities:all:") for key in stored()) == 3
    Event.objects.update(title="Ball")  # by nobody who would bump
    assert invalidate(f"events:{event.city_id}:*")
    assert "Ball" in text_of(parsed(client.get("/berlin/")))


class TestFreshness:
    @pytest.mark.parametrize("visibility", ["hidden", "held"])
    @time_machine.travel(NOW, tick=False)
    def test_what_an_editor_hides_is_gone_at_once(self, client: Client, event: Event, visibility: str) -> None:
        paths = [path for path in paths_of(event) if b"Concert" in client.get(path).content]
        assert len(paths) >= 12
        editor = User.objects.create_superuser("editor@example.org", "x")
        with TestCase.captureOnCommitCallbacks(execute=True):
            editing.show([event.pk], visibility, by=editor, now=dt.datetime.now(dt.UTC))
        for path in paths:
            assert b"Concert" not in client.get(path).content, path

    @time_machine.travel(NOW, tick=False)
    def test_what_an_editor_cancels_is_seen_at_once(self, client: Client, event: Event) -> None:
        pages = ["/berlin/", event.get_absolute_url()]
        assert all("Cancelled" not in client.get(path).text for path in pages)
        with TestCase.captureOnCommitCallbacks(execute=True):
            editing.override([event.pk], {"status": "cancelled"}, now=dt.datetime.now(dt.UTC))
        assert all("Cancelled" in client.get(path).text for path in pages)

    def test_what_was_scraped_is_seen_within_a_minute(self, client: Client, event: Event) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            client.get("/berlin/")
            Event.objects.update(title="Ball")
            bump(event.city_id, at_once=False)
            assert "Concert" in client.get("/berlin/").text
            clock.shift(FRESH_SECONDS)
            assert "Ball" in client.get("/berlin/").text

    def test_while_one_renders_the_others_get_the_former_page(self, client: Client, event: Event) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            client.get("/berlin/")
            [key] = stored()
            Event.objects.update(title="Ball")
            clock.shift(FRESH_SECONDS)
            bump(event.city_id, at_once=False)
            with Attempt(key, city_id=event.city_id, ttl=900) as another:
                assert another.find() is None
                with CaptureQueriesContext(connection) as captured:
                    assert "Concert" in client.get("/berlin/").text
                assert not captured.captured_queries
            assert "Ball" in client.get("/berlin/").text

    @pytest.mark.parametrize(
        "path", ["/", "/berlin/", "/berlin/?when=tonight", "/berlin/calendar.ics", "/embed/berlin/"]
    )
    def test_nothing_lives_past_the_end_of_the_night(self, client: Client, event: Event, path: str) -> None:
        with time_machine.travel("2026-12-06T04:59:59+00:00", tick=False) as clock:  # 05:59 in Berlin
            before = client.get(path)
            assert client.get(path).content == before.content
            clock.shift(2)
            after = client.get(path)
        assert after.content != before.content
        assert b"Concert" not in after.content

    def test_nothing_lives_longer_than_a_quarter_of_an_hour(self, client: Client, event: Event) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            client.get("/berlin/")
            Event.objects.update(title="Ball")
            clock.shift(14 * 60)
            assert "Concert" in client.get("/berlin/").text
            clock.shift(2 * 60)
            assert "Ball" in client.get("/berlin/").text

    @time_machine.travel(NOW, tick=False)
    def test_a_city_that_was_remembered_and_is_served_no_more_is_gone(self, client: Client, event: Event) -> None:
        client.get("/berlin/")
        City.objects.update(active=False)
        bump(event.city_id)
        assert client.get("/berlin/").status_code == 302
        for path in ("/berlin/list", "/berlin/calendar.ics", "/api/events/de--berlin"):
            assert client.get(path).status_code == 404, path

    @time_machine.travel(NOW, tick=False)
    def test_a_city_that_is_renamed_is_read_anew(self, client: Client, event: Event) -> None:
        client.get("/berlin/")
        City.objects.update(name="Spree-Athen")
        bump(event.city_id)
        assert "Spree-Athen" in text_of(parsed(client.get("/berlin/")), "h1")


class TestKeys:
    @time_machine.travel(NOW, tick=False)
    def test_one_search_is_kept_once_however_it_is_spelled(self, client: Client, event: Event) -> None:
        client.get("/berlin/?when=tonight&category=music")
        kept = stored()
        for query in ("category=music&when=tonight", "when=tonight&category=music&q=&x=1", "utm=9&when=tonight"):
            client.get(f"/berlin/?{query}")
        assert len(kept) == 1
        assert len(stored()) == 2  # the last one has no category
        assert client.get("/berlin/?when=tonight").content == client.get("/berlin/?fbclid=abc&when=tonight").content

    @pytest.mark.parametrize(
        "query",
        [
            *("q=concert", "source=7", "venue=8", "page=5", "when=rubbish", "category=music&price=free"),
            *("from=2026-12-05&to=2026-12-08", "when=2027-03-01", "when=2026-12-04"),
        ],
    )
    @time_machine.travel(NOW, tick=False)
    def test_what_anybody_can_make_up_is_not_kept(self, client: Client, event: Event, query: str) -> None:
        for path in ("/berlin/", "/berlin/list", "/berlin/calendar.ics", "/embed/berlin/"):
            response = client.get(f"{path}?{query}")
            assert response.status_code == 200
            assert client.get(f"{path}?{query}", headers={"If-None-Match": response["ETag"]}).status_code == 304
        client.get("/?q=x")
        client.get("/api/events/berlin?limit=7")
        client.get("/embed/berlin/?limit=7")
        for path in (f"/berlin/events/x-{event.pk}/", "/berlin/events/x-99999/", "/nowhere/", "/berlin/venues/x-1/"):
            client.get(path)
        assert stored() == []

    @time_machine.travel(NOW, tick=False)
    def test_a_city_has_some_thousands_of_them(self) -> None:
        city = make_city()
        tonight = city.tonight()
        nights = [("dates", (tonight + dt.timedelta(days=n),) * 2) for n in range(-5, 60)]
        choices: list[Any] = [{}, {"categories": ("music",)}, {"price": "free"}, {"online": True}, {"sort": "new"}]
        searches = [
            EventSearch(city=city, tonight=tonight, when=when, dates=dates, page=page, **choice)
            for when, dates in [*nights, *((when, None) for when in ("tonight", "tomorrow", "weekend", "week"))]
            for page in range(1, 8)
            for choice in choices
        ]
        common = [search for search in searches if search.is_common]
        assert len(common) == (32 + 4) * 4 * 5

    @time_machine.travel(NOW, tick=False)
    def test_another_site_name_or_language_is_another_page(self, client: Client, event: Event, settings: Any) -> None:
        client.get("/berlin/")
        settings.SITE_NAME = "Nachtschwärmer"
        assert "Nachtschwärmer" in client.get("/berlin/").text


@time_machine.travel(NOW, tick=False)
def test_headers_come_back_as_they_were(client: Client, event: Event) -> None:
    for path in ("/berlin/list?when=tonight", "/berlin/calendar.ics", "/embed/berlin/"):
        first, again = client.get(path), client.get(path)
        headers = [{k: v for k, v in one.items() if k != "X-Request-ID"} for one in (first, again)]
        assert headers[0] == headers[1], path


@time_machine.travel(NOW, tick=False)
def test_limits_count_pages_that_are_kept_and_come_before_them(client: Client, event: Event, settings: Any) -> None:
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE = 3
    assert [client.get("/berlin/").status_code for _ in range(4)] == [200, 200, 200, 429]
