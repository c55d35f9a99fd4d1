from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_city, make_event, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def test_a_venue_shows_what_is_on_there_from_tonight(client: Client) -> None:
    venue = make_venue("Klub Null", address="Warschauer Str. 10")
    make_event("Over", local="2026-12-03T20:00", venue=venue)
    make_event("Tonight", local="2026-12-04T20:00", venue=venue)
    make_event("Next year", local="2027-06-04T20:00", venue=venue)
    make_event("Elsewhere", local="2026-12-04T20:00", venue=make_venue("Other"))
    make_event("Held", local="2026-12-04T20:00", venue=venue, visibility="held")
    make_event("Exhibition", local="2026-11-04T20:00", local_end="2026-12-24T20:00", venue=venue)
    tree = parsed(client.get(venue.get_absolute_url()))
    assert text_of(tree, "h1") == "Klub Null"
    assert texts(tree, ".night h3") == ["Tonight", "Next year"]
    assert texts(tree, ".runs h3") == ["Exhibition"]
    assert "Warschauer Str. 10, Berlin" in text_of(tree, ".headline")
    assert links(tree, ".headline a")["Map"].startswith("https://www.openstreetmap.org/search?query=Warschauer")


def test_events_of_merged_venues_are_shown_and_their_pages_lead_here(client: Client) -> None:
    venue = make_venue("Klub Null")
    merged = make_venue("Club Zero", merged_into=venue)
    again = make_venue("Club 0", merged_into=merged)
    make_event("There", local="2026-12-04T20:00", venue=merged)
    assert texts(parsed(client.get(venue.get_absolute_url())), ".night h3") == ["There"]
    for old in (merged, again):
        response = client.get(old.get_absolute_url())
        assert (response.status_code, response["Location"]) == (301, venue.get_absolute_url())


def test_wrong_addresses_lead_to_the_right_one_or_nowhere(client: Client) -> None:
    venue = make_venue("Клуб Нуль")
    response = client.get(f"/paris/venues/x-{venue.pk}/")
    assert (response.status_code, response["Location"]) == (301, venue.get_absolute_url())
    assert client.get(venue.get_absolute_url()).status_code == 200
    assert client.get("/berlin/venues/x-99999999/").status_code == 404


def test_an_empty_venue_points_to_the_city(client: Client) -> None:
    make_city()
    tree = parsed(client.get(make_venue().get_absolute_url()))
    assert links(tree, ".empty a") == {"what else is on in Berlin": "/berlin/"}


def test_queries_do_not_grow_with_events_and_304_reads_none(client: Client) -> None:
    venue = make_venue()
    make_event(local="2026-12-04T20:00", venue=venue)
    url = venue.get_absolute_url()
    client.get(url)  # what is remembered of the city is the same for all pages
    with CaptureQueriesContext(connection) as few:
        etag = client.get(url)["ETag"]
    for _ in range(12):
        make_event(local="2026-12-04T20:00", venue=venue)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few) <= 5
    with CaptureQueriesContext(connection) as unchanged:
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert not unchanged
