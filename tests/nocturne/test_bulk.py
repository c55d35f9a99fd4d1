"""Rows that are written in bulk are those that the ORM would have written."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction

from events.models import Event, Listing
from nocturne import bulk
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

pytestmark = pytest.mark.django_db
PRIVATE = ("id", "root_id", "created_at", "updated_at")


def columns(event: Event) -> dict:
    return {f.attname: getattr(event, f.attname) for f in Event._meta.concrete_fields if f.attname not in PRIVATE}


def full() -> Event:
    return make_event(
        "Ünïcode “quotes” \\ and \n lines",
        venue=make_venue("Klub", city=make_city()),
        performers=["Ada, Countess", 'Bo "B" B', "{braces}", "null"],
        price_min=Decimal("12.50"),
        price_max=Decimal("9999999999.99"),
        latitude=52.523456789012,
        is_free=False,
        overrides={"title": "x", "nested": [1, None, {"a": True}]},
        provenance={"title": 7},
        ends_at=dt.datetime(2027, 1, 1, 3, 4, 5, 678901, tzinfo=dt.UTC),
    )


def test_what_is_inserted_reads_as_what_the_orm_saves() -> None:
    event = full()
    twin = Event(**columns(event))
    [twin.pk] = bulk.reserve(Event, 1)
    twin.root_id = twin.pk
    bulk.insert(Event, [twin])
    assert columns(Event.objects.get(pk=twin.pk)) == columns(Event.objects.get(pk=event.pk))
    assert not twin._state.adding


def test_rows_without_an_id_get_one_that_nothing_else_gets() -> None:
    event = make_event()
    rows = [Listing(source=make_source(), external_id=f"x{n}", draft={}, title="t", content_hash="") for n in range(5)]
    bulk.insert(Listing, rows)
    ids = {row.pk for row in rows}
    assert len(ids) == 5
    assert make_listing(event, external_id="later").pk not in ids


def test_an_update_writes_the_named_fields_of_the_given_rows_only() -> None:
    event, other = full(), make_event("Other")
    before = columns(Event.objects.get(pk=event.pk))
    event.title, event.performers, event.price_min, event.venue = "New", [], None, None
    event.address = "not named"
    bulk.update(Event, [event], ["title", "performers", "price_min", "venue"])
    after = columns(Event.objects.get(pk=event.pk))
    assert {name for name in after if after[name] != before[name]} == {"title", "performers", "price_min", "venue_id"}
    assert Event.objects.get(pk=other.pk).title == "Other"


def test_more_rows_than_one_statement_takes_are_written(django_assert_num_queries, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    source = make_source()
    rows = [Listing(source=source, external_id=f"x{n}", draft={}, title="t", content_hash="") for n in range(5)]
    with django_assert_num_queries(4):  # ids, and three documents
        bulk.insert(Listing, rows)
    assert source.listings.count() == 5


def test_nothing_is_asked_for_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        bulk.insert(Event, [])
        bulk.update(Event, [], ["title"])
        assert bulk.reserve(Event, 0) == []


@pytest.mark.parametrize(
    ("columns", "error"),
    [({"title": "a\0b"}, DataError), ({"title": "x" * 301}, DataError), ({"external_id": ""}, IntegrityError)],
)
def test_what_the_database_refuses_is_the_same_error_as_with_the_orm(columns: dict, error: type[Exception]) -> None:
    values = {"external_id": "x", "draft": {}, "title": "t", "content_hash": "", **columns}
    with pytest.raises(error), transaction.atomic():
        bulk.insert(Listing, [Listing(source=make_source(), **values)])


def test_values_are_inserted_without_rows_to_hold_them() -> None:
    event = full()
    [pk] = bulk.reserve(Event, 1)
    values = {f.attname: getattr(event, f.attname) for f in Event._meta.concrete_fields}
    bulk.insert_values(Event, [values | {"id": pk, "root_id": pk}])
    assert columns(Event.objects.get(pk=pk)) == columns(Event.objects.get(pk=event.pk))
    bulk.insert_values(Event, [])
