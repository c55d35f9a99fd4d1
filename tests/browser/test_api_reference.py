"""/api/docs in a browser: for everybody in either theme, and on a phone."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_access import ALL, COLOURS, SIDEWAYS, found


@pytest.mark.timeout(120)
def test_the_reference_is_for_everybody_and_fits_a_phone(live_server: LiveServer, page: Page) -> None:
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{live_server.url}/api/docs")
    page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    wrong = found(page, ALL, "light")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    wrong += found(page, COLOURS, "dark")
    for width in (1280, 640, 320):
        page.set_viewport_size({"width": width, "height": 800})
        wrong += [f"scrolls sideways at {width}"] if page.evaluate(SIDEWAYS) else []
    page.get_by_role("link", name="GET /api/events/{city_id}", exact=True).click()
    assert page.url.endswith("#events_api_lists_list_events")
    assert not wrong, "\n".join(wrong)
    assert not errors
