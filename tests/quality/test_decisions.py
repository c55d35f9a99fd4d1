"""What editors decide about pairs, merges and splits, and taking it back."""

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from events import decisions
from events.compose import compose
from events.models import Decision, Event, Listing
from nocturne.models import User
from quality import merging
from quality.decisions import Settled, decide_pair, recorded, settle
from quality.models import Verdict
from tests.factories import make_event, make_listing

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SAME, DIFFERENT, UNSURE = Verdict.Outcome.SAME, Verdict.Outcome.DIFFERENT, Verdict.Outcome.UNSURE


@pytest.fixture
def ada() -> User:
    return User.objects.create(email="ada@example.org", password="!")


@pytest.fixture
def bob() -> User:
    return User.objects.create(email="bob@example.org", password="!")


def make_listed(title: str, **listing: Any) -> Listing:
    event = make_event(title)
    one = make_listing(event, **listing)
    compose([event.pk], now=NOW)
    return one


def make_pair(first: Listing, second: Listing, **columns: Any) -> Verdict:
    return Verdict.objects.create(
        **{"first": first, "second": second, "outcome": UNSURE, "score": 71, "reasons": ["the titles are alike"]}
        | columns
    )


def state() -> tuple[Any, ...]:
    """All that a decision about a pair may change."""
    events = Event.objects.order_by("pk").values_list("pk", "merged_into", "root", "title", "source_count")
    verdicts = Verdict.objects.order_by("pk").values_list(
        "first", "second", "outcome", "score", "reasons", "decided_by", "by_editor", "decided_at"
    )
    return list(events), list(verdicts)


@pytest.fixture
def pair() -> Verdict:
    return make_pair(make_listed("One"), make_listed("Two"))


class TestSettling:
    def test_the_same_event_merges_and_an_undo_brings_the_pair_back(self, pair: Verdict, ada: User) -> None:
        before = state()
        decision = settle(pair, SAME, by=ada)
        assert Event.objects.roots().count() == 1
        assert decision
        assert (decision.by, decision.kind) == (ada, Decision.Kind.PAIR)
        assert "“One”" in decision.summary
        decisions.undo(decision, by=ada)
        assert state() == before
        assert decision.undone_by == ada

    def test_different_keeps_both_and_can_be_undone(self, pair: Verdict, ada: User) -> None:
        before = state()
        decision = settle(pair, DIFFERENT, by=ada)
        assert decision
        assert Verdict.objects.get().outcome == DIFFERENT
        assert Event.objects.roots().count() == 2
        decisions.undo(decision, by=ada)
        assert state() == before

    def test_once_more_by_the_same_editor_changes_nothing(self, pair: Verdict, ada: User) -> None:
        settle(pair, SAME, by=ada)
        before = state()
        assert settle(pair, SAME, by=ada) is None
        assert state() == before
        assert Decision.objects.count() == 1

    def test_the_second_of_two_editors_is_told(self, pair: Verdict, ada: User, bob: User) -> None:
        settle(pair, SAME, by=ada)
        before = state()
        with pytest.raises(Settled, match=r"decided by ada@example.org .*same event"):
            settle(pair, DIFFERENT, by=bob)
        assert state() == before

    def test_a_pair_that_the_matcher_has_forgotten_is_told(self, pair: Verdict, ada: User) -> None:
        Verdict.objects.all().delete()
        with pytest.raises(Settled, match="no longer in question"):
            settle(pair, SAME, by=ada)
        assert Event.objects.roots().count() == 2

    def test_a_pair_that_the_matcher_has_joined_meanwhile_is_told(self, pair: Verdict, ada: User) -> None:
        Verdict.objects.update(outcome=SAME)
        with pytest.raises(Settled, match="The matcher knows"):
            settle(pair, DIFFERENT, by=ada)

    def test_a_festival_and_its_part_stay_two_and_wait_on(self, pair: Verdict, ada: User) -> None:
        Event.objects.filter(pk=pair.second.event_id).update(part_of=pair.first.event_id)
        with pytest.raises(ValueError, match="festival and its part"):
            settle(pair, SAME, by=ada)
        assert Verdict.objects.get().outcome == UNSURE
        assert not Decision.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_editors_at_once_one_decides_and_one_is_told(pair: Verdict, ada: User, bob: User) -> None:
    start = threading.Barrier(2)

    def decide(outcome: str, by: User) -> str:
        try:
            start.wait()
            settle(Verdict.objects.select_related("first", "second").get(pk=pair.pk), outcome, by=by)
        except Settled as told:
            return str(told)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(decide, outcome, by) for outcome, by in ((SAME, ada), (DIFFERENT, bob))]
        told = sorted(answer.result(timeout=30) for answer in answers)
    assert told[0] == ""
    assert "Yours was not taken" in told[1]
    verdict, decision = Verdict.objects.get(), Decision.objects.get()
    assert verdict.decided_by == decision.by
    assert Event.objects.roots().count() == (1 if verdict.outcome == SAME else 2)


class TestUndoing:
    def test_two_that_were_one_come_together_again(self, ada: User) -> None:
        first, second = make_listed("One"), make_listed("Two")
        assert first.event
        assert second.event
        merging.merge(first.event, second.event)
        before = state()
        decision = decide_pair(Verdict.objects.get(), DIFFERENT, by=ada)
        assert Event.objects.roots().count() == 2
        assert decision
        decisions.undo(decision, by=ada)
        assert state() == before

    def test_a_split_listing_comes_back_through_its_event(self, ada: User) -> None:
        first = make_listed("One")
        assert first.event
        second = make_listing(first.event, title="Wrong")
        compose([first.event.pk], now=NOW)
        event, decision = recorded([second], lambda: merging.split(second, by=ada), lambda _: "Split.", by=ada)
        assert decision
        decisions.undo(decision, by=ada)
        event.refresh_from_db()
        first.event.refresh_from_db()
        assert event.merged_into_id == first.event.pk
        assert first.event.source_count == 2
        assert not Verdict.objects.exists()

    def test_all_events_of_one_merge_leave_again(self, ada: User) -> None:
        listings = [make_listed(f"Night {n}") for n in range(3)]
        one, two, three = (listing.event for listing in listings)
        assert one
        assert two
        assert three
        merging.merge(one, two)
        before = state()

        def act() -> None:
            merging.merge(three, one, by=ada)

        _, decision = recorded(listings, act, lambda _: "Merged.", by=ada)
        assert decision
        decisions.undo(decision, by=ada)
        assert state() == before

    def test_what_was_decided_anew_since_stays(self, pair: Verdict, ada: User, bob: User) -> None:
        decision = settle(pair, SAME, by=ada)
        decide_pair(pair, DIFFERENT, by=bob)
        before = state()
        assert decision
        with pytest.raises(ValueError, match="decided anew since"):
            decisions.undo(decision, by=ada)
        assert state() == before
        decision.refresh_from_db()
        assert decision.undone_at is None

    def test_decisions_are_undone_in_turn_from_the_last(self, pair: Verdict, ada: User, bob: User) -> None:
        before = state()
        first = settle(pair, SAME, by=ada)
        last = decide_pair(pair, DIFFERENT, by=bob)
        assert first
        assert last
        decisions.undo(last, by=bob)
        decisions.undo(first, by=bob)
        assert state() == before

    def test_what_was_merged_into_one_that_was_merged_goes_along_again(self, ada: User) -> None:
        listings = [make_listed(f"Night {n}") for n in range(3)]
        events = [listing.event for listing in listings if listing.event]
        oldest, parent, child = events

        def act(decide: Callable[[], Event]) -> Decision:
            decision = recorded(listings, decide, lambda _: "Decided.", by=ada)[1]
            assert decision
            return decision

        act(lambda: merging.merge(parent, child, by=ada))
        before = state()
        merged = act(lambda: merging.merge(oldest, parent, by=ada))
        decisions.undo(act(lambda: merging.unmerge(Event.objects.get(pk=child.pk), by=ada)), by=ada)
        decisions.undo(act(lambda: merging.split(listings[1], by=ada)), by=ada)
        decisions.undo(merged, by=ada)
        again = Listing.objects.filter(event__root=parent).values_list("pk", flat=True)
        assert set(again) == {listings[1].pk, listings[2].pk}
        assert state()[1] == before[1]

    def test_an_undo_twice_is_one(self, pair: Verdict, ada: User, bob: User) -> None:
        decision = settle(pair, SAME, by=ada)
        assert decision
        decisions.undo(decision, by=ada)
        settle(pair, DIFFERENT, by=bob)
        before = state()
        assert "before" in decisions.undo(decision, by=bob)
        assert state() == before
        assert decision.undone_by == ada

    def test_nothing_is_kept_of_what_changed_nothing(self, ada: User) -> None:
        _, decision = recorded([make_listed("One")], lambda: None, lambda _: "Nothing.", by=ada)
        assert decision is None
        assert not Decision.objects.exists()
