"""Calendars and feeds are written once for the same rows, and never taken for others."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from events.models import Event, Listing, Source
from events.views import feeds
from tests.factories import make_city, make_event, make_listing, make_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere() -> Listing:
    """What a source of another city and night says of the concert, whose event was merged into it."""
    concert, other = make_event("Concert"), make_city("los-angeles")
    make_listing(concert, source=make_source(name="Almanac"))
    event = make_event("Concert (stream)", city=other, local="2026-12-12T20:00")
    listing = make_listing(event, source=make_source(name="Herald", city=other), url="https://herald.example/concert")
    Event.objects.filter(pk=event.pk).update(merged_into=concert, root=concert)
    return listing


@time_machine.travel("2026-12-05T18:00:00+00:00", tick=False)
@pytest.mark.parametrize("form", ["calendar.ics", "feed.atom", "feed.json"])
def test_they_are_written_once_and_name_publishers_of_other_cities_as_they_are_now(
    client: Client, monkeypatch: pytest.MonkeyPatch, elsewhere: Listing, form: str
) -> None:
    written, find = 0, feeds.entries_found_by

    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal written
        written += 1
        return find(*args, **kwargs)

    def get() -> str:
        response = client.get(f"/berlin/{form}?q=concert")
        assert response.status_code == 200
        return response.text.replace("\r\n ", "")  # lines of calendars are folded

    monkeypatch.setattr(feeds, "entries_found_by", counting)
    first = get()
    assert "herald.example/concert" in first
    assert get() == first
    assert written == 1
    Listing.objects.filter(pk=elsewhere.pk).update(url="https://herald.example/other")
    assert "herald.example/other" in get()
    Source.objects.filter(name="Herald").update(name="Evening Post", publisher="")
    assert "Evening Post" in get()
    now = elsewhere.first_seen_at
    Listing.objects.filter(pk=elsewhere.pk).update(retired_at=now, missing_since=now)
    assert "herald.example" not in get()
    Event.objects.filter(title="Concert").update(title="Concert of the year")
    assert "Concert of the year" in get()
    assert written == 5
    assert "Concert of the year" in get()
    assert written == 5
