"""The status page of the admin."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nocturne.alerts import raise_alert
from nocturne.models import User
from nocturne.watching import heartbeats, minutes
from tests.html import parsed, text_of, texts

from .conftest import MINUTE, NOW

pytestmark = pytest.mark.django_db
PATH = "/admin/status/"


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ada@example.org", "secret-of-ada"))
    return client


@pytest.fixture(autouse=True)
def _at_night() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def test_without_counts_it_says_when_there_will_be_some(operator: Client) -> None:
    page = parsed(operator.get(PATH))
    assert text_of(page, ".empty").startswith("Nothing was counted in this span.")
    assert not page.css("svg.chart")
    assert "There is none." in text_of(page, "#content")


def test_where_nothing_is_counted_it_says_which_setting_does_that(operator: Client, settings: Any) -> None:
    settings.ENABLE_METRICS = False
    assert text_of(parsed(operator.get(PATH)), ".empty") == "Nothing is counted: ENABLE_METRICS is off."


def test_an_hour_is_drawn_and_written_down(operator: Client) -> None:
    for ago in (1, 2, 50):
        at = NOW - ago * MINUTE
        within = {name: 90.0 for name in minutes.EDGES if float(name.partition(":")[2]) >= 0.2}
        minutes.add(
            {"requests": 100, "errors": 7, "mail:sent": 3, "cache_hits": 3, "cache_misses": 1, **within}, now=at
        )
        minutes.note({"queue": 5, "alive:worker": 2, "disk": 41.4}, now=at)
    minutes.add({"requests": 999}, now=NOW)  # a part of a minute would look low
    page = parsed(operator.get(PATH))
    titles = texts(page, "figure h2")
    assert titles[:4] == ["Requests", "Time to answer, in ms", "Found in the cache, in %", "Mail"]
    assert len(page.css("svg.chart")) == len(titles) == 7
    assert texts(page, "figure .quiet")[0] == "Requests: 300. Failed: 21. Came too often: 0."
    requests = page.css("svg.chart")[0]
    assert len(requests.css("rect.part-0")) == len(requests.css("rect.part-1")) == 3
    rate = page.css("svg.chart")[2]
    assert len(rate.css("polyline")) == 2  # with a gap where nothing was looked for
    rows = page.css(".numbers tbody tr")
    assert len(rows) == 3
    cells = texts(rows[0], "th, td")
    assert cells[:3] == ["19:59", "100", "7"]
    assert cells[6] == "75"  # of the cache
    assert cells[-4:] == ["5", "2", "–", "41"]
    assert not page.css("script:not([src])")
    assert not page.css("[style]")


def test_a_day_has_the_latest_minute_in_it(operator: Client) -> None:
    minutes.add({"requests": 5}, now=NOW)
    minutes.add({"requests": 7}, now=NOW - dt.timedelta(hours=20))
    page = parsed(operator.get(PATH, {"span": "day"}))
    assert texts(page, "figure .quiet")[0].startswith("Requests: 12.")
    assert text_of(page, ".spans [aria-current]") == "The last 24 hours"


def test_it_shows_what_is_wrong_now(operator: Client) -> None:
    raise_alert("site:disk", "91 % of the disk is used. Make <room>.", severity="error")
    heartbeats.beat("web")
    page = parsed(operator.get(PATH))
    assert "91 % of the disk is used. Make <room>." in text_of(page, ".alerts")
    assert "1 web process, 0 workers, 0 beat" in text_of(page, "#content")
    assert "No worker is heard of." in text_of(page, ".checks")


def test_it_asks_no_more_where_there_is_more(operator: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            operator.get(PATH)
        return len(asked)

    minutes.add({"requests": 5}, now=NOW - MINUTE)
    raise_alert("one", "One.")
    before = count()
    for ago in range(2, 60):
        minutes.add({"requests": 5, "mail:sent": 1}, now=NOW - ago * MINUTE)
        raise_alert(f"alert {ago}", "Another.")
    assert count() == before


def test_it_is_for_those_who_may_see_alerts(client: Client) -> None:
    assert client.get(PATH).status_code == 302
    client.force_login(User.objects.create(email="e@example.org", password="!", is_staff=True))
    assert client.get(PATH).status_code == 403
