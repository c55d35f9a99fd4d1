"""What one listing more costs in a city that is full: the milliseconds are in tests/bench/matching.py."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Listing, Venue
from quality.matching import match
from tests.factories import make_city, make_event, make_listing, make_venue

pytestmark = pytest.mark.django_db


def fill(count: int, *, venue_name: str) -> None:
    """Events in a row of nights, a hundred hours apart."""
    venue, first = make_venue(venue_name), dt.datetime(2026, 12, 4, 20)
    for n in range(count):
        local = (first + dt.timedelta(days=n % 30)).isoformat(timespec="minutes")
        make_listing(make_event(f"Artist {chr(97 + n % 26) * 6} {n}", local=local, venue=venue))


def one_more(title: str, venue: Venue) -> tuple[int, bool]:
    """The queries that its match takes, and whether it joins an event."""
    event = make_event(title, local="2026-12-04T20:15", venue=venue)
    listing = make_listing(event)
    Listing.objects.filter(pk=listing.pk).update(event=None)
    event.delete()
    new = Listing.objects.select_related("source").get(pk=listing.pk)
    with CaptureQueriesContext(connection) as context:
        found = match([new], area=make_city())
    return len(context), found[new.pk].joined


def test_one_listing_more_takes_the_same_few_queries_in_a_full_city() -> None:
    club = make_venue("Klub Null")
    costs = {}
    for size in (5, 150):
        fill(size, venue_name=f"Halle {size}")
        costs[size] = one_more("Zeynep Aktas Quartet", club)
    assert costs[5] == costs[150]
    queries, joined = costs[150]
    assert not joined
    assert queries <= 6


def test_one_that_joins_takes_a_few_more() -> None:
    club = make_venue("Klub Null")
    make_listing(make_event("Mdou Moctar", local="2026-12-04T20:00", venue=club))
    fill(60, venue_name="Halle")
    queries, joined = one_more("Mdou Moctar (live)", club)
    assert joined
    assert queries <= 9
