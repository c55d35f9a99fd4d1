import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Venue, VenueAlias
from quality.venues import is_venue, resolve
from tests.factories import make_city, make_venue

pytestmark = pytest.mark.django_db


def test_new_names_become_venues_with_their_address() -> None:
    venues = resolve(make_city(), [("Klub Null", ""), ("KLUB NULL", "Am Wriezener Bahnhof 1"), ("SO36", "")])
    assert {name: venue.name for name, venue in venues.items()} == {"klub null": "KLUB NULL", "so36": "SO36"}
    assert venues["klub null"].address == "Am Wriezener Bahnhof 1"
    assert Venue.objects.count() == VenueAlias.objects.count() == 2


def test_the_same_name_is_the_same_venue_in_one_city_only() -> None:
    first = resolve(make_city(), [("Klub Null", "")])
    assert resolve(make_city(), [("Klub-Null", "")]) == first
    assert resolve(make_city("los-angeles"), [("Klub Null", "")]) != first


def test_an_article_makes_no_other_venue() -> None:
    city = make_city("los-angeles")
    venues = resolve(city, [("The Echo", "")])
    assert resolve(city, [("Echo", "")])["echo"] == venues["the echo"]
    assert resolve(city, [("Echo", ""), ("The Echo", "")]).keys() == {"echo", "the echo"}
    assert Venue.objects.count() == 1


def test_merged_venues_are_followed() -> None:
    oldest, older, old = make_venue("Null"), make_venue("Klub Null"), make_venue("Club Null")
    older.merged_into, old.merged_into = oldest, older
    older.save()
    old.save()
    assert resolve(make_city(), [("Club Null", "")]) == {"club null": oldest}


@pytest.mark.parametrize("name", ["", "TBA", "Online", "Zoom", "Location TBD", "Berlin", "–"])
def test_what_says_nowhere_is_no_venue(name: str) -> None:
    assert not is_venue(name, city_name="Berlin")
    assert resolve(make_city(), [(name, "")]) == {}


def test_queries_do_not_grow_with_names() -> None:
    city = make_city()

    def queries(names: list[str]) -> int:
        with CaptureQueriesContext(connection) as context:
            resolve(city, [(name, "") for name in names])
        return len(context)

    assert queries(["Venue A", "The Venue B"]) == queries([f"Place {n}" for n in range(1000)])
    assert queries([f"Place {n}" for n in range(1000)]) == 1


def test_a_name_that_another_worker_writes_meanwhile_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    city = make_city()
    create = VenueAlias.objects.bulk_create
    theirs = []

    def late(*args: object, **kwargs: object) -> object:
        theirs.append(make_venue("Klub Null", city=city))
        return create(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(VenueAlias.objects, "bulk_create", late)
    assert resolve(city, [("Klub Null", "")]) == {"klub null": theirs[0]}
    assert Venue.objects.count() == 1
