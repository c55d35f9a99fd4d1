"""A live city without events to come is told."""

import datetime as dt

import pytest

from events import watching
from events.models import Event
from nocturne.models import Change
from tests.factories import make_city, make_event

NOW = dt.datetime(2026, 12, 4, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


def found(now: dt.datetime = NOW) -> list[str]:
    return [trouble.key for trouble in watching.cities(now)]


def test_a_live_city_that_has_nothing_to_show_is_in_trouble() -> None:
    city, other = make_city("berlin"), make_city("bremen")
    make_city("bonn", active=False)
    make_event(city=other, local="2026-12-05T20:00")
    [trouble] = watching.cities(NOW)
    assert trouble.key == f"city:{city.pk}"
    assert trouble.message.startswith(f"{city} has no event to come. See whether its sources fail")
    assert trouble.path == f"/admin/events/city/{city.pk}/change/"


def test_it_is_told_once_the_last_event_is_over_for_a_day() -> None:
    make_event(city=make_city(), local="2026-12-05T20:00")
    assert not found()
    assert not found(NOW + 2 * DAY)
    assert found(NOW + 4 * DAY)


def test_a_city_that_was_just_activated_has_a_day_to_get_sources() -> None:
    city = make_city("berlin")
    Change.objects.create(at=NOW, actor="ada", kind="changed", model="events.City", object_id=city.pk, field="active")
    assert not found(NOW + DAY / 2)
    assert found(NOW + 2 * DAY)


def test_what_visitors_do_not_see_does_not_count() -> None:
    event = make_event(city=make_city(), local="2026-12-05T20:00")
    assert not found()
    Event.objects.filter(pk=event.pk).update(visibility=Event.Visibility.HIDDEN)
    assert found()


def test_many_cities_cost_one_query(django_assert_num_queries: object) -> None:
    for slug in ("berlin", "bremen", "bonn"):
        make_city(slug)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(found()) == 3
