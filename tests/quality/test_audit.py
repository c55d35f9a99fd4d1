"""The daily audit: what it finds, what it mends, what it leaves alone, and whom it tells."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event, Listing
from nocturne.models import User
from quality import reassess as reassessing
from quality.merging import split
from quality.models import Audit, Finding, Verdict
from quality.score import score
from tests.factories import make_city, make_event, make_listing, make_source
from tests.quality.audits import NOW, TEXT, codes, listed, report, run, state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


class TestReassessing:
    def test_findings_and_scores_become_what_the_rules_say(self):
        good, bad = listed(night=5), listed("TBA", night=6)
        Finding.objects.create(
            source=good.source, listing=good, key=good.external_id, rule="gone", message="", weight=40
        )
        assert report("--fix")["counts"]["reassessed"] == 2
        assert (codes(good), codes(bad)) == (set(), {"title.placeholder", "title.short"})
        for listing in (good, bad):
            listing.refresh_from_db()
            assert listing.score == score(listing.findings.all())

    def test_what_scores_too_little_now_is_held_and_what_scores_enough_is_shown(self):
        worse, better = listed("TBA", night=5), listed(night=6)
        Listing.objects.filter(pk=better.pk).update(score=10)
        call_command("recompose", stdout=StringIO())
        run("--fix")
        seen = dict(Event.objects.values_list("pk", "visibility"))
        assert seen == {worse.event_id: "held", better.event_id: "published"}

    def test_a_second_audit_writes_nothing(self):
        listed("TBA")
        listed("VIEW ALL OF IT NOW", night=6)
        run("--fix")
        before = state()
        assert report("--fix")["counts"].get("reassessed", 0) == 0
        assert state() == before

    def test_without_fix_nothing_is_written_and_all_is_told(self):
        listed("TBA")
        before = state()
        told = report()
        assert state() == before
        assert told["counts"]["reassessed"] == 1
        assert told["rules"] == {"title.short": 1, "title.placeholder": 1}
        assert told["scores"] == {"30": 1}

    def test_what_is_suspicious_in_all_that_a_source_lists_reaches_listings_that_did_not_change(self):
        source = make_source()
        many = [
            listed(f"Night {n}", source=source, start=dt.datetime(2026, 12, n), description=f"{n}. {TEXT}")
            for n in range(1, 12)
        ]
        run("--fix")
        assert all(codes(one) == {"suspicious.midnight"} for one in many)
        Listing.objects.filter(pk__in=[one.pk for one in many[:5]]).update(retired_at=NOW, missing_since=NOW)
        run("--fix")
        assert codes(many[-1]) == set()

    def test_what_was_over_when_it_was_first_seen_stays_so_and_what_is_over_since_does_not_become_so(self):
        late, known = (listed(start=dt.datetime(2026, 11, 22, 22), night=22) for _ in range(2))
        over = {"rule": "date.past", "severity": "error", "weight": 60}
        message = "It was over on 2026-11-22 already when it was first seen."
        Finding.objects.create(source=late.source, listing=late, key=late.external_id, message=message, **over)
        run("--fix")
        assert (codes(late), codes(known)) == ({"date.past"}, set())

    def test_what_cannot_be_read_any_more_keeps_its_finding_and_its_score(self):
        listing = listed()
        Finding.objects.create(
            source=listing.source,
            listing=listing,
            key=listing.external_id,
            rule="date.unreadable",
            weight=100,
            message="?",
        )
        assert report("--fix")["counts"]["unreadable"] == 1
        listing.refresh_from_db()
        assert (codes(listing), listing.score) == ({"date.unreadable"}, 100)

    def test_past_and_retired_listings_are_left_alone(self):
        past = listed("TBA", start=dt.datetime(2026, 11, 1, 20))
        retired = listed("TBA", night=9)
        Listing.objects.filter(pk=retired.pk).update(retired_at=NOW, missing_since=NOW)
        assert report("--fix")["counts"].get("listings", 0) == 0
        assert codes(past) | codes(retired) == set()

    def test_what_a_reading_has_changed_in_between_is_left_to_it(self, monkeypatch):
        listing = listed("TBA")
        write = reassessing._write

        def later(*args: Any) -> None:
            Listing.objects.filter(pk=listing.pk).update(content_hash="new")
            write(*args)

        monkeypatch.setattr(reassessing, "_write", later)
        run("--fix")
        assert codes(listing) == set()

    def test_a_draft_that_cannot_be_read_costs_only_itself(self):
        broken, good = listed(night=5), listed("TBA", night=6)
        Listing.objects.filter(pk=broken.pk).update(draft={"title": "x", "when": {"start": "?"}})
        told = report()
        assert (told["counts"]["listings"], told["counts"]["reassessed"]) == (2, 1)
        assert codes(good) == set()

    def test_queries_do_not_grow_with_the_listings_of_a_source(self):
        source = make_source()

        def queries() -> int:
            with CaptureQueriesContext(connection) as made:
                reassessing.reassess(source, now=NOW, fix=True)
            return len(made)

        for n in range(1, 4):
            listed("TBA", source=source, night=n)
        few = queries()
        for n in range(4, 20):
            listed("TBA", source=source, night=n)
        assert queries() <= few


class TestDuplicates:
    def two(self) -> tuple[Listing, Listing]:
        """One concert, told by two sources that link to the same page, as two events."""
        url = "https://klub-null.example/2026/12/05/wedding-present"
        first, second = listed(url=url), listed(url=url)
        Listing.objects.update(canonical_url=url)
        return first, second

    def test_what_is_surely_one_is_merged_and_said_why(self):
        first, second = self.two()
        told = report("--fix")
        assert told["counts"]["duplicates"] == 1
        assert "The Wedding Present" in told["notes"][0]
        assert Event.objects.get(pk=second.event_id).root_id == first.event_id
        assert Verdict.objects.get().outcome == "same"
        assert report("--fix")["counts"]["duplicates"] == 0

    def test_without_fix_it_is_only_told(self):
        self.two()
        before = state()
        assert report()["counts"]["duplicates"] == 1
        assert state() == before

    def test_what_an_editor_took_apart_stays_apart(self):
        first, second = self.two()
        run("--fix")
        split(second, by=User.objects.create_user("ada@example.org"))
        assert report("--fix")["counts"]["duplicates"] == 0
        first.refresh_from_db()
        second.refresh_from_db()
        assert first.event.root_id != second.event.root_id

    def test_what_is_only_likely_is_put_to_the_editors_once(self):
        listed("Quiz Night with Ada", start=dt.datetime(2026, 12, 5, 19))
        listed("Quiz Night", start=dt.datetime(2026, 12, 5, 20))
        assert report()["counts"]["unsure"] == 0
        counts = report("--fix")["counts"]
        assert (counts["unsure"], counts["duplicates"]) == (1, 0)
        assert Verdict.objects.get().outcome == "unsure"
        before = state()
        run("--city", "de--berlin", "--fix")
        assert state() == before


def test_what_does_not_say_what_its_sources_say_is_composed_anew():
    listing = listed()
    run("--fix")
    Event.objects.filter(pk=listing.event_id).update(title="Something else")
    assert report()["counts"]["drifted"] == 1
    assert report("--fix")["counts"]["drifted"] == 1
    assert Event.objects.get(pk=listing.event_id).title == "The Wedding Present"
    assert report("--fix")["counts"].get("drifted", 0) == 0


def test_a_merged_event_that_leads_to_the_wrong_one_is_led_right():
    first, second, third = (listed(night=n).event for n in (5, 6, 7))
    Event.objects.filter(pk=second.pk).update(merged_into=first, root=first)
    Event.objects.filter(pk=third.pk).update(merged_into=second, root=second)
    assert report("--fix")["counts"]["pointers"] == 1
    assert Event.objects.get(pk=third.pk).root_id == first.pk


class TestOneCity:
    def test_only_its_area_is_looked_at(self):
        here = listed("TBA")
        away = make_event("TBA", local="2026-12-05T20:00", city=make_city("los-angeles"))
        there = make_listing(away)
        assert report("--city", "de--berlin", "--fix")["counts"]["listings"] == 1
        assert codes(here)
        assert codes(there) == set()
        assert not Audit.objects.exists()

    def test_a_city_that_is_not_there_is_said(self):
        with pytest.raises(CommandError, match="No city has the code 'xx--nowhere'"):
            run("--city", "xx--nowhere")
