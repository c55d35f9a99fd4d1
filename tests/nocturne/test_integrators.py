"""What docs/integrators.md promises: every address in it answers, and its examples are what the site gives."""

import html
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from events.models import Event, Series
from tests.factories import make_event, make_listing, make_source, make_venue
from tests.html import parsed

pytestmark = pytest.mark.django_db
TEXT = (Path(__file__).resolve().parents[2] / "docs/integrators.md").read_text()
TYPES = {"ics": "text/calendar", "atom": "application/atom+xml", "json": "application/feed+json"}


@pytest.fixture(autouse=True)
def friday(settings: Any) -> Any:
    settings.SITE_URL = "https://example.org"
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


@pytest.fixture
def event() -> Event:
    """The one of the examples; its venue, its series and itself have the number 1."""
    where = {"address": "Warschauer Str. 10", "latitude": 52.5, "longitude": 13.45}
    venue = make_venue("Klub Null", pk=1, **where)
    source = make_source(publisher="Klub Null")
    event = make_event(
        "Jazz",
        pk=1,
        root_id=1,
        local="2026-12-05T20:00",
        local_end="2026-12-05T23:00",
        venue=venue,
        series=Series.objects.create(pk=1, source=source, key="jam", title="Jam Session"),
        category="music",
        price_min=Decimal(12),
        price_max=Decimal(18),
        currency="EUR",
        **where,
    )
    make_listing(event, source=source, url="https://klub-null.example/jazz")
    return event


def test_every_address_answers_with_what_it_says(client: Client, event: Event) -> None:
    paths = re.findall(r"`(/(?:berlin|embed|series)/[^`]*)`", TEXT)
    assert len(paths) >= 22
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200, path
        form = path.partition("?")[0].rpartition(".")[2]
        assert response["Content-Type"].startswith(TYPES.get(form, "text/html")), path
        assert "Jazz" in response.content.decode(), path
        assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304, path


def test_the_event_of_the_example_is_one_that_the_feed_has(client: Client, event: Event) -> None:
    [example] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    [item] = client.get("/berlin/feed.json").json()["items"]
    assert list(json.loads(example).items()) == list(item["_event"].items())


def test_the_lines_for_other_sites_are_those_under_a_list(client: Client, event: Event) -> None:
    [example] = re.findall(r"```html\n(.*?)```", TEXT, re.DOTALL)
    shown = parsed(client.get("/berlin/?category=music")).css_first(".snippet").text()
    assert html.unescape(shown).strip() == example.strip()
