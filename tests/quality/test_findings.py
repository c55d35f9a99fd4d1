import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quality.findings import record
from quality.models import Finding
from quality.rules import Found
from tests.factories import make_listing, make_source

pytestmark = pytest.mark.django_db


def short(message: str = "The title has only 4 characters.") -> Found:
    return Found(rule="title.short", severity="warning", weight=10, message=message)


SPAM = Found(rule="text.spam", severity="error", weight=60, message="It reads like an advertisement.")


def test_findings_are_kept_of_listings_and_of_items_that_are_none() -> None:
    source = make_source()
    listing = make_listing(source=source, external_id="a")
    assert record(source, {"a": listing, "b": None}, {"a": [short()], "b": [SPAM]}) == 2
    assert set(Finding.objects.values_list("key", "listing", "rule", "weight")) == {
        ("a", listing.pk, "title.short", 10),
        ("b", None, "text.spam", 60),
    }


def test_the_same_again_writes_nothing() -> None:
    source = make_source()
    record(source, {"a": None}, {"a": [short(), SPAM]})
    with CaptureQueriesContext(connection) as queries:
        assert record(source, {"a": None}, {"a": [short(), SPAM]}) == 0
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


def test_a_finding_goes_with_its_cause_and_keeps_when_it_was_first_seen() -> None:
    source = make_source()
    record(source, {"a": None, "b": None}, {"a": [short(), SPAM], "b": [SPAM]})
    before = Finding.objects.get(key="a", rule="title.short")
    assert record(source, {"a": None}, {"a": [short("It has 3.")]}) == 2
    after = Finding.objects.get(key="a")
    assert (after.pk, after.first_seen_at, after.message) == (before.pk, before.first_seen_at, "It has 3.")
    assert Finding.objects.filter(key="b").count() == 1


def test_the_same_key_of_another_source_is_another_item() -> None:
    one, two = make_source(), make_source()
    record(one, {"a": None}, {"a": [SPAM]})
    assert record(two, {"a": None}, {"a": []}) == 0
    assert Finding.objects.count() == 1
