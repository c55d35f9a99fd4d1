"""More events, venues, publishers and cities cost no more queries."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import rendered
from events.models import EventChange
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

pytestmark = pytest.mark.django_db


def queries(client: Client, path: str) -> int:
    client.get(path)  # what is remembered of the city is the same for all pages
    rendered.MEMORY.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def fill_city(number: int) -> None:
    city = make_city()
    tonight = city.tonight()
    event = make_event(f"Film {number}", local=f"{tonight}T20:00", venue=make_venue(f"Klub {number}"), category="film")
    make_listing(event)
    end = f"{tonight + dt.timedelta(days=5)}T18:00"
    make_event(f"Show {number}", local=f"{tonight}T10:00", local_end=end, venue=event.venue)


@pytest.mark.parametrize(
    "path", ["/berlin/", "/berlin/list", "/berlin/calendar.ics", "/berlin/?q=film", "/berlin/?category=film&price=free"]
)
def test_of_a_city(client: Client, path: str) -> None:
    fill_city(0)
    few = queries(client, path)
    for number in range(1, 12):
        fill_city(number)
    assert queries(client, path) == few <= 10


def grow(client: Client, path: str, more: Callable[[int], object]) -> None:
    more(0)
    more(1)
    few = queries(client, path)
    for number in range(2, 20):
        more(number)
    assert queries(client, path) == few <= 10


def test_of_a_venue(client: Client) -> None:
    venue = make_venue()
    tonight = venue.city.tonight()

    def more(number: int) -> None:
        make_event(f"Film {number}", local=f"{tonight}T20:00", venue=venue)
        end = f"{tonight + dt.timedelta(days=5)}T18:00"
        make_event(f"Show {number}", local=f"{tonight}T10:00", local_end=end, venue=venue)

    grow(client, venue.get_absolute_url(), more)


def test_of_an_event_with_its_listings_and_changes(client: Client) -> None:
    event = make_event(venue=make_venue(), part_of=make_event("Festival"))

    def more(number: int) -> None:
        make_listing(event, source=make_source(), venue=make_venue(f"Klub {number}"))
        EventChange.objects.create(event=event, sequence=number, before={"venue": "a"}, after={"venue": "b"})

    grow(client, event.get_absolute_url(), more)


def test_of_the_home_page(client: Client) -> None:
    def more(number: int) -> None:
        city = make_city(f"city-{number}", population=number, timezone="Asia/Tokyo" if number % 2 else "Europe/Berlin")
        make_event(city=city, local=f"{city.tonight()}T20:00")

    grow(client, "/", more)
