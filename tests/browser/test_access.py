"""Pages for everybody: axe on each of them in both themes, by keyboard alone, enlarged, without motion."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.whole_site import NOW, WholeSite, make_whole_site, names_of_pages

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
ALL = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
PARTS = {
    "lists": ("home", "city", "venue", "series"),
    "events": ("event", "about", "bot", "sources", "trouble"),
    "mail": ("subscribe", "confirm", "preferences", "unsubscribe", "archive", "digest"),
    "frames": ("city_embed", "venue_embed", "series_embed"),
}


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> Iterator[WholeSite]:
    settings.ROOT_URLCONF = "tests.whole_site"
    with time_machine.travel(NOW, tick=True):
        yield make_whole_site()


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_axe_finds_nothing_on_any_page_in_either_theme(
    live_server: LiveServer, page: Page, site: WholeSite, part: str
) -> None:
    assert {name for names in PARTS.values() for name in names} == (names_of_pages() | {"trouble"}) - {*site.fragments}
    wrong: list[str] = []
    for path in (path for name in PARTS[part] for path in site.pages[name]):
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(live_server.url + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        wrong += found(page, ALL, f"{path} light")
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        wrong += found(page, COLOURS, f"{path} dark")
    assert not wrong, "\n".join(wrong)


def found(page: Page, options: dict[str, Any], where: str) -> list[str]:
    """What axe says is wrong, with the first place of each."""
    results = Axe().run(page, options=options).response
    assert results["passes"]
    return [
        f"{where}: {one['id']}, {len(one['nodes'])} times: {node['html'][:160]} {node['failureSummary']}"
        for one in results["violations"]
        for node in one["nodes"][:2]
    ]
