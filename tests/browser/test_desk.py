"""A walk through the editors' desk in a browser: by keys and clicks, wide and narrow, also without JavaScript."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from events.compose import compose
from events.models import Event, Listing, Venue
from nocturne.models import User
from quality.models import Finding, Verdict
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

SOON = clock.now().date() + dt.timedelta(days=5)


@pytest.fixture
def editor(transactional_db: None) -> User:
    return User.objects.create(email="ada@example.org", password="!", is_staff=True, is_superuser=True)


def make_listed(title: str, venue: Venue, *, days: int = 0, **listing: Any) -> Listing:
    event = make_event(title, local=f"{SOON + dt.timedelta(days=days)}T20:00", venue=venue)
    one = make_listing(event, **listing)
    compose([event.pk], now=clock.now())
    one.refresh_from_db()
    return one


def make_pair(name: str, *, days: int, score: int = 71) -> Verdict:
    venue = Venue.objects.get(name="Blue Lantern")
    first = make_listed(
        f"{name}: an evening for strings", venue, days=days, source=make_source(name=f"{name} calendar")
    )
    second = make_listed(f"{name}, evening with strings", venue, days=days, source=make_source(name=f"{name} tickets"))
    reasons = ["the titles are alike by 84 %", "the same place", "the same start"]
    return Verdict.objects.create(first=first, second=second, outcome="unsure", score=score, reasons=reasons)


@pytest.fixture
def waiting(editor: User) -> None:
    """Three pairs, two held events, a listing without a date, and two venues that are one."""
    make_venue("Blue Lantern", address="12 Elm Street, Berlin")
    other = make_venue("The Blue Lantern Bar")
    for days, name in enumerate(("Mira Holm", "Juno Vance", "Otto Brandt")):
        make_pair(name, days=days)
    for title in ("BIG PARTY", "LAST PARTY"):
        listing = make_listed(title, other, score=30)
        Finding.objects.create(
            source=listing.source,
            listing=listing,
            key=listing.external_id,
            rule="title.shouting",
            severity="warning",
            weight=70,
            message="The title is in capitals.",
        )
    make_listing(source=make_source(city=make_city("potsdam", active=False)), title="Somewhere")


def desk(browser: Browser, live_server: LiveServer, editor: User, *, width: int = 1280, **options: Any) -> Page:
    """A page on which the editor is signed in."""
    client = Client()
    client.force_login(editor)
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=live_server.url, **options)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return context.new_page()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, editor: User) -> Iterator[Page]:
    page = desk(browser, live_server, editor)
    yield page
    page.context.close()


def outcomes() -> list[tuple[str, bool]]:
    return list(Verdict.objects.order_by("pk").values_list("outcome", "by_editor"))


def test_pairs_are_decided_by_keys(page: Page, waiting: None) -> None:
    page.goto(reverse("admin:index"))
    expect(page.locator(".desk-index tr", has_text="Pairs").locator("td")).to_have_text("3")
    page.get_by_role("table", name="What waits for you").get_by_role("link", name="Pairs").click()
    heading = page.locator("h2.desk-pair")
    expect(heading).to_contain_text("Mira Holm")
    expect(heading).to_be_focused()
    expect(page.locator(".desk-left")).to_contain_text("3 pairs left")
    assert page.locator(".desk-decide kbd").all_inner_texts() == ["S", "D", "K", "→"]

    page.keyboard.press("s")
    expect(heading).to_contain_text("Juno Vance")
    expect(heading).to_be_focused()
    expect(page.locator(".messagelist")).to_contain_text("The same event: “Mira Holm")
    page.keyboard.press("k")
    expect(heading).to_contain_text("Otto Brandt")
    expect(page.locator(".desk-left")).to_contain_text("1 of them skipped")
    page.keyboard.press("d")
    expect(heading).to_contain_text("1 pair skipped")
    assert outcomes() == [("same", True), ("unsure", False), ("different", True)]

    page.keyboard.press("u")
    expect(heading).to_contain_text("Otto Brandt")
    expect(page.locator(".messagelist")).to_contain_text("Undone")
    assert outcomes() == [("same", True), ("unsure", False), ("unsure", False)]
    page.locator(".desk-decisions li", has_text="Mira Holm").get_by_role("button", name="Undo").click()
    expect(heading).to_contain_text("Mira Holm")
    assert outcomes() == [("unsure", False)] * 3
    assert not Event.objects.exclude(merged_into=None).exists()
    page.keyboard.press("ArrowRight")
    expect(heading).to_contain_text("Juno Vance")


def test_keys_with_a_modifier_or_in_a_field_decide_nothing(page: Page, waiting: None) -> None:
    page.goto(reverse("desk:pairs"))
    page.keyboard.press("Control+d")
    page.keyboard.press("Alt+s")
    page.locator("#filter-source").focus()
    page.keyboard.press("s")
    expect(page.locator("h2.desk-pair")).to_contain_text("Mira Holm")
    assert outcomes() == [("unsure", False)] * 3


def test_held_events_are_published_and_that_is_undone(page: Page, waiting: None) -> None:
    page.goto(reverse("desk:held"))
    row = page.locator(".desk-rows tbody tr", has_text="BIG PARTY")
    expect(row).to_contain_text("The title is in capitals. −70")
    row.get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("Published: “BIG PARTY”")
    expect(page.locator(".desk-rows tbody tr")).to_have_count(1)
    assert Event.objects.get(title="BIG PARTY").visibility == "published"
    page.locator(".desk-decisions").get_by_role("button", name="Undo").click()
    expect(page.locator(".desk-rows tbody tr")).to_have_count(2)
    assert Event.objects.get(title="BIG PARTY").visibility == "held"
    page.get_by_label("Tick all of this page").check()
    page.get_by_role("button", name="Hide the ticked ones").click()
    expect(page.locator(".desk-main")).to_contain_text("No event is held.")
    assert Event.objects.filter(visibility="hidden").count() == 2


def test_a_held_event_is_fixed_on_its_page(page: Page, waiting: None) -> None:
    page.goto(reverse("desk:held"))
    page.locator(".desk-rows tbody tr", has_text="BIG PARTY").get_by_role("link", name="Fix").click()
    page.get_by_label("Title", exact=True).fill("A big party")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".field-title .shown")).to_have_text("A big party")


def test_venues_are_merged_and_that_is_undone(page: Page, waiting: None) -> None:
    older, newer = Venue.objects.order_by("pk")
    page.goto(reverse("desk:venues"))
    page.locator(".desk-rows").get_by_role("button", name="Merge").click()
    expect(page.locator(".messagelist")).to_contain_text("The same venue: “Blue Lantern” and “The Blue Lantern Bar”")
    newer.refresh_from_db()
    assert newer.merged_into == older
    page.locator(".desk-decisions").get_by_role("button", name="Undo").click()
    expect(page.locator(".desk-rows tbody tr")).to_have_count(1)
    newer.refresh_from_db()
    assert newer.merged_into is None


def test_pairs_are_decided_without_javascript(
    browser: Browser, live_server: LiveServer, editor: User, waiting: None
) -> None:
    page = desk(browser, live_server, editor, java_script_enabled=False)
    page.goto(reverse("desk:pairs"))
    page.get_by_role("button", name="Same event").click()
    expect(page.locator("h2.desk-pair")).to_contain_text("Juno Vance")
    page.get_by_role("link", name="Skip K").click()
    expect(page.locator("h2.desk-pair")).to_contain_text("Otto Brandt")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h2.desk-pair")).to_contain_text("Mira Holm")
    page.context.close()
    assert outcomes() == [("unsure", False)] * 3


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_desk_fits_and_breaks_no_policy(
    browser: Browser, live_server: LiveServer, editor: User, waiting: None, width: int, scheme: str
) -> None:
    page = desk(browser, live_server, editor, width=width, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: message.type == "error" and said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    too_wide = []
    for name in ("pairs", "held", "unplaced", "venues", "report"):
        answer = page.goto(reverse(f"desk:{name}"))
        assert answer
        assert answer.status == 200, name
        if page.locator("html").evaluate("html => html.scrollWidth > html.clientWidth"):
            too_wide.append(name)
    page.context.close()
    assert said == []
    assert too_wide == []
