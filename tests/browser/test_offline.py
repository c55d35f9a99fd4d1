"""Pages without a network: what was seen is there and says how old it is, what is private never is."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from nocturne.offline import SHELL
from subscriptions import links
from subscriptions.models import Subscriber
from tests.factories import make_city, make_event

KEPT = "caches.open('pages').then((pages) => pages.keys()).then((keys) => keys.map((key) => new URL(key.url).pathname))"


@pytest.fixture(autouse=True)
def offline_pages(settings: Settings) -> None:
    settings.OFFLINE_PAGES = True


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts the test may ask: the policy against eval is not what is tested here."""
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


def started(page: Page) -> None:
    """The worker is in charge of this page."""
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.ready;
          if (!navigator.serviceWorker.controller)
            await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done));
        }"""
    )


def eventually(page: Page, expression: str, is_so: Callable[[Any], bool]) -> None:
    """Ask until it is so: nothing tells when a worker has done what it does beside the page."""
    for _ in range(50):
        found = page.evaluate(expression)
        if is_so(found):
            return
        page.wait_for_timeout(100)
    raise AssertionError(found)


def test_what_was_seen_is_there_without_a_network_and_says_how_old_it_is(live_server: LiveServer, page: Page) -> None:
    city = make_city(population=3_600_000)
    make_event("Late Show", local=f"{city.tonight()}T22:00")
    page.goto(live_server.url)
    started(page)
    page.goto(f"{live_server.url}/berlin/")
    notice = page.locator(".offline")
    expect(notice).to_be_hidden()
    eventually(page, KEPT, lambda paths: paths == ["/berlin/"])  # the first page was there before the worker

    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("link", name="Late Show")).to_be_visible()
    expect(notice).to_have_text(re.compile("An older copy, from this minute"))
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"  # so the style was kept, too
    page.goto(f"{live_server.url}/about/")
    expect(page.get_by_role("heading", level=1)).to_have_text("No network")
    expect(page.get_by_role("link", name="Berlin")).to_have_attribute("href", f"{live_server.url}/berlin/")

    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("No network")
    expect(notice).to_be_hidden()


def test_fragments_and_private_pages_are_never_kept(live_server: LiveServer, page: Page) -> None:
    make_city(population=3_600_000)
    page.goto(live_server.url)
    started(page)
    page.goto(f"{live_server.url}/subscribe")
    preferences = urlsplit(links.preferences_url(Subscriber.objects.create(email="ada@example.org"))).path
    page.goto(f"{live_server.url}{preferences}")
    expect(page.get_by_role("heading", name="Your data")).to_be_visible()
    page.goto(f"{live_server.url}/nowhere/at/all/")
    page.goto(f"{live_server.url}/offline/")
    page.evaluate("fetch('/berlin/list').then((answer) => answer.text())")
    page.goto(f"{live_server.url}/berlin/")
    eventually(page, KEPT, lambda paths: "/berlin/" in paths)
    assert set(page.evaluate(KEPT)) <= {"/berlin/", "/subscribe"}


@pytest.mark.slow
def test_a_release_replaces_the_worker_and_a_switch_removes_it(
    live_server: LiveServer, page: Page, settings: Settings, monkeypatch: Any
) -> None:
    make_city(population=3_600_000)
    page.goto(live_server.url)
    started(page)
    monkeypatch.setattr("nocturne.offline.build", lambda: "another-release")
    monkeypatch.setattr("nocturne.offline.SHELL", [name for name in SHELL if name != "covers.svg"])
    page.reload()
    shells = "caches.keys().then((names) => names.filter((name) => name.startsWith('shell-')))"
    assert len(page.evaluate(shells)) >= 1
    eventually(page, shells, lambda names: names == ["shell-another-release"])
    assert any(path.endswith("/covers.svg") for path in page.evaluate(KEPT.replace("pages", "files", 1)))

    settings.OFFLINE_PAGES = False
    page.reload()
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found?.update())")
    eventually(page, "navigator.serviceWorker.getRegistrations().then((all) => all.length)", lambda n: n == 0)
    eventually(page, "caches.keys()", lambda names: names == [])
