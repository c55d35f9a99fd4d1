"""The editors' desk: held events, listings that are no event, and venues."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from events.drafts import EventDraft, When
from events.models import Decision, Event, Listing, Source, Venue
from quality.models import VenuesApart
from tests.factories import make_city, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts
from tests.quality.desk import (
    HELD,
    LISTINGS,
    NOW,
    VENUES,
    get,
    make_held,
    press,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


class TestHeld:
    def test_each_held_event_says_why(self, ada: Client) -> None:
        make_held()
        make_held("Good", score=90)
        make_held("Over", local="2026-11-01T20:00")
        page = get(ada, HELD)
        assert len(page.css(".desk-rows tbody tr")) == 1
        row = text_of(page, ".desk-rows tbody tr")
        assert "Its score of 30 is below 50." in row
        assert "It has no description. −40" in row
        assert "Sat 5 Dec 2026, 20:00 (Europe/Berlin)" in row

    def test_what_has_begun_and_is_over_is_under_a_link_of_its_own(self, ada: Client) -> None:
        make_held("This morning", local="2026-11-22T11:00", city=make_city("los-angeles"))
        make_held("Last night", local="2026-11-21T22:00")
        make_held("Today")
        page = get(ada, HELD)
        assert texts(page, ".desk-rows th a") == ["This morning", "Today"]
        over = get(ada, HELD + page.css_first(".help a[href*=over]").attributes["href"])
        assert texts(over, ".desk-rows th a") == ["Last night"]
        after = press(ada, over, f"{HELD}?over=True", "Hide", ".act")
        assert not after.css(".desk-rows")
        assert "These are over." in text_of(after, ".desk-main")

    def test_one_click_publishes_and_one_undoes_it(self, ada: Client) -> None:
        event = make_held()
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
        events = [make_held(f"Bad {n}") for n in range(3)]
        page = parsed(ada.post(HELD, {"do": "hide", "event": [event.pk for event in events[:2]]}, follow=True))
        assert "Hidden: 2 events" in text_of(page, ".messagelist")
        found = Event.objects.order_by("pk").values_list("visibility", flat=True)
        assert list(found) == ["hidden", "hidden", "held"]

    def test_what_somebody_else_decided_meanwhile_is_told_and_stays(self, ada: Client) -> None:
        event = make_held()
        page = get(ada, HELD)
        Event.objects.update(visibility="hidden")
        page = press(ada, page, HELD, "Publish", ".act")
        assert "hidden by an editor by now" in text_of(page, ".messagelist")
        event.refresh_from_db()
        assert event.visibility == "hidden"

    def test_nothing_ticked_is_told(self, ada: Client) -> None:
        make_held()
        assert "Tick one event" in text_of(press(ada, get(ada, HELD), HELD, "Publish the"), ".messagelist")

    def test_the_list_is_filtered_by_source(self, ada: Client) -> None:
        make_held("One")
        event = make_held("Two")
        source = event.listings.get().source_id
        assert texts(get(ada, f"{HELD}?source={source}"), ".desk-rows tbody th > a") == ["Two"]

    def test_who_may_only_look_decides_nothing(self, looker: Client) -> None:
        event = make_held()
        assert not get(looker, HELD).css(".act, .tick")
        assert looker.post(HELD, {"publish": event.pk}).status_code == 403
        event.refresh_from_db()
        assert event.visibility == "held"


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
