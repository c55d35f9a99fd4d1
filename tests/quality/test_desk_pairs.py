"""The editors' desk: pairs, one at a time."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from events.models import Decision, Event, Listing
from nocturne.models import User
from quality.models import Verdict
from tests.factories import make_city
from tests.html import links, text_of, texts
from tests.quality.desk import HELD, NOW, PAIRS, get, make_editor, make_listed, make_pair, new_pair, press, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


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
        assert (first.outcome, first.by_editor, first.score) == ("same", True, 80)
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
