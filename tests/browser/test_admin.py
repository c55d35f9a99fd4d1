"""The admin in a browser, under the site's content security policy: its lists and forms, on a desk and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from events.compose import compose
from events.models import Event, Series, VenueAlias
from nocturne.models import User
from quality import merging
from quality.models import Finding, Verdict
from scraping.models import Run, RunItem, Schedule
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenversteigerung"


@pytest.fixture
def editor(transactional_db: None) -> User:
    return User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True)


@pytest.fixture
def event(editor: User) -> Event:
    """An event with a merged one, changed by an editor, and one row at least behind most other pages."""
    venue = make_venue()
    source = make_source(name=f"Calendar of the {LONG}")
    root, member = make_event(LONG, venue=venue), make_event("Two", venue=venue)
    first, second = make_listing(root, source=source), make_listing(member)
    compose([root.pk, member.pk], now=clock.now())
    merging.merge(root, member, by=editor)
    Series.objects.create(source=source, key="weekly", title="Weekly")
    Finding.objects.create(source=source, listing=first, key="1", rule="date.odd", severity="error", message="Odd.")
    Verdict.objects.update_or_create(first=first, second=second, defaults={"outcome": "unsure", "score": 70})
    Schedule.objects.create(source=source, failures=2)
    run = Run.objects.create(source=source, started_at=clock.now(), status="changed", new=1)
    RunItem.objects.create(run=run, listing=first, action="new")
    assert VenueAlias.objects.exists()
    root.refresh_from_db()
    return root


def desk(browser: Browser, live_server: LiveServer, editor: User, *, width: int = 1280) -> Page:
    """A page on which the editor is signed in."""
    client = Client()
    client.force_login(editor)
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=live_server.url)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return context.new_page()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, editor: User) -> Iterator[Page]:
    page = desk(browser, live_server, editor)
    yield page
    page.context.close()


def addresses() -> Iterator[str]:
    """Every list, and the page of a row of each model that has one."""
    yield reverse("admin:index")
    for model, shown in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row: Any = model._default_manager.first()
        if row:
            yield reverse(f"{name}_change", args=[row.pk])
        if shown.has_add_permission.__qualname__.startswith("BaseModelAdmin"):
            yield reverse(f"{name}_add")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_and_breaks_no_policy(
    browser: Browser, live_server: LiveServer, editor: User, event: Event, width: int
) -> None:
    page = desk(browser, live_server, editor, width=width)
    said: list[str] = []
    page.on("console", lambda message: message.type == "error" and said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    too_wide = []
    for address in addresses():
        answer = page.goto(address)
        assert answer
        assert answer.status == 200, address
        if page.locator("html").evaluate("html => html.scrollWidth > html.clientWidth"):
            too_wide.append(address)
    page.context.close()
    assert said == []
    assert too_wide == []


def test_a_city_is_searched_for_and_filters_at_once(page: Page, event: Event) -> None:
    make_event("Elsewhere", city=make_city("los-angeles"))
    page.goto(f"{reverse('admin:events_event_changelist')}?when=all")
    form = page.locator("form.search-filter").filter(has=page.locator("[name='city__id__exact']"))
    form.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("los")
    page.locator(".select2-results__option", has_text="Los Angeles").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list .field-title")).to_have_text("Elsewhere")
    assert "when=all" in page.url


def test_enter_in_a_field_saves_the_value(page: Page, event: Event) -> None:
    page.goto(reverse("admin:events_event_change", args=[event.pk]))
    page.get_by_label("Title", exact=True).fill("A better title")
    page.get_by_label("Title", exact=True).press("Enter")
    expect(page.locator(".field-title .shown")).to_have_text("A better title")


def test_a_venue_and_a_time_are_chosen(page: Page, event: Event) -> None:
    make_venue("Große Halle")
    page.goto(reverse("admin:events_event_change", args=[event.pk]))
    page.locator(".field-venue .select2-selection").click()
    page.locator(".select2-search__field").fill("halle")
    page.locator(".select2-results__option", has_text="Große Halle").click()
    page.locator("#id_starts_at").fill("2026-12-05T22:30")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".field-venue .shown")).to_have_text("Große Halle")
    expect(page.locator(".field-starts_at .shown")).to_have_text("Sat 5 Dec 2026 22:30")


def test_a_merged_event_is_unmerged_from_the_page_of_its_root(page: Page, event: Event) -> None:
    page.goto(reverse("admin:events_event_change", args=[event.pk]))
    page.get_by_role("button", name="Unmerge").click()
    expect(page.locator(".messagelist")).to_contain_text("Unmerged")
    expect(page.locator("#content h2").first).to_contain_text("Two")
