"""Comments in browsers: two people on one event, with and without JavaScript, and an editor at the desk."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone as clock
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from events import comments, reports
from events.models import Comment, CommentReport, Event, EventReport
from nocturne.models import User
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
    return make_event("Ball of the year", local=f"{clock.now().date() + dt.timedelta(days=5)}T20:00")


def make_known(name: str, **columns: Any) -> User:
    """Somebody of whom a comment was shown."""
    user = User.objects.create(email=f"{name}@example.org", password="!", **columns)
    Comment.objects.create(event=make_event("Long ago"), user=user, name=name.title(), text="Hello.", state="live")
    return user


def open_page(browser: Browser, live_server: LiveServer, user: User | None = None, **options: Any) -> Page:
    """A page of a browser, in which the user is signed in."""
    context = browser.new_context(base_url=live_server.url, **options)
    if user:
        client = Client()
        client.force_login(user)
        values = {"sessionid": client.cookies["sessionid"].value, "signed_in": "1"}
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in values.items()])
    return context.new_page()


def sign_in(page: Page, email: str) -> None:
    """On the page for it, with the code of the mail."""
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Mail me a code").click()
    expect(page.get_by_label("The code")).to_be_visible()
    found = re.search(r"\d{3} \d{3}", mail.outbox[-1].subject)
    assert found
    page.get_by_label("The code").fill(found[0])
    page.get_by_role("button", name="Sign in").click()


def test_two_people_on_one_event(browser: Browser, live_server: LiveServer, event: Event, mailoutbox: Any) -> None:
    ann, bob = open_page(browser, live_server, make_known("ann")), open_page(browser, live_server)
    complaints: list[str] = []
    loads: list[str] = []
    for page in (ann, bob):
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    path = event.get_absolute_url()

    # who is not signed in writes, signs in by mail, and finds the text again
    bob.goto(path)
    assert bob.context.cookies() == []
    bob.get_by_text("Write a comment").click()
    bob.get_by_label("Comment", exact=True).fill("Who comes along?\nI have a car.")
    bob.get_by_label("Name").fill("Bob")
    bob.get_by_role("button", name="Comment").click()
    sign_in(bob, "bob@example.org")
    expect(bob.get_by_label("Comment", exact=True)).to_have_value("Who comes along?\nI have a car.")
    assert Comment.objects.filter(event=event).count() == 0
    bob.get_by_role("button", name="Comment").click()
    expect(bob.get_by_role("status")).to_have_text("Thank you. An editor looks at it before it is shown.")
    expect(bob.locator(".unseen")).to_contain_text("Only you see this")

    # who is signed in writes in place; what is wrong is said at the field, and nothing is lost
    ann.on("load", lambda loaded: loads.append(loaded.url))
    ann.goto(path)
    section = ann.get_by_role("region", name="Comments")
    expect(section.get_by_text("All your comments")).to_be_attached()
    expect(section).not_to_contain_text("Who comes along?")
    section.get_by_text("Write a comment").click()
    expect(section.get_by_label("Name")).to_have_value("Ann")
    section.get_by_label("Comment", exact=True).fill("I do. See https://songs.example/")
    section.get_by_label("Name").fill("Admin")
    section.get_by_role("button", name="Comment").click()
    expect(section.locator(".wrong")).to_have_text("That name would speak for the site. Please choose another one.")
    expect(section.get_by_label("Name")).to_be_focused()
    section.get_by_label("Name").fill("Ann")
    ann.context.set_offline(True)
    section.get_by_role("button", name="Comment").click()
    expect(section.get_by_role("alert")).to_contain_text("Your text is still here")
    expect(section.get_by_label("Comment", exact=True)).to_have_value("I do. See https://songs.example/")
    ann.context.set_offline(False)
    section.get_by_role("button", name="Comment").click()
    expect(section.get_by_role("status")).to_have_text("Your comment is there for everybody.")
    expect(section.get_by_role("status")).to_be_focused()
    expect(section.locator(".words a")).to_have_attribute("rel", "nofollow ugc noopener")
    assert len(loads) == 1

    # the other one sees it, with one's own that waits, and reports it
    bob.goto(path)
    expect(bob.locator(".comments > li")).to_have_count(2)
    bob.get_by_role("link", name="Report the comment of Ann").click()
    bob.get_by_label("Advertising or spam").check()
    bob.get_by_role("button", name="Report").click()
    expect(bob.get_by_role("status")).to_contain_text("An editor looks at the comment")
    assert CommentReport.objects.get().user == User.objects.get(email="bob@example.org")

    # an editor shows the one; both see it; the other is deleted by its author, in place
    editor = make_known("editor", is_staff=True)
    comments.decide([Comment.objects.get(name="Bob").pk], Comment.State.LIVE, by=editor)
    ann.goto(path)
    expect(ann.locator(".comments > li")).to_have_count(2)
    ann.get_by_role("button", name="Delete your comment").click()
    expect(section.get_by_role("status")).to_have_text("Your comment is deleted.")
    expect(ann.locator(".words")).to_have_text(["Who comes along?\nI have a car."], use_inner_text=True)
    stranger = open_page(browser, live_server)
    stranger.goto(path)
    expect(stranger.locator(".comments > li")).to_have_count(1)
    assert stranger.context.cookies() == []
    assert [said for said in complaints if "422" not in said and "ERR_INTERNET_DISCONNECTED" not in said] == []
    for page in (ann, bob, stranger):
        page.context.close()


def test_all_of_it_works_without_javascript(
    browser: Browser, live_server: LiveServer, event: Event, mailoutbox: Any
) -> None:
    page = open_page(browser, live_server, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(event.get_absolute_url())
    page.get_by_text("Write a comment").click()
    page.get_by_label("Comment", exact=True).fill("First.")
    page.get_by_label("Name").fill("ann@example.org")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".wrong")).to_contain_text("Please write a name without an address")
    page.get_by_label("Name").fill("Ann")
    page.get_by_role("button", name="Comment").click()
    sign_in(page, "ann@example.org")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("status")).to_contain_text("An editor looks at it")
    page.get_by_role("link", name="All your comments").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your comments")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_have_text("Your comment is deleted.")
    assert not Comment.objects.filter(event=event).exists()

    page.goto(event.get_absolute_url())
    page.get_by_role("link", name="Report a mistake").click()
    page.get_by_label("The place is wrong").check()
    page.get_by_label("What would be right").fill("It is next door.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_have_text("An editor looks at it.")
    assert EventReport.objects.get().text == "It is next door."
    page.context.close()


def test_what_is_begun_before_the_page_is_whole_stays(browser: Browser, live_server: LiveServer, event: Event) -> None:
    page = open_page(browser, live_server, make_known("ann"))
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/part", hold)
    page.goto(event.get_absolute_url())
    page.get_by_text("Write a comment").click()
    text = page.get_by_label("Comment", exact=True)
    text.press_sequentially("I begin")
    expect(page.get_by_text("You are asked to sign in")).to_be_visible()
    waiting[0].continue_()
    expect(page.get_by_text("All your comments")).to_be_visible()
    expect(text).to_be_focused()
    page.keyboard.type(", and end.")
    expect(text).to_have_value("I begin, and end.")
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_ones_own_are_readable_and_no_wider_than_a_small_screen(
    browser: Browser, live_server: LiveServer, event: Event, scheme: Any
) -> None:
    user = make_known("ann")
    for state in ("live", "held", "hidden"):
        text = f"{state} https://{'x' * 90}.example/ " + "word " * 30
        row = Comment.objects.create(event=event, user=user, name="N" * 60, text=text, state=state)
    live = Comment.objects.get(event=event, state="live")
    page = open_page(browser, live_server, user, color_scheme=scheme, viewport={"width": 320, "height": 800})
    for path in (
        event.get_absolute_url(),
        f"/comments/on/{event.pk}/?posted={row.pk}",
        "/comments/mine/",
        f"/comments/{live.pk}/report/",
        f"/report/{event.pk}/?kind=takedown",
    ):
        page.goto(path)
        for closed in page.locator("details:not([open]) > summary").all():
            closed.click()
        assert not page.evaluate(WIDE), path
        seen, faint = page.evaluate(CONTRAST)
        assert seen > 8
        assert not faint, (path, faint)
    page.context.close()


def test_an_editor_decides_by_keys(browser: Browser, live_server: LiveServer, event: Event, settings: Any) -> None:
    settings.ADMIN_REQUIRE_MFA = False
    editor = User.objects.create(email="eve@example.org", password="!", is_staff=True, is_superuser=True)
    for name in ("ann", "bob"):
        user = User.objects.create(email=f"{name}@example.org", password="!")
        comments.post(event, user, name=name.title(), text=f"I am {name}.")
    reports.take(event, kind="takedown", reason="rights", text="My poster.", email="ann@example.org")
    page = open_page(browser, live_server, editor)
    page.goto("/admin/desk/comments/")
    expect(page.locator(".desk-said")).to_have_text("I am ann.")
    page.keyboard.press("k")
    expect(page.locator(".desk-said")).to_have_text("I am bob.")
    page.keyboard.press("h")
    expect(page.locator("h2.desk-pair")).to_have_text("1 comment skipped")
    page.keyboard.press("k")
    expect(page.locator(".desk-said")).to_have_text("I am ann.")
    page.keyboard.press("s")
    expect(page.locator("h2.desk-pair")).to_have_text("No comment waits")
    assert dict(Comment.objects.values_list("name", "state")) == {"Ann": "live", "Bob": "hidden"}
    page.keyboard.press("u")
    expect(page.locator(".desk-said")).to_have_text("I am ann.")
    page.get_by_label("Editors' desk").get_by_role("link", name="Reports").click()
    expect(page.locator(".desk-rows")).to_contain_text("My poster.")
    page.set_viewport_size({"width": 390, "height": 800})
    assert not page.evaluate(WIDE)
    page.goto("/admin/desk/comments/")
    assert not page.evaluate(WIDE)
    page.context.close()
