"""A list of the API is written once for the same rows, and never taken for others."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import rendered
from events.api import lists
from events.models import City, Event, Image, Venue
from tests.factories import make_city, make_event, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("concert")]
LISTS = (
    "/api/events/berlin",
    "/api/events/berlin?limit=10&category=music",
    "/api/events/berlin?date_from=2026-12-05&date_to=2026-12-05&sort=price",
    "/api/events/berlin?date_from=2026-12-05&date_to=2026-12-31",  # longer than a week
)
CHANGES: dict[str, Callable[[], object]] = {
    "a title": lambda: Event.objects.filter(title="Concert").update(title="Concert by night"),
    "a price": lambda: Event.objects.filter(title="Concert").update(price_min=3, price_max=3, currency="EUR"),
    "a new event": lambda: make_event("Second concert", category="music", local="2026-12-05T22:00"),
    "one that is hidden": lambda: Event.objects.filter(title="Concert").update(visibility="hidden"),
    "the place": lambda: Venue.objects.update(name="Club"),
    "the picture": lambda: Image.objects.update(width=1200, hash="b" * 64),
    "the address of the city": lambda: City.objects.filter(slug="berlin").update(code="BERLIN-2"),
}


@pytest.fixture
def concert() -> Any:
    with time_machine.travel("2026-12-05T18:00:00+00:00", tick=False):
        picture = Image.objects.create(hash="a" * 64, width=640, height=360, bytes=9000, colour="#102030")
        make_city("potsdam")
        make_event("Reading", category="talks")
        yield make_event("Concert", category="music", venue=make_venue("Klub"), image=picture)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts, write = [], lists._written

    def counting(*args: Any, **kwargs: Any) -> str:
        texts.append(write(*args, **kwargs))
        return texts[-1]

    monkeypatch.setattr(lists, "_written", counting)
    return texts


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_seen_at_once_and_by_nobodys_word(client: Client, change: str) -> None:
    before = {path: client.get(path).json() for path in LISTS}
    CHANGES[change]()
    for path in LISTS:
        after = client.get(path).json()
        rendered.MEMORY.clear()
        assert after == client.get(path).json(), path
        assert after != before[path], path


def test_what_is_the_same_is_written_once_and_costs_one_query(client: Client, written: list[str]) -> None:
    first = client.get(LISTS[0])
    with CaptureQueriesContext(connection) as captured:
        again = client.get(LISTS[0])
    assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])
    assert (len(captured), len(written)) == (1, 1)


def test_each_question_has_an_answer_of_its_own(client: Client, written: list[str]) -> None:
    for path in LISTS * 2:
        client.get(path)
    assert len(written) == len(LISTS) + 1  # the long one each time
    assert len(set(written)) == len(LISTS)


def test_neither_last_nights_answer_nor_another_citys_is_taken(client: Client) -> None:
    assert client.get("/api/events/berlin").json()["date_from"] == "2026-12-05"
    assert client.get("/api/events/potsdam").json()["events"] == []
    with time_machine.travel("2026-12-06T18:00:00+00:00", tick=False):
        assert client.get("/api/events/berlin").json()["date_from"] == "2026-12-06"
