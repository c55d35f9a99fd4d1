"""Merging venues, taking it back, and remembering which are two."""

import datetime as dt
from typing import Any

import pytest

from events import decisions
from events.compose import compose
from events.models import Decision, Event, EventChange, Listing, Venue, VenueAlias
from nocturne.cache import generation
from nocturne.models import User
from quality import venue_merging, venues
from quality.models import VenuesApart
from tests.factories import make_city, make_event, make_listing, make_venue

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def ada() -> User:
    return User.objects.create(email="ada@example.org", password="!")


@pytest.fixture
def older() -> Venue:
    return make_venue("Blue Lantern", address="12 Elm Street")


@pytest.fixture
def newer(older: Venue) -> Venue:
    return make_venue("The Blue Lantern Bar")


def make_listed(title: str, venue: Venue) -> Event:
    event = make_event(title, venue=venue)
    make_listing(event)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    return event


def state() -> tuple[Any, ...]:
    return (
        list(Venue.objects.order_by("pk").values_list("pk", "name", "merged_into")),
        list(VenueAlias.objects.order_by("pk").values_list("folded", "venue")),
        list(Listing.objects.order_by("pk").values_list("pk", "venue")),
        list(Event.objects.order_by("pk").values_list("pk", "venue", "folded", "sequence", "overrides")),
        list(VenuesApart.objects.values_list("first", "second")),
    )


def test_the_older_venue_stays_with_the_events_of_both(older: Venue, newer: Venue, ada: User) -> None:
    event = make_listed("One", newer)
    venue_merging.merge(newer, older, by=ada)
    newer.refresh_from_db()
    event.refresh_from_db()
    assert newer.merged_into == older
    assert event.venue == older
    assert event.listings.get().venue == older
    assert event.folded == "one blue lantern"


def test_names_of_the_other_lead_to_the_one_that_stays(older: Venue, newer: Venue, ada: User) -> None:
    venue_merging.merge(older, newer, by=ada)
    found = venues.resolve(make_city(), [("The Blue Lantern Bar", "")])
    assert list(found.values()) == [older]


def test_nobody_is_told_that_a_place_has_changed(older: Venue, newer: Venue, ada: User) -> None:
    event = make_listed("One", newer)
    venue_merging.merge(older, newer, by=ada)
    assert not EventChange.objects.exists()
    event.refresh_from_db()
    assert event.sequence == 0


def test_an_undo_restores_all(older: Venue, newer: Venue, ada: User) -> None:
    make_listed("One", older)
    make_listed("Two", newer)
    before = state()
    decision = venue_merging.merge(older, newer, by=ada)
    assert decision
    assert (decision.kind, decision.by) == (Decision.Kind.VENUE, ada)
    roots = list(Event.objects.values_list("pk", flat=True))
    assert compose(roots, now=NOW).changed == frozenset()
    decisions.undo(decision, by=ada)
    assert state() == before
    assert compose(roots, now=NOW).changed == frozenset()
    assert not EventChange.objects.exists()


def test_what_came_under_its_name_meanwhile_leaves_with_it(older: Venue, newer: Venue, ada: User) -> None:
    venue_merging.merge(older, newer, by=ada)
    event = make_listed("Late", newer)
    Listing.objects.update(venue=older)
    compose([event.pk], now=NOW)
    venue_merging.unmerge(newer, by=ada)
    event.refresh_from_db()
    assert event.venue == newer
    assert event.listings.get().venue == newer


def test_an_editors_venue_goes_with_a_merge_and_back(older: Venue, newer: Venue, ada: User) -> None:
    event = make_listed("One", make_venue("Elsewhere"))
    Event.objects.filter(pk=event.pk).update(overrides={"venue": newer.pk})
    compose([event.pk], now=NOW)
    before = state()
    decision = venue_merging.merge(older, newer, by=ada)
    event.refresh_from_db()
    assert event.venue == older
    assert decision
    decisions.undo(decision, by=ada)
    assert state() == before


def test_a_merge_twice_is_one(older: Venue, newer: Venue, ada: User) -> None:
    venue_merging.merge(older, newer, by=ada)
    assert venue_merging.merge(newer, older, by=ada) is None
    assert Decision.objects.count() == 1


def test_a_chain_of_merges_is_followed_and_undone_in_turn(older: Venue, newer: Venue, ada: User) -> None:
    newest = make_venue("Blue Lantern Bar")
    make_listed("One", newest)
    before = state()
    first = venue_merging.merge(newer, newest, by=ada)
    second = venue_merging.merge(newest, older, by=ada)
    assert Event.objects.get().venue == older
    assert first
    assert second
    decisions.undo(second, by=ada)
    assert Event.objects.get().venue == newer
    decisions.undo(first, by=ada)
    assert state() == before


def test_venues_of_two_cities_stay_two(older: Venue, ada: User) -> None:
    other = make_venue("Blue Lantern", city=make_city("los-angeles"))
    with pytest.raises(ValueError, match="stay two venues"):
        venue_merging.merge(older, other, by=ada)
    assert not Venue.objects.exclude(merged_into=None).exists()


def test_what_was_decided_anew_since_stays(older: Venue, newer: Venue, ada: User) -> None:
    decision = venue_merging.merge(older, newer, by=ada)
    venue_merging.unmerge(newer, by=ada)
    before = state()
    assert decision
    with pytest.raises(ValueError, match="decided anew"):
        decisions.undo(decision, by=ada)
    assert state() == before


def test_taking_an_unmerge_back_merges_again(older: Venue, newer: Venue, ada: User) -> None:
    make_listed("One", newer)
    venue_merging.merge(older, newer, by=ada)
    before = state()
    decision = venue_merging.unmerge(newer, by=ada)
    assert VenuesApart.objects.exists()
    assert decision
    decisions.undo(decision, by=ada)
    assert state() == before


def test_visitors_see_it_at_once(
    older: Venue, newer: Venue, ada: User, django_capture_on_commit_callbacks: Any
) -> None:
    before = generation(older.city_id)
    with django_capture_on_commit_callbacks(execute=True):
        venue_merging.merge(older, newer, by=ada)
    assert generation(older.city_id) != before


class TestSuggestions:
    def test_two_names_of_one_place_are_suggested_until_they_are_one(
        self, older: Venue, newer: Venue, ada: User
    ) -> None:
        (one,) = venue_merging.suggestions()
        assert (one.first, one.second) == (older.pk, newer.pk)
        venue_merging.merge(older, newer, by=ada)
        assert venue_merging.suggestions() == []

    def test_what_is_two_is_not_suggested_again_unless_that_is_taken_back(
        self, older: Venue, newer: Venue, ada: User
    ) -> None:
        decision = venue_merging.keep_apart(newer, older, by=ada)
        assert venue_merging.keep_apart(older, newer, by=ada) is None
        assert venue_merging.suggestions() == []
        assert decision
        decisions.undo(decision, by=ada)
        assert len(venue_merging.suggestions()) == 1

    def test_what_is_two_stays_two_when_one_is_merged_into_another(self, older: Venue, newer: Venue, ada: User) -> None:
        newest = make_venue("Blue Lantern Bar")
        venue_merging.keep_apart(older, newest, by=ada)
        venue_merging.merge(newer, newest, by=ada)
        assert venue_merging.suggestions() == []

    def test_of_one_city_or_of_all_that_are_active(self, older: Venue, newer: Venue) -> None:
        other = make_city("los-angeles")
        assert len(venue_merging.suggestions(older.city)) == 1
        assert venue_merging.suggestions(other) == []
        older.city.active = False
        older.city.save()
        assert venue_merging.suggestions() == []
