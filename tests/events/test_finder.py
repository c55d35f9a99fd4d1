"""Cities by what people call them, while they type and by where they are."""

from typing import Any

import pytest
from django.test import Client

from events.finder import find_cities
from nocturne.cache import bump
from tests.factories import make_city
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def cities() -> None:
    make_city(population=3_400_000)
    make_city("munich", aliases=["München", "Muenchen"], population=1_500_000, latitude=48.14, longitude=11.58)
    make_city("koln", name="Köln", aliases=["Cologne"], exonyms=["Colonia", "ケルン"], latitude=50.93, longitude=6.95)
    make_city("potsdam", active=False, latitude=52.4, longitude=13.07, population=180_000)
    make_city("rostock", active=False, latitude=54.09, longitude=12.14, population=200_000)
    make_city("new-york", country="US", region="NY", population=8_000_000, latitude=40.7, longitude=-74)
    make_city("york", country="GB", population=150_000, latitude=53.95, longitude=-1.08)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("munchen", ["Munich"]),
        ("MÜNCHEN", ["Munich"]),
        ("muenc", ["Munich"]),
        ("Cologne", ["Köln"]),
        ("colonia", ["Köln"]),
        ("ケルン", ["Köln"]),
        ("york", ["York", "New York"]),
        ("new y", ["New York"]),
        ("Berlni", ["Berlin"]),
        ("Muncih", ["Munich"]),
        ("Potsdam", ["Potsdam"]),
        ("%", []),
        ("", []),
        ("x" * 500, []),
    ],
)
def test_any_name_and_spelling_finds_the_city(cities: None, text: str, found: list[str]) -> None:
    assert [match.city.name for match in find_cities(text)] == found


def test_a_city_without_a_page_leads_to_the_nearest_that_has_one(cities: None) -> None:
    [match] = find_cities("potsd")
    assert match.leads_to
    assert (match.leads_to.name, match.km) == ("Berlin", 26)
    assert [match.leads_to for match in find_cities("Rostock")] == [None]
    assert [(match.city.name, match.name) for match in find_cities("colon")] == [("Köln", "Colonia")]


def options(client: Client, text: str) -> Any:
    response = client.get("/cities/options", {"q": text})
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=300"
    assert not response.cookies
    return parsed(response)


class TestOptions:
    def test_are_named_and_lead_to_pages(self, client: Client, cities: None) -> None:
        tree = options(client, "pots")
        assert text_of(tree, "[role=option]") == "Potsdam → Berlin, 26 km"
        assert tree.css_first("[role=option]").attributes["data-path"] == "/berlin/"
        assert texts(options(client, "colon"), "[role=option]") == ["Köln Colonia Germany"]
        ids = [node.attributes["id"] for node in options(client, "york").css("[role=option]")]
        assert ids == ["city-option-1", "city-option-2"]

    def test_say_how_many_there_are_and_that_there_are_none(self, client: Client, cities: None) -> None:
        assert options(client, "york").css_first("[data-said]").attributes["data-said"] == "2 cities"
        tree = options(client, '"><script>')
        assert tree.css_first("[data-said]").attributes["data-said"] == 'No city is called “"><script>”.'
        tree = options(client, "rostock")
        assert tree.css_first("[data-said]").attributes["data-said"] == "No city near “rostock” is open yet."
        assert not tree.css("[role=option]")

    def test_are_kept_until_a_city_changes(self, client: Client, cities: None) -> None:
        assert len(options(client, "hal").css("[role=option]")) == 0
        make_city("halle")
        assert len(options(client, "hal").css("[role=option]")) == 0
        bump(make_city().pk)
        assert len(options(client, "hal").css("[role=option]")) == 1


def nearest(client: Client, latitude: str, longitude: str, **headers: str) -> Any:
    headers = headers or {"Sec-Fetch-Site": "same-origin"}
    return client.post("/cities/nearest", {"latitude": latitude, "longitude": longitude}, headers=headers)


class TestNearest:
    def test_is_told_and_nothing_is_kept(self, client: Client, cities: None, caplog: pytest.LogCaptureFixture) -> None:
        response = nearest(client, "52.39", "13.06")
        assert response.json() == {"city": {"name": "Berlin", "path": "/berlin/"}, "said": ""}
        assert response["Cache-Control"] == "private, no-store"
        assert not response.cookies
        assert "52.39" not in caplog.text

    def test_is_none_far_from_all_of_them(self, client: Client, cities: None) -> None:
        answer = nearest(client, "-33.9", "151.2").json()
        assert answer == {"city": None, "said": "No city near you is open yet."}

    @pytest.mark.parametrize("latitude", ["", "x", "nan", "inf", "91", "1e999"])
    def test_wants_coordinates(self, client: Client, cities: None, latitude: str) -> None:
        assert nearest(client, latitude, "13").status_code == 400

    def test_answers_our_own_pages_only(self, client: Client, cities: None) -> None:
        assert nearest(client, "52.4", "13", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.get("/cities/nearest").status_code == 405
