"""Subscribing in a browser: by HTMX, without JavaScript, by the links of the mail."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from subscriptions import confirmation, links
from subscriptions.models import Subscription
from tests.browser.test_pages import CONTRAST, WIDE
from tests.factories import make_city, make_event
from tests.subscriptions.people import make_subscription

ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Mail goes into a folder at once, as a worker of development does it."""
    cache.clear()
    settings.SITE_URL = live_server.url
    settings.MAIL_DIR = tmp_path
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    monkeypatch.setattr(
        "subscriptions.tasks.send_confirmation.apply_async",
        lambda args, **options: confirmation.send_confirmation(*args),
    )
    yield tmp_path
    cache.clear()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def link_in(folder: Path, word: str) -> str:
    """The address with this word in the newest mail."""
    newest = max(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
    message = message_from_bytes(newest.read_bytes(), policy=policy.default)
    text = message.get_body(("plain",))
    assert text
    [found] = re.findall(rf"http\S*/{word}/\S*", text.get_content())
    return found


def test_the_form_of_a_city_answers_in_its_place(
    live_server: LiveServer, page: Page, folder: Path, complaints: list[str]
) -> None:
    make_event("Film 1", local=f"{make_city().tonight()}T20:00", category="film")
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/berlin/")
    page.get_by_text("Search and filter").first.click()
    page.get_by_role("link", name="Film 1").first.click()
    form = page.get_by_role("complementary", name="Berlin by mail")
    expect(form).to_contain_text("only what matches what you have chosen here")
    # the browser's own check lets this through, the server does not
    form.get_by_label("Your e-mail address").fill("ada@localhost")
    form.get_by_role("button", name="Subscribe").click()
    expect(form.locator(".wrong")).to_contain_text("It should have a period")
    expect(form.get_by_label("Your e-mail address")).to_be_focused()
    form.get_by_label("Your e-mail address").fill(ADA)
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_contain_text(ADA)
    expect(form.get_by_role("heading", name="Look into your mailbox")).to_be_focused()
    assert len(loads) == 1
    assert [said for said in complaints if "422" not in said] == []
    assert page.context.cookies() == []
    assert Subscription.objects.get().search == "category=film"

    page.goto(link_in(folder, "confirm"))
    page.get_by_role("button", name="Yes, send it to me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed")
    page.get_by_role("link", name="Change the day").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your mail")
    page.get_by_text("Change it").click()
    expect(page.get_by_label("Film")).to_be_checked()
    page.get_by_label("Day").select_option("Friday")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    assert Subscription.objects.get().weekday == 4


def test_all_of_it_works_without_javascript(browser: Browser, live_server: LiveServer, folder: Path) -> None:
    make_city()
    make_city("los-angeles")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/berlin/")
    page.get_by_role("link", name="By mail").click()
    page.get_by_label("Your e-mail address").fill(ADA)
    page.get_by_role("main").get_by_label("City").select_option("Los Angeles, CA")
    page.get_by_label("Comedy").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("status")).to_contain_text(ADA)
    page.goto(link_in(folder, "confirm"))
    page.get_by_role("button", name="Yes, send it to me").click()
    page.get_by_role("link", name="Change the day").click()
    for button, said in (
        ("Pause", "You get no mail until you resume it."),
        ("Resume", "You get the mail again."),
        ("Unsubscribe", "You get no more mail about this city."),
    ):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_have_text(said)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    assert download.value.suggested_filename == "subscriptions.json"
    page.get_by_text("Delete me").first.click()
    page.get_by_label("Yes, delete all of it").check()
    page.get_by_role("button", name="Delete me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are deleted")
    assert not Subscription.objects.exists()
    page.goto(link_in(folder, "unsubscribe"))
    expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    context.close()


def test_a_request_that_fails_becomes_a_page(live_server: LiveServer, page: Page) -> None:
    make_city()
    page.goto(f"{live_server.url}/berlin/")
    page.route(
        "**/subscribe", lambda route: route.abort() if "hx-request" in route.request.headers else route.continue_()
    )
    page.get_by_label("Your e-mail address").fill(ADA)
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_url(f"{live_server.url}/subscribe")
    expect(page.get_by_role("status")).to_contain_text(ADA)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_signed_links_fit_a_phone_and_can_be_read(
    browser: Browser, live_server: LiveServer, scheme: Any
) -> None:
    row = make_subscription(search="category=film,music&q=" + "Donaudampfschifffahrtsgesellschaft" * 2)
    waiting = make_subscription(
        f"{'x' * 64}@a-name-that-is-rather-long-for-a-small-screen.example.org", status="pending"
    )
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 800})
    page = context.new_page()
    for url in (
        f"{live_server.url}/subscribe",
        links.confirm_url(row),
        links.confirm_url(waiting),
        links.preferences_url(row.subscriber),
        links.unsubscribe_url(waiting),
        f"{live_server.url}/unsubscribe/x/",
    ):
        page.goto(url)
        for closed in page.locator("details summary").all():
            closed.click()
        assert not page.evaluate(WIDE), url
        seen, faint = page.evaluate(CONTRAST)
        assert seen > 8
        assert not faint, (url, faint)
    context.close()
