"""The events of a city, and those of all cities that a text finds, as JSON."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from events.api.lists import Found
from events.api.rows import rows_of, usual_keys, usual_rows
from events.api.schemas import Events, WholeEvent
from events.models import City, Event, Rsvp, Series
from nocturne.cache import bump
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday(settings: Any) -> Any:
    settings.SITE_URL = "https://example.org"
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def titles(client: Client, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return [row["title"] for row in response.json()["events"]]


def all_pages(client: Client, path: str, between: Any = lambda: None) -> list[str]:
    """The titles of all pages, one after the other; `between` is done after each."""
    found, cursor = [], ""
    for _ in range(50):
        page = client.get(path + cursor).json()
        found += [row["title"] for row in page["events"]]
        if page["next_cursor"] is None:
            return found
        between()
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("the pages have no end")


def test_an_event_says_what_its_page_says_and_the_answer_is_as_it_is_described(client: Client) -> None:
    venue = make_venue("Klub „Null“")
    event = make_event(
        'Jazz "late" \\ Ünder',
        local="2026-12-05T01:00",
        local_end="2026-12-05T04:30",
        venue=venue,
        category="music",
        price_min=Decimal("12.50"),
        price_max=Decimal(18),
        currency="EUR",
        address="Gasse 1",
        latitude=52.5,
        longitude=13.45,
    )
    make_event("Tag der offenen Tür", local="2026-12-05T00:00", time_known=False, online=True, is_free=True)
    page = client.get("/api/events/berlin").json()
    assert page["events"][0] == {
        "id": event.pk,
        "title": 'Jazz "late" \\ Ünder',
        "url": f"https://example.org{event.get_absolute_url()}",
        "city": "de--berlin",
        "starts_at": "2026-12-05T01:00+01:00",
        "ends_at": "2026-12-05T04:30+01:00",
        "image": None,
        "timezone": "Europe/Berlin",
        "night": "2026-12-04",
        "last_night": "2026-12-04",
        "all_day": False,
        "time_known": True,
        "status": "scheduled",
        "category": "music",
        "venue": {"id": venue.pk, "name": "Klub „Null“"},
        "address": "Gasse 1",
        "latitude": 52.5,
        "longitude": 13.45,
        "online": False,
        "price_min": 12.5,
        "price_max": 18.0,
        "currency": "EUR",
        "is_free": None,
        "source_count": 1,
    }
    assert (page["city"], page["date_from"], page["date_to"]) == ("de--berlin", "2026-12-04", "2026-12-10")
    assert page["events"][1]["starts_at"] == "2026-12-05"
    assert page["events"][1]["venue"] is None
    Events.model_validate(page)
    assert Events(**page).model_dump(mode="json") == page


def test_a_slug_of_other_letters_leads_to_the_page(client: Client) -> None:
    event = make_event("Ночь", slug="ночь")
    [row] = client.get("/api/events/berlin").json()["events"]
    assert row["url"] == f"https://example.org{event.get_absolute_url()}"


@pytest.mark.parametrize("name", ["berlin", "de--berlin"])
def test_a_city_goes_by_its_code_and_its_slug(client: Client, name: str) -> None:
    make_event("Jazz")
    assert titles(client, f"/api/events/{name}") == ["Jazz"]


@pytest.mark.parametrize("name", ["nowhere", "de--nowhere", "sleepy", "BERLIN", "1", "%00", "x" * 500, "–"])
def test_a_city_that_is_not_served_is_not_found(client: Client, name: str) -> None:
    make_city()
    make_city("sleepy", active=False)
    for path in (f"/api/events/{name}", f"/api/venues/{name}", f"/api/locations/location/{name}"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json"), path


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["tonight", "late", "in a week"]),
        ("date_from=2026-12-05", ["in a week", "in eight days"]),
        ("date_to=2026-12-04", ["tonight", "late"]),
        ("date_from=2026-12-03&date_to=2026-12-03", ["last night"]),
        ("date_from=2026-12-01&date_to=2027-03-02", ["last night", "tonight", "late", "in a week", "in eight days"]),
    ],
)
def test_dates_are_nights(client: Client, query: str, shown: list[str]) -> None:
    make_event("last night", local="2026-12-04T01:00")
    make_event("tonight", local="2026-12-04T20:00")
    make_event("late", local="2026-12-05T01:00")
    make_event("in a week", local="2026-12-10T20:00")
    make_event("in eight days", local="2026-12-11T20:00")
    assert titles(client, f"/api/events/berlin?{query}") == shown


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *((f"date_from={text}", "date_from") for text in ("", "tomorrow", "2026-13-01", "20261205", "1", "1764889200")),
        *((f"date_to={text}", "date_to") for text in ("2026-02-30", "2026-12-05T20:00", "0001-01-01", "9999-12-31")),
        ("date_from=2026-12-06&date_to=2026-12-05", "date_to"),
        ("date_to=2026-12-03", "date_to"),
        ("date_from=2026-12-04&date_to=2027-03-06", "date_to"),
        *((f"category={text}", "category") for text in ("x", "music,x")),
        *((f"price_max={text}", "price_max") for text in ("-1", "x", "NaN", "Infinity", "1e40")),
        *((f"limit={text}", "limit") for text in ("0", "201", "x", "1e3", "")),
        *((f"source={text}", "source") for text in ("0", "x", "-1", "9" * 30)),
        ("venue=" + ",".join(map(str, range(1, 30))), "venue"),
        *((f"sort={text}", "sort") for text in ("x", "relevance")),
        ("q=" + "x" * 101, "q"),
        *((f"cursor={text}", "cursor") for text in ("x", "%00", "a:b", "W10:x", "x" * 2000)),
        ("runs=yes", "runs"),
        ("online=perhaps", "online"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(client: Client, query: str, field: str) -> None:
    make_city()
    response = client.get(f"/api/events/berlin?{query}")
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["where"], error["field"]) == ("query", field)
    assert error["detail"]


def test_filters_are_those_of_the_page(client: Client) -> None:
    source, venue = make_source(), make_venue("Halle")
    free = make_event("free", is_free=True, category="film")
    make_event("ten", price_min=Decimal(10), currency="EUR", category="music", venue=venue)
    make_event("thirty", price_min=Decimal(30), currency="EUR", category="music")
    make_event("unknown", online=True, category="art")
    make_listing(free, source=source)

    def shown(query: str) -> set[str]:
        return set(titles(client, f"/api/events/berlin?{query}"))

    assert shown("category=music") == {"ten", "thirty"}
    assert shown("category=music,film") == shown("category=music&category=film") == {"ten", "thirty", "free"}
    assert shown("price_max=0") == {"free"}
    assert shown("price_max=10") == {"free", "ten"}
    assert shown("price_max=9.99") == {"free"}
    assert shown("price_max=9.9999999") == {"free"}
    assert shown("price_max=1e-999999") == {"free"}
    assert shown(f"source={source.pk}") == {"free"}
    assert shown(f"venue={venue.pk}") == {"ten"}
    assert shown("online=true") == {"unknown"}
    assert shown("q=THIRTY") == {"thirty"}
    assert shown("q=thirthy") == {"thirty"}
    assert shown("q=nothing+like+it") == set()


def test_what_lasts_several_nights_comes_apart(client: Client) -> None:
    make_event("Ausstellung", local="2026-11-20T10:00", local_end="2026-12-24T18:00")
    make_event("Messe", local="2026-12-05T10:00", local_end="2026-12-08T18:00")
    make_event("Vorbei", local="2026-11-20T10:00", local_end="2026-11-24T18:00")
    make_event("Jazz")
    assert titles(client, "/api/events/berlin") == ["Jazz"]
    assert titles(client, "/api/events/berlin?runs=only") == ["Messe", "Ausstellung"]
    assert all_pages(client, "/api/events/berlin?runs=only&limit=1") == ["Messe", "Ausstellung"]


def test_only_what_visitors_may_see_is_told(client: Client) -> None:
    root = make_event("shown")
    for visibility in ("held", "hidden", "archived"):
        make_event(visibility, visibility=visibility)
    make_event("merged")
    Event.objects.filter(title="merged").update(merged_into=root, root=root)
    assert titles(client, "/api/events/berlin") == ["shown"]
    assert titles(client, "/api/search?q=shown") == ["shown"]
    for hidden in Event.objects.filter(visibility__in=("held", "hidden")):
        assert client.get(f"/api/events/berlin/{hidden.pk}").status_code == 404


@pytest.fixture
def crowd() -> list[Event]:
    """Events that are alike in what they are put in order by."""
    events = []
    for number in range(23):
        price = Decimal(number % 4 * 5) if number % 4 else None
        local = f"2026-12-0{4 + number % 3}T2{number % 2}:00"
        title = f"Jazz {number:02}" if number % 2 else f"{number:02} Abend mit Jazz"
        events.append(make_event(title, local=local, price_min=price, price_max=price, currency="EUR"))
    for number, event in enumerate(events[:5]):
        user = User.objects.create_user(f"{number}@example.org")
        Rsvp.objects.create(event=event, user=user, answer="going" if number % 2 else "interested")
    return events


@pytest.mark.parametrize("sort", ["time", "price", "new", "popular", "relevance"])
def test_pages_hold_each_event_once_in_the_order_of_the_page(client: Client, crowd: list[Event], sort: str) -> None:
    path = f"/api/events/berlin?sort={sort}&q=jazz"
    whole = titles(client, f"{path}&limit=200")
    assert sorted(whole) == sorted(event.title for event in crowd)
    for limit in (1, 4, 22, 23):
        assert all_pages(client, f"{path}&limit={limit}") == whole, limit
    listed = client.get(f"/berlin/?sort={'' if sort == 'time' else sort}&q=jazz").content.decode()
    assert sorted(whole, key=lambda title: listed.index(f"/events/{title.lower().replace(' ', '-')}-")) == whole


def test_what_comes_and_goes_meanwhile_moves_no_other_event(client: Client, crowd: list[Event]) -> None:
    whole = titles(client, "/api/events/berlin?limit=200")
    early = iter(range(100))

    def change() -> None:
        make_event(f"New {next(early)}", local="2026-12-04T18:00")
        Event.objects.filter(title=whole[0]).update(visibility="hidden")

    assert all_pages(client, "/api/events/berlin?limit=5", change) == whole


def test_a_cursor_is_for_the_order_that_it_is_of(client: Client, crowd: list[Event]) -> None:
    cursor = client.get("/api/events/berlin?limit=5").json()["next_cursor"]
    assert client.get(f"/api/events/berlin?limit=5&sort=price&cursor={cursor}").status_code == 422
    assert client.get(f"/api/events/berlin?limit=5&cursor={cursor[:-1]}x").status_code == 422


def test_what_is_asked_for_most_is_the_same_as_by_the_query_of_pages(crowd: list[Event]) -> None:
    make_event("Ausstellung", local="2026-12-04T10:00", local_end="2026-12-24T18:00")
    make_event("Elsewhere", city=make_city("los-angeles"))
    make_event("hidden", visibility="hidden")
    city = crowd[0].city
    for first, last, count in (("2026-12-04", "2026-12-05", 99), ("2026-12-05", "2026-12-06", 3)):
        nights = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        events = Event.objects.public().in_city(city).on_nights(*nights).for_list()
        rows = list(rows_of(events, "night")[:count])
        assert usual_rows(city.pk, *nights, count) == rows
        assert list(map(usual_keys, rows)) == list(events.values_list("night", "starts_at", "pk")[:count])
    assert len(rows) == 3
    City.objects.update(active=False)
    assert usual_rows(city.pk, *nights, 99) == []


def test_a_list_takes_a_query_or_two_however_long(client: Client, django_assert_num_queries: Any, crowd: Any) -> None:
    client.get("/api/events/berlin?limit=3")
    for query, count in (("", 1), ("&sort=price", 2), ("&category=music", 2)):
        for limit in (1, 22):
            with django_assert_num_queries(count):
                client.get(f"/api/events/berlin?limit={limit}{query}")


def test_what_has_not_changed_costs_no_query_of_events(client: Client, django_assert_num_queries: Any) -> None:
    make_event("Jazz")
    first = client.get("/api/events/berlin")
    assert "no-cache" in first["Cache-Control"]
    assert "public" in first["Cache-Control"]
    assert not first.cookies
    assert "Vary" not in first or "Cookie" not in first["Vary"]
    with django_assert_num_queries(0):
        again = client.get("/api/events/berlin", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/events/berlin?limit=3", headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


def test_heads_are_those_of_the_answer(client: Client) -> None:
    make_event("Jazz")
    head, whole = client.head("/api/events/berlin"), client.get("/api/events/berlin")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == whole["ETag"]
    assert int(head["Content-Length"]) == len(whole.content)


def test_one_event_says_more(client: Client) -> None:
    series = Series.objects.create(source=make_source(), key="a", title="Montagsjazz")
    event = make_event("Jazz", description="Text.", performers=["Ada"], series=series, url="https://a.example/")
    listing = make_listing(event, source=make_source(publisher="Der Klub", homepage="javascript:alert(1)"))
    event.changes.create(sequence=1, before={"status": "scheduled"}, after={"status": "cancelled"})
    page = client.get(f"/api/events/berlin/{event.pk}").json()
    [listed] = client.get("/api/events/berlin").json()["events"]
    assert {name: page[name] for name in listed} == listed
    assert page["description"] == "Text."
    assert page["performers"] == ["Ada"]
    assert page["series"]["title"] == "Montagsjazz"
    [source] = page["sources"]
    assert (source["name"], source["url"], source["homepage"]) == ("Der Klub", listing.url, None)
    assert page["changes"][0]["after"] == {"status": "cancelled"}
    WholeEvent.model_validate(page)
    etag = client.get(f"/api/events/berlin/{event.pk}")["ETag"]
    same = {"If-None-Match": etag}
    assert client.get(f"/api/events/berlin/{event.pk}", headers=same).status_code == 304
    listing.missing_since = dt.datetime(2026, 12, 4, tzinfo=dt.UTC)
    listing.save()
    bump(event.city_id)
    assert client.get(f"/api/events/berlin/{event.pk}", headers=same).status_code == 200


def test_an_event_names_the_festival_that_it_is_a_part_of_if_visitors_may_see_it(client: Client) -> None:
    root, festival = make_event("Festival"), make_event("Fest")
    event = make_event("Jazz", part_of=festival)

    def named() -> object:
        return client.get(f"/api/events/berlin/{event.pk}").json()["part_of"]

    assert named() == festival.pk
    Event.objects.filter(pk=festival.pk).update(merged_into=root, root=root)
    assert named() == root.pk
    Event.objects.filter(pk=root.pk).update(visibility="held")
    assert named() is None


def test_what_was_merged_or_moved_leads_to_where_it_is(client: Client) -> None:
    root, other = make_event("A"), make_event("B")
    Event.objects.filter(pk=other.pk).update(merged_into=root, root=root)
    make_city("los-angeles")
    for path in (f"/api/events/berlin/{other.pk}", f"/api/events/los-angeles/{root.pk}"):
        response = client.get(path)
        assert response.status_code == 301
        assert response["Location"] == f"/api/events/de--berlin/{root.pk}"
    assert client.get(f"/api/events/berlin/{root.pk + 1000}").status_code == 404


def test_search_finds_events_of_all_cities_and_cities_by_their_names(client: Client) -> None:
    make_event("Jazz in Berlin")
    make_event("Jazz in LA", city=make_city("los-angeles"))
    make_event("Jazz asleep", city=make_city("sleepy", active=False))
    page = client.get("/api/search?q=jazz").json()
    Found.model_validate(page)
    assert {row["title"] for row in page["events"]} == {"Jazz in Berlin", "Jazz in LA"}
    assert all_pages(client, "/api/search?q=jazz&limit=1") == [row["title"] for row in page["events"]]
    assert titles(client, "/api/search?q=jazz&city=los-angeles") == ["Jazz in LA"]
    assert titles(client, "/api/search?q=jazz&sort=relevance&category=music") == []
    assert client.get("/api/search?q=berlin").json()["cities"][0]["served_by"] == "de--berlin"
    for query in ("", "q=", "q=!!", "q=jazz&city=sleepy", "q=a&city=%00"):
        field = "city" if "city" in query else "q"
        response = client.get(f"/api/search?{query}")
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


def test_text_is_text_whatever_it_holds(client: Client) -> None:
    title = '</script><b>\u2028\u202e\x01 \\u0000 "\n'
    make_event(title, address="a\\'b\"")
    response = client.get("/api/events/berlin")
    [row] = json.loads(response.content)["events"]
    assert (row["title"], row["address"]) == (title, "a\\'b\"")
    assert response["X-Content-Type-Options"] == "nosniff"
