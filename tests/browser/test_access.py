"""Pages for everybody: axe on each of them in both themes, by keyboard alone, enlarged, without motion."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from events.models import Event, Rsvp
from nocturne.models import User
from tests.browser.test_comments import open_page
from tests.whole_site import NOW, WholeSite, make_whole_site, names_of_pages

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
ALL = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
PARTS = {
    "lists": ("home", "city", "venue", "series"),
    "events": ("event", "about", "privacy", "bot", "sources", "trouble"),
    "community": ("comments", "report_comment", "report_event"),
    "mail": ("subscribe", "confirm", "preferences", "unsubscribe", "end_mail", "archive", "digest"),
    "submissions": ("submit", "submit_link", "submission", "submission_change"),
    "frames": ("city_embed", "venue_embed", "series_embed"),
}


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> Iterator[WholeSite]:
    settings.ROOT_URLCONF = "tests.whole_site"
    with time_machine.travel(NOW, tick=True):
        yield make_whole_site()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("part", PARTS)
def test_each_page_is_for_everybody_in_either_theme_enlarged_and_without_motion(
    live_server: LiveServer, page: Page, site: WholeSite, part: str
) -> None:
    assert {name for names in PARTS.values() for name in names} == (names_of_pages() | {"trouble"}) - {*site.fragments}
    wrong = [what for name in PARTS[part] for path in site.pages[name] for what in looked(page, live_server.url + path)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_pages_of_whoever_is_signed_in_are_for_everybody_too(
    live_server: LiveServer, browser: Browser, site: WholeSite
) -> None:
    ada = User.objects.get(email="ada@example.org")  # has written comments
    events = {event.title: event for event in Event.objects.all()}
    page = open_page(browser, live_server, ada)
    empty = looked(page, f"{live_server.url}/my/events/")
    for number, event in enumerate(events[title] for title in ("Полный вечер", "После полуночи", "Отменён", "Прошлое")):
        Rsvp.objects.create(event=event, user=ada, answer=("going", "interested")[number % 2])
    answer = f"/my/answers/{events['Полный вечер'].pk}/"
    offered = f"{answer}?answer=interested&back=/berlin/"
    paths = ("/my/events/?done=mail", answer, offered, "/comments/mine/", "/offline/")
    assert all(page.request.get(live_server.url + path).ok for path in paths)
    wrong = [*empty, *(what for path in paths for what in looked(page, live_server.url + path))]
    assert not wrong, "\n".join(wrong)


def looked(page: Page, url: str) -> list[str]:
    """What is wrong with the page there: in both themes, enlarged, and in motion."""
    path = urlsplit(url).path
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
    wrong = found(page, ALL, f"{path} light")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    wrong += found(page, COLOURS, f"{path} dark")
    wrong += [f"{path} moves: {what}" for what in page.evaluate(MOVING)]
    for width in (640, 320):  # as of a window of 1280 pixels, enlarged twice and four times
        page.set_viewport_size({"width": width, "height": 512})
        wrong += [f"{path} scrolls sideways at {width}"] if page.evaluate(SIDEWAYS) else []
    page.set_viewport_size({"width": 1280, "height": 720})
    return wrong


def test_the_tab_key_goes_through_a_page_in_order_and_shows_where_it_is(
    live_server: LiveServer, page: Page, site: WholeSite
) -> None:
    for path in ("/", "/berlin/?when=tonight", site.pages["event"][0], "/subscribe"):
        page.goto(live_server.url + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        count = page.evaluate(FOCUSABLE)
        assert count > 8
        places: list[int] = []
        for _ in range(count + 12):  # a date has several stops
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break  # behind the last one it leaves the page
            place, seen = page.evaluate(FOCUSED)
            assert seen, (path, page.evaluate("document.activeElement.outerHTML"))
            places += [place] if place not in places[-1:] else []
        else:
            pytest.fail(f"{path} does not let go")
        assert places == [*range(count)], path


FOCUSABLE = """() => {
  window.order = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility({visibilityProperty: true}) && one.tabIndex >= 0 && !one.disabled);
  return window.order.length;
}"""
# its place in the document, and whether it is to be seen with a mark of its own
FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const marked = [one, one.closest(".card")].some((node) => {
    const style = node && getComputedStyle(node);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  return [window.order.indexOf(one), marked && box.width > 0 && box.bottom > 0 && box.top < innerHeight];
}"""
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  return [style.transitionDuration, style.animationDuration].join().split(",").some((text) => parseFloat(text) > 0.01);
}).map((one) => one.outerHTML.slice(0, 80))"""


def found(page: Page, options: dict[str, Any], where: str) -> list[str]:
    """What axe says is wrong, with the first place of each."""
    results = Axe().run(page, options=options).response
    assert results["passes"]
    return [
        f"{where}: {one['id']}, {len(one['nodes'])} times: {node['html'][:160]} {node['failureSummary']}"
        for one in results["violations"]
        for node in one["nodes"][:2]
    ]
