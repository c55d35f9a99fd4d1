"""Sources and their readings in the admin."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone as clock
from kombu.exceptions import OperationalError
from selectolax.lexbor import LexborHTMLParser

from events.models import Source
from nocturne.models import User
from scraping import tasks
from scraping.models import Run, RunItem, Schedule
from tests.factories import make_city, make_event, make_listing, make_source
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was put into the queue, instead of the queue."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.scrape_source, "delay", lambda *args, **kwargs: calls.append((*args, kwargs)))
    return calls


def url_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def choose(client: Client, action: str, *sources: Source) -> LexborHTMLParser:
    data = {"action": action, "_selected_action": [source.pk for source in sources], "index": 0}
    return parsed(client.post("/admin/events/source/", data, follow=True))


class TestScrapeNow:
    def test_chosen_sources_are_put_into_the_queue(self, editor: Client, asked: list[Any]) -> None:
        one, two = make_source(name="One"), make_source(name="Two")
        page = choose(editor, "scrape_now", one, two)
        assert asked == [(one.pk, {"force": True}), (two.pk, {"force": True})]
        assert "One, Two" in text_of(page, ".messagelist")
        assert LogEntry.objects.filter(change_message="Asked to be read now.").count() == 2
        assert Schedule.objects.filter(source__in=[one, two]).count() == 2

    def test_a_source_is_read_from_its_own_page(self, editor: Client, asked: list[Any]) -> None:
        source = make_source()
        data = {"CHANGE_FORM-action": "scrape_now", "_selected_action": source.pk, "index": 0}
        answer = editor.post(url_of(source), data)
        assert answer.headers["Location"] == url_of(source)
        assert asked == [(source.pk, {"force": True})]

    def test_a_source_without_an_address_is_left_out(self, editor: Client, asked: list[Any]) -> None:
        page = choose(editor, "scrape_now", Source.objects.get(built_in="editors"))
        assert asked == []
        assert "no address" in text_of(page, ".messagelist")

    def test_a_queue_that_is_away_is_told_and_asked_once(self, editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = []

        def away(*args: object, **kwargs: object) -> None:
            tries.append(args)
            raise OperationalError("connection refused")

        monkeypatch.setattr(tasks.scrape_source, "delay", away)
        page = choose(editor, "scrape_now", make_source(), make_source())
        assert "The queue cannot be reached, so 2 sources were not asked for" in text_of(page, ".messagelist .error")
        assert len(tries) == 1
        assert not LogEntry.objects.exists()

    def test_who_may_only_look_cannot(self, client: Client, asked: list[Any]) -> None:
        looker = User.objects.create(email="r@example.org", password="!", is_staff=True)
        looker.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
        client.force_login(looker)
        choose(client, "scrape_now", make_source())
        assert asked == []


class TestSources:
    def cell(self, client: Client, column: str) -> list[str]:
        page = parsed(client.get("/admin/events/source/?built_in__exact="))
        return texts(page, f"#result_list .field-{column}")

    @pytest.mark.parametrize(
        ("columns", "state", "words"),
        [
            ({}, {}, "never read"),
            ({"active": False}, {}, "paused"),
            ({}, {"failures": 3}, "failing, 3 in a row"),
            ({}, {"last_success_at": dt.timedelta(hours=1)}, "fine"),
            ({}, {"last_success_at": dt.timedelta(days=3)}, "no good answer for 2 days"),
        ],
    )
    def test_health_is_seen_at_a_glance(
        self, editor: Client, columns: dict[str, Any], state: dict[str, Any], words: str
    ) -> None:
        state = {name: clock.now() - value if name.endswith("_at") else value for name, value in state.items()}
        Schedule.objects.create(source=make_source(**columns), **state)
        assert self.cell(editor, "condition") == [words]

    def test_the_last_run_is_summed_up_and_linked(self, editor: Client) -> None:
        source = make_source()
        now = clock.now()
        Run.objects.create(source=source, started_at=now - dt.timedelta(days=1), status="failed", error="http.404")
        last = Run.objects.create(source=source, started_at=now, status="changed", new=4, held=1)
        page = parsed(editor.get("/admin/events/source/?built_in__exact="))
        assert links(page, ".field-last_run a") == {"changed: 4 new, 1 held": url_of(last)}

    def test_failing_sources_are_found(self, editor: Client) -> None:
        Schedule.objects.create(source=make_source(name="Bad"), failures=1)
        Schedule.objects.create(source=make_source(name="Good"))
        page = parsed(editor.get("/admin/events/source/?health=failing"))
        assert texts(page, "#result_list .field-name") == ["Bad"]

    def test_a_source_links_to_its_runs_listings_and_findings(self, editor: Client) -> None:
        source = make_source()
        listing = make_listing(source=source)
        run = Run.objects.create(source=source, started_at=clock.now(), status="changed")
        page = parsed(editor.get(url_of(source)))
        assert url_of(run) in links(page, ".relations a").values()
        for name, url in links(page, ".lists a").items():
            answer = editor.get(url)
            assert answer.status_code == 200, name
        listed = parsed(editor.get(links(page, ".lists a")["listings"]))
        assert url_of(listing) in {url.partition("?")[0] for url in links(listed, "#result_list a").values()}

    def test_a_new_source_is_due_at_once(self, editor: Client) -> None:
        city = make_city()
        fields = {"name": "New", "url": "https://new.example/cal.ics", "city": city.pk, "trust": 70, "active": "on"}
        answer = editor.post("/admin/events/source/add/by-hand/", {**fields, "ids_stable": "on"})
        assert answer.status_code == 302
        assert Schedule.objects.get().source.name == "New"

    def test_a_source_is_paused_and_resumed(self, editor: Client) -> None:
        source = make_source()
        choose(editor, "pause", source)
        source.refresh_from_db()
        assert not source.active
        choose(editor, "resume", source)
        source.refresh_from_db()
        assert source.active
        assert sorted(LogEntry.objects.values_list("change_message", flat=True)) == ["Paused.", "Resumed."]

    def test_built_in_sources_stay(self, editor: Client) -> None:
        source = Source.objects.get(built_in="visitors")
        assert editor.get(f"/admin/events/source/{source.pk}/delete/").status_code == 403


class TestHistory:
    def test_runs_and_listings_link_both_ways(self, editor: Client) -> None:
        event = make_event()
        listing = make_listing(event)
        run = Run.objects.create(source=listing.source, started_at=clock.now(), status="changed", new=1)
        RunItem.objects.create(run=run, listing=listing, action="new")
        assert url_of(run) in links(parsed(editor.get(url_of(listing))), "#run_items-group a").values()
        page = parsed(editor.get(url_of(run)))
        assert url_of(listing.source) in links(page, ".field-source_link a").values()
        items = parsed(editor.get(links(page, ".field-items a").popitem()[1]))
        assert {url_of(run), url_of(listing), url_of(event)} <= set(links(items, "#result_list a").values())

    @pytest.mark.parametrize("name", ["run", "runitem", "schedule"])
    def test_histories_are_not_edited(self, editor: Client, name: str) -> None:
        listing = make_listing()
        run = Run.objects.create(source=listing.source, started_at=clock.now(), status="changed")
        rows = {
            "run": run,
            "runitem": RunItem.objects.create(run=run, listing=listing, action="new"),
            "schedule": Schedule.objects.create(source=listing.source),
        }
        page = parsed(editor.get(url_of(rows[name])))
        assert not page.css("[name=_save], .deletelink")
        assert editor.post(url_of(rows[name]), {}).status_code == 403
        assert editor.get(f"/admin/scraping/{name}/add/").status_code == 403
