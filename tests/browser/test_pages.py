"""The public pages in a browser: with and without JavaScript, by keyboard, on a phone, in both themes."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from events.models import Event
from tests.factories import make_city, make_event, make_listing, make_venue

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenversteigerung mit anschließendem Tanz"


@pytest.fixture
def night() -> dt.date:
    return make_city(population=3_600_000).tonight()


@pytest.fixture
def event(night: dt.date) -> Event:
    """Of a page of events the first; the others are of one category and fill two pages."""
    venue = make_venue("Auditorium der ehemaligen Eisenbahnausbesserungswerkstätten", address="Revaler Str. 99")
    first = make_event(LONG, local=f"{night}T18:00", venue=venue, category="music", source_count=4)
    make_listing(first)
    for number in range(55):
        make_event(f"Film {number}", local=f"{night + dt.timedelta(days=1)}T20:00", category="film")
    make_event("Show", local=f"{night}T10:00", local_end=f"{night + dt.timedelta(days=9)}T18:00", venue=venue)
    return first


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser says on its console: blocked scripts and styles, errors, missing files."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def choose_and_turn(page: Page, live_server: LiveServer) -> None:
    """From the home page to the second page of a category."""
    page.goto(live_server.url)
    page.get_by_role("link", name="Berlin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Berlin")
    page.get_by_text("Search and filter").first.click()
    page.get_by_role("link", name="Film 55").click()
    expect(page).to_have_url(f"{live_server.url}/berlin/?category=film")
    expect(page.locator("#said")).to_contain_text("55 events")
    expect(page.get_by_role("link", name="Remove Film")).to_be_visible()
    # clicked without being scrolled to, which would begin to fetch the page and take the link away
    page.get_by_role("link", name="Later").dispatch_event("click")


def test_filters_and_pages_change_the_list_in_place(
    live_server: LiveServer, page: Page, event: Event, complaints: list[str]
) -> None:
    loads: list[str] = []
    page.set_viewport_size({"width": 400, "height": 800})
    page.on("load", lambda loaded: loads.append(loaded.url))
    choose_and_turn(page, live_server)
    expect(page.locator(".night .card")).to_have_count(55)
    expect(page).to_have_url(f"{live_server.url}/berlin/?category=film")
    assert len(loads) == 2  # home and city; the rest came as fragments
    page.go_back()
    expect(page).to_have_url(f"{live_server.url}/berlin/")
    expect(page.get_by_text("Page 1 of 2")).to_be_visible()
    assert complaints == []


def test_all_of_it_works_without_javascript(live_server: LiveServer, plain: Page, event: Event) -> None:
    plain.set_viewport_size({"width": 400, "height": 800})
    choose_and_turn(plain, live_server)
    expect(plain).to_have_url(f"{live_server.url}/berlin/?category=film&page=2")
    expect(plain.locator(".card")).to_have_count(5)
    plain.go_back()
    expect(plain.get_by_text("Page 1 of 2")).to_be_visible()
    plain.get_by_text("Search and filter").first.click()
    plain.get_by_label("Title, venue or artist").fill("film 33")
    plain.get_by_role("button", name="Search").click()
    assert sorted(plain.locator(".card h3").all_inner_texts()) == ["Film 33"]
    assert "category=film" in plain.url


def test_text_and_dates_are_asked_for_by_keyboard(
    live_server: LiveServer, page: Page, event: Event, night: dt.date, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/berlin/?category=film")
    page.get_by_label("Title, venue or artist").focus()
    page.keyboard.type("film 33")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/berlin/?category=film&q=film+33")
    expect(page.locator(".card h3")).to_have_text(["Film 33"])
    expect(page.get_by_label("Title, venue or artist")).to_be_focused()
    tomorrow = night + dt.timedelta(days=1)
    page.get_by_label("From", exact=True).fill(tomorrow.isoformat())
    page.get_by_label("From", exact=True).press("Enter")
    expect(page).to_have_url(f"{live_server.url}/berlin/?when={tomorrow}&category=film&q=film+33")
    expect(page.get_by_label("To", exact=True)).to_have_value(tomorrow.isoformat())
    assert complaints == []


def test_the_first_key_leads_past_the_header_and_focus_is_seen(
    live_server: LiveServer, page: Page, event: Event
) -> None:
    page.goto(f"{live_server.url}/berlin/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    tonight = page.get_by_role("link", name="Tonight 1")
    expect(tonight).to_be_focused()
    expect(tonight).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/berlin/?when=tonight")


def test_an_event_leads_to_its_venue_and_its_calendar_file(
    live_server: LiveServer, page: Page, event: Event, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/berlin/?when=tonight")
    page.get_by_role("link", name=LONG).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG)
    # data in a script element is no script: the policy lets it stand
    assert "schema.org" in page.locator('script[type="application/ld+json"]').first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    assert download.value.suggested_filename == f"berlin-{event.pk}.ics"
    page.locator("dl").get_by_role("link", name="Auditorium").click()
    expect(page.get_by_role("link", name=LONG)).to_be_visible()
    assert complaints == []
    assert page.context.cookies() == []


@pytest.mark.parametrize("width", [320, 360, 1440])
def test_pages_are_as_wide_as_the_screen_and_begin_at_their_top(
    live_server: LiveServer, plain: Page, event: Event, width: int
) -> None:
    venue = event.venue
    assert venue
    plain.set_viewport_size({"width": width, "height": 400})
    paths = (
        "/",
        "/?q=x",
        "/berlin/?q=film",
        "/berlin/?q=nothing",
        event.get_absolute_url(),
        "/about/",
        "/bot/",
        "/sources/",
    )
    for path in (*paths, venue.get_absolute_url(), "/nowhere/"):
        plain.goto(live_server.url + path)
        wide = plain.evaluate(WIDE)
        assert not wide, (path, wide)
        assert plain.evaluate("scrollY") == 0, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(browser: Browser, live_server: LiveServer, event: Event, scheme: Any) -> None:
    """A contrast of 4.5 between each text and what is painted behind it (of the header's sky the
    colours above the horizon count: no text is lower)."""
    context: BrowserContext = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    Event.objects.filter(title="Film 3").update(status="cancelled", is_free=True)
    paths = ("/", "/berlin/?category=film&when=x", event.get_absolute_url(), "/berlin/?q=nothing", "/bot/", "/sources/")
    for path in paths:
        page.goto(live_server.url + path)
        seen, faint = page.evaluate(CONTRAST)
        assert seen > 8
        assert not faint, (path, faint)
    context.close()


# the row of nights scrolls sideways where it must
WIDE = """() => [...document.querySelectorAll("body *:not(.hidden)")]
  .filter((node) => !node.closest(".whens, svg") && node.getBoundingClientRect().right > innerWidth + 0.5)
  .map((node) => node.className || node.tagName)"""

CONTRAST = """() => {
  const rgb = (colour) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const parts = colour.slice(0, 3).map((c) => linear(c / 255));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ratio = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const style = getComputedStyle(node);
      if (style.backgroundImage !== "none") {
        const gradient = style.backgroundImage.split("linear-gradient")[1];
        const stops = gradient.match(/(rgba?|oklch)\\([^)]*\\)/g).map(rgb);
        return node.matches(".sky") ? stops.slice(0, 3) : stops;
      }
      const colour = rgb(style.backgroundColor);
      if (colour[3] > 128) return [colour];
    }
    return [[255, 255, 255]];
  };
  let seen = 0;
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility() || element.matches("script, title")) continue;
    seen += 1;
    const colour = rgb(getComputedStyle(element).color);
    const worst = Math.min(...behind(element).map((other) => ratio(colour, other)));
    if (worst < 4.5) faint.push(`${element.tagName} ${element.textContent.slice(0, 30)} ${worst.toFixed(2)}`);
  }
  return [seen, faint];
}"""


def test_what_is_over_tonight_says_so_and_what_goes_on_does_not(page: Page, live_server: LiveServer) -> None:
    night = make_city().tonight()
    late = night + dt.timedelta(days=1)
    make_event("Brunch", local=f"{night}T10:00", local_end=f"{night}T15:00")
    make_event("Club", local=f"{night}T22:00", local_end=f"{late}T05:00")
    make_event("Concert", local=f"{night}T12:00")
    page.clock.set_fixed_time(dt.datetime.fromisoformat(f"{late}T01:00+00:00"))
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{live_server.url}/berlin/")
    expect(page.locator(".card.over h3")).to_have_text(["Brunch"])
    expect(page.locator(".card", has_text="Brunch").get_by_text("over", exact=True)).to_be_visible()
    expect(page.get_by_text("over", exact=True).filter(visible=True)).to_have_count(1)
    expect(page.get_by_role("link", name="7 nights")).to_be_in_viewport(ratio=1)
