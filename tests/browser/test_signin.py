"""Signing in with a browser: visitors by a code, editors with a second factor; with and without JavaScript."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.utils import timezone as clock
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from nocturne.models import User
from tests.browser.test_access import ALL, SIDEWAYS, found
from tests.factories import make_city

EDITOR = "editor@example.org"


@pytest.fixture(autouse=True)
def _site(settings: Any, live_server: LiveServer) -> Iterator[None]:
    cache.clear()
    settings.SITE_URL = live_server.url
    settings.DEVELOPMENT, settings.ADMIN_REQUIRE_MFA = False, True
    yield
    cache.clear()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def visitor(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page on a phone, with and without JavaScript."""
    size: Any = {"width": 390, "height": 800}
    context = browser.new_context(viewport=size, java_script_enabled=request.param, base_url=live_server.url)
    yield context.new_page()
    context.close()


def mailed() -> str:
    match = re.search(r"\b(\d{3} \d{3})\b", mail.outbox[-1].subject)
    assert match
    return match[1]


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(clock.now().timestamp()) // 30))


def cookies(page: Page) -> dict[str, str]:
    return {str(one["name"]): str(one["value"]) for one in page.context.cookies()}


def sign_in(page: Page, email: str) -> None:
    """From the page that asks for the address, with the keyboard alone."""
    expect(page.get_by_label("Your e-mail address")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    expect(page.get_by_label("The code")).to_be_focused()
    page.keyboard.type(mailed())
    page.keyboard.press("Enter")


def test_a_visitor_signs_in_by_the_code_of_the_mail_and_out_again(visitor: Page) -> None:
    page = visitor
    make_city()
    page.goto("/account/?from=home")
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.get_by_role("button", name="Mail me a code").click()
    page.get_by_label("The code").fill("000000" if mailed() != "000 000" else "111111")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("2 more tries")
    page.get_by_role("button", name="Mail me a new code").click()
    assert len(mail.outbox) == 2
    page.get_by_label("The code").fill(mailed())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    assert page.url.endswith("/account/?from=home")
    assert cookies(page)["signed_in"] == "1"
    page.get_by_label("Shown with your comments").fill("Ada")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your name is saved.")
    page.goto("/berlin/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile(r"/$"))
    assert not {"signed_in", "sessionid"} & cookies(page).keys()
    page.goto("/account/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_visitor_deletes_the_account(visitor: Page) -> None:
    page = visitor
    page.goto("/account/")
    sign_in(page, "ada@example.org")
    page.get_by_role("link", name="Delete me").click()
    page.get_by_label("Yes, delete all of it").check()
    page.get_by_role("button", name="Delete me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are deleted")
    assert not User.objects.exists()
    assert not {"signed_in", "sessionid"} & cookies(page).keys()


def test_an_editor_sets_up_an_app_and_the_admin_refuses_without(visitor: Page, browser: Browser) -> None:
    page = visitor
    User.objects.create_superuser(EDITOR)
    page.goto("/admin/")
    sign_in(page, EDITOR)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your second factor")
    secret = page.locator("main code").inner_text()
    expect(page.locator("img.qr")).to_be_visible()
    page.get_by_label("The code that the app shows").fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("alert")).to_contain_text("clock")
    assert page.locator("main code").inner_text() == secret
    page.get_by_label("The code that the app shows").fill(code_of(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    spare = page.locator("main code").first.inner_text()
    page.get_by_role("link", name="To the desk").click()
    expect(page.locator("#site-name")).to_be_visible()
    page.goto("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto("/admin/events/city/")
    sign_in(page, EDITOR)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    page.goto("/admin/events/city/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/account/login/factor/")
    page.get_by_label("The code").fill(spare)
    page.get_by_role("button", name="Go on").click()
    assert page.url.endswith("/admin/events/city/")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_pages_of_accounts_are_for_everybody(page: Page, live_server: LiveServer) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    User.objects.create_superuser(EDITOR)
    wrong: list[str] = []

    def look() -> None:
        nonlocal wrong
        path = page.url.removeprefix(live_server.url)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            wrong += found(page, ALL, f"{path} {theme}")
        for width in (640, 320):
            page.set_viewport_size({"width": width, "height": 512})
            wrong += [f"{path} scrolls sideways at {width}"] if page.evaluate(SIDEWAYS) else []
        page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(f"{live_server.url}/account/login/?next=/account/factor/add/")
    look()
    page.get_by_label("Your e-mail address").fill(EDITOR)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    look()
    page.get_by_label("The code").fill(mailed())
    page.keyboard.press("Enter")
    expect(page.locator("img.qr")).to_be_visible()
    look()
    page.get_by_label("The code that the app shows").fill(code_of(page.locator("main code").inner_text()))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    look()
    for path in ("", "delete/", "logout/", "login/again/", "inactive/", "factor/remove/", "factor/codes/new/"):
        page.goto(f"{live_server.url}/account/{path}")
        look()
    assert not wrong, "\n".join(wrong)
    assert said == []
