"""Sending an event in with a browser: typed, by a pasted link, without JavaScript, and the editor's answer."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_httpserver import HTTPServer

from events.models import Event, Source
from nocturne.models import User
from scraping import discover
from scraping.models import Discovery, Submission
from scraping.submissions import links, mails, pasted, steps
from tests.browser.test_pages import CONTRAST, WIDE
from tests.factories import make_city, make_event, make_venue
from tests.scraping.sending import make_submission

ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Mail goes into a folder at once, as a worker of development does it; pasted links wait for `work`."""
    cache.clear()
    Source.objects.get_or_create(built_in="visitors", defaults={"name": "Entries of visitors", "trust": 40})
    settings.SITE_URL = live_server.url
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    monkeypatch.setattr("scraping.tasks.send_submission_mail.apply_async", lambda args, **options: mails.send(*args))
    monkeypatch.setattr("scraping.tasks.read_pasted.apply_async", lambda args, **options: None)
    yield tmp_path
    cache.clear()


@pytest.fixture
def klub(httpserver: HTTPServer, settings: Any) -> str:
    """The address of a page with an event on it."""
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    body = """<html><script type="application/ld+json">{"@context": "https://schema.org", "@type": "MusicEvent",
    "name": "Otto Klang plays", "startDate": "%s", "location": {"@type": "Place", "name": "Klub Null",
    "address": "Gasse 1, Berlin"}, "url": "https://klub.example/otto"}</script></html>"""
    day = make_city().tonight().replace(day=1)
    day = day.replace(year=day.year + 1)
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/otto").respond_with_data(body % f"{day}T20:00:00", content_type="text/html")
    return httpserver.url_for("/otto")


def work() -> None:
    """What a worker does."""
    discover.look(Discovery.objects.latest("pk").pk, pasted.offer)


def link_in(folder: Path) -> str:
    newest = max(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
    text = message_from_bytes(newest.read_bytes(), policy=policy.default).get_body(("plain",))
    assert text
    [found] = re.findall(r"http\S*/submit/\S*", text.get_content())
    return found


def fill(page: Page) -> None:
    page.get_by_label("What is it called?").fill("Ada Blum plays")
    page.get_by_label("Day", exact=True).fill(str(make_city().tonight()))
    page.get_by_label("Begins at").fill("23:30")
    page.get_by_label("Venue").fill("Klub Null")
    page.get_by_label("Free entry").check()
    page.get_by_label("Your e-mail address").fill(ADA)


def test_typed_confirmed_published_and_cancelled(live_server: LiveServer, page: Page, folder: Path) -> None:
    make_city("los-angeles")
    make_event(local=f"{make_city().tonight()}T20:00", venue=make_venue())
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/berlin/")
    page.get_by_role("link", name="Add your event").first.click()
    # the venues follow the city
    main = page.get_by_role("main")
    main.get_by_label("City").select_option("Berlin, DE")
    expect(page.locator("#venues option")).to_have_attribute("value", "Klub Null")
    main.get_by_label("City").select_option("Los Angeles, CA")
    expect(page.locator("#venues option")).to_have_count(0)
    main.get_by_label("City").select_option("Berlin, DE")
    fill(page)
    page.get_by_label("What is it called?").fill("")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_contain_text("One thing is not right yet")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Venue")).to_have_value("Klub Null")
    page.get_by_label("What is it called?").fill("Ada Blum plays")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("status")).to_contain_text(ADA)
    assert page.context.cookies() == []

    page.goto(link_in(folder))
    expect(page.get_by_role("heading", level=1)).to_have_text("One click to go")
    page.get_by_role("button", name="Yes, list it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It waits for an editor")
    steps.publish(Submission.objects.get(), by=User.objects.create(email="editor@example.org"))
    page.reload()
    page.get_by_role("link", name="See its page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Blum plays")
    page.go_back()
    page.get_by_role("link", name="Change what is said").click()
    page.get_by_label("Begins at").fill("23:45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your change is taken over.")
    page.get_by_role("button", name="It is cancelled").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is listed as cancelled")
    event = Event.objects.get(title="Ada Blum plays")
    assert (event.status, event.local_start.minute) == ("cancelled", 45)
    assert [words for words in said if "422" not in words] == []


def test_a_pasted_link_is_read_while_the_page_waits(live_server: LiveServer, page: Page, klub: str) -> None:
    page.goto(f"{live_server.url}/submit/?city=berlin")
    page.get_by_label("Address of the page").fill(klub)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One moment")
    work()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which one is it?")  # by itself
    page.get_by_role("link", name="Take this one").click()
    expect(page.get_by_label("What is it called?")).to_have_value("Otto Klang plays")
    expect(page.get_by_label("Begins at")).to_have_value("20:00")
    page.get_by_label("Your e-mail address").fill(ADA)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("link", name="Another one from the same page")).to_be_visible()
    assert Submission.objects.get().as_draft().where.venue == "Klub Null"


def test_all_of_it_works_without_javascript(browser: Browser, live_server: LiveServer, folder: Path, klub: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/submit/?city=berlin")
    page.get_by_label("Address of the page").fill(klub)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One moment")
    work()
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("link", name="Type it instead").click()
    fill(page)
    page.get_by_role("button", name="Send it").click()
    page.goto(link_in(folder))
    page.get_by_role("button", name="Yes, list it").click()
    expect(page.get_by_role("status")).to_have_text("Thank you. That is all that you have to do.")
    page.get_by_role("link", name="Change what is said").click()
    page.get_by_label("All day").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have withdrawn it")
    context.close()


def test_an_editor_decides_by_keys(browser: Browser, live_server: LiveServer, client: Any, folder: Path) -> None:
    for number in range(3):
        steps.confirm(make_submission(title=f"Evening {number} of songs", email=f"a{number}@example.org", date=_day()))
    client.force_login(User.objects.create(email="editor@example.org", is_staff=True, is_superuser=True))
    context = browser.new_context()
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/desk/submissions/")
    expect(page.locator("#sent")).to_have_text("Evening 0 of songs")
    framed = page.frame_locator("iframe")
    expect(framed.get_by_role("heading", level=1)).to_have_text("Evening 0 of songs")
    page.keyboard.press("k")
    expect(page.locator("#sent")).to_have_text("Evening 1 of songs")
    page.keyboard.press("p")
    expect(page.locator("#sent")).to_have_text("Evening 2 of songs")
    page.get_by_label("Refuse:").click()
    page.keyboard.type("Skip 2 pages")  # keys in a field are letters
    page.keyboard.press("Enter")  # which refuses, and does not publish
    expect(page.locator("#sent, .desk-pair")).to_contain_text("skipped")
    assert dict(Submission.objects.values_list("draft__title", "state")) == {
        "Evening 0 of songs": "queued",
        "Evening 1 of songs": "listed",
        "Evening 2 of songs": "refused",
    }
    assert Submission.objects.get(state="refused").reason == "Skip 2 pages"
    assert not page.evaluate(WIDE)
    context.close()


def _day() -> str:
    return str(make_city().tonight())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_fit_a_phone_and_can_be_read(browser: Browser, live_server: LiveServer, scheme: Any) -> None:
    make_venue("Donaudampfschifffahrtsgesellschaftskapitänskajüte")
    row = make_submission(date=_day(), title="Donaudampfschifffahrtsgesellschaftskapitänskajüte " * 3)
    refused = steps.confirm(make_submission(date=_day(), email="otto@example.org"))
    steps.refuse(refused, by=User.objects.create(email="editor@example.org"), reason="It says too little." * 9)
    look = Discovery.objects.create(
        key="00000000-0000-4000-8000-000000000000", url="https://klub.example/" + "x" * 200, state="done"
    )
    Discovery.objects.update(
        finished_at=look.created_at, found=[{"draft": row.draft, "city": row.city_id, "event": None}]
    )
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 800})
    page = context.new_page()
    for url in (
        f"{live_server.url}/submit/?city=berlin",
        f"{live_server.url}/submit/link/{look.key}/",
        f"{live_server.url}/submit/?link={look.key}&event=0",
        links.url_of(row),
        f"{links.url_of(row)}change/",
        links.url_of(refused),
        f"{live_server.url}/submit/x/",
    ):
        page.goto(url)
        assert not page.evaluate(WIDE), url
        seen, faint = page.evaluate(CONTRAST)
        assert seen > 8
        assert not faint, (url, faint)
    page.goto(f"{live_server.url}/submit/")
    page.get_by_role("button", name="Send it").click()
    assert not page.evaluate(WIDE)
    assert not page.evaluate(CONTRAST)[1]
    context.close()
