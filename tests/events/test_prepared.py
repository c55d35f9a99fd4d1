"""A query that is written once answers for each of its values, as the one that it was made of would."""

import datetime as dt

import pytest

from events.models import City, Event
from events.prepared import EPOCH, Microseconds, Prepared, moment
from tests.factories import make_city, make_event

pytestmark = pytest.mark.django_db
NIGHT = dt.date(2026, 12, 5)


def test_values_stand_where_their_marks_do() -> None:
    berlin, angeles = make_city("berlin"), make_city("los-angeles")
    for title, city in (("Concert", berlin), ("Ball", berlin), ("Reading", angeles)):
        make_event(title, city=city)
    titles = Prepared(
        lambda: Event.objects.filter(city=City(pk=-1), night=dt.date.min).order_by("title").values_list("title"),
        city=-1,
        night=dt.date.min,
    )
    night = Event.objects.values_list("night", flat=True)[0]
    assert titles.rows(5, city=berlin.pk, night=night) == [("Ball",), ("Concert",)]
    assert titles.rows(1, city=berlin.pk, night=night) == [("Ball",)]
    assert titles.rows(5, city=angeles.pk, night=night) == [("Reading",)]
    assert titles.rows(5, city=angeles.pk, night=night + dt.timedelta(days=1)) == []


def test_a_value_that_the_query_does_not_ask_for_is_refused() -> None:
    found = Prepared(lambda: Event.objects.filter(city=City(pk=-1)).values_list("pk"), city=-1, night=dt.date.min)
    with pytest.raises(AssertionError, match="each value"):
        found.rows(1, city=1, night=NIGHT)


def test_a_time_as_a_number_is_that_time() -> None:
    event = make_event("Concert")
    [(number,)] = Event.objects.values_list(Microseconds("starts_at"))
    assert moment(number) == event.starts_at
    assert moment(0) == EPOCH
