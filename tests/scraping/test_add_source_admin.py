"""Adding a source in the admin: paste, watch, choose, save."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock
from kombu.exceptions import OperationalError
from pytest_django import Settings

from events.models import Listing, Source
from nocturne.models import User
from scraping import tasks
from scraping.discover import look
from scraping.discovery import CLAIM_FOR, KEPT_FOR, MAX_ATTEMPTS, Ended
from scraping.models import Discovery, Schedule
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts
from tests.scraping.sites import NOW, Site, marked, nights, page

pytestmark = pytest.mark.django_db
ADD = "/admin/events/source/add/"


@pytest.fixture(autouse=True)
def _december() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def user() -> User:
    return User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True)


@pytest.fixture
def editor(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was put into the queue, instead of the queue."""
    calls: list[tuple[str, int]] = []
    for task in (tasks.discover_source, tasks.scrape_source):
        monkeypatch.setattr(task, "delay", lambda pk, name=task.name: calls.append((name, pk)))
    monkeypatch.setattr(tasks.discover_source, "apply_async", lambda args, **kw: calls.append(("again", args[0])))
    return calls


def paste(client: Client, url: str, **fields: Any) -> Any:
    return client.post(ADD, {"url": url, **fields})


def done(client: Client, url: str, **fields: Any) -> str:
    """The page of a discovery that a worker has done."""
    page = paste(client, url, **fields).headers["Location"]
    look(Discovery.objects.latest("pk").pk)
    return page


class TestPasting:
    def test_a_pasted_address_is_given_to_a_worker(self, editor: Client, asked: list[Any], site: Site) -> None:
        answer = paste(editor, f"{site.url}/")
        discovery = Discovery.objects.get()
        assert answer.headers["Location"] == f"{ADD}{discovery.pk}/"
        assert asked == [("scraping.discover_source", discovery.pk)]
        assert site.asked == []

    @pytest.mark.parametrize("text", ["", "hello", "mailto:a@b.example"])
    def test_what_is_no_address_is_told_beside_the_field(self, editor: Client, text: str) -> None:
        page = parsed(paste(editor, text))
        assert text_of(page, ".errorlist")
        assert not Discovery.objects.exists()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("http://", "is no address of the web"),
            ("https://my club.example/", "is no address of the web"),
            ("https://intranet/events", "is no address of the web"),
            ("http://127.1/", "is no address of the web"),
            ("http://localhost/cal.ics", "FETCH_ALLOW=localhost:80."),
            ("192.168.1.20/cal.ics", "FETCH_ALLOW=192.168.1.20:443."),
            ("http://[::1]/", "FETCH_ALLOW=[::1]:80."),
            ("http://klub.example:6379/", "port 6379 is not one of"),
        ],
    )
    def test_what_the_client_would_refuse_is_told_beside_the_field(
        self, editor: Client, settings: Settings, text: str, said: str
    ) -> None:
        assert said in text_of(parsed(paste(editor, text)), ".errorlist")
        assert not Discovery.objects.exists()
        settings.FETCH_ALLOW = ["localhost:80", "192.168.1.20:443", "[::1]:80"]
        allowed = paste(editor, text).status_code == 302
        assert allowed == ("FETCH_ALLOW" in said)

    @pytest.mark.parametrize("text", ["https://klub.example/cal", "webcal://klub.example/cal/", "klub.example/cal"])
    def test_an_address_that_a_source_has_is_told_with_a_link(self, editor: Client, text: str) -> None:
        source = make_source(name="Klub", url="http://klub.example/cal")
        page = parsed(paste(editor, text))
        assert text_of(page, ".errorlist") == "Klub reads this address already."
        assert links(page, ".errorlist a") == {"Klub": f"/admin/events/source/{source.pk}/change/"}

    def test_by_hand_too(self, editor: Client) -> None:
        make_source(name="Klub", url="http://klub.example/cal")
        page = parsed(editor.post(f"{ADD}by-hand/", {"name": "Other", "url": "https://klub.example/cal", "trust": 50}))
        assert "Klub reads this address already." in texts(page, ".errorlist li")

    def test_a_source_keeps_its_own_address(self, editor: Client) -> None:
        source = make_source(url="https://klub.example/cal")
        fields = {"name": "New name", "url": source.url, "trust": 50, "active": "on", "ids_stable": "on"}
        assert editor.post(f"/admin/events/source/{source.pk}/change/", fields).status_code == 302
        source.refresh_from_db()
        assert source.name == "New name"

    def test_one_at_a_time(self, editor: Client, asked: list[Any]) -> None:
        first = paste(editor, "https://one.example/").headers["Location"]
        answer = editor.post(ADD, {"url": "https://two.example/"}, follow=True)
        assert answer.redirect_chain[-1][0] == first
        assert "still being looked at" in text_of(parsed(answer), ".messagelist")
        assert len(asked) == 1

    def test_with_the_queue_away_it_waits_for_beat(
        self, editor: Client, monkeypatch: pytest.MonkeyPatch, asked: list[Any]
    ) -> None:
        def away(*args: object) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(tasks.discover_source, "delay", away)
        page = paste(editor, "https://one.example/").headers["Location"]
        with time_machine.travel(NOW + dt.timedelta(minutes=1), tick=False):
            assert "No worker has taken it yet" in text_of(parsed(editor.get(page)), "#progress")
            assert tasks.discover_waiting() == 1
        assert asked == [("again", Discovery.objects.get().pk)]

    @pytest.mark.parametrize("rights", [("view_source",), ("view_source", "change_source"), ()])
    def test_who_may_not_add_sources_cannot(self, client: Client, rights: tuple[str, ...], user: User) -> None:
        discovery = Discovery.objects.create(user=user, url="https://one.example/", found=[{}])
        looker = User.objects.create(email="r@example.org", password="!", is_staff=True)
        looker.user_permissions.add(*Permission.objects.filter(codename__in=rights))
        client.force_login(looker)
        one = f"{ADD}{discovery.pk}/"
        assert client.get(ADD).status_code == paste(client, "https://one.example/").status_code == 403
        assert {client.get(one).status_code, client.get(f"{one}progress/").status_code} == {403}
        assert {client.post(f"{one}{act}/").status_code for act in ("stop", "save")} == {403}
        assert Discovery.objects.get().is_open

    def test_a_small_window_beside_another_form_has_the_plain_form(self, editor: Client) -> None:
        assert parsed(editor.get(f"{ADD}?_popup=1")).css_first("[name=trust]")


class TestWatching:
    def test_the_page_says_what_was_looked_at_so_far(self, editor: Client) -> None:
        page = paste(editor, "https://one.example/").headers["Location"]
        row = Discovery.objects.get()
        assert "Waiting for a worker." in text_of(parsed(editor.get(page)), "#progress")
        assert row.take(NOW)
        row.report([{"url": "https://one.example/", "why": "the address itself", "said": "A page.", "events": 0}])
        tree = parsed(editor.get(page))
        assert texts(tree, ".looks td") == ["https://one.example/", "the address itself", "A page."]
        assert tree.css_first("noscript") is not None

    def test_the_fragment_comes_when_there_is_something_new(self, editor: Client) -> None:
        page = paste(editor, "https://one.example/").headers["Location"]
        address = parsed(editor.get(page)).css_first("#progress").attributes["hx-get"]
        assert editor.get(address).status_code == 204
        row = Discovery.objects.get()
        row.take(NOW)
        row.report([{"url": "https://one.example/", "why": "it", "said": "A page.", "events": 0}])
        answer = editor.get(address)
        assert text_of(parsed(answer), "#now") == "Addresses looked at: 1."
        assert parsed(answer).css_first("html > head > title") is None
        row.finish(NOW, "failed")
        assert editor.get(address).headers["HX-Refresh"] == "true"

    def test_stopping_ends_it_and_what_the_worker_finds_then_is_dropped(self, editor: Client) -> None:
        page = paste(editor, "https://one.example/").headers["Location"]
        row = Discovery.objects.get()
        assert row.take(NOW)
        tree = parsed(editor.post(f"{page}stop/", follow=True))
        assert "Stopped." in text_of(tree, "[role=status]")
        with pytest.raises(Ended):
            row.report([])
        with pytest.raises(Ended):
            row.finish(NOW, "done", found=[{}])
        assert Discovery.objects.get().state == "stopped"

    def test_nothing_found_says_what_was_looked_for_and_what_to_try(self, editor: Client, site: Site) -> None:
        site.pages["/"] = page('<a href="/gone.ics">Subscribe</a>')
        tree = parsed(editor.get(done(editor, f"{site.url}/")))
        assert "No events were found" in text_of(tree, "[role=status]")
        assert "iCal" in text_of(tree, "[role=status]")
        assert any("404" in said for said in texts(tree, ".looks td"))
        assert tree.css_first("input[name=url]").attributes["value"] == f"{site.url}/"
        assert tree.css_first(".errorlist") is None


class TestChoosing:
    def test_the_best_is_shown_in_full_and_the_others_to_choose(self, editor: Client, site: Site) -> None:
        make_city()
        event = make_event("Ada Blum and friends", local="2026-12-05T20:00", venue=make_venue())
        make_listing(event)
        listings = Listing.objects.count()
        site.pages["/"] = page(marked("Otto Klang"), '<a href="/all.ics">Subscribe</a>', title="Klub Null")
        site.pages["/all.ics"] = nights("Ada Blum and friends", "Otto Klang")
        address = done(editor, f"{site.url}/")
        tree = parsed(editor.get(address))
        assert text_of(tree, "#events-heading") == "Klub Null: 2 events to come"
        rows = [texts(row, "td") for row in tree.css(".relations tbody tr")]
        assert rows[0][:3] == ["Sat 5 Dec 2026, 20:00", "Ada Blum and friends", "Klub Null, Berlin"]
        assert rows[0][4] == "the same as Ada Blum and friends"
        assert rows[1][4] == "new"
        assert [link.attributes["href"] for link in tree.css(".choices a")] == ["?pick=0", "?pick=1"]
        other = parsed(editor.get(f"{address}?pick=1"))
        assert text_of(other, "#events-heading") == "Klub Null: 1 event to come"
        assert text_of(other, ".choices a[aria-current=true]") == f"{site.url}/"
        assert Listing.objects.count() == listings

    def test_what_would_be_held_is_told_with_why(self, editor: Client, site: Site) -> None:
        make_city()
        site.pages["/all.ics"] = nights("Ada Blum").replace("Gasse 1\\, Berlin", "75001 Paris\\, France")
        tree = parsed(editor.get(done(editor, f"{site.url}/all.ics")))
        said = text_of(tree, ".outlook")
        assert "no active city 1" in said
        assert "1 × The place lies in or near an active city." in said
        assert "held: No active city is known for its place" in text_of(tree, ".relations tbody")

    def test_saving_makes_a_source_that_is_read_at_once(self, editor: Client, site: Site, asked: list[Any]) -> None:
        berlin = make_city()
        site.pages["/"] = page('<a href="/all.ics">Subscribe</a>', title="Klub Null")
        site.pages["/all.ics"] = nights("Ada Blum")
        address = done(editor, f"{site.url}/", city=berlin.pk)
        form = parsed(editor.get(address)).css_first("form[action$=save\\/]")
        fields = {node.attributes["name"]: node.attributes.get("value") or "" for node in form.css("input[name]")}
        assert (fields["name"], fields["homepage"]) == ("Klub Null", f"{site.url}/")
        assert form.css_first("select[name=city] option[selected]").attributes["value"] == str(berlin.pk)
        fields.pop("again")
        answer = editor.post(f"{address}save/", {**fields, "city": berlin.pk, "trust": 80})
        source = Source.objects.get(url=f"{site.url}/all.ics")
        assert answer.headers["Location"] == f"/admin/events/source/{source.pk}/change/"
        assert (source.name, source.city, source.trust) == ("Klub Null", berlin, 80)
        assert Schedule.objects.get(source=source).next_at <= clock.now()
        assert asked[-1] == ("scraping.scrape_source", source.pk)
        assert LogEntry.objects.get().get_edited_object() == source
        assert "was added" in text_of(parsed(editor.get(answer.headers["Location"])), ".messagelist")
        assert f"{source.name} reads this address, added from here." in text_of(parsed(editor.get(address)))

    def test_saving_twice_makes_one_source(self, editor: Client, site: Site, asked: list[Any]) -> None:
        make_city()
        site.pages["/all.ics"] = nights("Ada Blum")
        address = done(editor, f"{site.url}/all.ics")
        fields = {"pick": 0, "name": "Klub", "trust": 50}
        first, second = (editor.post(f"{address}save/", fields).headers["Location"] for _ in range(2))
        assert first == second
        assert Source.objects.filter(url__startswith=site.url).count() == 1
        assert [name for name, _ in asked] == ["scraping.discover_source", "scraping.scrape_source"]

    def test_what_the_form_refuses_is_told_and_nothing_is_saved(self, editor: Client, site: Site) -> None:
        site.pages["/all.ics"] = nights("Ada Blum")
        address = done(editor, f"{site.url}/all.ics")
        tree = parsed(editor.post(f"{address}save/", {"pick": 0, "name": "", "trust": 101}))
        assert len(texts(tree, ".errorlist li")) == 2
        assert not Source.objects.filter(url__startswith=site.url).exists()
        assert editor.post(f"{address}save/", {"pick": 7, "name": "Klub", "trust": 50}).status_code == 404

    def test_another_city_is_tried_by_looking_again(self, editor: Client, site: Site) -> None:
        make_city()
        angeles = make_city("los-angeles")
        site.pages["/all.ics"] = nights("Ada Blum").replace("Klub Null\\, Gasse 1\\, Berlin", "")
        address = done(editor, f"{site.url}/all.ics")
        fields = {"pick": 0, "name": "Klub", "trust": 50, "city": angeles.pk, "again": "1"}
        again = editor.post(f"{address}save/", fields).headers["Location"]
        look(Discovery.objects.latest("pk").pk)
        assert "Los Angeles 1" in text_of(parsed(editor.get(again)), ".outlook")

    def test_what_a_site_says_is_shown_as_text(self, editor: Client, site: Site) -> None:
        make_city()
        evil = "<script>alert(1)</script>"
        site.pages["/"] = page(marked("Ada &lt;script&gt;alert(1)&lt;/script&gt; Blum"), title=evil)
        tree = parsed(editor.get(done(editor, f"{site.url}/")))
        assert "alert" not in "".join(node.text() for node in tree.css("script"))

    def test_more_findings_do_not_mean_more_queries(self, editor: Client, site: Site) -> None:
        counts = []
        for number in (2, 10):
            Discovery.objects.all().delete()
            site.pages["/all.ics"] = nights(*(f"Evening {each}" for each in range(number)))
            address = done(editor, f"{site.url}/all.ics")
            with CaptureQueriesContext(
                connection,
            ) as queries:
                editor.get(address)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestWorkers:
    def make(self, user: User, **columns: Any) -> Discovery:
        return Discovery.objects.create(user=user, url="https://one.example/", **columns)

    def test_of_two_workers_one_does_it(self, user: User) -> None:
        row = self.make(user)
        other = Discovery.objects.get()
        assert row.take(NOW)
        assert not other.take(NOW)

    def test_one_whose_worker_died_is_done_by_another(self, user: User, asked: list[Any]) -> None:
        row = self.make(user)
        row.take(NOW)
        later = NOW + CLAIM_FOR + dt.timedelta(seconds=1)
        with time_machine.travel(later, tick=False):
            assert tasks.discover_waiting() == 1
            other = Discovery.objects.get()
            assert other.take(later)
            with pytest.raises(Ended):
                row.report([])
        assert asked == [("again", row.pk)]

    def test_one_that_is_at_work_is_left_alone(self, user: User, asked: list[Any]) -> None:
        self.make(user).take(NOW)
        with time_machine.travel(NOW + CLAIM_FOR / 2, tick=False):
            assert tasks.discover_waiting() == 0

    def test_an_address_that_kills_workers_is_given_up(self, user: User) -> None:
        row, at = self.make(user), NOW
        for _ in range(MAX_ATTEMPTS):
            assert row.take(at)
            at += 2 * CLAIM_FOR
        assert not row.take(at)
        row.refresh_from_db()
        assert (row.state, row.is_open) == ("failed", False)
        assert "did not end" in row.message

    def test_doing_it_again_changes_nothing(self, user: User, site: Site) -> None:
        site.pages["/all.ics"] = nights("Ada Blum")
        row = Discovery.objects.create(user=user, url=f"{site.url}/all.ics")
        assert look(row.pk) == "done"
        assert look(row.pk) == ""
        assert site.asked == ["/all.ics"]

    def test_a_fault_of_ours_ends_it_with_a_sentence(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        row = self.make(user)
        monkeypatch.setattr("scraping.discover.discover", lambda *args, **kwargs: 1 / 0)
        assert look(row.pk) == "failed"
        row.refresh_from_db()
        assert row.message == "Looking at it failed: ZeroDivisionError."

    def test_they_go_after_a_day(self, user: User, asked: list[Any]) -> None:
        self.make(user, created_at=NOW - KEPT_FOR - dt.timedelta(minutes=1))
        new = self.make(User.objects.create(email="b@example.org"), finished_at=NOW, state="done")
        assert tasks.discover_waiting() == 0
        assert list(Discovery.objects.all()) == [new]
