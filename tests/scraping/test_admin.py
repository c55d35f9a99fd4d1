"""Sources and their readings in the admin."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone as clock
from kombu.exceptions import OperationalError
from selectolax.lexbor import LexborHTMLParser

from events.models import Source
from nocturne.alerts import raise_alert
from nocturne.models import Alert, User
from quality.models import Finding
from scraping import schedule, tasks
from scraping.health import alert_key
from scraping.models import Health, OptOut, Run, RunItem, Schedule
from tests.factories import make_city, make_event, make_listing, make_source
from tests.html import links, parsed, text_of, texts

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
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

    def test_a_paused_source_is_not_read_and_can_be_resumed_from_the_message(
        self, editor: Client, asked: list[Any]
    ) -> None:
        source = make_source(name="Resting", active=False)
        later = clock.now() + dt.timedelta(days=3)
        Schedule.objects.update_or_create(source=source, defaults={"next_at": later})
        page = choose(editor, "scrape_now", source)
        assert asked == []
        assert "Resting is paused and is not read." in text_of(page, ".messagelist .warning")
        form = page.css_first(".messagelist form")
        fields = {
            one.attributes["name"]: one.attributes["value"]
            for one in form.css("input, button")
            if "name" in one.attributes
        }
        editor.post(form.attributes["action"], fields)
        source.refresh_from_db()
        assert source.active
        assert Schedule.objects.get(source=source).next_at <= clock.now()

    def test_a_queue_that_is_away_is_told_and_asked_once(self, editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = []

        def away(*args: object, **kwargs: object) -> None:
            tries.append(args)
            raise OperationalError("connection refused")

        monkeypatch.setattr(tasks.scrape_source, "delay", away)
        page = choose(editor, "scrape_now", make_source(), make_source())
        assert "so 2 sources could not be asked for" in text_of(page, ".messagelist .error")
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
        ("columns", "state", "row", "words"),
        [
            ({}, {}, {}, "new"),
            ({"active": False}, {"failures": 3}, {"state": "failing"}, "paused"),
            ({}, {"failures": 3}, {"state": "failing", "reason": "It is away."}, "failing: It is away."),
            ({}, {"last_success_at": NOW}, {"state": "degraded", "reason": "Few events."}, "degraded: Few events."),
            ({}, {"last_success_at": NOW}, {"state": "healthy"}, "healthy"),
        ],
    )
    def test_health_is_seen_at_a_glance(
        self, editor: Client, columns: dict[str, Any], state: dict[str, Any], row: dict[str, Any], words: str
    ) -> None:
        source = make_source(**columns)
        Schedule.objects.create(source=source, **state)
        if row:
            Health.objects.create(source=source, since=NOW, **row)
        assert self.cell(editor, "condition") == [words]

    def test_the_last_run_is_summed_up_and_linked(self, editor: Client) -> None:
        source = make_source()
        now = clock.now()
        Run.objects.create(source=source, started_at=now - dt.timedelta(days=1), status="failed", error="http.404")
        last = Run.objects.create(source=source, started_at=now, status="changed", new=4, held=1)
        page = parsed(editor.get("/admin/events/source/?built_in__exact="))
        assert links(page, ".field-last_run a") == {"changed: 4 new, 1 held": url_of(last)}

    def test_sources_are_found_by_their_health(self, editor: Client) -> None:
        for name, state in (("Good", "healthy"), ("Odd", "degraded"), ("Bad", "failing")):
            source = make_source(name=name)
            Schedule.objects.create(source=source, last_success_at=clock.now())
            Health.objects.create(source=source, since=NOW, state=state)
        make_source(name="New")

        def found(value: str) -> list[str]:
            return texts(parsed(editor.get(f"/admin/events/source/?health={value}")), "#result_list .field-name")

        assert found("trouble") == ["Bad", "Odd"]
        assert found("failing") == ["Bad"]
        assert found("healthy") == ["Good"]
        assert found("never") == ["New"]

    def test_a_source_links_to_its_runs_listings_and_findings(self, editor: Client) -> None:
        source = make_source()
        listing = make_listing(source=source)
        run = Run.objects.create(source=source, started_at=clock.now(), status="changed")
        page = parsed(editor.get(url_of(source)))
        assert url_of(run) in links(page, ".relations a").values()
        for name, url in links(page, ".lists a").items():
            answer = editor.get(url)
            assert answer.status_code == 200, name
        listed = parsed(editor.get(links(page, ".lists a")["1 listing"]))
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

    def test_pausing_answers_the_alert(self, editor: Client) -> None:
        source = make_source()
        raise_alert(alert_key(source.pk), "It is away.")
        choose(editor, "pause", source)
        assert Alert.objects.get().resolved_at

    def test_an_editor_believes_a_source_and_it_is_read_at_once(self, editor: Client, asked: list[Any]) -> None:
        source = make_source()
        raise_alert(alert_key(source.pk), "Few events.")
        page = choose(editor, "believe", source)
        assert "nothing that is missing is doubted" in text_of(page, ".messagelist")
        assert Health.objects.get(source=source).believed_until
        assert Alert.objects.get().resolved_at
        assert asked == [(source.pk, {"force": True})]

    def test_new_rules_are_applied_at_the_next_tick(self, editor: Client) -> None:
        source = make_source()
        Schedule.objects.create(source=source, next_at=clock.now() + dt.timedelta(days=5))
        fields = {"name": source.name, "url": source.url, "city": source.city_id, "trust": 50, "active": "on"}
        editor.post(url_of(source), {**fields, "ids_stable": "on", "exclude": "Kurs\n*Yoga*"})
        source.refresh_from_db()
        assert source.exclude == "Kurs\n*Yoga*"
        assert schedule.due(clock.now()) == [source.pk]

    def test_built_in_sources_stay(self, editor: Client) -> None:
        source = Source.objects.get(built_in="visitors")
        assert editor.get(f"/admin/events/source/{source.pk}/delete/").status_code == 403


class TestPage:
    def make_runs(self, source: Source, *yields: int | None) -> None:
        for hours, upcoming in enumerate(yields):
            status = "failed" if upcoming is None else "changed"
            at = NOW + dt.timedelta(hours=hours)
            Run.objects.create(source=source, started_at=at, status=status, upcoming=upcoming, error="http.404")

    def test_the_yield_is_drawn_and_said(self, editor: Client) -> None:
        source = make_source()
        self.make_runs(source, 40, 20, None, 38)
        page = parsed(editor.get(url_of(source)))
        assert [bar.attributes["height"] for bar in page.css(".chart rect")] == ["56", "28", "6", "53"]
        assert texts(page, ".chart rect title")[2] == "1 Dec 2026, 14:00: failed http.404"
        words = "Events to come in the last 4 readings that had news or failed: 20 to 40, 38 the last time; 1 failed."
        assert text_of(page, ".chart figcaption") == words
        assert page.css_first(".chart svg").attributes["aria-labelledby"] == "chart-words"

    def test_without_readings_nothing_is_drawn(self, editor: Client) -> None:
        source = make_source()
        self.make_runs(source, None)
        assert not parsed(editor.get(url_of(source))).css(".chart")

    def test_what_the_last_reading_gave_is_shown_with_what_is_wrong(self, editor: Client) -> None:
        source = make_source()
        with time_machine.travel(NOW, tick=False):
            make_listing(make_event("Nachtmusik", local="2026-12-05T20:00"), source=source)
            make_listing(make_event("Zu dünn", local="2026-12-06T20:00", visibility="held"), source=source)
            make_listing(make_event("Vorbei", local="2026-11-06T20:00"), source=source)
            odd = make_listing(source=source, title="Irgendwann")
            Finding.objects.create(source=source, listing=odd, key="x", rule="date.unreadable", severity="error")
            Health.objects.create(
                source=source, state="healthy", since=NOW, filtered=3, left_out=[{"title": "Yogakurs", "rule": "yoga"}]
            )
            page = parsed(editor.get(url_of(source)))
        section = page.css_first("[aria-labelledby=given-heading]")
        assert [text_of(row) for row in section.css("tbody tr")] == [
            "no readable date Irgendwann no city 100 1 no event yet",
            "Sat 5 Dec 2026, 20:00 Nachtmusik Berlin 100 0 shown",
            "Sun 6 Dec 2026, 20:00 Zu dünn Berlin 100 0 held for review",
        ]
        assert text_of(section, "h3") == "Left out by the rules: 3"
        assert texts(section, ".left-out li") == ["Yogakurs – yoga"]
        counts = text_of(page, ".lists")
        assert "1 without an event" in counts
        assert "1 with errors" in counts

    def test_health_is_told_in_figures(self, editor: Client) -> None:
        source = make_source()
        Schedule.objects.create(source=source, interval=dt.timedelta(hours=6), last_success_at=clock.now())
        Health.objects.create(
            source=source, state="healthy", since=NOW, upcoming=38, usual=40, filtered=2, with_time=90, with_venue=100
        )
        page = parsed(editor.get(url_of(source)))
        assert text_of(page, ".field-yielded .readonly") == "38, usually 40; 2 left out by the rules"
        assert text_of(page, ".field-shares .readonly") == "90 % with time, 100 % with venue"
        assert text_of(page, ".fieldBox.field-rhythm .readonly") == "6 hours"


class TestOptOuts:
    def test_a_pasted_address_becomes_its_host_and_the_sources_of_it_are_named(self, editor: Client) -> None:
        hit = make_source(name="Klub", url="https://www.klub.example/events.ics")
        make_source(name="Other", url="https://notklub.example/?from=klub.example")
        now = {"since_0": "2026-12-01", "since_1": "12:00"}
        answer = editor.post(
            "/admin/scraping/optout/add/", {"host": "https://Klub.example/about", "reason": "Mail", **now}, follow=True
        )
        assert OptOut.objects.get().host == "klub.example"
        page = parsed(answer)
        assert links(page, ".messagelist .warning a") == {"Klub": url_of(hit)}

    def test_what_is_no_host_gets_a_sentence(self, editor: Client) -> None:
        answer = editor.post(
            "/admin/scraping/optout/add/", {"host": "klub", "since_0": "2026-12-01", "since_1": "12:00"}
        )
        assert "This is no host name" in text_of(parsed(answer), ".field-host .errorlist")


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
