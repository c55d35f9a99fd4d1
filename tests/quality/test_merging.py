import itertools
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from events.models import Event, Listing, Rsvp
from nocturne.models import User
from quality.matching import match
from quality.merging import merge, split, unmerge
from quality.models import Verdict
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

pytestmark = pytest.mark.django_db


def editor() -> User:
    return User.objects.get_or_create(email="editor@nocturne.example")[0]


def listed(title: str = "A night out", **more: Any) -> Event:
    event = make_event(title, **more)
    make_listing(event)
    return event


def pointers() -> dict[int, tuple[int | None, int]]:
    return {event.pk: (event.merged_into_id, event.root_id) for event in Event.objects.all()}


def fresh(event: Event) -> Event:
    return Event.objects.get(pk=event.pk)


class TestMerge:
    def test_the_older_event_stays_and_has_the_listings_of_both(self) -> None:
        older, younger = listed("Older"), listed("Younger")
        root = merge(younger, older)
        assert root.pk == older.pk
        assert (root.source_count, pointers()[younger.pk]) == (2, (older.pk, older.pk))
        assert set(Listing.objects.of_event(root)) == set(Listing.objects.all())

    def test_what_was_merged_before_comes_along(self) -> None:
        one, two, three, four = (listed(f"Event {n}") for n in range(4))
        merge(three, four)
        merge(one, two)
        merge(fresh(four), fresh(two))
        assert {root for _, root in pointers().values()} == {one.pk}
        assert fresh(one).source_count == 4

    def test_merging_again_changes_nothing(self) -> None:
        one, two = listed(), listed()
        merge(one, two, by=editor())
        before = pointers(), Verdict.objects.count()
        assert merge(one, two, by=editor()).pk == one.pk
        assert (pointers(), Verdict.objects.count()) == before

    def test_an_editors_merge_is_a_verdict_on_the_listings(self) -> None:
        one, two = listed(), listed()
        merge(one, two, by=editor(), reason="The same poster.")
        verdict = Verdict.objects.get()
        assert (verdict.outcome, verdict.by_editor, verdict.decided_by) == ("same", True, editor())
        assert verdict.reasons == ["The same poster."]
        assert {verdict.first.event, verdict.second.event} == {one, two}

    def test_an_event_is_not_merged_with_itself(self) -> None:
        event = listed()
        with pytest.raises(ValueError, match="itself"):
            merge(event, event)

    def test_a_festival_and_its_part_stay_two(self) -> None:
        festival, part = listed("Festival"), listed("Opening")
        Event.objects.filter(pk=part.pk).update(part_of=festival)
        with pytest.raises(ValueError, match="festival and its part"):
            merge(festival, part, by=editor())

    def test_what_an_editor_calls_different_only_an_editor_merges(self) -> None:
        one, two = listed(), listed()
        merge(one, two)
        unmerge(fresh(two), by=editor())
        with pytest.raises(ValueError, match="An editor said"):
            merge(one, two)
        assert merge(one, two, by=editor()).pk == one.pk
        assert Verdict.objects.get().outcome == "same"


class TestUnmerge:
    def test_it_takes_out_the_event_with_its_own_listings(self) -> None:
        one, two = listed("One"), listed("Two")
        merge(one, two)
        unmerge(fresh(two), by=editor())
        assert pointers() == {one.pk: (None, one.pk), two.pk: (None, two.pk)}
        assert (fresh(one).source_count, fresh(two).source_count, fresh(two).title) == (1, 1, "Two")
        assert Verdict.objects.get().outcome == "different"

    def test_what_was_merged_into_it_before_stays_with_it(self) -> None:
        one, two, three = listed(), listed(), listed()
        merge(two, three)
        merge(one, fresh(two))
        unmerge(fresh(two), by=editor())
        assert pointers()[three.pk] == (two.pk, two.pk)
        assert (fresh(one).source_count, fresh(two).source_count) == (1, 2)
        assert Verdict.objects.filter(outcome="different", by_editor=True).count() == 2

    def test_an_event_that_is_merged_into_nothing_stays(self) -> None:
        event = listed()
        assert unmerge(event, by=editor()).pk == event.pk
        assert not Verdict.objects.exists()

    def test_what_would_leave_an_event_of_nobodys_is_refused(self) -> None:
        one, two = listed("One"), listed("Two")
        merge(one, two)
        split(one.listings.get(), by=editor())
        before = pointers()
        with pytest.raises(ValueError, match="nothing would be left"):
            unmerge(fresh(two), by=editor())
        assert pointers() == before

    def test_rsvps_stay_at_home(self) -> None:
        one, two = listed(), listed()
        rsvps = [Rsvp.objects.create(event=event, user=editor(), answer="going") for event in (one, two)]
        merge(one, two)
        assert Rsvp.objects.filter(event__root=one).count() == 2
        unmerge(fresh(two))
        assert [rsvp.event_id for rsvp in Rsvp.objects.order_by("pk")] == [rsvp.event_id for rsvp in rsvps]
        assert Rsvp.objects.filter(event__root=one).count() == 1

    def test_the_next_reading_does_not_undo_it(self) -> None:
        source = make_source()
        one = make_event("Mdou Moctar")
        there = make_listing(one)
        two = make_event("Mdou Moctar")
        listing = make_listing(two, source=source)
        merge(one, two)
        unmerge(fresh(two), by=editor())
        Listing.objects.filter(pk=listing.pk).update(title="Mdou Moctar", canonical_url=there.canonical_url)
        listing.refresh_from_db()
        assert match([listing], area=make_city())[listing.pk].event_id == two.pk
        assert fresh(two).merged_into is None

    def test_parts_follow_their_festival(self) -> None:
        source = make_source()
        other, festival, part = listed("Other"), make_event("Festival"), make_event("Opening")
        make_listing(festival, source=source, external_id="festival")
        found = make_listing(part, source=source)
        Listing.objects.filter(pk=found.pk).update(draft=found.draft | {"part_of_key": "festival"})
        Event.objects.filter(pk=part.pk).update(part_of=festival)
        merge(other, festival)
        assert fresh(part).part_of == other
        unmerge(fresh(festival))
        assert fresh(part).part_of == festival


class TestSplit:
    def test_the_listing_gets_an_event_of_its_own(self) -> None:
        event = listed("A night out")
        wrong = make_listing(event, title="Another night out")
        split_out = split(wrong, by=editor())
        wrong.refresh_from_db()
        assert wrong.event == split_out != event
        assert (split_out.title, split_out.source_count, fresh(event).source_count) == ("Another night out", 1, 1)
        assert (split_out.visibility, split_out.root_id) == ("published", split_out.pk)
        verdict = Verdict.objects.get()
        assert (verdict.outcome, verdict.second) == ("different", wrong)

    def test_a_listing_alone_at_a_merged_event_takes_it_along(self) -> None:
        one, two = listed("One"), listed("Two")
        merge(one, two)
        assert split(two.listings.get(), by=editor()).pk == two.pk
        assert fresh(two).merged_into is None
        assert Event.objects.count() == 2

    def test_the_only_listing_has_nothing_to_leave(self) -> None:
        event = listed()
        with pytest.raises(ValueError, match="only listing"):
            split(event.listings.get(), by=editor())

    def test_a_listing_of_no_event_has_nothing_to_leave(self) -> None:
        with pytest.raises(ValueError, match="no event"):
            split(make_listing(), by=editor())


def test_a_verdict_outlives_the_editor() -> None:
    someone = User.objects.create(email="someone@nocturne.example")
    one, two = listed(), listed()
    merge(one, two, by=someone)
    someone.delete()
    verdict = Verdict.objects.get()
    assert (verdict.by_editor, verdict.decided_by) == (True, None)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6), st.integers(0, 4))
def test_taking_out_what_was_merged_last_gives_what_was_there(pairs: list[tuple[int, int]], last: int) -> None:
    with transaction.atomic():
        events = [listed(f"Event {n}") for n in range(5)]
        for a, b in pairs:
            if a != b:
                merge(fresh(events[a]), fresh(events[b]))
        roots = sorted({event.root_id for event in Event.objects.all()})
        before, columns = pointers(), list(Event.objects.order_by("pk").values("title", "source_count"))
        for one, two in itertools.pairwise(roots):
            merge(Event.objects.get(pk=one), Event.objects.get(pk=two))
            unmerge(Event.objects.get(pk=two))
            assert pointers() == before
            assert list(Event.objects.order_by("pk").values("title", "source_count")) == columns
        transaction.set_rollback(True)


def test_both_areas_are_locked(django_assert_num_queries: Any) -> None:
    one, two = listed(), listed(city=make_city("los-angeles"))
    merge(one, two, by=editor())
    with connection.cursor() as cursor:
        cursor.execute("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert {area for (area,) in cursor.fetchall()} >= {one.city_id, two.city_id}


class TestStory:
    """What editors decide holds through everything that sources do."""

    def test_churn_new_titles_and_a_re_import_undo_nothing(self) -> None:
        area, source = make_city(), make_source()
        concert, workshop = make_event("Mdou Moctar", venue=make_venue()), make_event("Mdou Moctar", venue=make_venue())
        theirs = make_listing(concert)
        wrong = make_listing(concert, source=source, external_id="1")
        right = make_listing(workshop)
        # An editor takes a listing out of the concert and puts it to the workshop.
        split_out = split(wrong, by=editor())
        merge(split_out, workshop, by=editor())
        # The source gives it another id, then its title changes to that of the concert, then it comes again.
        for changes in ({"external_id": "2"}, {"title": "Mdou Moctar!"}, {"changed_at": theirs.changed_at}):
            Listing.objects.filter(pk=wrong.pk).update(**changes)
            listings = list(Listing.objects.order_by("pk"))
            found = match(listings, area=area)
            assert found[theirs.pk].event_id == concert.pk
            assert {found[wrong.pk].event_id, found[right.pk].event_id} == {workshop.pk}
        # The source writes a new row instead of that one.
        again = Listing.objects.get(pk=wrong.pk)
        Listing.objects.filter(pk__in=[theirs.pk, wrong.pk]).update(fingerprint="abc")
        again.pk, again.external_id, again.fingerprint, again.event = None, "3", "abc", None
        again.save()
        assert match([again], area=area)[again.pk].event_id == workshop.pk
        # A new publisher of the same night joins one of the two, and does not bring them together.
        new = make_listing(concert, title="Mdou Moctar")
        Listing.objects.filter(pk=new.pk).update(event=None)
        assert match([new], area=area)[new.pk].event_id in (concert.pk, workshop.pk)
        assert fresh(workshop).merged_into is None
