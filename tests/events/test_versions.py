"""What calendars and feeds say of an event is written once, and anew when any row changes that it is made of."""

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.http import QueryDict

from events import versions as module
from events.models import City, Event, Image, Listing, Source, Venue
from events.search import EventSearch
from events.taking import found_by
from events.versions import Entry, Version, entries, entries_found_by, entry_versions, versions
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

pytestmark = pytest.mark.django_db


def listed() -> list[Version]:
    return versions(Event.objects.public().for_list())


def test_each_change_of_a_row_that_is_shown_makes_another_version_also_within_a_transaction() -> None:
    image = Image.objects.create(hash="0" * 64, width=10, height=10, colour="#000000", bytes=1)
    event = make_event("Concert", venue=make_venue())
    Event.objects.update(image=image)
    seen = {listed()[0].version}
    changes: list[Callable[[], object]] = [
        lambda: Event.objects.update(title="Ball"),
        lambda: Event.objects.update(title="Concert"),
        lambda: Venue.objects.update(name="Elsewhere"),
        lambda: City.objects.filter(pk=event.city_id).update(name="Berlin-Mitte"),
        lambda: Image.objects.update(width=20),
        lambda: Event.objects.update(venue=None),
    ]
    for number, change in enumerate(changes, 2):
        change()
        seen.add(listed()[0].version)
        assert len(seen) == number
    assert listed()[0].version in seen


def listed_entries() -> list[Entry]:
    return entry_versions(Event.objects.public().for_list())


@pytest.mark.parametrize("form", ["ics", "atom", "json"])
def test_an_entry_is_written_once_and_follows_its_event_and_its_publishers(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(city=make_city(), name="City paper")
    event = make_event("Concert")
    listing = make_listing(event, source=source, url="https://paper.example/concert")
    make_event("Reading")
    written: list[str] = []
    write = module.WRITERS[form]
    monkeypatch.setitem(module.WRITERS, form, lambda event, told: (written.append(event.title), write(event, told))[1])
    first = entries(form, listed_entries())
    assert entries(form, listed_entries()) == first
    assert sorted(written) == ["Concert", "Reading"]
    Event.objects.filter(title="Concert").update(title="Ball")
    assert any("Ball" in text for text in entries(form, listed_entries()))
    Source.objects.update(name="Town paper", publisher="")
    assert any("Town paper" in text for text in entries(form, listed_entries()))
    Listing.objects.filter(pk=listing.pk).update(url="https://paper.example/ball")
    assert any("paper.example/ball" in text for text in entries(form, listed_entries()))
    Listing.objects.update(missing_since=listing.first_seen_at, retired_at=listing.first_seen_at)
    assert not any("Town paper" in text for text in entries(form, listed_entries()))
    assert sorted(written) == ["Ball"] * 4 + ["Concert", "Reading"]


def test_what_was_hidden_meanwhile_has_no_entry() -> None:
    make_event("Concert")
    found = listed_entries()
    Event.objects.update(visibility=Event.Visibility.HIDDEN)
    assert entries("ics", found) == []


@time_machine.travel("2026-12-05T18:00:00+00:00", tick=False)
@pytest.mark.parametrize("query", ["", "when=tonight", "from=2026-12-04&to=2026-12-06", "runs=no", "category=music"])
def test_what_is_found_by_written_queries_is_what_others_find(query: str) -> None:
    city = make_city()
    for number in range(3):
        make_event(f"Concert {number}", city=city, local=f"2026-12-0{5 + number}T20:00", category="music")
    make_event("Elsewhere", city=make_city("los-angeles"))
    make_event("Hidden", city=city, visibility=Event.Visibility.HIDDEN)
    for title in ("Fair", "Festival"):
        make_event(title, city=city, local="2026-12-03T10:00", last_night=dt.date(2026, 12, 9), is_run=True)
    search = EventSearch.parse(QueryDict(query), city, city.tonight())
    for most in (2, 4, 10):
        found = entries_found_by(search, most)
        assert found == found_by(search, most, entry_versions)
        assert found.events
