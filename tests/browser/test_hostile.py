"""Nothing that a publisher, a mail or an address says is executed, sent anywhere or fetched, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from events.models import Listing
from nocturne.models import User
from quality.models import Verdict
from tests.events.hostile import MARKUP, hostile_event
from tests.factories import make_city, make_event, make_listing


class Watched:
    """A page, what its scripts did that they should not, and what it asked others for."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda r: r.url.startswith((origin, "data:")) or self.foreign.append(r.url))


@pytest.fixture
def watched(live_server: LiveServer, page: Page) -> Watched:
    return Watched(page, live_server.url)


@pytest.fixture
def signed_in(live_server: LiveServer, page: Page) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "x"))
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def test_nothing_that_a_publisher_writes_runs(live_server: LiveServer, watched: Watched) -> None:
    event = hostile_event()
    assert event.venue
    query = "q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&when=%3Cimg+src=x+onerror=alert(1)%3E"
    paths = [
        "/",
        f"/?{query}",
        "/berlin/",
        f"/berlin/?{query}",
        event.get_absolute_url(),
        event.venue.get_absolute_url(),
    ]
    for path in paths:
        watched.page.goto(live_server.url + path)
        watched.page.mouse.move(300, 300)
        assert watched.page.title()
    watched.page.goto(f"{live_server.url}/berlin/")
    watched.page.locator(".whens a").first.click()  # and none of it in a fragment
    watched.page.wait_for_url("**when=tonight")
    assert watched.page.locator(".card h3").first.inner_text().startswith("\"'><script>")
    assert (watched.dialogs, watched.complaints, watched.foreign) == ([], [], [])


def test_nothing_that_a_publisher_writes_runs_in_the_admin(
    live_server: LiveServer, watched: Watched, signed_in: None
) -> None:
    event = hostile_event()
    listing = Listing.objects.get()
    other = make_listing(make_event(MARKUP), title=MARKUP)
    verdict = Verdict.objects.create(first=listing, second=other, outcome="unsure", score=80, reasons=[MARKUP])
    for path in (
        *("", "events/event/", "events/listing/", "events/source/", "events/venue/", "quality/verdict/"),
        *(f"events/event/{event.pk}/change/", f"events/listing/{listing.pk}/change/"),
        *(f"events/source/{listing.source_id}/change/", f"quality/verdict/{verdict.pk}/change/"),
        *("events/event/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", f"events/venue/{event.venue_id}/change/"),
    ):
        watched.page.goto(f"{live_server.url}/admin/{path}")
        assert watched.page.locator("h1, h2").count(), path
        assert (watched.dialogs, watched.complaints, watched.foreign) == ([], [], []), path


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    return tmp_path


def test_a_mail_is_shown_and_can_do_nothing(live_server: LiveServer, watched: Watched, folder: Path) -> None:
    html = (
        "<h1 style='color:red'>Tonight</h1><form action='/about/'><button>Go</button></form>"
        f"<iframe src='{live_server.url}/admin/'></iframe><meta http-equiv=refresh content='0;url=/about/'>"
        "<a href='/about/' target=_top>Away</a><a href='javascript:parent.alert(1)'>Script</a>"
        f"<script>parent.document.title='mine'</script>{MARKUP}"
    )
    message = mail.EmailMultiAlternatives(f"{MARKUP[:60]}", f"{MARKUP} javascript:alert(1)", None, ["a@example.org"])
    message.attach_alternative(html, "text/html")
    message.send()
    [file] = folder.iterdir()
    page = watched.page
    page.goto(f"{live_server.url}/dev/mail/")
    page.goto(f"{live_server.url}/dev/mail/{file.name}/0/")
    frame = page.frame_locator("iframe")
    assert frame.locator("h1").inner_text() == "Tonight"
    for name in ("Go", "Script", "Away"):
        frame.get_by_text(name, exact=True).click()
    page.wait_for_timeout(300)
    assert page.url == f"{live_server.url}/dev/mail/{file.name}/0/"
    assert page.title().startswith("\"'><script>")
    assert (watched.dialogs, watched.foreign) == ([], [])
    # nor if somebody opens it by itself
    page.goto(f"{live_server.url}/dev/mail/{file.name}/0/html")
    page.wait_for_timeout(300)
    assert watched.dialogs == []
    assert page.evaluate("origin") == "null"


def test_text_at_twice_its_size_needs_no_sideways_scrolling(live_server: LiveServer, browser: Browser) -> None:
    event = make_event("A night of many words", local=f"{make_city().tonight()}T20:00", description="text " * 50)
    make_listing(event)
    context = browser.new_context(viewport={"width": 640, "height": 512})
    page = context.new_page()
    for path in ("/", "/berlin/", "/berlin/?q=nothing", event.get_absolute_url(), "/about/", "/nowhere/"):
        page.goto(live_server.url + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()
