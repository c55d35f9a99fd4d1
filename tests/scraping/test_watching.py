"""Sources as a whole are unhealthy if many fail, or wait to be read."""

import datetime as dt

import pytest
from django.utils import timezone as clock

from scraping import watching
from scraping.models import Health, Schedule
from tests.factories import make_source

pytestmark = pytest.mark.django_db


def make_sources(count: int, *, failing: int = 0, late: int = 0) -> None:
    now = clock.now()
    for number in range(count):
        source = make_source(name=f"Source {number}", url=f"https://club{number}.example/events.ics")
        state = Health.State.FAILING if number < failing else Health.State.HEALTHY
        Health.objects.create(source=source, state=state, since=now)
        hours = 3 if number < late else -1
        Schedule.objects.update_or_create(source=source, defaults={"next_at": now - dt.timedelta(hours=hours)})


def test_one_that_fails_is_its_own_trouble_and_many_are_that_of_all() -> None:
    assert watching.sources() == ""  # without any
    make_sources(5, failing=1)
    assert watching.sources() == ""
    Health.objects.filter(state=Health.State.HEALTHY).update(state=Health.State.FAILING)
    assert watching.sources() == "5 of 5 sources fail."


def test_a_fifth_is_not_too_many() -> None:
    make_sources(10, failing=2)
    assert watching.sources() == ""


def test_most_of_them_are_read_late() -> None:
    make_sources(4, late=2)
    assert watching.sources() == ""
    Schedule.objects.update(next_at=clock.now() - dt.timedelta(hours=3))
    assert watching.sources() == "4 of 4 sources were to be read hours ago."
