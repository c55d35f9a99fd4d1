"""Taking along: a list in the page of another site, with its script and without; an event shared."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_httpserver import HTTPServer

from tests.factories import make_city, make_event

DARK, LIGHT = "rgb(14, 13, 30)", "rgb(255, 255, 255)"


@pytest.fixture
def snippet(live_server: LiveServer, page: Page, settings: object) -> str:
    """As it stands under a list; it is copied by a button, too."""
    settings.SITE_URL = live_server.url  # type: ignore[attr-defined]
    night = make_city().tonight()
    for number in range(12):
        make_event(f"Film {number} for a long evening in a small house", local=f"{night}T20:00", category="film")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(f"{live_server.url}/berlin/?category=film")
    page.get_by_text("Put this on your site").click()
    page.locator(".put").get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copied]")).to_have_text("Copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == page.locator("#snippet").text_content()
    return copied


@pytest.fixture
def host(httpserver: HTTPServer) -> HTTPServer:
    """Another site: another port is another origin."""
    return httpserver


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def serve(host: HTTPServer, body: str) -> str:
    host.expect_request("/").respond_with_data(f"<!doctype html><title>Host</title>{body}", content_type="text/html")
    host.expect_request("/favicon.ico").respond_with_data("")
    return host.url_for("/")


def test_it_is_as_high_as_what_is_in_it_and_takes_no_numbers_from_others(
    live_server: LiveServer, host: HTTPServer, page: Page, snippet: str
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": 1000, "height": 700})
    page.goto(serve(host, snippet.replace("category=film", "category=film&amp;theme=dark")))
    frame = page.frame_locator("iframe").first
    expect(frame.locator("li")).to_have_count(12)
    height = "() => document.querySelector('iframe').clientHeight"
    content = "() => Math.ceil(document.documentElement.getBoundingClientRect().height)"
    ours = next(one for one in page.frames if "/embed/" in one.url)

    def fits(than: int) -> int:
        page.wait_for_function("than => document.querySelector('iframe').clientHeight != than", arg=than)
        page.wait_for_timeout(100)
        now = page.evaluate(height)
        assert now == ours.evaluate(content)
        return now

    wide = fits(600)
    page.set_viewport_size({"width": 300, "height": 700})
    assert fits(wide) > wide
    expect(frame.locator("body")).to_have_css("background-color", DARK)
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Film 0").click()
    assert opened.value.url.startswith(f"{live_server.url}/berlin/events/")
    assert page.context.cookies() == []
    assert said == []
    # the same frame, in which somebody else's page has come to be
    host.expect_request("/liar").respond_with_data(
        "<script>parent.postMessage(77, '*')</script>", content_type="text/html"
    )
    before = page.evaluate(height)
    ours.goto(host.url_for("/liar"))
    page.wait_for_timeout(200)
    assert page.evaluate(height) == before


def test_it_is_a_frame_without_javascript_and_other_pages_are_refused(
    live_server: LiveServer, host: HTTPServer, plain: Page, snippet: str
) -> None:
    other = f'<iframe src="{live_server.url}/berlin/" width="300" height="300"></iframe>'
    plain.goto(serve(host, snippet + other))
    frame = plain.frame_locator("iframe").first
    expect(frame.locator("li")).to_have_count(12)
    expect(plain.locator("iframe").first).to_have_attribute("height", "600")
    expect(frame.locator("body")).to_have_css("background-color", LIGHT)
    assert not any(one.url.endswith("/berlin/") for one in plain.frames)


def test_an_event_is_shared_where_the_browser_can_and_is_a_link_elsewhere(live_server: LiveServer, page: Page) -> None:
    event = make_event("Jazz")
    page.goto(live_server.url + event.get_absolute_url())
    address = page.locator("link[rel=canonical]").get_attribute("href")
    expect(page.get_by_role("link", name=address)).to_be_visible()
    expect(page.get_by_role("button", name="Share")).to_be_hidden()  # this Chromium has no programs to share with
    page.add_init_script("navigator.share = async (what) => { window.shared = what; }")
    page.reload()
    page.get_by_role("button", name="Share").click()
    assert page.evaluate("() => window.shared") == {"title": "Jazz", "url": address}
