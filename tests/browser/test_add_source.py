"""Adding a source in a browser: by keyboard, watched while a worker looks, on a desk and on a phone."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone as clock
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from pytest_httpserver import HTTPServer

from events.models import Source
from nocturne.models import User
from scraping import tasks
from scraping.discover import look
from scraping.models import Discovery
from tests.browser.test_admin import desk
from tests.factories import make_city
from tests.scraping.feeds import calendar, vevent
from tests.scraping.sites import Site, page as html


@pytest.fixture
def editor(transactional_db: None) -> User:
    make_city()
    return User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True)


@pytest.fixture
def site(httpserver: HTTPServer, settings: Settings) -> Site:
    cache.clear()
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    one = Site(httpserver.url_for("").rstrip("/"))
    httpserver.expect_request(re.compile(".*")).respond_with_handler(one.answer)
    year = clock.now().year + 1
    title = "Donaudampfschifffahrtsgesellschaftskapitänsmützenversteigerung"
    events = [
        vevent(f"{title} {day}", f"{year}-06-{day:02}T20:00", description="Doors at 19:00, all ages.") for day in (1, 2)
    ]
    one.pages["/"] = html('<a href="/all.ics">Subscribe</a>', title="Klub Null")
    one.pages["/all.ics"] = calendar(*events)
    return one


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A worker in a thread, which begins when the event is set."""
    begin = threading.Event()
    threads: list[threading.Thread] = []

    def work(pk: int) -> None:
        begin.wait(20)
        try:
            look(pk)
        finally:
            connection.close()

    def delay(pk: int) -> None:
        threads.append(threading.Thread(target=work, args=(pk,)))
        threads[-1].start()

    monkeypatch.setattr(tasks.discover_source, "delay", delay)
    monkeypatch.setattr(tasks.scrape_source, "delay", lambda pk: None)
    yield begin
    begin.set()
    for thread in threads:
        thread.join(20)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_source_is_added_by_keyboard_alone(
    browser: Browser, live_server: LiveServer, editor: User, site: Site, worker: threading.Event, width: int
) -> None:
    page = desk(browser, live_server, editor, width=width)
    page.goto("/admin/events/source/add/")
    expect(page.get_by_label("Address")).to_be_focused()
    page.keyboard.type(site.url)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Looking at")
    assert _fits(page)
    worker.set()
    heading = page.get_by_role("heading", name="Klub Null: 2 events to come")
    expect(heading).to_be_visible(timeout=10_000)  # without a reload by hand
    assert _fits(page)
    page.get_by_label("Publisher").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("was added.")).to_be_visible()
    assert Source.objects.get(url=f"{site.url}/all.ics").publisher == "Klub Null"
    page.context.close()


def test_without_scripts_the_page_comes_again_by_itself(
    browser: Browser, live_server: LiveServer, editor: User, site: Site, worker: threading.Event
) -> None:
    signed_in = desk(browser, live_server, editor)
    cookies: Any = signed_in.context.cookies()
    signed_in.context.close()
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto("/admin/events/source/add/")
    page.get_by_label("Address").fill(site.url)
    page.get_by_role("button", name="Look").click()
    worker.set()
    expect(page.get_by_role("heading", name="Klub Null: 2 events to come")).to_be_visible(timeout=10_000)
    context.close()


def test_what_takes_too_long_is_stopped(
    browser: Browser, live_server: LiveServer, editor: User, site: Site, worker: threading.Event
) -> None:
    page = desk(browser, live_server, editor)
    page.goto("/admin/events/source/add/")
    page.get_by_label("Address").fill(site.url)
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped.")
    assert Discovery.objects.get().state == "stopped"
    page.context.close()


def _fits(page: Page) -> bool:
    """Whether nothing makes the page wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
