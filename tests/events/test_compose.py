import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, strategies as st

from events.compose import columns, compose, new
from events.drafts import EventDraft, Price, When, Where
from events.models import City, Event, EventChange, Listing, Source
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
BERLIN = City(pk=1, name="Berlin", timezone="Europe/Berlin")
WHEN = When(start=dt.datetime(2026, 12, 5, 20), timezone="Europe/Berlin")


def listing(pk: int, *, trust: int = 50, score: int = 100, retired: str = "", **draft: Any) -> Listing:
    """An unsaved listing as composing sees it: of a source of its own, in Berlin."""
    told = EventDraft(**{"title": "A night out", "when": WHEN, **draft})
    assert told.when
    return Listing(
        pk=pk,
        source=Source(pk=pk, name=f"Source {pk}", trust=trust),
        city=BERLIN,
        title=told.title,
        url=told.url,
        draft=told.to_json(),
        timezone="Europe/Berlin",
        starts_at=told.when.start.replace(tzinfo=BERLIN.zone).astimezone(dt.UTC),
        score=score,
        retired_at=dt.datetime.fromisoformat(retired).replace(tzinfo=dt.UTC) if retired else None,
    )


def composed(*listings: Listing, overrides: dict[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    return columns(listings, overrides or {}, now=NOW, **context)


class TestGroups:
    def test_the_most_trusted_listing_is_taken(self) -> None:
        values = composed(listing(1, title="One"), listing(2, trust=90, title="Two"))
        assert values["title"] == "Two"
        assert values["provenance"]["title"] == 2

    def test_a_trusted_listing_that_says_nothing_leaves_the_group_to_others(self) -> None:
        price = Price(minimum=Decimal(12), currency="EUR", is_free=False)
        values = composed(listing(1, price=price), listing(2, trust=90))
        assert (values["price_min"], values["currency"]) == (Decimal(12), "EUR")
        assert values["provenance"]["price"] == 1

    def test_lowest_and_highest_price_come_from_one_source(self) -> None:
        low = Price(minimum=Decimal(10), currency="EUR")
        both = Price(minimum=Decimal(12), maximum=Decimal(20), currency="EUR")
        values = composed(listing(1, price=low), listing(2, price=both))
        assert (values["price_min"], values["price_max"]) == (Decimal(12), Decimal(20))

    def test_an_unknown_price_is_not_free(self) -> None:
        values = composed(listing(1))
        assert (values["price_min"], values["price_max"], values["is_free"]) == (None, None, None)
        assert "price" not in values["provenance"]

    def test_of_two_equal_sources_the_one_seen_first_stays(self) -> None:
        one, two = listing(7, title="One"), listing(3, title="Two")
        assert composed(one, two)["title"] == composed(two, one)["title"] == "Two"

    def test_a_title_in_capitals_or_with_a_mark_comes_last(self) -> None:
        shouted = listing(1, trust=90, title="THE WEDDING PRESENT LIVE")
        marked = listing(2, trust=90, title="SOLD OUT: The Wedding Present")
        assert composed(shouted, marked, listing(3, title="The Wedding Present"))["title"] == "The Wedding Present"
        assert composed(shouted)["title"] == "THE WEDDING PRESENT LIVE"

    def test_retired_listings_count_only_when_no_live_one_is_left(self) -> None:
        retired = listing(1, trust=90, retired="2026-11-20", title="Old")
        values = composed(retired, listing(2, title="New"))
        assert (values["title"], values["source_count"], values["status"]) == ("New", 1, "scheduled")

    def test_two_listings_of_one_source_are_one_source(self) -> None:
        one, two = listing(1), listing(2)
        two.source = one.source
        assert composed(one, two)["source_count"] == 1


class TestStatus:
    def test_a_cancellation_by_the_most_trusted_is_believed(self) -> None:
        assert composed(listing(1), listing(2, trust=90, status="cancelled"))["status"] == "cancelled"

    def test_a_cancellation_by_a_less_trusted_source_is_not(self) -> None:
        assert composed(listing(1, trust=90), listing(2, status="cancelled"))["status"] == "scheduled"

    def test_among_equals_any_cancellation_is_believed(self) -> None:
        values = composed(listing(1), listing(2, status="sold_out"), listing(3, status="cancelled"))
        assert (values["status"], values["provenance"]["status"]) == ("cancelled", 3)

    def test_without_a_live_listing_it_is_no_longer_listed(self) -> None:
        values = composed(listing(1, retired="2026-11-20"))
        assert (values["status"], values["source_count"]) == ("not_listed", 0)

    def test_what_was_retired_after_it_had_begun_keeps_its_status(self) -> None:
        assert composed(listing(1, retired="2026-12-07"))["status"] == "scheduled"


class TestTime:
    def test_a_club_night_after_midnight_belongs_to_the_night_before(self) -> None:
        values = composed(listing(1, when=When(start=dt.datetime(2026, 12, 5, 1), timezone="Europe/Berlin")))
        assert values["night"] == values["last_night"] == dt.date(2026, 12, 4)
        assert not values["is_run"]

    def test_a_known_time_goes_before_a_day_of_a_more_trusted_source(self) -> None:
        day = When(start=dt.datetime(2026, 12, 5), timezone="Europe/Berlin", time_known=False)
        values = composed(listing(1, trust=90, when=day), listing(2))
        assert values["time_known"]
        assert values["starts_at"] == dt.datetime(2026, 12, 5, 19, tzinfo=dt.UTC)

    def test_days_are_days_of_the_city_whatever_the_zone_of_the_source(self) -> None:
        days = When(
            start=dt.datetime(2026, 12, 5), end=dt.datetime(2026, 12, 8), timezone="America/New_York", all_day=True
        )
        values = composed(listing(1, when=days))
        assert (values["night"], values["last_night"]) == (dt.date(2026, 12, 5), dt.date(2026, 12, 7))
        assert values["starts_at"] == dt.datetime(2026, 12, 4, 23, tzinfo=dt.UTC)
        assert values["is_run"]

    def test_an_end_before_the_start_is_left_out(self) -> None:
        when = When(start=dt.datetime(2026, 12, 5, 20), end=dt.datetime(2026, 12, 5, 2), timezone="Europe/Berlin")
        assert composed(listing(1, when=when))["ends_at"] is None


class TestVisibility:
    def test_what_scores_too_little_is_held(self) -> None:
        assert composed(listing(1, score=49))["visibility"] == "held"

    def test_one_good_listing_publishes_it(self) -> None:
        values = composed(listing(1, score=10), listing(2, score=50))
        assert (values["visibility"], values["score"]) == ("published", 50)

    def test_an_editor_hides_it_for_good(self) -> None:
        assert composed(listing(1), overrides={"visibility": "hidden"})["visibility"] == "hidden"

    def test_archived_stays_archived_only_while_it_is_over(self) -> None:
        over = When(start=dt.datetime(2026, 10, 5, 20), timezone="Europe/Berlin")
        assert composed(listing(1, when=over), archived=True)["visibility"] == "archived"
        assert composed(listing(1), archived=True)["visibility"] == "published"


class TestOverrides:
    def test_they_go_over_what_sources_say(self) -> None:
        overrides = {"title": "Better", "starts_at": "2026-12-05T21:30", "status": "postponed"}
        values = composed(listing(1), overrides=overrides)
        assert (values["title"], values["slug"], values["status"]) == ("Better", "better", "postponed")
        assert values["starts_at"] == dt.datetime(2026, 12, 5, 20, 30, tzinfo=dt.UTC)

    def test_blank_and_unusable_ones_follow_the_sources(self) -> None:
        overrides = {"title": "", "starts_at": "soon", "price_min": "cheap", "nonsense": 1}
        assert composed(listing(1), overrides=overrides) == composed(listing(1))

    def test_a_lowest_price_over_the_highest_puts_that_away(self) -> None:
        price = Price(minimum=Decimal(5), maximum=Decimal(9), currency="EUR")
        values = composed(listing(1, price=price), overrides={"price_min": "15"})
        assert (values["price_min"], values["price_max"], values["is_free"]) == (Decimal(15), None, False)

    def test_a_price_of_nothing_is_free(self) -> None:
        assert composed(listing(1), overrides={"price_min": 0})["is_free"] is True


drafts = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["One", "TWO TWO TWO TWO", "Sold out: three"]),
        "status": st.sampled_from(["scheduled", "cancelled", "sold_out"]),
        "description": st.sampled_from(["", "Short.", "Long. " * 30]),
        "price": st.builds(
            Price,
            minimum=st.none() | st.decimals(0, 50, places=2),
            maximum=st.none() | st.decimals(0, 50, places=2),
            currency=st.sampled_from(["", "EUR"]),
        ),
        "where": st.builds(Where, venue=st.just(""), address=st.sampled_from(["", "Am Wriezener Bahnhof"])),
        "when": st.builds(
            When,
            start=st.datetimes(dt.datetime(2026, 12, 1), dt.datetime(2026, 12, 9)),
            end=st.none() | st.datetimes(dt.datetime(2026, 12, 1), dt.datetime(2026, 12, 20)),
            timezone=st.just("Europe/Berlin"),
            time_known=st.booleans(),
        ),
    }
)


@given(st.lists(st.tuples(st.sampled_from([30, 50]), drafts), min_size=1, max_size=4), st.randoms())
def test_the_order_of_listings_changes_nothing_and_columns_are_valid(rows: list[Any], random: Any) -> None:
    listings = [listing(pk, trust=trust, **draft) for pk, (trust, draft) in enumerate(rows, 1)]
    values = composed(*listings)
    random.shuffle(listings)
    assert composed(*listings) == values
    assert values["last_night"] >= values["night"]
    assert values["ends_at"] is None or values["ends_at"] >= values["starts_at"]
    assert None in (values["price_min"], values["price_max"]) or values["price_max"] >= values["price_min"]


@pytest.mark.django_db
class TestCompose:
    def test_composing_twice_writes_once(self) -> None:
        event = make_event("A night out")
        make_listing(event)
        assert compose([event.pk], now=NOW).changed == {event.pk}
        with CaptureQueriesContext(connection) as queries:
            assert compose([event.pk], now=NOW).changed == frozenset()
        assert not [query for query in queries if not query["sql"].startswith("SELECT")]

    def test_a_new_event_is_composed_without_a_change_to_tell(self) -> None:
        found = make_listing(make_event("Elsewhere"))
        event = new(found)
        event.save()
        Listing.objects.filter(pk=found.pk).update(event=event)
        result = compose([event.pk], now=NOW)
        event.refresh_from_db()
        assert (event.visibility, event.source_count, event.sequence) == ("published", 1, 0)
        assert result.cities == {event.city_id}
        assert not EventChange.objects.exists()

    def test_a_new_time_is_told_with_the_next_sequence(self) -> None:
        event = make_event("A night out", local="2026-12-05T20:00")
        found = make_listing(event)
        compose([event.pk], now=NOW)
        tell(found, start="2026-12-05T21:00")
        result = compose([event.pk], now=NOW + dt.timedelta(hours=1))
        event.refresh_from_db()
        change = event.changes.get()
        assert (event.sequence, change.sequence) == (1, 1)
        assert change.before == {"starts_at": "2026-12-05T19:00:00+00:00"}
        assert change.after == {"starts_at": "2026-12-05T20:00:00+00:00"}
        assert event.updated_at == NOW + dt.timedelta(hours=1)
        assert result.cities == {event.city_id}

    def test_a_new_place_is_told_by_its_name(self) -> None:
        event = make_event("A night out", venue=make_venue("Klub Null"))
        found = make_listing(event)
        compose([event.pk], now=NOW)
        Listing.objects.filter(pk=found.pk).update(venue=make_venue("Klub Eins"))
        compose([event.pk], now=NOW)
        change = event.changes.get()
        assert (change.before, change.after) == ({"venue": "Klub Null"}, {"venue": "Klub Eins"})

    def test_another_sources_name_for_the_place_is_no_news_until_a_source_has_another_place(self) -> None:
        event = make_event("A night out", venue=make_venue("Kesselhalle"))
        first = make_listing(event)
        compose([event.pk], now=NOW)
        better = make_listing(event, source=make_source(trust=90))
        Listing.objects.filter(pk=better.pk).update(venue=make_venue("Kesselhalle Süd"))
        compose([event.pk], now=NOW)
        event.refresh_from_db()
        assert (str(event.venue), event.sequence, event.changes.count()) == ("Kesselhalle Süd", 0, 0)
        Listing.objects.filter(pk__in=(first.pk, better.pk)).update(venue=make_venue("Theater"))
        compose([event.pk], now=NOW)
        assert event.changes.get().after == {"venue": "Theater"}

    def test_a_new_text_is_written_but_not_told(self) -> None:
        event = make_event("A night out")
        found = make_listing(event)
        compose([event.pk], now=NOW)
        Listing.objects.filter(pk=found.pk).update(title="A better night out")
        assert compose([event.pk], now=NOW).changed == {event.pk}
        event.refresh_from_db()
        assert (event.title, event.sequence) == ("A better night out", 0)
        assert not event.changes.exists()

    def test_what_is_over_or_out_of_sight_makes_no_page_stale_and_is_not_told(self) -> None:
        over, held = make_event("Over", local="2026-11-05T20:00"), make_event("Held")
        listings = [make_listing(over), make_listing(held, score=10)]
        compose([over.pk, held.pk], now=NOW)
        tell(listings[0], start="2026-11-05T21:00")
        tell(listings[1], start="2026-12-05T21:00")
        result = compose([over.pk, held.pk], now=NOW)
        assert result.changed == {over.pk, held.pk}
        assert result.cities == frozenset()
        assert not EventChange.objects.exists()

    def test_merged_listings_and_overrides_count_for_the_root(self) -> None:
        root, member = make_event("Root"), make_event("Member")
        make_listing(root)
        make_listing(member, source=make_source(trust=90))
        Event.objects.filter(pk=member.pk).update(
            merged_into=root, root=root, overrides={"category": "music", "title": "From the member"}
        )
        Event.objects.filter(pk=root.pk).update(overrides={"title": "From the root"})
        compose([root.pk, member.pk], now=NOW)
        root.refresh_from_db()
        member.refresh_from_db()
        assert (root.title, root.category, root.source_count) == ("From the root", "music", 2)
        assert member.title == "Member"

    def test_an_overridden_venue_brings_its_city(self) -> None:
        event = make_event("A night out")
        make_listing(event)
        venue = make_venue("The Echo", city=make_city("los-angeles"))
        Event.objects.filter(pk=event.pk).update(overrides={"venue": venue.pk, "starts_at": "2026-12-05T20:00"})
        compose([event.pk], now=NOW)
        event.refresh_from_db()
        assert (event.venue, event.city, event.timezone) == (venue, venue.city, "America/Los_Angeles")
        assert event.local_start.hour == 20

    def test_a_merged_venue_is_followed(self) -> None:
        old, older = make_venue("Null"), make_venue("Klub Null")
        old, older = older, old
        old.merged_into = older
        old.save()
        event = make_event("A night out", venue=old)
        make_listing(event)
        compose([event.pk], now=NOW)
        event.refresh_from_db()
        assert event.venue == older

    def test_a_part_points_to_its_festival(self) -> None:
        source = make_source()
        festival, part = make_event("Festival"), make_event("Opening night")
        make_listing(festival, source=source, external_id="festival")
        found = make_listing(part, source=source)
        Listing.objects.filter(pk=found.pk).update(draft=found.draft | {"part_of_key": "festival"})
        compose([festival.pk, part.pk], now=NOW)
        part.refresh_from_db()
        assert part.part_of == festival

    def test_an_event_without_listings_stays_as_it_is(self) -> None:
        event = make_event("Left alone")
        assert compose([event.pk], now=NOW).changed == frozenset()

    def test_queries_do_not_grow_with_events(self) -> None:
        def queries(count: int) -> int:
            events = [make_event(f"Night {n}", venue=make_venue(f"Venue {n}")) for n in range(count)]
            for event in events:
                make_listing(event)
                make_listing(event)
            with CaptureQueriesContext(connection) as context:
                compose([event.pk for event in events], now=NOW)
            return len(context)

        assert queries(2) == queries(12)


def tell(found: Listing, *, start: str) -> None:
    """Let a listing say another start."""
    local = dt.datetime.fromisoformat(start)
    found.draft["when"]["start"] = local.isoformat()
    found.starts_at = local.replace(tzinfo=found.city.zone).astimezone(dt.UTC)  # type: ignore[union-attr]
    found.save()
