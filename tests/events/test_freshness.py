"""Public pages are the same for all, and new as soon as something that they show is."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client, TestCase

from events.models import City, Event, Venue
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import parsed, text_of

pytestmark = pytest.mark.django_db
NOW = "2026-12-05T18:00:00+00:00"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("editor@example.org", "x"))
    return client


@pytest.fixture
def paths() -> list[str]:
    venue = make_venue("Klub Null", address="Hauptstr. 1")
    event = make_event("Concert", venue=venue)
    make_listing(event, source=make_source(name="Almanac"))
    page = event.get_absolute_url()
    return ["/", "/berlin/", "/berlin/list", "/berlin/calendar.ics", page, f"{page[:-1]}.ics", venue.get_absolute_url()]


@time_machine.travel(NOW, tick=False)
def test_who_is_signed_in_makes_no_difference_to_a_byte(client: Client, staff: Client, paths: list[str]) -> None:
    staff.get("/admin/")  # a session that is used, and a token for forms
    for path in (*paths, "/about/", "/bot/", "/sources/", "/robots.txt", "/?q=x", "/berlin/?q=x"):
        strangers, editors = client.get(path), staff.get(path)
        del strangers.headers["X-Request-ID"], editors.headers["X-Request-ID"]  # each request's own
        assert strangers.content == editors.content, path
        assert strangers.headers == editors.headers, path
        for response in (strangers, editors):
            assert not response.cookies, path
            assert "Vary" not in response, path


@pytest.mark.parametrize("path", ["/nowhere/", "/berlin/events/x-99999/", "/berlin", "/%00/", "/berlin/?page=x"])
def test_no_page_is_found_without_a_cookie_either(staff: Client, path: str) -> None:
    make_city()
    response = staff.get(path)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@time_machine.travel(NOW, tick=False)
def test_nothing_is_sent_again_while_nothing_has_changed(client: Client, paths: list[str]) -> None:
    for path in paths:
        etag = client.get(path)["ETag"]
        again = client.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304, path
        assert again.content == b""
        assert again["ETag"] == etag
        assert not again.cookies
        assert client.get(path, headers={"If-None-Match": f'"x", W/{etag}'}).status_code == 304


def _form(staff: Client, url: str) -> dict[str, str]:
    """What a browser would post if nothing was changed in the form of an admin page."""
    form = parsed(staff.get(url)).css_first("#content-main form[method=post]")
    data = {}
    for node in form.css("input[name], textarea[name], select[name]"):
        kind = node.attributes.get("type")
        if kind in ("submit", "file") or (kind == "checkbox" and "checked" not in node.attributes):
            continue
        value = node.attributes.get("value") or ""
        if node.tag == "textarea":
            value = node.text().removeprefix("\n")
        if node.tag == "select":
            chosen = node.css_first("option[selected]")
            value = (chosen.attributes.get("value") or "") if chosen else ""
            kind = "button" if "action" in (node.attributes["name"] or "") else kind
        if kind not in ("submit", "button"):
            data[node.attributes["name"] or ""] = value
    return data


class TestWhatAnEditorChangesIsSeenAtOnce:
    """Whoever has the old page and asks again gets the new one."""

    @pytest.fixture
    def etags(self, client: Client, paths: list[str]) -> dict[str, str]:
        with time_machine.travel(NOW, tick=False):
            return {path: client.get(path)["ETag"] for path in paths}

    def save(self, staff: Client, row: Any, **changes: str) -> None:
        url = f"/admin/events/{row._meta.model_name}/{row.pk}/change/"
        with TestCase.captureOnCommitCallbacks(execute=True):
            response = staff.post(url, _form(staff, url) | {"_save": "Save"} | changes)
        assert response.status_code == 302, text_of(parsed(response), ".errorlist")

    def act(self, staff: Client, row: Any, action: str) -> None:
        with TestCase.captureOnCommitCallbacks(execute=True):
            response = staff.post(
                f"/admin/events/{row._meta.model_name}/",
                {"action": action, "_selected_action": row.pk, "index": 0},
            )
        assert response.status_code == 302

    def stale(self, client: Client, etags: dict[str, str]) -> set[str]:
        return {p for p, etag in etags.items() if client.get(p, headers={"If-None-Match": etag}).status_code == 304}

    @time_machine.travel(NOW, tick=False)
    def test_an_event_that_is_hidden(self, client: Client, staff: Client, etags: dict[str, str]) -> None:
        self.act(staff, Event.objects.get(), "hide")
        assert self.stale(client, etags) == set()
        assert b"Concert" not in client.get("/berlin/").content

    @time_machine.travel(NOW, tick=False)
    def test_a_title(self, client: Client, staff: Client, etags: dict[str, str]) -> None:
        self.save(staff, Event.objects.get(), title="Ball")
        assert self.stale(client, etags) == set()

    @time_machine.travel(NOW, tick=False)
    def test_a_city_that_is_renamed(self, client: Client, staff: Client, etags: dict[str, str]) -> None:
        self.save(staff, City.objects.get(), name="Spree-Athen")
        assert self.stale(client, etags) == set()
        assert "Spree-Athen" in text_of(parsed(client.get("/")))

    @time_machine.travel(NOW, tick=False)
    def test_a_city_that_is_served_no_more_and_again(self, client: Client, staff: Client, paths: list[str]) -> None:
        other = make_city("los-angeles", active=False)
        etag = client.get("/")["ETag"]
        self.act(staff, other, "activate")
        page = client.get("/", headers={"If-None-Match": etag})
        assert "Los Angeles" in text_of(parsed(page))
        self.act(staff, other, "deactivate")
        page = client.get("/", headers={"If-None-Match": page["ETag"]})
        assert "Los Angeles" not in text_of(parsed(page))
        assert client.get("/los-angeles/").status_code == 302

    @time_machine.travel(NOW, tick=False)
    def test_a_venue_that_is_renamed_or_found_elsewhere(
        self, client: Client, staff: Client, etags: dict[str, str]
    ) -> None:
        self.save(staff, Venue.objects.get(), name="KLUB NULL")
        assert self.stale(client, etags) <= {"/"}
        etags = {path: client.get(path)["ETag"] for path in etags if path != "/"}
        self.save(staff, Venue.objects.get(), address="Nebenstr. 2")
        assert self.stale(client, etags) == set()

    @time_machine.travel(NOW, tick=False)
    def test_the_name_of_a_publisher(
        self, client: Client, staff: Client, etags: dict[str, str], paths: list[str]
    ) -> None:
        [source] = {listing.source for listing in Event.objects.get().listings.select_related("source")}
        self.save(staff, source, publisher="The Almanac of Berlin")
        assert (
            self.stale(client, {p: e for p, e in etags.items() if p in ("/berlin/", "/berlin/list", paths[4])}) == set()
        )
        assert "The Almanac of Berlin" in text_of(parsed(client.get("/berlin/?when=2026-12-05")))

    @time_machine.travel(NOW, tick=False)
    def test_the_trust_in_a_publisher(self, client: Client, staff: Client, etags: dict[str, str]) -> None:
        event, other = Event.objects.get(), make_source(trust=40)
        make_listing(event, source=other, title="Recital")
        self.save(staff, other, trust="90")
        assert self.stale(client, etags) == set()
        assert "Recital" in text_of(parsed(client.get("/berlin/")))


@pytest.mark.parametrize("path", ["/", "/berlin/", "/berlin/list", "/berlin/calendar.ics"])
def test_a_page_of_last_night_is_no_page_of_tonight(client: Client, paths: list[str], path: str) -> None:
    with time_machine.travel("2026-12-06T04:59:00+00:00", tick=False):  # 05:59 in Berlin
        etag = client.get(path)["ETag"]
    with time_machine.travel("2026-12-06T05:01:00+00:00", tick=False):
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_an_event_is_over_when_its_night_is(client: Client, paths: list[str]) -> None:
    """Midnight is in the middle of a night, so that nothing changes at it."""
    page = paths[4]
    etags = []
    for now in ("2026-12-05T22:59:00", "2026-12-05T23:01:00", "2026-12-06T04:59:00", "2026-12-06T05:01:00"):
        with time_machine.travel(f"{now}+00:00", tick=False):
            response = client.get(page)
            etags.append(response["ETag"])
            over = "This is over" in text_of(parsed(response))
            assert over == (now == "2026-12-06T05:01:00")
    assert len(set(etags[:3])) == 1
    assert etags[3] != etags[2]


def test_no_bump_before_the_change_is_there(client: Client, paths: list[str]) -> None:
    """A page that is made between a bump and a commit would be the old one under the new ETag."""
    from events import editing

    event = Event.objects.get()
    before = client.get("/berlin/")["ETag"]
    with TestCase.captureOnCommitCallbacks() as waiting:
        editing.override([event.pk], {"visibility": "hidden"}, now=dt.datetime.now(dt.UTC))
    assert client.get("/berlin/")["ETag"] == before
    for callback in waiting:
        callback()
    assert client.get("/berlin/")["ETag"] != before
