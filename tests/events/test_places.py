"""Which city an event belongs to, and which cities make one area."""

import math

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.drafts import Where
from events.models import City
from events.places import Atlas, activate, assign_areas, kilometres
from tests.factories import make_city

pytestmark = pytest.mark.django_db

# slug: (country, region, latitude, longitude, population, active, aliases)
WORLD = {
    "san-francisco": ("US", "CA", 37.77493, -122.41942, 870_000, True, ["SF"]),
    "oakland": ("US", "CA", 37.80437, -122.27080, 440_000, True, []),
    "berkeley": ("US", "CA", 37.87159, -122.27275, 120_000, False, []),
    "santa-rosa": ("US", "CA", 38.44047, -122.71443, 178_000, False, []),
    "los-angeles": ("US", "CA", 34.05223, -118.24368, 3_900_000, True, ["LA"]),
    "hollywood": ("US", "CA", 34.09834, -118.32674, 167_000, False, []),
    "hollywood-fl": ("US", "FL", 26.01120, -80.14949, 150_000, False, []),
    "portland": ("US", "OR", 45.52345, -122.67621, 650_000, True, []),
    "portland-me": ("US", "ME", 43.65737, -70.25890, 67_000, True, []),
    "dallas": ("US", "TX", 32.78306, -96.80667, 1_300_000, True, []),
    "new-york": ("US", "NY", 40.71427, -74.00597, 8_800_000, True, ["NYC", "New York City"]),
    "newark": ("US", "NJ", 40.73566, -74.17237, 280_000, False, []),
    "paris": ("FR", "", 48.85341, 2.34880, 2_100_000, True, []),
    "munich": ("DE", "", 48.13743, 11.57549, 1_500_000, True, ["München", "Muenchen"]),
    "berlin": ("DE", "", 52.52437, 13.41053, 3_400_000, True, []),
    "potsdam": ("DE", "", 52.39886, 13.06566, 183_000, False, []),
    "hamburg": ("DE", "", 53.55073, 9.99302, 1_900_000, False, []),
    "london": ("GB", "", 51.50853, -0.12574, 8_900_000, True, []),
    "london-ca": ("CA", "ON", 42.98339, -81.23304, 420_000, True, []),
    "cagliari": ("IT", "", 39.23054, 9.11917, 150_000, True, []),
}


@pytest.fixture
def world(db: None) -> dict[str, City]:
    for slug, (country, region, latitude, longitude, population, active, aliases) in WORLD.items():
        make_city(
            slug,
            name=slug.removesuffix("-me").removesuffix("-ca").removesuffix("-fl").replace("-", " ").title(),
            code=f"x--{slug}",
            country=country,
            region=region,
            latitude=latitude,
            longitude=longitude,
            population=population,
            active=active,
            aliases=aliases,
        )
    assign_areas()
    return {city.slug: city for city in City.objects.all()}


def place(locality: str = "", region: str = "", country: str = "") -> Where:
    return Where(locality=locality, region=region, country=country)


def at(latitude: float, longitude: float, **columns: str) -> Where:
    return Where(latitude=latitude, longitude=longitude, **columns)


@pytest.mark.parametrize(
    ("where", "fallback", "expected"),
    [
        # coordinates decide, whatever the text says
        (at(37.8044, -122.2712), "san-francisco", "oakland"),
        (at(37.7599, -122.4148, locality="Oakland"), None, "san-francisco"),
        (at(52.40, 13.07), None, "berlin"),
        (at(53.55, 9.99), "berlin", None),
        # no coordinates: the empty form's, half of a pair, off the globe
        (at(0.0, 0.0, locality="Berlin"), None, "berlin"),
        (at(0, 0), "berlin", "berlin"),
        (Where(latitude=37.8, locality="Berlin"), None, "berlin"),
        (at(91.0, 10.0), "berlin", "berlin"),
        (at(math.nan, 10.0), "berlin", "berlin"),
        # the same name in two places
        (place("Portland", "OR", "US"), "portland-me", "portland"),
        (place("Portland", "Maine", "USA"), "portland", "portland-me"),
        (place("Portland"), "portland-me", "portland-me"),
        (place("Portland"), "portland", "portland"),
        (place("Portland"), None, None),
        (place("Portland"), "berlin", None),
        (place("Portland, ME"), None, "portland-me"),
        (place("Portland, OR 97201, USA"), None, "portland"),
        (place("Paris", "TX", "US"), "paris", None),
        (place("Paris", "TX"), None, None),
        (place("Paris", "TX"), "dallas", "dallas"),
        (place("Paris", country="FR"), "dallas", "paris"),
        (place("Paris, France"), "dallas", "paris"),
        (place("London", "ON", "CA"), "london", "london-ca"),
        (place("London", "Ontario"), "london", "london-ca"),
        (place("London", country="United Kingdom"), "london-ca", "london"),
        # names and spellings
        (place("München"), None, "munich"),
        (place("MUENCHEN", country="Deutschland"), "berlin", "munich"),
        (place("sf", "California"), None, "san-francisco"),
        (place("10997 Berlin"), None, "berlin"),
        (place("Cagliari", "CA"), "cagliari", "cagliari"),
        # a city that the site does not serve stands for the one near it that it does
        (place("Potsdam"), None, "berlin"),
        (place("Berkeley", "CA"), None, "oakland"),
        (place("Hollywood"), "los-angeles", "los-angeles"),
        (place("Hollywood"), "berlin", None),
        (place("Hamburg"), "berlin", None),
        (place("Santa Rosa", "CA"), "san-francisco", None),
        # what no text settles is where the source is, unless it cannot be
        (place("Kleinmachnow"), "berlin", "berlin"),
        (place("Kleinmachnow"), None, None),
        (place(), "berlin", "berlin"),
        (place(), None, None),
        (place(country="DE"), "berlin", "berlin"),
        (place("Wien-Simmering", country="AT"), "berlin", None),
        (place("Montclair", "NJ", "US"), "new-york", "new-york"),
        (place("Boulder City", "NV", "US"), "los-angeles", None),
        (Where(online=True), "berlin", "berlin"),
        # without a source's city the end of the address tells, where only one city can be meant
        (Where(address="Oranienstr. 190, Berlin"), None, "berlin"),
        (Where(venue="Oranienstr. 190", address="Berlin"), None, "berlin"),
        (Where(venue="Studio 9, Berlin"), None, "berlin"),
        (Where(venue="Berlin"), None, None),
        (Where(address="Oranienstr. 190, Berlin, Germany"), None, "berlin"),
        (Where(address="Oranienstr. 190, Berlin"), "dallas", "dallas"),
        (Where(address="Lindenstr. 5, Hinterhof, Potsdam, Deutschland"), None, "berlin"),
        (Where(address="Lindenstr. 5, Potsdam"), None, None),
        (Where(address="Reeperbahn 1, Hamburg"), None, None),
        (Where(address="1 High Street, London"), None, None),
        (Where(address="1 High Street, London", country="GB"), None, "london"),
        (Where(address="200 Congress St, Portland"), None, None),
        (Where(address="Bar Berlin, Paris"), None, None),
        (Where(address="Room 7, Berlin", locality="Kleinmachnow"), None, None),
    ],
)
def test_a_place_is_in_the_city_that_it_names(
    world: dict[str, City], where: Where, fallback: str | None, expected: str | None
) -> None:
    found = Atlas().locate(where, world[fallback] if fallback else None)
    assert (found.slug if found else None) == expected


def test_an_atlas_asks_the_database_twice_and_locates_without_it(world: dict[str, City]) -> None:
    Atlas()  # the first one of a process reads all cities
    with CaptureQueriesContext(
        connection,
    ) as queries:
        atlas = Atlas()
        for number in range(2000):
            assert atlas.locate(at(52.5 + number / 100_000, 13.4), None) == world["berlin"]
            assert atlas.locate(place("Portland", "OR"), world["portland-me"]) == world["portland"]
    assert len(queries) == 2


def test_a_change_of_any_city_is_seen_by_the_next_atlas(world: dict[str, City]) -> None:
    assert Atlas().locate(place("Yerba Buena")) is None
    city = world["san-francisco"]
    city.aliases = ["Yerba Buena"]
    city.save()
    assert Atlas().locate(place("Yerba Buena")) == city
    City.objects.filter(slug="hamburg").update(latitude=52.6, longitude=13.4)
    assert Atlas().locate(place("Hamburg", country="DE")) == world["berlin"]
    City.objects.filter(slug="hamburg").delete()
    assert Atlas().locate(place("Hamburg", country="DE")) is None


def test_distance_is_that_of_the_globe() -> None:
    assert kilometres((52.52437, 13.41053), (48.13743, 11.57549)) == pytest.approx(504, abs=2)
    assert kilometres((0, 179.9), (0, -179.9)) == pytest.approx(22.2, abs=0.1)
    assert kilometres((90, 0), (-90, 0)) == pytest.approx(math.pi * 6371)


def test_an_area_is_the_largest_active_city_within_fifty_kilometres(world: dict[str, City]) -> None:
    assert world["oakland"].area == world["san-francisco"]
    assert world["san-francisco"].area == world["san-francisco"]
    assert world["portland-me"].area == world["portland-me"]
    assert world["berkeley"].area is None
    assert assign_areas() == 0


def test_activating_a_larger_city_nearby_moves_the_area(world: dict[str, City]) -> None:
    City.objects.filter(slug="san-francisco").update(active=False)
    assert assign_areas() == 2
    assert City.objects.get(slug="oakland").area == world["oakland"]
    assert City.objects.get(slug="san-francisco").area is None
    [city, other] = activate(["x--san-francisco", world["berkeley"]])
    assert (city.active, city.area) == (True, world["san-francisco"])
    assert (other.slug, other.active, other.area) == ("berkeley", True, world["san-francisco"])
    assert City.objects.get(slug="oakland").area == world["san-francisco"]


def test_areas_are_no_chains() -> None:
    for slug, latitude, population in (("small", 50.0, 1), ("middle", 50.4, 2), ("large", 50.8, 3)):
        make_city(slug, latitude=latitude, longitude=8.0, population=population)
    assign_areas()
    areas = {city.slug: city.area.slug for city in City.objects.select_related("area")}
    assert areas == {"small": "middle", "middle": "large", "large": "large"}


def test_an_unknown_code_activates_nothing(world: dict[str, City]) -> None:
    with pytest.raises(ValueError, match="x--atlantis"):
        activate(["x--hamburg", "x--atlantis"])
    assert not City.objects.get(slug="hamburg").active
