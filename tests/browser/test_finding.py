"""Finding a city and what is on in it: by keyboard, by place, by scrolling, on a bad line, without JavaScript."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import make_city, make_event


@pytest.fixture
def cities(transactional_db: None) -> None:
    make_city(population=3_600_000)
    make_city("munich", aliases=["München"], exonyms=["Monaco di Baviera"], latitude=48.14, longitude=11.58)
    make_city("muenster", name="Münster", latitude=51.96, longitude=7.63, population=300_000)
    make_city("potsdam", active=False, latitude=52.4, longitude=13.07)


@pytest.fixture
def films() -> dt.date:
    """Three pages of them, over two nights."""
    night = make_city().tonight()
    for number in range(110):
        make_event(f"Film {number}", local=f"{night + dt.timedelta(days=number // 90)}T20:00", category="film")
    make_event("Concert", local=f"{night}T19:00", category="music")
    return night


@pytest.fixture
def complaints(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def somewhere(browser: Browser, **context: Any) -> Iterator[Page]:
    opened = browser.new_context(**context)
    yield opened.new_page()
    opened.close()


@pytest.fixture
def in_potsdam(browser: Browser) -> Iterator[Page]:
    yield from somewhere(browser, geolocation={"latitude": 52.3981, "longitude": 13.0656}, permissions=["geolocation"])


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    yield from somewhere(browser, java_script_enabled=False)


def test_a_city_is_chosen_by_keyboard_and_offered_again(
    live_server: LiveServer, page: Page, cities: None, complaints: list[str]
) -> None:
    page.goto(live_server.url)
    field = page.get_by_role("combobox", name="Your city")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".suggestions a:visible")).to_have_count(0)
    field.focus()
    page.keyboard.type("mun")
    options = page.get_by_role("option")
    expect(options).to_have_text([re.compile("Munich"), re.compile("Münster")])
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".city-finder [aria-live]")).to_have_text("2 cities")
    for key, chosen in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowDown", 1), ("ArrowUp", 2), ("Home", 1), ("End", 2)):
        page.keyboard.press(key)
        expect(field).to_have_attribute("aria-activedescendant", f"city-option-{chosen}")
        expect(options.nth(chosen - 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field).to_have_value("mun")
    field.fill("monaco di")
    expect(options).to_have_text([re.compile("Munich Monaco di Baviera")])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/munich/")
    # in the header of each page, and what has no page of its own leads to what is near
    page.get_by_role("combobox", name="Your city").fill("Potsdam")
    page.get_by_role("option", name="Berlin, 26 km").click()
    expect(page).to_have_url(f"{live_server.url}/berlin/")
    page.goto(live_server.url)
    page.get_by_role("link", name="Back to Berlin").click()
    expect(page).to_have_url(f"{live_server.url}/berlin/")
    assert complaints == []
    assert page.context.cookies() == []


def test_the_nearest_city_is_suggested_where_it_may_be_known(
    live_server: LiveServer, in_potsdam: Page, cities: None
) -> None:
    sent: list[str] = []
    in_potsdam.on("request", lambda request: sent.append(request.post_data or ""))
    in_potsdam.goto(live_server.url)
    expect(in_potsdam.get_by_role("link", name="Nearest: Berlin")).to_have_attribute("href", "/berlin/")
    assert "latitude=52.40&longitude=13.07" in sent  # no more than that leaves the browser
    in_potsdam.get_by_role("button", name="Nearest city").click()
    expect(in_potsdam).to_have_url(f"{live_server.url}/berlin/")


def test_without_the_permission_nobody_is_asked_and_the_button_says_what_to_do(
    live_server: LiveServer, page: Page, cities: None
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live_server.url)
    page.get_by_role("button", name="Nearest city").click()
    expect(page.locator(".city-finder [aria-live]")).to_have_text(
        "Your browser does not say where you are. Type the name of your city."
    )
    expect(page.get_by_role("button", name="Nearest city")).not_to_have_attribute("aria-busy", "true")
    assert not [url for url in asked if "nearest" in url]


def test_scrolling_brings_more_and_coming_back_finds_the_place(
    live_server: LiveServer, page: Page, films: dt.date, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/berlin/?category=film")
    cards = page.locator("#results .night .card")
    expect(cards).to_have_count(50)
    page.get_by_role("link", name="Later").scroll_into_view_if_needed()
    expect(cards).to_have_count(100)
    expect(page.locator("#turned")).to_have_text("Page 2 of 3")
    page.get_by_role("link", name="Later").scroll_into_view_if_needed()
    expect(cards).to_have_count(110)
    expect(page.locator(".night h2")).to_have_count(2)
    expect(page).to_have_url(f"{live_server.url}/berlin/?category=film")
    last = page.get_by_role("link", name="Film 105")
    last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Film 105")
    page.go_back()
    expect(cards).to_have_count(110)
    expect(last).to_be_in_viewport()
    assert complaints == []


def test_filters_keep_the_focus_and_back_undoes_them(
    live_server: LiveServer, page: Page, films: dt.date, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"{live_server.url}/berlin/")
    page.locator("#filters > summary").click()
    music = page.locator("#category-music")
    music.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/berlin/?category=music")
    expect(page.locator("#said")).to_contain_text("1 event")
    expect(music).to_be_focused()
    expect(music).to_be_visible()  # the fold stays open
    page.get_by_role("link", name="Remove Music").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/berlin/")
    expect(page.locator("#filters > summary")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(f"{live_server.url}/berlin/?category=music")
    expect(page.locator(".card")).to_have_count(1)
    assert complaints == []


def test_what_fails_is_tried_again_and_then_somebody_is_asked(
    live_server: LiveServer, page: Page, films: dt.date
) -> None:
    tries: list[str] = []
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def fail_twice(route: Route) -> None:
        tries.append(route.request.url)
        route.abort() if len(tries) <= 2 else route.continue_()

    def hurry(until: Callable[[], bool]) -> None:
        for _ in range(50):
            if until():
                return
            page.clock.fast_forward(1000)
            page.wait_for_timeout(100)

    page.clock.install()
    page.goto(f"{live_server.url}/berlin/")
    page.route("**/berlin/list*", fail_twice)
    page.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2))  # what is said stands until it was read
    page.get_by_role("link", name=re.compile("Tonight")).click()
    expect(page.get_by_text("Trying again")).to_be_visible()
    hurry(lambda: len(tries) == 3)
    page.clock.resume()
    expect(page).to_have_url(f"{live_server.url}/berlin/?when=tonight")
    expect(page.locator("#trouble")).to_be_hidden()
    assert len(tries) == 3
    page.unroute("**/berlin/list*")
    page.route("**/berlin/list*", lambda route: route.fulfill(status=503))
    page.get_by_role("link", name=re.compile("Tomorrow")).click()
    expect(page.get_by_text("Trying again")).to_be_visible()
    again = page.get_by_role("button", name="Try again")
    hurry(again.is_visible)
    expect(again).to_be_visible()
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
    page.unroute("**/berlin/list*")
    again.click()
    expect(page).to_have_url(f"{live_server.url}/berlin/?when=tomorrow")
    expect(page.locator("#trouble")).to_be_hidden()
    assert errors == []


def test_more_of_the_old_list_does_not_end_what_is_asked_for_again(
    live_server: LiveServer, page: Page, films: dt.date
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.clock.install()
    page.route("**/berlin/more*", hold)
    page.goto(f"{live_server.url}/berlin/")
    page.get_by_role("link", name="Later").scroll_into_view_if_needed()
    expect(page.locator(".pages")).to_have_attribute("aria-busy", "true")
    page.route("**/berlin/list*", lambda route: route.fulfill(status=503))
    page.get_by_role("link", name=re.compile("Tomorrow")).click()
    expect(page.get_by_text("Trying again")).to_be_visible()
    with page.expect_response("**/berlin/more*"):
        held.pop().continue_()
    expect(page.locator(".card")).to_have_count(100)
    expect(page.get_by_text("Trying again")).to_be_visible()
    page.unroute("**/berlin/list*")
    page.clock.fast_forward(1000)
    expect(page).to_have_url(f"{live_server.url}/berlin/?when=tomorrow")
    expect(page.locator("#trouble")).to_be_hidden()


def test_all_of_it_is_found_without_javascript(
    live_server: LiveServer, plain: Page, cities: None, films: dt.date
) -> None:
    plain.goto(live_server.url)
    expect(plain.get_by_role("button", name="Nearest city")).to_be_hidden()
    plain.get_by_label("Your city").fill("potsdam")
    plain.get_by_role("button", name="Find").click()
    plain.get_by_role("link", name="Berlin").click()
    plain.get_by_label("Your city").fill("Muncih")
    plain.get_by_role("button", name="Find").click()
    expect(plain.get_by_role("link", name=re.compile("Munich"))).to_be_visible()
    plain.goto(f"{live_server.url}/berlin/")
    plain.get_by_role("link", name="Later").click()
    expect(plain).to_have_url(f"{live_server.url}/berlin/?page=2")
    expect(plain.locator(".card")).to_have_count(50)
    plain.get_by_role("link", name="Earlier").click()
    expect(plain).to_have_url(f"{live_server.url}/berlin/")
