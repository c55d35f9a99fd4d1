"""Going and interested in browsers: in place, by plain pages, by two people at once, on a phone and in both themes."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone as clock
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from events.models import Event, Rsvp
from nocturne.models import User
from tests.browser.test_comments import open_page, sign_in
from tests.browser.test_pages import CONTRAST, WIDE
from tests.factories import make_event

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def _site(settings: Any, live_server: LiveServer) -> Iterator[None]:
    cache.clear()
    settings.SITE_URL = live_server.url
    yield
    cache.clear()


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    return make_event("Ball of the year", local=f"{clock.now().date() + dt.timedelta(days=2)}T20:00")


def make_user(name: str) -> User:
    return User.objects.create(email=f"{name}@example.org", password="!")


def buttons(page: Page, title: str = "Ball of the year") -> tuple[Locator, Locator]:
    """Going and interested, of the first card of this name."""
    group = page.get_by_role("group", name=title).first
    return group.get_by_role("button", name="Going"), group.get_by_role("button", name="Interested")


def pressed(button: Locator, yes: bool = True) -> None:
    expect(button).to_have_attribute("aria-pressed", "true" if yes else "false")


def test_two_people_at_once_in_place(browser: Browser, live_server: LiveServer, event: Event) -> None:
    ann, bob = (open_page(browser, live_server, make_user(name)) for name in ("ann", "bob"))
    complaints: list[str] = []
    asked: list[str] = []
    for page in (ann, bob):
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    make_event("Another ball", local=f"{event.night}T21:00")
    ann.goto("/berlin/")
    bob.goto(event.get_absolute_url())
    going, interested = buttons(ann)
    pressed(going, False)
    # all events of a page by one request
    assert sum("/my/answers?events=" in one for one in asked) == 2
    going.focus()
    ann.keyboard.press("Enter")
    pressed(going)
    expect(going).to_have_text("Going 1")
    expect(going).to_be_focused()
    buttons(bob)[0].click()
    pressed(buttons(bob)[0])
    expect(buttons(bob)[0]).to_have_text("Going 2")
    ann.reload()
    pressed(going)
    expect(going).to_have_text("Going 2")
    interested.click()
    pressed(interested)
    pressed(going, False)
    expect(going).to_have_text("Going 1")
    interested.click()  # once more takes it back
    pressed(interested, False)
    assert Rsvp.objects.get().user.email == "bob@example.org"

    # a list that changes in place knows, too
    bob.goto("/berlin/")
    bob.locator("#sort-new").click()
    expect(bob.locator(".sorted")).to_be_visible()
    pressed(buttons(bob)[0])
    assert not [one for one in asked if one.startswith("POST") and not one.endswith("/my/answers")]
    assert complaints == []
    for page in (ann, bob):
        page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_who_is_not_signed_in_is_led_there_and_back(
    browser: Browser, live_server: LiveServer, event: Event, mailoutbox: Any, script: bool
) -> None:
    page = open_page(browser, live_server, java_script_enabled=script)
    page.goto("/berlin/?when=week")
    loaded = page.evaluate("[...document.scripts].map((one) => one.src).join()") if script else ""
    assert "community" not in loaded  # nobody fetches what they cannot use
    buttons(page)[0].click()
    expect(page).to_have_url(re.compile("/account/login/"))
    sign_in(page, "ada@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ball of the year")
    assert not Rsvp.objects.exists()
    page.get_by_role("button", name="Yes, I am going").click()
    expect(page.get_by_role("status")).to_have_text("You are going.")
    assert Rsvp.objects.get().answer == "going"
    page.context.close()


def test_all_of_it_works_without_javascript(browser: Browser, live_server: LiveServer, event: Event) -> None:
    page = open_page(browser, live_server, make_user("ada"), java_script_enabled=False)
    page.goto("/berlin/?sort=new")
    buttons(page)[1].click()
    expect(page.get_by_role("status")).to_have_text("You are interested.")
    page.get_by_role("button", name="I am going").click()
    expect(page.get_by_role("status")).to_have_text("You are going.")
    page.go_back()
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(f"{live_server.url}/berlin/?sort=new")
    page.get_by_role("link", name="My events").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My events")
    pressed(buttons(page)[0])
    buttons(page)[1].click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My events")
    pressed(buttons(page)[1])
    former = page.locator("#calendar-address").text_content()
    page.get_by_role("button", name="New address").click()
    expect(page.get_by_role("status").first).to_contain_text("The former one no longer works")
    assert page.locator("#calendar-address").text_content() != former
    page.get_by_label("A reminder the day before").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("A reminder the day before")).not_to_be_checked()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("You have not said yet where you go")).to_be_visible()
    page.context.close()


def test_a_session_that_has_ended_leads_to_signing_in(browser: Browser, live_server: LiveServer, event: Event) -> None:
    page = open_page(browser, live_server, make_user("ada"))
    page.goto("/berlin/")
    pressed(buttons(page)[0], False)
    page.context.clear_cookies(name="sessionid")
    buttons(page)[0].click()
    expect(page).to_have_url(re.compile("/account/login/"))
    assert "signed_in" not in {cookie["name"] for cookie in page.context.cookies()}
    page.context.close()


def fail_in_place(route: Route) -> None:
    if route.request.resource_type == "fetch":
        route.fulfill(status=500)
    else:
        route.continue_()


@pytest.mark.parametrize("before", ["", "going"])
def test_what_fails_in_place_is_said_by_a_plain_page(
    browser: Browser, live_server: LiveServer, event: Event, before: str
) -> None:
    ada = make_user("ada")
    if before:
        Rsvp.objects.create(event=event, user=ada, answer=before)
    page = open_page(browser, live_server, ada)
    page.route("**/my/answers", fail_in_place)
    page.goto("/berlin/")
    pressed(buttons(page)[0], bool(before))
    buttons(page)[0].click()
    expect(page).to_have_url(re.compile(r"/my/answers/\d+/"))
    # a second press takes it back, in whichever way
    assert Rsvp.objects.exists() is not bool(before)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_can_be_read(
    browser: Browser, live_server: LiveServer, event: Event, scheme: Any
) -> None:
    ada = make_user("ada")
    Rsvp.objects.create(event=event, user=ada, answer="going")
    other = make_event("Off", local=f"{event.night}T21:00", status="cancelled")
    Rsvp.objects.create(event=other, user=ada, answer="interested")
    page = open_page(browser, live_server, ada, color_scheme=scheme, viewport={"width": 320, "height": 800})
    for path in ("/berlin/", event.get_absolute_url(), "/my/events/", f"/my/answers/{event.pk}/"):
        page.goto(path)
        if path != f"/my/answers/{event.pk}/":
            pressed(buttons(page)[0])
        assert not page.evaluate(WIDE), path
        seen, faint = page.evaluate(CONTRAST)
        assert seen > 8
        assert not faint, (path, faint)
    page.context.close()
