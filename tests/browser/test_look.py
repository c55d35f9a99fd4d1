"""What the script of every page does: the theme that a browser remembers, and word of being offline."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import make_event

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_theme_is_the_systems_until_one_is_chosen_and_then_the_browsers(
    browser: Browser, live_server: LiveServer
) -> None:
    make_event("Concert")
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{live_server.url}/berlin/")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    button = page.get_by_role("button", name="Dark theme")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    dark = page.evaluate(paper)
    assert dark != light
    # another page has it before it is painted, by the script alone: nothing is sent along
    page.goto(f"{live_server.url}/about/")
    assert page.evaluate(paper) == dark
    assert context.cookies() == []
    # who goes back to the system's theme follows the system again
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("localStorage.getItem('theme')") is None
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == dark

    expect(page.get_by_text("You are offline.")).to_be_hidden()
    context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    context.close()


def test_without_the_script_the_system_decides_and_no_dead_button_is_shown(
    browser: Browser, live_server: LiveServer
) -> None:
    papers = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{live_server.url}/about/")
        expect(page.locator(".theme")).to_be_hidden()
        papers.append(page.locator("html").evaluate("(root) => getComputedStyle(root).backgroundColor"))
        context.close()
    assert papers[0] != papers[1]
