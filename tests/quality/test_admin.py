"""Duplicates, verdicts and findings in the admin."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from events.compose import compose
from events.models import Event, Listing
from nocturne.cache import generation
from nocturne.models import User
from quality import merging
from quality.models import Finding, Verdict
from tests.factories import make_event, make_listing, make_source
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def user() -> User:
    return User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True)


@pytest.fixture
def editor(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def make_listed(title: str, **listing: Any) -> Event:
    """A composed event with one listing."""
    event = make_event(title)
    make_listing(event, **listing)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    return event


def url_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def press(client: Client, page: LexborHTMLParser, label: str) -> LexborHTMLParser:
    """Post the small form whose button bears this label."""
    [form] = [form for form in page.css(".relations form") if text_of(form, "button") == label]
    data = {node.attributes["name"]: node.attributes.get("value") for node in form.css("input, button")}
    return parsed(client.post(form.attributes["action"], data, follow=True))


def choose(client: Client, model: str, action: str, *rows: Any) -> LexborHTMLParser:
    """Run an action of a list."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": 0}
    return parsed(client.post(f"/admin/{model}/", data, follow=True))


class TestMerging:
    def test_chosen_events_become_one(self, editor: Client, user: User) -> None:
        first, second, third = (make_listed(f"Night {n}") for n in range(3))
        page = choose(editor, "events/event", "merge_chosen", third, first, second)
        assert url_of(first) in links(page, ".messagelist a").values()
        assert set(Event.objects.values_list("root", flat=True)) == {first.pk}
        assert set(Verdict.objects.values_list("outcome", "decided_by")) == {("same", user.pk)}
        assert LogEntry.objects.filter(change_message=f"Merged into #{first.pk}.").count() == 3

    def test_one_event_alone_is_not_merged(self, editor: Client) -> None:
        page = choose(editor, "events/event", "merge_chosen", make_listed("Alone"))
        assert "Choose two" in text_of(page, ".messagelist")

    def test_why_two_cannot_be_merged_is_told(self, editor: Client) -> None:
        festival = make_listed("Festival")
        part = make_listed("Part")
        Event.objects.filter(pk=part.pk).update(part_of=festival)
        page = choose(editor, "events/event", "merge_chosen", festival, part)
        assert "festival and its part" in text_of(page, ".messagelist")
        assert not LogEntry.objects.exists()

    def test_visitors_see_a_merge_at_once(self, editor: Client, django_capture_on_commit_callbacks: Any) -> None:
        first, second = make_listed("One"), make_listed("Two")
        before = generation(first.city_id)
        with django_capture_on_commit_callbacks(execute=True):
            choose(editor, "events/event", "merge_chosen", first, second)
        assert generation(first.city_id) != before

    def test_a_member_is_unmerged_on_the_page_of_its_root(self, editor: Client, user: User) -> None:
        root, member = make_listed("One"), make_listed("Two")
        merging.merge(root, member, by=user)
        page = press(editor, parsed(editor.get(url_of(root))), "Unmerge")
        member.refresh_from_db()
        assert member.merged_into is None
        assert "Two" in text_of(page, "#content h2")
        assert Verdict.objects.get().outcome == Verdict.Outcome.DIFFERENT
        assert LogEntry.objects.get().object_id == str(member.pk)

    def test_why_an_event_cannot_leave_is_told(self, editor: Client, user: User) -> None:
        root, member = make_listed("One"), make_listed("Two")
        merging.merge(root, member, by=user)
        merging.split(root.listings.get(), by=user)
        page = press(editor, parsed(editor.get(url_of(root))), "Unmerge")
        assert "nothing would be left" in text_of(page, ".messagelist")

    def test_a_listing_is_split_off_on_the_page_of_its_event(self, editor: Client) -> None:
        event = make_listed("One")
        wrong = make_listing(event, title="Wrong")
        compose([event.pk], now=NOW)
        page = parsed(editor.get(url_of(event)))
        form = next(row for row in page.css(".relations tr") if url_of(wrong) in links(row).values()).css_first("form")
        data = {node.attributes["name"]: node.attributes.get("value") for node in form.css("input, button")}
        editor.post(form.attributes["action"], data)
        wrong.refresh_from_db()
        assert wrong.event_id != event.pk
        assert LogEntry.objects.get().object_id == str(wrong.pk)

    def test_the_only_listing_of_an_event_stays(self, editor: Client) -> None:
        event = make_listed("One")
        page = choose(editor, "events/listing", "split", event.listings.get())
        assert "only listing" in text_of(page, ".messagelist")

    def test_who_may_only_look_finds_no_buttons(self, client: Client) -> None:
        looker = User.objects.create(email="r@example.org", password="!", is_staff=True)
        looker.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
        client.force_login(looker)
        first, second = make_listed("One"), make_listed("Two")
        assert not parsed(client.get(url_of(first))).css(".relations button")
        choose(client, "events/event", "merge_chosen", first, second)
        assert Event.objects.roots().count() == 2


class TestVerdicts:
    def make_verdict(self, first: Listing, second: Listing, **columns: Any) -> Verdict:
        return Verdict.objects.create(**{"first": first, "second": second, "outcome": "unsure", "score": 70, **columns})

    def pair(self) -> tuple[Listing, Listing]:
        return make_listed("One").listings.get(), make_listed("Two").listings.get()

    def test_pairs_that_wait_come_first_the_likeliest_on_top(self, editor: Client) -> None:
        listings = [make_listing(title=f"L{n}") for n in range(4)]
        self.make_verdict(listings[0], listings[1], outcome="same", score=99)
        self.make_verdict(listings[0], listings[2], score=60)
        self.make_verdict(listings[0], listings[3], score=80)
        page = parsed(editor.get("/admin/quality/verdict/"))
        assert texts(page, "#result_list .field-score") == ["80", "60", "99"]
        page = parsed(editor.get("/admin/quality/verdict/?decided=waiting"))
        assert texts(page, "#result_list .field-score") == ["80", "60"]

    def test_both_listings_stand_side_by_side_and_what_differs_is_marked(self, editor: Client) -> None:
        first, second = self.pair()
        page = parsed(editor.get(url_of(self.make_verdict(first, second))))
        rows = {row.css_first("th").text(deep=False).strip(): row for row in page.css(".compared tbody tr")}
        assert texts(rows["title"], "td") == ["One", "Two"]
        assert rows["title"].attributes["class"] == "differs"
        assert "differs" in text_of(rows["title"], "th")
        assert rows["starts"].attributes["class"] == "same"
        assert texts(rows["starts"], "td") == ["Sat 5 Dec 2026, 20:00 (Europe/Berlin)"] * 2
        assert {url_of(first), url_of(second), url_of(first.event)} <= set(links(page).values())

    def test_the_same_event_merges_both(self, editor: Client, user: User) -> None:
        first, second = self.pair()
        verdict = self.make_verdict(first, second)
        choose(editor, "quality/verdict", "same", verdict)
        verdict.refresh_from_db()
        assert (verdict.outcome, verdict.decided_by, verdict.by_editor) == ("same", user, True)
        second.refresh_from_db()
        assert second.event.root_id == first.event_id
        assert LogEntry.objects.get().change_message == "The same event."

    def test_different_events_are_taken_apart(self, editor: Client, user: User) -> None:
        first, second = self.pair()
        merging.merge(first.event, second.event)
        verdict = Verdict.objects.get()
        choose(editor, "quality/verdict", "different", verdict)
        verdict.refresh_from_db()
        assert (verdict.outcome, verdict.decided_by) == ("different", user)
        assert Event.objects.roots().count() == 2

    def test_different_listings_of_one_event_are_split(self, editor: Client) -> None:
        first = make_listed("One").listings.get()
        second = make_listing(first.event)
        choose(editor, "quality/verdict", "different", self.make_verdict(first, second))
        first.refresh_from_db()
        second.refresh_from_db()
        assert first.event_id != second.event_id

    def test_pairs_without_events_are_decided_for_later(self, editor: Client) -> None:
        verdict = self.make_verdict(make_listing(), make_listing())
        choose(editor, "quality/verdict", "same", verdict)
        verdict.refresh_from_db()
        assert (verdict.outcome, verdict.by_editor) == ("same", True)


class TestFindings:
    def test_a_finding_leads_to_its_listing_its_event_and_its_source(self, editor: Client) -> None:
        listing = make_listed("One").listings.get()
        Finding.objects.create(
            source=listing.source, listing=listing, key="1", rule="date.odd", severity="warning", message="Odd."
        )
        page = parsed(editor.get("/admin/quality/finding/?severity__exact=warning&rule=date.odd"))
        found = set(links(page, "#result_list a").values())
        assert {url_of(listing), url_of(listing.event), url_of(listing.source)} <= found
        assert "Odd." in text_of(parsed(editor.get(url_of(listing))), "#findings-group")

    def test_an_item_that_could_not_become_a_listing_has_a_finding(self, editor: Client) -> None:
        Finding.objects.create(source=make_source(), key="1", rule="date.unreadable", severity="error", message="?")
        page = parsed(editor.get("/admin/quality/finding/?listing__isempty=1"))
        assert texts(page, "#result_list .field-rule") == ["date.unreadable"]


class TestScore:
    def test_the_page_of_a_listing_has_its_findings_with_their_sum_what_costs_most_first(self, editor: Client) -> None:
        listing = make_listed("TBA", score=25).listings.get()
        for rule, weight in (("title.short", 10), ("description.short", 5), ("title.placeholder", 60), ("plain", 0)):
            Finding.objects.create(
                source=listing.source, listing=listing, key=listing.external_id, rule=rule, weight=weight, message="No."
            )
        page = parsed(editor.get(url_of(listing)))
        assert text_of(page, ".score-sum") == "Score: 100 − 60 − 10 − 5 = 25"
        assert texts(page, "#findings-group td.field-weight") == ["60", "10", "5", "0"]

    def test_nothing_found_and_too_much_found(self, editor: Client) -> None:
        good, bad = make_listed("Good").listings.get(), make_listed("Bad", score=0).listings.get()
        for rule in ("title.missing", "date.unreadable"):
            Finding.objects.create(
                source=bad.source, listing=bad, key=bad.external_id, rule=rule, weight=100, message="No."
            )
        sums = [text_of(parsed(editor.get(url_of(one))), ".score-sum") for one in (good, bad)]
        assert sums == ["Score: 100", "Score: 100 − 100 − 100 = 0, the least there is"]

    def test_what_could_not_be_taken_over_is_told(self, editor: Client) -> None:
        listing = make_listed("Good", score=95).listings.get()
        Finding.objects.create(
            source=listing.source, listing=listing, key="x", rule="date.unreadable", weight=100, message="?"
        )
        page = parsed(editor.get(url_of(listing)))
        assert text_of(page, ".score-sum") == "Score: 95, as of the last reading that could be taken over"

    def test_the_page_of_an_event_says_which_score_counts(self, editor: Client) -> None:
        event = make_listed("Two", score=60)
        make_listing(event, score=80)
        make_listing(event, score=95, retired_at=NOW, missing_since=NOW)
        compose([event.pk], now=NOW)
        event.refresh_from_db()
        scores = [text for text in texts(parsed(editor.get(url_of(event))), ".relations td") if text[:2].isdigit()]
        assert sorted(text for text in scores if text in ("60", "95") or "counts" in text) == [
            "60",
            "80, which counts",
            "95",
        ]
        assert event.score == 80
