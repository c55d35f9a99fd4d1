"""Cities, venues, categories and numbers, as JSON."""

from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from events.api.catalogue import Categories, Stats, Venues
from events.api.cities import Cities, CityOut, Matches
from events.models import VenueAlias
from tests.factories import make_city, make_event, make_source, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday(settings: Any) -> Any:
    settings.SITE_URL = "https://example.org"
    cache.clear()
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


@pytest.fixture
def cities() -> None:
    make_city(population=3_700_000)
    make_city("los-angeles", population=3_900_000)
    make_city("wien", country="AT", latitude=48.21, longitude=16.37, population=1_900_000)
    make_city("sleepy", active=False)


def names(client: Client, query: str) -> list[str]:
    page = client.get(f"/api/locations/major-cities?{query}").json()
    Cities.model_validate(page)
    return [row["slug"] for row in page["cities"]]


def test_cities_come_in_the_order_that_is_asked_for(client: Client, cities: None) -> None:
    assert names(client, "") == ["los-angeles", "berlin", "wien"]
    assert names(client, "sort=name") == ["berlin", "los-angeles", "wien"]
    assert names(client, "sort=distance&latitude=48&longitude=16") == ["wien", "berlin", "los-angeles"]
    assert names(client, "sort=name&country=at") == ["wien"]
    assert names(client, "sort=name&limit=1") == ["berlin"]
    assert names(client, "country=FR") == []


def test_a_city_says_where_it_is_and_how_much_is_on(
    client: Client, cities: None, django_assert_max_num_queries: Any
) -> None:
    for local in ("2026-12-04T20:00", "2026-12-10T20:00", "2026-12-11T20:00", "2026-12-03T20:00"):
        make_event(local=local)
    make_event(local="2026-12-05T20:00", visibility="hidden")
    with django_assert_max_num_queries(2):
        page = client.get("/api/locations/major-cities?sort=name&latitude=52.52&longitude=13.405").json()
    assert page["cities"][0] == {
        "code": "de--berlin",
        "slug": "berlin",
        "name": "Berlin",
        "country": "DE",
        "region": None,
        "latitude": 52.52,
        "longitude": 13.405,
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "population": 3_700_000,
        "event_count": 2,
        "url": "https://example.org/berlin/",
        "distance_km": 0.0,
        "distance_miles": 0.0,
    }
    for name in ("berlin", "de--berlin"):
        one = client.get(f"/api/locations/location/{name}").json()
        CityOut.model_validate(one)
        assert "distance_km" not in one
        assert (one["code"], one["event_count"]) == ("de--berlin", 2)
    assert len(client.get("/api/events/berlin").json()["events"]) == one["event_count"]


@pytest.mark.parametrize(
    "query",
    [
        *("sort=distance", "sort=distance&latitude=1", "latitude=1", "longitude=1", "latitude=91&longitude=0"),
        *("latitude=NaN&longitude=0", "limit=0", "limit=501", "country=DEU", "country=%00", "sort=x"),
    ],
)
def test_what_cannot_be_asked_of_cities_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/api/locations/major-cities?{query}").status_code == 422


def post(client: Client, body: Any) -> Any:
    return client.post("/api/locations/nearest-cities", body, content_type="application/json")


def test_the_nearest_cities_come_with_kilometres_and_miles(client: Client, cities: None) -> None:
    response = post(client, {"latitude": 52.4, "longitude": 13.1, "limit": 2})
    page = response.json()
    Cities.model_validate(page)
    assert [row["slug"] for row in page["cities"]] == ["berlin", "wien"]
    near = page["cities"][0]
    assert (near["distance_km"], near["distance_miles"]) == (24.6, 15.3)
    assert "no-store" in response["Cache-Control"]
    assert len(post(client, {"latitude": -90, "longitude": 180}).json()["cities"]) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(({"latitude": 91, "longitude": 0}, 422), ({"latitude": 0}, 422), ({}, 422), ([], 422), (b'"x"', 422)),
        *((b'{"latitude": NaN, "longitude": 0}', 400), (b"{", 400), (b"", 422), (b"\xff", 400), (b"[" * 5000, 400)),
        *((b'{"latitude": 1e400, "longitude": 0}', 422), ({"latitude": 1, "longitude": 0, "limit": 51}, 422)),
        *(({"latitude": kind, "longitude": 0}, 422) for kind in (True, False, "52.4", None, [52.4])),
        *(({"latitude": 1, "longitude": 0, "limit": kind}, 422) for kind in (True, "5", 2.5)),
        *((b'{"latitude": "\\u0000", "longitude": 0}', 400), (b'{"latitude": "\\ud800"}', 400)),
    ],
)
def test_bodies_that_say_no_place_are_refused(client: Client, body: Any, status: int) -> None:
    response = post(client, body)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")


def test_cities_are_found_by_any_name(client: Client, cities: None) -> None:
    make_city("potsdam", active=False, latitude=52.4, longitude=13.07)
    page = client.get("/api/locations/search?q=potsdam").json()
    Matches.model_validate(page)
    assert (page["cities"][0]["name"], page["cities"][0]["served_by"]) == ("Potsdam", "de--berlin")
    assert client.get("/api/locations/search?q=berlinn").json()["cities"][0]["name"] == "Berlin"
    assert client.get("/api/locations/search?q=%00").json() == {"cities": []}
    for query in ("", "q=", "q=" + "x" * 61, "q=a&limit=21"):
        assert client.get(f"/api/locations/search?{query}").status_code == 422


def test_venues_are_listed_by_name_with_what_is_to_come(client: Client, django_assert_max_num_queries: Any) -> None:
    club, hall = make_venue("Klub"), make_venue("Halle", address="Gasse 1")
    old = make_venue("Alte Halle", merged_into=hall)
    VenueAlias.objects.filter(venue=old).update(venue=hall)
    for venue in (club, hall, old):
        make_event(venue=venue)
    make_event(venue=club, local="2026-11-01T20:00")
    page = client.get("/api/venues/berlin").json()
    Venues.model_validate(page)
    assert [(row["name"], row["event_count"]) for row in page["venues"]] == [("Halle", 2), ("Klub", 1)]
    assert page["venues"][0]["url"] == f"https://example.org/berlin/venues/halle-{hall.pk}/"
    first = client.get("/api/venues/berlin?limit=1").json()
    second = client.get(f"/api/venues/berlin?limit=1&cursor={first['next_cursor']}").json()
    assert ([row["name"] for row in second["venues"]], second["next_cursor"]) == (["Klub"], None)
    assert [row["name"] for row in client.get("/api/venues/berlin?q=alte").json()["venues"]] == ["Halle"]
    assert client.get("/api/venues/berlin?cursor=x").status_code == 422
    with django_assert_max_num_queries(2):
        client.get("/api/venues/berlin")


def test_categories_and_numbers_are_told(client: Client, cities: None) -> None:
    kinds = client.get("/api/categories").json()
    Categories.model_validate(kinds)
    assert {"code": "music", "name": "Music"} in kinds["categories"]
    assert client.get("/api/stats").json()["updated_at"] is None
    cache.clear()
    make_event()
    make_event(local="2026-11-01T20:00")
    make_source()
    make_venue()
    page = client.get("/api/stats").json()
    Stats.model_validate(page)
    assert {name: page[name] for name in ("cities", "countries", "events", "venues", "sources")} == {
        "cities": 3,
        "countries": 3,
        "events": 1,
        "venues": 1,
        "sources": 1,
    }


@pytest.mark.parametrize(
    "path", ["locations/major-cities", "locations/location/berlin", "venues/berlin", "categories", "stats"]
)
def test_what_has_not_changed_is_304(client: Client, cities: None, path: str) -> None:
    etag = client.get(f"/api/{path}")["ETag"]
    again = client.get(f"/api/{path}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
