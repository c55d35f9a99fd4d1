"""What calendars and feeds say of an event is written once, and anew when any row changes that it is made of."""

from collections.abc import Callable

import pytest

from events import versions as module
from events.models import City, Event, Image, Source, Venue
from events.versions import Version, entries, versions
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


@pytest.mark.parametrize("form", ["ics", "atom", "json"])
def test_an_entry_is_written_once_and_follows_its_event_and_its_publishers(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(city=make_city(), name="City paper")
    event = make_event("Concert")
    make_listing(event, source=source, url="https://paper.example/concert")
    make_event("Reading")
    written: list[str] = []
    write = module.WRITERS[form]
    monkeypatch.setitem(module.WRITERS, form, lambda event, told: (written.append(event.title), write(event, told))[1])
    first = entries(form, listed())
    assert entries(form, listed()) == first
    assert sorted(written) == ["Concert", "Reading"]
    Event.objects.filter(title="Concert").update(title="Ball")
    assert any("Ball" in text for text in entries(form, listed()))
    Source.objects.update(name="Town paper", publisher="")
    assert any("Town paper" in text for text in entries(form, listed()))
    assert sorted(written) == ["Ball", "Ball", "Concert", "Reading"]


def test_what_was_hidden_meanwhile_has_no_entry() -> None:
    make_event("Concert")
    found = listed()
    Event.objects.update(visibility=Event.Visibility.HIDDEN)
    assert entries("ics", found) == []
