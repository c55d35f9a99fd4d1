"""The editors' desk: pairs, held events, listings that are no event, venues, and the quality page."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from events.compose import compose
from events.drafts import EventDraft, When
from events.models import Decision, Event, Listing, Source, Venue
from nocturne.models import User
from quality.models import Audit, Finding, VenuesApart, Verdict
from tests.events.hostile import MARKUP, hostile_event
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
PAIRS, HELD, LISTINGS = "/admin/desk/pairs/", "/admin/desk/held/", "/admin/desk/listings/"
VENUES, QUALITY = "/admin/desk/venues/", "/admin/desk/quality/"
QUERIES = 12


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_editor(email: str = "ada@example.org", **columns: Any) -> Client:
    user = User.objects.create(email=email, password="!", is_staff=True, **{"is_superuser": True, **columns})
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ada(db: None) -> Client:
    return make_editor()


@pytest.fixture
def looker(db: None) -> Client:
    client = make_editor("looker@example.org", is_superuser=False)
    user = User.objects.get(email="looker@example.org")
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    return client


def make_listed(title: str, *, local: str = "2026-12-05T20:00", city: Any = None, **listing: Any) -> Listing:
    event = make_event(title, local=local, **({"city": city} if city else {}))
    one = make_listing(event, **listing)
    compose([event.pk], now=NOW)
    one.refresh_from_db()
    return one


def make_pair(first: Listing, second: Listing, score: int = 70, **columns: Any) -> Verdict:
    values = {"outcome": "unsure", "reasons": ["the titles are alike"], **columns}
    return Verdict.objects.create(first=first, second=second, score=score, **values)


def new_pair(name: str = "Jazz", score: int = 70, **columns: Any) -> Verdict:
    return make_pair(
        make_listed(f"{name} in the cellar", **columns), make_listed(f"{name} at the cellar", **columns), score
    )


def get(client: Client, address: str) -> LexborHTMLParser:
    response = client.get(address)
    assert response.status_code == 200
    return parsed(response)


def shown(page: LexborHTMLParser) -> str | None:
    """The number of the pair that the page shows."""
    field = page.css_first("input[name=verdict]")
    return field.attributes["value"] if field else None


def press(client: Client, page: LexborHTMLParser, here: str, label: str, among: str = "form") -> LexborHTMLParser:
    """Press the first button whose text begins with this, as a browser without JavaScript does."""
    button = next(one for one in page.css(f"{among} button") if text_of(one).startswith(label))
    form = button
    while form.tag != "form":
        form = form.parent
    data = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css("input[type=hidden]")}
    if name := button.attributes.get("name"):
        data[name] = button.attributes["value"] or ""
    action = form.attributes.get("action") or here
    return parsed(client.post(action, data, follow=True))


class TestPairs:
    def test_the_soonest_night_comes_first_then_the_likeliest(self, ada: Client) -> None:
        later = new_pair("Later", 90, local="2026-12-09T20:00")
        unlikely, likely = new_pair("Unlikely", 61), new_pair("Likely", 75)
        for verdict in (likely, unlikely, later):
            page = get(ada, PAIRS)
            assert shown(page) == str(verdict.pk)
            press(ada, page, PAIRS, "Different")
        assert shown(get(ada, PAIRS)) is None

    def test_what_is_over_decided_or_known_does_not_wait(self, ada: Client) -> None:
        new_pair("Over", local="2026-11-01T20:00")
        Verdict.objects.filter(pk=new_pair("Decided").pk).update(by_editor=True)
        Verdict.objects.filter(pk=new_pair("Known").pk).update(outcome="same")
        gone = new_pair("Gone").second
        Listing.objects.filter(pk=gone.pk).update(missing_since=NOW, retired_at=NOW)
        page = get(ada, PAIRS)
        assert shown(page) is None
        assert "No pair waits" in text_of(page, "h2.desk-pair")

    def test_both_stand_side_by_side_with_zone_score_and_reasons(self, ada: Client) -> None:
        city = make_city("los-angeles")
        first = make_listed("Late Jazz at the old cellar", city=city, local="2026-12-05T20:00")
        second = make_listed("Late jazz, the new cellar", city=city, local="2026-12-05T20:30")
        draft = second.draft | {"when": {"start": "2026-12-06T04:30:00", "timezone": "UTC"}}
        Listing.objects.filter(pk=second.pk).update(draft=draft)
        make_pair(first, second, 73)
        page = get(ada, PAIRS)
        rows = {row.css_first("th").text(deep=False).strip(): row for row in page.css(".compared tbody tr")}
        zone = "(America/Los_Angeles)"
        assert texts(rows["starts"], "td") == [f"Sat 5 Dec 2026, 20:00 {zone}", f"Sat 5 Dec 2026, 20:30 {zone}"]
        assert texts(rows["as the source writes it"], "td") == ["–", "Sun 6 Dec 2026, 04:30 (UTC)"]
        assert texts(rows["title"], "mark") == ["at", "old", "new"]
        assert "differs" in text_of(rows["title"], "th")
        assert "73 of 100" in text_of(page, ".desk-why")
        assert "The titles are alike" in text_of(page, ".desk-why")
        found = {node.attributes["href"] for node in page.css(".compared a")}
        for one in (first, second):
            assert {f"/admin/events/listing/{one.pk}/change/", f"/admin/events/source/{one.source_id}/change/"} <= found
            assert one.url in found

    def test_the_same_event_merges_the_two_logs_it_and_shows_the_next(self, ada: Client) -> None:
        first, second = new_pair("Jazz", 80), new_pair("Blues", 60)
        page = press(ada, get(ada, PAIRS), PAIRS, "Same")
        assert shown(page) == str(second.pk)
        assert "The same event" in text_of(page, ".messagelist")
        first.refresh_from_db()
        assert (first.outcome, first.by_editor) == ("same", True)
        assert first.second.event.root_id == first.first.event_id
        entry = LogEntry.objects.get()
        assert (entry.user.email, entry.change_message) == ("ada@example.org", "The same event.")
        assert "1 pair left" in text_of(page, ".desk-left")

    def test_a_skipped_pair_waits_until_the_editor_starts_over(self, ada: Client) -> None:
        first, second = new_pair("Jazz", 80), new_pair("Blues", 60)
        page = get(ada, PAIRS)
        page = get(ada, PAIRS + links(page, ".desk-decide a")["Skip K →"])
        assert shown(page) == str(second.pk)
        page = press(ada, page, PAIRS, "Different")
        assert shown(page) is None
        assert "1 pair skipped" in text_of(page, "h2.desk-pair")
        page = get(ada, PAIRS + links(page)["Start over with the skipped ones"])
        assert shown(page) == str(first.pk)

    def test_an_undo_brings_the_pair_back_onto_the_page(self, ada: Client) -> None:
        first, second = new_pair("Jazz", 80), new_pair("Blues", 60)
        page = get(ada, PAIRS)
        page = get(ada, PAIRS + links(page, ".desk-decide a")["Skip K →"])
        page = press(ada, page, PAIRS, "Same")
        assert "ada@example.org, 22 Nov 2026, 12:00 UTC" in text_of(page, ".desk-decisions")
        page = press(ada, page, PAIRS, "Undo")
        assert shown(page) == str(second.pk)
        assert Event.objects.roots().count() == 4
        assert "Undone" in text_of(page, ".messagelist")
        assert Decision.objects.get().undone_by == User.objects.get()
        assert first.outcome == "unsure"

    def test_the_second_of_two_editors_is_told_what_the_first_one_said(self, ada: Client) -> None:
        bob = make_editor("bob@example.org")
        verdict = new_pair()
        seen_by_ada, seen_by_bob = get(ada, PAIRS), get(bob, PAIRS)
        press(ada, seen_by_ada, PAIRS, "Same")
        page = press(bob, seen_by_bob, PAIRS, "Different")
        assert "decided by ada@example.org" in text_of(page, ".messagelist .warning")
        verdict.refresh_from_db()
        assert (verdict.outcome, verdict.decided_by.email) == ("same", "ada@example.org")
        assert Event.objects.roots().count() == 1

    def test_a_decision_sent_twice_is_made_once(self, ada: Client) -> None:
        page = get(ada, PAIRS) if new_pair() else None
        press(ada, page, PAIRS, "Same")
        press(ada, page, PAIRS, "Same")
        assert Decision.objects.count() == LogEntry.objects.count() == 1

    def test_a_pair_that_is_gone_meanwhile_is_told(self, ada: Client) -> None:
        new_pair()
        page = get(ada, PAIRS)
        Verdict.objects.all().delete()
        assert "no longer in question" in text_of(press(ada, page, PAIRS, "Same"), ".messagelist")

    def test_the_queue_is_filtered_by_city_and_source(self, ada: Client) -> None:
        here = new_pair("Here", 60)
        there = new_pair("There", 90, city=make_city("los-angeles"))
        page = get(ada, PAIRS)
        assert shown(page) == str(there.pk)
        assert "Berlin, DE (1)" in texts(page, "#filter-city option")
        berlin = here.first.city_id
        for query in (f"?city={berlin}", f"?source={here.second.source_id}"):
            page = get(ada, PAIRS + query)
            assert shown(page) == str(here.pk)
            assert "1 pair left" in text_of(page, ".desk-left")
        assert "No pair waits here" in text_of(press(ada, page, PAIRS, "Different"), "h2.desk-pair")

    def test_who_may_only_look_decides_nothing(self, looker: Client) -> None:
        verdict = new_pair()
        page = get(looker, PAIRS)
        assert shown(page) == str(verdict.pk)
        assert not page.css(".desk-decide button")
        answer = looker.post("/admin/desk/pairs/decide/", {"verdict": verdict.pk, "outcome": "same"})
        assert answer.status_code == 403
        verdict.refresh_from_db()
        assert not verdict.by_editor

    @pytest.mark.parametrize(
        "query", ["city=x", "after=x", "after=2026-12-05.7", "pair=%00", "source=9" * 30, "page=x"]
    )
    def test_nonsense_in_the_address_is_left_out(self, ada: Client, query: str) -> None:
        assert shown(get(ada, f"{PAIRS}?{query}")) == shown(get(ada, PAIRS))
        get(ada, f"{HELD}?{query}")


class TestHeld:
    def make_held(self, title: str = "Bad", score: int = 30, **columns: Any) -> Event:
        listing = make_listed(title, score=score, **columns)
        messages = ["The title is in capitals.", "It has no description."]
        for n, message in enumerate(messages):
            Finding.objects.create(
                source=listing.source,
                listing=listing,
                key=listing.external_id,
                rule=f"rule.{n}",
                severity="warning",
                weight=20 * (n + 1),
                message=message,
            )
        assert listing.event
        listing.event.refresh_from_db()
        return listing.event

    def test_each_held_event_says_why(self, ada: Client) -> None:
        self.make_held()
        self.make_held("Good", score=90)
        self.make_held("Over", local="2026-11-01T20:00")
        page = get(ada, HELD)
        assert len(page.css(".desk-rows tbody tr")) == 1
        row = text_of(page, ".desk-rows tbody tr")
        assert "Its score of 30 is below 50." in row
        assert "It has no description. −40" in row
        assert "Sat 5 Dec 2026, 20:00 (Europe/Berlin)" in row

    def test_one_click_publishes_and_one_undoes_it(self, ada: Client) -> None:
        event = self.make_held()
        page = press(ada, get(ada, HELD), HELD, "Publish", ".act")
        event.refresh_from_db()
        assert event.visibility == "published"
        assert "Published: “Bad”." in text_of(page, ".messagelist")
        assert not page.css(".desk-rows")
        assert (LogEntry.objects.get().object_id, LogEntry.objects.get().change_message) == (
            str(event.pk),
            "Published.",
        )
        page = press(ada, page, HELD, "Undo", ".desk-decisions")
        event.refresh_from_db()
        assert (event.visibility, event.overrides) == ("held", {})
        assert len(page.css(".desk-rows tbody tr")) == 1

    def test_many_are_hidden_at_once(self, ada: Client) -> None:
        events = [self.make_held(f"Bad {n}") for n in range(3)]
        page = parsed(ada.post(HELD, {"do": "hide", "event": [event.pk for event in events[:2]]}, follow=True))
        assert "Hidden: 2 events" in text_of(page, ".messagelist")
        found = Event.objects.order_by("pk").values_list("visibility", flat=True)
        assert list(found) == ["hidden", "hidden", "held"]

    def test_what_somebody_else_decided_meanwhile_is_told_and_stays(self, ada: Client) -> None:
        event = self.make_held()
        page = get(ada, HELD)
        Event.objects.update(visibility="hidden")
        page = press(ada, page, HELD, "Publish", ".act")
        assert "hidden by an editor by now" in text_of(page, ".messagelist")
        event.refresh_from_db()
        assert event.visibility == "hidden"

    def test_nothing_ticked_is_told(self, ada: Client) -> None:
        self.make_held()
        assert "Tick one event" in text_of(press(ada, get(ada, HELD), HELD, "Publish the"), ".messagelist")

    def test_the_list_is_filtered_by_source(self, ada: Client) -> None:
        self.make_held("One")
        event = self.make_held("Two")
        source = event.listings.get().source_id
        assert texts(get(ada, f"{HELD}?source={source}"), ".desk-rows tbody th > a") == ["Two"]

    def test_who_may_only_look_decides_nothing(self, looker: Client) -> None:
        event = self.make_held()
        assert not get(looker, HELD).css(".act, .tick")
        assert looker.post(HELD, {"publish": event.pk}).status_code == 403
        event.refresh_from_db()
        assert event.visibility == "held"


def test_markup_of_publishers_stays_text(ada: Client) -> None:
    hostile_event()
    first, second = make_listed(MARKUP), make_listed(f"{MARKUP} again")
    make_pair(first, second, reasons=[MARKUP])
    make_listing(title=MARKUP, source=make_source(name=MARKUP))
    held = TestHeld().make_held(MARKUP)
    Finding.objects.update(message=MARKUP)
    make_venue(f"Lantern {MARKUP}", address=MARKUP)
    make_venue(f"The lantern {MARKUP}")
    pages = [get(ada, address) for address in (PAIRS, HELD, LISTINGS, VENUES, QUALITY)]
    for page, address, label in zip(
        pages, (PAIRS, HELD, LISTINGS, VENUES), ("Same", "Publish", "Put", "Two"), strict=False
    ):
        pages.append(press(ada, page, address, label, ".act" if address != PAIRS else "form"))
    pages.append(get(ada, "/admin/events/decision/"))
    assert held.pk
    for page in pages:
        assert "alert(" not in "".join(node.text() for node in page.css("script:not([type='application/json'])"))
        assert not [name for node in page.css("*") for name in node.attributes if name.startswith("on")]
        assert not page.css("img[src=x]")
        assert not [a for a in page.css("a[href]") if (a.attributes["href"] or "").lower().startswith("javascript")]


class TestListingsWithoutAnEvent:
    def test_why_and_what_to_do_are_told(self, ada: Client) -> None:
        homeless = make_source(name="Homeless")
        Source.objects.filter(pk=homeless.pk).update(city=None)
        draft = EventDraft(title="No city", when=When(start=dt.datetime(2026, 12, 5, 20))).to_json()
        make_listing(source=homeless, title="No city", draft=draft)
        make_listing(title="No date", city=make_city())
        rows = {text_of(row, "th a"): row for row in get(ada, LISTINGS).css(".desk-rows tbody tr")}
        assert "It lacks an active city." in text_of(rows["No city"])
        assert links(rows["No city"])["Set the city of the source"] == f"/admin/events/source/{homeless.pk}/change/"
        assert "It lacks a date that can be read." in text_of(rows["No date"])

    def test_an_inactive_city_is_one_click_away(self, ada: Client) -> None:
        city = make_city("potsdam", active=False)
        make_listing(source=make_source(city=city))
        assert links(get(ada, LISTINGS))["Activate Potsdam"] == f"/admin/events/city/{city.pk}/change/"

    def test_what_is_put_aside_comes_back_when_its_source_says_something_else(self, ada: Client) -> None:
        listing = make_listing(title="No date")
        page = press(ada, get(ada, LISTINGS), LISTINGS, "Put aside", ".act")
        assert "Put aside: “No date”." in text_of(page, ".messagelist")
        assert not page.css(".desk-rows")
        Listing.objects.filter(pk=listing.pk).update(changed_at=NOW + dt.timedelta(hours=1))
        assert len(get(ada, LISTINGS).css(".desk-rows tbody tr")) == 1

    def test_putting_aside_is_undone(self, ada: Client) -> None:
        make_listing()
        page = press(ada, get(ada, LISTINGS), LISTINGS, "Put aside", ".act")
        page = press(ada, page, LISTINGS, "Undo", ".desk-decisions")
        assert len(page.css(".desk-rows tbody tr")) == 1
        assert set(LogEntry.objects.values_list("change_message", flat=True)) == {"Put aside.", "Undone."}

    def test_what_is_over_or_no_longer_listed_is_left_out(self, ada: Client) -> None:
        make_listing(night=dt.date(2026, 11, 1), last_night=dt.date(2026, 11, 1))
        make_listing(missing_since=NOW, retired_at=NOW)
        assert not get(ada, LISTINGS).css(".desk-rows")


class TestVenues:
    def pair(self) -> tuple[Venue, Venue]:
        return make_venue("Blue Lantern", address="12 Elm Street"), make_venue("The Blue Lantern Bar")

    def test_one_click_merges_and_one_undoes_it(self, ada: Client) -> None:
        older, newer = self.pair()
        page = get(ada, VENUES)
        assert texts(page, ".desk-rows tbody .side > a") == ["Blue Lantern", "The Blue Lantern Bar"]
        page = press(ada, page, VENUES, "Merge", ".act")
        newer.refresh_from_db()
        assert newer.merged_into == older
        assert not page.css(".desk-rows")
        assert LogEntry.objects.filter(change_message="Merged: the same venue.").count() == 2
        page = press(ada, page, VENUES, "Undo", ".desk-decisions")
        newer.refresh_from_db()
        assert newer.merged_into is None
        assert len(page.css(".desk-rows tbody tr")) == 1

    def test_two_venues_are_not_suggested_again(self, ada: Client) -> None:
        self.pair()
        page = press(ada, get(ada, VENUES), VENUES, "Two venues", ".act")
        assert VenuesApart.objects.exists()
        assert "No two venues" in text_of(page, ".desk-main")
        assert text_of(page, ".desk-tabs a[aria-current]") == "Venues 0"

    def test_what_somebody_merged_meanwhile_is_told(self, ada: Client) -> None:
        self.pair()
        page = get(ada, VENUES)
        press(ada, page, VENUES, "Merge", ".act")
        assert "decided that already" in text_of(press(ada, page, VENUES, "Merge", ".act"), ".messagelist")
        assert Decision.objects.count() == 1

    def test_the_list_of_venues_merges_and_unmerges_too(self, ada: Client) -> None:
        older, newer = self.pair()
        data: dict[str, Any] = {"action": "merge_chosen", "_selected_action": [older.pk, newer.pk], "index": 0}
        page = parsed(ada.post("/admin/events/venue/", data, follow=True))
        assert "The same venue" in text_of(page, ".messagelist")
        newer.refresh_from_db()
        assert newer.merged_into == older
        ada.post("/admin/events/venue/", {"action": "unmerge", "_selected_action": [newer.pk], "index": 0})
        newer.refresh_from_db()
        assert newer.merged_into is None

    def test_who_may_only_look_merges_nothing(self, looker: Client) -> None:
        older, newer = self.pair()
        assert not get(looker, VENUES).css(".act")
        assert looker.post(VENUES, {"same": f"{older.pk}-{newer.pk}"}).status_code == 403


class TestQuality:
    def test_every_number_leads_to_the_rows_that_it_counts(self, ada: Client) -> None:
        for n in range(3):
            one = make_listed(f"Bad {n}", score=35)
            Finding.objects.create(
                source=one.source, listing=one, key="1", rule="title.odd", severity="error", message="Odd."
            )
        make_listed("Good")
        page = get(ada, QUALITY)
        scores, weeks, rules = page.css(".desk-figure table")[:3]
        rows = {text_of(row, "th"): row for row in scores.css("tbody tr")}
        assert texts(rows["30–39"], "td") == ["0", "3"]
        assert texts(rows["90–100"], "td") == ["1", "1"]
        last = weeks.css("tbody tr")[-1]
        assert (text_of(last, "th"), texts(last, "td")) == ("16 Nov", ["3", "0", "0"])
        assert texts(rules, "tbody tr > *")[:2] == ["title.odd", "3"]
        for node in (*scores.css("a"), *weeks.css("a"), *rules.css("a")):
            found = get(ada, node.attributes["href"])
            assert len(found.css("#result_list tbody tr")) == int(text_of(node)), node.attributes["href"]

    def test_the_worst_sources_come_first(self, ada: Client) -> None:
        good, bad = make_source(name="Good"), make_source(name="Bad")
        for n in range(3):
            make_listed(f"Fine {n}", source=good, score=90)
            make_listed(f"Poor {n}", source=bad, score=40)
        make_listed("Alone", source=make_source(name="Small"), score=1)
        rows = get(ada, QUALITY).css("[aria-labelledby=sources-heading] tbody tr")
        assert [texts(row, "th, td") for row in rows] == [
            ["Bad", "40", "", "3", "3", "0"],
            ["Good", "90", "", "3", "0", "0"],
        ]

    def test_drawings_have_a_name_a_description_and_a_table(self, ada: Client) -> None:
        make_listed("Good")
        page = get(ada, QUALITY)
        for drawing in page.css("svg.chart"):
            named = (drawing.attributes["aria-labelledby"] or "").split()
            assert [text_of(page, f"#{one}") != "" for one in named] == [True, True]
        assert page.css("svg.chart rect.part")
        assert "style" not in {name for node in page.css("svg *") for name in node.attributes}

    def test_the_audits_of_weeks_are_drawn_once_there_are_some(self, ada: Client) -> None:
        assert not get(ada, QUALITY).css("#audits-heading")
        for days, held in ((10, 4), (8, 9), (1, 2)):
            at = NOW - dt.timedelta(days=days)
            Audit.objects.create(day=at.date(), started_at=at, finished_at=at, counts={"held": held, "unsure": 7})
        rows = get(ada, QUALITY).css("[aria-labelledby=audits-heading] tbody tr")
        assert [texts(row, "th, td") for row in rows] == [["14 Nov", "9", "7", "0"], ["21 Nov", "2", "7", "0"]]

    def test_an_empty_site_has_an_empty_page(self, ada: Client) -> None:
        assert "No rule is broken" in text_of(get(ada, QUALITY), ".desk-main")


class TestDesk:
    def test_the_first_page_says_what_waits(self, ada: Client) -> None:
        new_pair()
        make_listing()
        rows = {text_of(row, "th"): text_of(row, "td") for row in get(ada, "/admin/").css(".desk-index tr")}
        assert rows == {"Pairs": "1", "Held events": "0", "Not yet events": "1", "Venues": "0", "Quality": ""}

    def test_staff_see_what_they_may(self, client: Client) -> None:
        client = make_editor("few@example.org", is_superuser=False)
        assert not get(client, "/admin/").css(".desk-index")
        for address in (PAIRS, HELD, LISTINGS, VENUES, QUALITY):
            assert client.get(address).status_code == 403
        user = User.objects.get(email="few@example.org")
        user.user_permissions.add(Permission.objects.get(codename="view_venue"))
        assert texts(get(client, "/admin/"), ".desk-index th") == ["Venues"]
        assert client.get(VENUES).status_code == 200

    def test_visitors_are_asked_to_sign_in(self, client: Client) -> None:
        for address in (PAIRS, HELD, LISTINGS, VENUES, QUALITY):
            assert client.get(address)["Location"].startswith("/admin/login/")
        assert client.post("/admin/desk/undo/1/")["Location"].startswith("/admin/login/")

    def test_an_undo_leads_to_no_other_site(self, ada: Client) -> None:
        new_pair()
        press(ada, get(ada, PAIRS), PAIRS, "Different")
        decision = Decision.objects.get()
        for ahead in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            assert (
                ada.post(f"/admin/desk/undo/{decision.pk}/", {"next": ahead})["Location"] == "/admin/events/decision/"
            )

    def test_who_may_only_look_undoes_nothing(self, ada: Client, looker: Client) -> None:
        new_pair()
        press(ada, get(ada, PAIRS), PAIRS, "Same")
        assert not get(looker, PAIRS).css(".desk-decisions")
        decision = Decision.objects.get()
        looker.post(f"/admin/desk/undo/{decision.pk}/")
        decision.refresh_from_db()
        assert decision.undone_at is None

    def test_a_year_that_is_none_breaks_no_list(self, ada: Client) -> None:
        for query in ("night__year=0", "night__year=99999999999", "score__gte=x"):
            answer = ada.get(f"/admin/events/event/?{query}")
            assert answer.status_code == 302, query
            assert answer["Location"].endswith("?e=1")
        assert ada.get("/admin/nocturne/user/?last_login__year=0").status_code == 302
        for year in ("0", "9999", "10000"):
            answer = ada.get(f"/admin/events/listing/?night__year={year}", follow=True)
            assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/admin/", PAIRS, HELD, LISTINGS, VENUES, QUALITY])
def test_pages_ask_few_queries_that_do_not_grow(ada: Client, address: str) -> None:
    def fill(rows: int) -> None:
        for n in range(rows):
            new_pair(f"Pair {n}", 60 + n % 9)
            held = TestHeld().make_held(f"Held {n}")
            make_venue(f"Lantern {chr(97 + n) * 5}", address=f"{n + 1} Elm Street")
            make_venue(f"The lantern {chr(97 + n) * 5}", address=f"{n + 1} Elm Street")
            listing = make_listing(title=f"No date {n}")
            Decision.objects.create(kind="pair", summary=f"Pair {n}.", by=User.objects.first())
            Finding.objects.create(
                source=listing.source, listing=listing, key="1", rule=f"r.{n}", severity="info", message="Odd."
            )
            assert held

    def queries() -> int:
        ada.get(address)
        with CaptureQueriesContext(connection) as found:
            assert ada.get(address).status_code == 200
        return len(found)

    fill(2)
    few = queries()
    fill(10)
    assert queries() == few
    assert few <= QUERIES
