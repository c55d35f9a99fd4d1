from typing import Any

import pytest
import time_machine
from django.test import Client

from events.models import Event, Series
from tests.factories import make_event, make_source
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


@pytest.fixture
def series() -> Series:
    return Series.objects.create(source=make_source(), key="quiz", title="Kneipenquiz")


def test_all_dates_are_there_the_next_first_and_past_ones_apart(client: Client, series: Series) -> None:
    for day in ("2026-12-17", "2026-12-10", "2026-12-04", "2026-12-03"):
        make_event("Kneipenquiz", local=f"{day}T20:00", series=series)
    make_event("Kneipenquiz", local="2026-11-26T20:00", series=series, visibility="archived")
    make_event("Kneipenquiz", local="2026-12-24T20:00", series=series, visibility="hidden")
    make_event("Another", local="2026-12-10T20:00")
    response = client.get(series.get_absolute_url())
    tree = parsed(response)
    assert text_of(tree, "h1") == "Kneipenquiz"
    assert "3 dates to come, Berlin" in text_of(tree, ".headline")
    assert texts(tree, ".dates-to-come .aside") == ["Fri 4 Dec", "Thu 10 Dec", "Thu 17 Dec"]
    assert texts(tree, ".past .aside") == ["Thu 3 Dec", "Thu 26 Nov"]
    assert client.get(series.get_absolute_url(), headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_date_that_was_merged_is_shown_by_what_it_became(client: Client, series: Series) -> None:
    root = make_event("Quiz night", local="2026-12-10T20:00")
    merged = make_event("Kneipenquiz", local="2026-12-10T20:00", series=series)
    Event.objects.filter(pk=merged.pk).update(merged_into=root, root=root)
    assert texts(parsed(client.get(series.get_absolute_url())), ".dates-to-come h3") == ["Quiz night"]


def test_an_event_leads_to_its_series_if_there_are_other_dates(client: Client, series: Series) -> None:
    event = make_event("Kneipenquiz", local="2026-12-10T20:00", series=series)
    assert "All dates" not in links(parsed(client.get(event.get_absolute_url())))
    make_event("Kneipenquiz", local="2026-12-17T20:00", series=series)
    assert links(parsed(client.get(event.get_absolute_url())))["All dates"] == f"/series/kneipenquiz-{series.pk}/"


def test_without_a_date_to_come_it_says_so_and_without_any_it_is_not_there(client: Client, series: Series) -> None:
    assert client.get(series.get_absolute_url()).status_code == 404
    assert client.get("/series/x-99999999/").status_code == 404
    make_event("Kneipenquiz", local="2026-12-03T20:00", series=series)
    tree = parsed(client.get(series.get_absolute_url()))
    assert links(tree, ".empty a") == {"what else is on in Berlin": "/berlin/"}
    assert texts(tree, ".past[open] h3") == ["Kneipenquiz"]
    response = client.get(f"/series/x-{series.pk}/")
    assert (response.status_code, response["Location"]) == (301, series.get_absolute_url())
