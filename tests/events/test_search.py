import datetime as dt
import random
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from events.models import City, Event, Rsvp
from events.search import MAX_NIGHTS, EventSearch
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

TONIGHT = dt.date(2026, 12, 4)  # a Friday
BERLIN = City(pk=1, slug="berlin", currency="EUR", timezone="Europe/Berlin")


def search(query: str, city: City = BERLIN) -> EventSearch:
    return EventSearch.parse(QueryDict(query), city, TONIGHT)


def found(query: str, city: City) -> list[str]:
    asked = search(query, city).forgiving(Event.objects.public())
    return [event.title for event in asked.filter(Event.objects.public()).for_list()]


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", "2026-12-04", "2026-12-10"),
        ("when=week", "2026-12-04", "2026-12-10"),
        ("when=tonight", "2026-12-04", "2026-12-04"),
        ("when=tomorrow", "2026-12-05", "2026-12-05"),
        ("when=weekend", "2026-12-04", "2026-12-06"),
        ("when=2026-12-24", "2026-12-24", "2026-12-24"),
        ("from=2026-12-24&to=2026-12-31", "2026-12-24", "2026-12-31"),
        ("from=2026-12-24", "2026-12-24", "2026-12-24"),
        ("to=2026-12-24&from=", "2026-12-24", "2026-12-24"),
    ],
)
def test_when_is_a_window_of_nights(query: str, first: str, last: str) -> None:
    asked = search(query)
    assert [night.isoformat() for night in asked.nights] == [first, last]
    assert asked.notices == ()


def test_a_reversed_range_is_swapped_and_says_so() -> None:
    asked = search("from=2026-12-31&to=2026-12-24")
    assert asked.nights == (dt.date(2026, 12, 24), dt.date(2026, 12, 31))
    assert "swapped" in asked.notices[0]


def test_more_nights_than_allowed_are_cut_and_said() -> None:
    asked = search("from=2026-12-01&to=2027-12-01")
    assert (asked.nights[1] - asked.nights[0]).days + 1 == MAX_NIGHTS == 92
    assert "92" in asked.notices[0]


@pytest.mark.parametrize(
    "query",
    [
        "when=yesterday-ish",
        "when=2026-02-30",
        "when=9999-12-31",
        "when=0001-01-01",
        "from=x&to=y",
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=²",
        "source=abc",
        "source=9" + "9" * 40,
        "category=<script>",
        "price=7",
        "price=%00",
        "q=...",
    ],
)
def test_what_cannot_be_read_gives_the_default_and_a_notice(query: str) -> None:
    asked = search(query)
    assert asked == search("")
    assert asked.notices


def test_a_date_that_is_none_is_named() -> None:
    assert search("when=2026-02-30").notices == ("“2026-02-30” is no date; write it as 2026-12-31.",)


def test_the_canonical_query_is_short_and_in_one_order() -> None:
    asked = search("q=+Jazz++night+&source=7&source=3,7&category=music&category=film&price=20&from=2026-12-05&x=1")
    assert asked.query() == "when=2026-12-05&category=film,music&price=20&source=3,7&q=Jazz+night"
    assert search("when=week&q=&category=&price=&page=1").query() == ""


def test_a_change_of_the_query_goes_back_to_the_first_page() -> None:
    asked = search("when=2026-12-05&page=3")
    assert asked.query(page=4) == "when=2026-12-05&page=4"
    assert asked.query(price="free") == "when=2026-12-05&price=free"
    assert asked.query(when="tonight") == "when=tonight"


def merge(event: Event, root: Event) -> Event:
    Event.objects.filter(pk=event.pk).update(merged_into=root, root=root)
    return event


PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "when",
                "from",
                "to",
                "category",
                "price",
                "source",
                "venue",
                "online",
                "runs",
                "q",
                "sort",
                "page",
                "other",
            ]
        ),
        st.one_of(
            st.sampled_from(["tonight", "weekend", "music", "film,music", "free", "20", "7", "7,8", "2"]),
            st.dates().map(str),
            st.text(max_size=120),
        ),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draws are, beside other work
@given(PARAMETERS)
def test_any_query_string_is_read_and_its_canonical_form_is_read_the_same(pairs: list[tuple[str, str]]) -> None:
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)
    asked = EventSearch.parse(query, BERLIN, TONIGHT)
    again = search(asked.query())
    assert again == asked
    assert again.query() == asked.query()
    first, last = asked.nights
    assert 0 <= (last - first).days < MAX_NIGHTS


@pytest.mark.django_db
class TestFiltering:
    def test_nights_hold_what_begins_after_midnight_and_leave_out_runs(self) -> None:
        city = make_city()
        make_event("Early", local="2026-12-04T19:00")
        make_event("After midnight", local="2026-12-05T01:00")
        make_event("Next night", local="2026-12-05T20:00")
        make_event("Exhibition", local="2026-12-01T10:00", local_end="2026-12-20T18:00")
        make_event("Elsewhere", local="2026-12-04T19:00", city=make_city("los-angeles"))
        assert found("when=tonight", city) == ["Early", "After midnight"]
        runs = search("when=tonight", city).filter_runs(Event.objects.public())
        assert [event.title for event in runs] == ["Exhibition"]

    def test_only_published_roots_are_found(self) -> None:
        city = make_city()
        root = make_event("Root")
        merge(make_event("Merged"), root)
        for visibility in ("held", "hidden", "archived"):
            make_event(visibility, visibility=visibility)
        assert found("", city) == ["Root"]

    def test_prices_are_of_the_citys_currency_and_unknown_is_not_free(self) -> None:
        city = make_city()
        make_event("Free", is_free=True)
        make_event("Nobody says")
        make_event("Twelve", price_min=Decimal(12), currency="EUR")
        make_event("Twenty", price_min=Decimal(20), price_max=Decimal(30), currency="EUR")
        make_event("Crowns", price_min=Decimal(12), currency="DKK")
        assert found("price=free", city) == ["Free"]
        assert found("price=20", city) == ["Free", "Twelve"]
        assert found("price=50", city) == ["Free", "Twelve", "Twenty"]

    def test_categories_are_alternatives(self) -> None:
        city = make_city()
        for category in ("music", "film", "comedy"):
            make_event(category, category=category)
        assert found("category=music,film", city) == ["music", "film"]

    def test_a_source_finds_what_it_lists_still_merged_events_included(self) -> None:
        city = make_city()
        source = make_source(city=city)
        root = make_event("Both")
        merged = merge(make_event("Merged"), root)
        make_listing(merged, source=source)
        retired = make_event("Retired")
        gone = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
        make_listing(retired, source=source, missing_since=gone, retired_at=gone)
        make_listing(make_event("Other"), source=make_source(city=city))
        assert found(f"source={source.pk}", city) == ["Both"]

    def test_text_has_all_words_in_any_spelling(self) -> None:
        city = make_city()
        make_event("Café d’Été with Łukasz")
        make_event("Café of winter")
        assert found("q=CAFE+lukasz", city) == ["Café d’Été with Łukasz"]
        assert found("q=100%25", city) == []

    def test_words_spelled_alike_are_found_only_if_nothing_has_them_as_they_are(self) -> None:
        city = make_city()
        make_event("Philharmonic orchestra")
        make_event("Philharmonia on tour")
        make_event("Flea market")
        assert found("q=philharmonic", city) == ["Philharmonic orchestra"]
        assert found("q=philharmnoic", city) == ["Philharmonic orchestra", "Philharmonia on tour"]


@pytest.mark.django_db
def test_the_lists_of_the_page_are_read_in_order_from_their_indexes(client: Client) -> None:
    cities = [make_city(f"city-{number}") for number in range(2)]
    venues = [make_venue(city=city) for city in cities]
    chance = random.Random(1)
    rows = []
    for number in range(3000):
        place = chance.randrange(2)
        night = TONIGHT + dt.timedelta(days=chance.randrange(-30, 30))
        starts = dt.datetime.combine(night, dt.time(19), tzinfo=dt.UTC)
        rows.append(
            Event(
                city=cities[place],
                venue=venues[place],
                title=f"Event {number}",
                slug="event",
                folded=f"event {number}",
                starts_at=starts,
                timezone="Europe/Berlin",
                night=night,
                last_night=night + dt.timedelta(days=number % 10 == 0 and 9),
                is_run=number % 10 == 0,
            )
        )
    Event.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event")
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False), CaptureQueriesContext(connection) as captured:
        assert client.get("/city-0/").status_code == 200
        assert client.get(Event.objects.get(title="Event 1001").get_absolute_url()).status_code == 200
    # others load new cards, by their ids
    lists = [query["sql"] for query in captured if "xmin" in query["sql"] and "LIMIT" in query["sql"]]
    assert len(lists) == 2
    for sql, index in zip(lists, ("event_runs", "event_list"), strict=True):
        plan = _plan(sql)
        assert index in plan
        assert index == "event_runs" or "Sort" not in plan  # a few runs are soon sorted, whatever their index offers
        assert "Seq Scan on events_event" not in plan
    [of_all] = [query["sql"] for query in captured if "EXECUTE rows_of_list" in query["sql"]]
    plan = _plan(of_all)
    assert "event_runs" in plan
    assert "event_list" in plan
    assert "Seq Scan on events_event " not in plan
    [of_one] = [query["sql"] for query in captured if "EXECUTE rows_of_event_" in query["sql"]]
    assert "Seq Scan on events_event " not in _plan(of_one)


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.django_db
class TestOrder:
    @pytest.fixture
    def city(self) -> City:
        city = make_city()
        make_event("Dear", local="2026-12-04T20:00", price_min=Decimal(40), currency="EUR")
        make_event("Unknown", local="2026-12-04T21:00")
        make_event("Cheap", local="2026-12-06T20:00", price_min=Decimal(5), currency="EUR")
        make_event("Free", local="2026-12-05T20:00", price_min=Decimal(0), is_free=True)
        return city

    def in_order(self, query: str, city: City) -> list[str]:
        asked = search(query, city)
        return [event.title for event in asked.in_order(asked.filter(Event.objects.public()))]

    def test_is_that_of_time_unless_another_is_asked_for(self, city: City) -> None:
        assert self.in_order("", city) == ["Dear", "Unknown", "Free", "Cheap"]
        assert self.in_order("sort=price", city) == ["Free", "Cheap", "Dear", "Unknown"]
        Event.objects.filter(title="Unknown").update(created_at=dt.datetime(2026, 12, 31, tzinfo=dt.UTC))
        assert self.in_order("sort=new", city)[0] == "Unknown"

    def test_of_popularity_counts_who_goes_who_is_interested_and_sources(self, city: City) -> None:
        cheap, free, dear = (Event.objects.get(title=title) for title in ("Cheap", "Free", "Dear"))
        people = [User.objects.create(email=f"{n}@example.org") for n in range(3)]
        Rsvp.objects.create(event=merge(make_event("Cheap too"), cheap), user=people[0], answer="going")
        Rsvp.objects.create(event=cheap, user=people[1], answer="going")
        free_too = merge(make_event("Free too"), free)
        before = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        for user in people:
            Rsvp.objects.create(event=free_too, user=user, answer="going", answered_at=before)  # and has thought better
            Rsvp.objects.create(event=free, user=user, answer="interested")
        Event.objects.filter(pk=dear.pk).update(source_count=4)
        Event.objects.exclude(pk=dear.pk).update(source_count=1)
        assert self.in_order("sort=popular", city) == ["Dear", "Cheap", "Free", "Unknown"]

    def test_is_part_of_the_question(self) -> None:
        assert search("sort=price&runs=no&online=1&venue=3,2").query() == "venue=2,3&online=1&runs=no&sort=price"
        assert search("sort=time&online=&runs=").query() == ""
        assert search("sort=x&runs=maybe").notices
        assert search("sort=relevance").query() == ""
        assert search("sort=relevance&q=a").query() == "q=a&sort=relevance"
        assert search("sort=relevance&q=a").query(text="") == ""


@pytest.mark.django_db
def test_venues_runs_and_what_is_online_are_asked_for() -> None:
    city, venue = make_city(), make_venue("Klub Null")
    make_event("Jazz", venue=venue)
    make_event("Talk", online=True)
    make_event("Show", local="2026-11-04T10:00", local_end="2026-12-24T20:00")
    assert found(f"venue={venue.pk}", city) == ["Jazz"]
    assert found("online=1", city) == ["Talk"]
    assert search("", city).filter_runs(Event.objects.public()).count() == 1
    assert search("runs=no", city).filter_runs(Event.objects.public()).count() == 0
