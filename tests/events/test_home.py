from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nocturne.cache import bump
from tests.factories import make_city, make_event
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday() -> Any:
    # In Berlin Friday evening; in Los Angeles Friday morning; in Tokyo Saturday, 02:00, still Friday's night.
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def test_active_cities_stand_there_the_biggest_first_with_what_is_on(client: Client) -> None:
    make_city(population=3_600_000)
    la = make_city("los-angeles", population=3_900_000)
    make_city("potsdam", active=False)
    make_event("Tonight", local="2026-12-04T20:00")
    make_event("Late tonight", local="2026-12-05T01:00")
    make_event("In six nights", local="2026-12-10T20:00")
    make_event("In seven nights", local="2026-12-11T20:00")
    make_event("Yesterday", local="2026-12-03T20:00")
    make_event("Held", local="2026-12-04T20:00", visibility="held")
    make_event("Elsewhere", local="2026-12-04T20:00", city=la)
    tree = parsed(client.get("/"))
    assert texts(tree, ".cities li") == [
        "Los Angeles CA, United States 1 tonight 1 in 7 nights",
        "Berlin Germany 2 tonight 3 in 7 nights",
    ]
    assert [node.attributes["href"] for node in tree.css(".cities a")] == ["/los-angeles/", "/berlin/"]


def test_tonight_is_each_citys_own(client: Client) -> None:
    # 07:30 UTC: Berlin has begun Saturday, in Los Angeles it is still Friday's night
    with time_machine.travel("2026-12-05T07:30:00+00:00", tick=False):
        for city in (make_city(), make_city("los-angeles")):
            make_event("Friday", local="2026-12-04T23:30", city=city)
        counts = dict(zip(texts(parsed(client.get("/")), ".cities strong"), [0, 0], strict=True))
        for item in parsed(client.get("/")).css(".cities li"):
            counts[text_of(item, "strong")] = int(text_of(item, "b"))
    assert counts == {"Berlin": 0, "Los Angeles": 1}


def test_many_cities_are_grouped_by_country_after_the_largest(client: Client) -> None:
    for number in range(14):
        make_city(f"town-{number}", population=1000 * (number + 1), country="DE" if number else "FR")
    tree = parsed(client.get("/"))
    assert len(tree.css("#large ~ .cities li")) == 12
    assert texts(tree, "main h2") == ["The largest", "France", "Germany"]


def test_queries_do_not_grow_with_cities(client: Client) -> None:
    make_city()
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for number in range(20):
        make_event("Concert", local="2026-12-04T20:00", city=make_city(f"town-{number}"))
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) == len(few) <= 2


def test_without_an_active_city_the_operator_reads_what_to_do(client: Client) -> None:
    make_city(active=False)
    tree = parsed(client.get("/"))
    assert "manage.py load_cities" in text_of(tree, ".empty")
    assert tree.css_first("form") is None


class TestSearch:
    def test_a_name_in_any_spelling_leads_to_its_city(self, client: Client) -> None:
        make_city("munich", aliases=["München", "Monaco di Baviera"])
        for text in ("München", "munchen", "MUNICH", "monaco di baviera"):
            response = client.get("/", {"q": text})
            assert (response.status_code, response["Location"]) == (302, "/munich/")

    def test_part_of_a_name_lists_the_cities(self, client: Client) -> None:
        make_city("new-york", population=8_000_000)
        make_city("newcastle")
        make_city("york")
        tree = parsed(client.get("/", {"q": "new"}))
        assert texts(tree, ".cities strong") == ["New York", "Newcastle"]
        assert texts(parsed(client.get("/", {"q": "wcas"})), ".cities strong") == []

    def test_a_city_without_a_page_names_the_nearest_that_has_one(self, client: Client) -> None:
        make_city()
        make_city("potsdam", active=False, latitude=52.4, longitude=13.07)
        make_city("rostock", active=False, latitude=54.09, longitude=12.14)
        tree = parsed(client.get("/", {"q": "potsdam"}))
        assert links(tree, ".elsewhere a") == {"Berlin": "/berlin/"}
        assert "26 km away" in text_of(tree, ".elsewhere")
        assert "no city near it is open" in text_of(parsed(client.get("/?q=rostock")), ".elsewhere")

    @pytest.mark.parametrize("text", ["Atlantis", "%", "\x00", "<x>", "a" * 500])
    def test_nothing_found_says_so(self, client: Client, text: str) -> None:
        make_city()
        response = client.get("/", {"q": text})
        assert response.status_code == 200
        assert "No city is called" in text_of(parsed(response), ".empty")


def test_the_home_page_is_304_until_an_event_or_a_city_changes(client: Client) -> None:
    city = make_city()
    etag = client.get("/")["ETag"]
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/", headers={"If-None-Match": etag}).status_code == 304
    assert not captured
    bump(make_city("los-angeles").pk)
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 200
    etag = client.get("/")["ETag"]
    bump(city.pk)
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 200
