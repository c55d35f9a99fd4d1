"""A database that is away: told by webhook, since nothing can be a row, and left as an alert that is over."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection

from nocturne.models import Alert, User
from nocturne.watching import queue
from nocturne.watching.watch import Watch

from .conftest import MINUTE, NOW, Receiver, Site

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def told(settings: Any, receiver: Receiver) -> Iterator[Receiver]:
    settings.ALERT_WEBHOOK_URL = receiver.url
    client = queue._client(settings.CELERY_BROKER_URL)
    client.delete("nocturne:database-away")
    yield receiver
    client.delete("nocturne:database-away")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Nothing listens where the database should be."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    yield monkeypatch
    monkeypatch.undo()
    connection.close()


def tick(watch: Watch, minutes: int) -> dt.datetime:
    now = NOW + minutes * MINUTE
    watch.tick(now=now)
    return now


def test_it_is_told_after_two_looks_once_an_hour_and_once_over_all_processes(
    site: Site, told: Receiver, away: pytest.MonkeyPatch
) -> None:
    first, second = Watch("web"), Watch("worker")
    tick(first, 0)
    first.tick(now=NOW + dt.timedelta(seconds=15))  # too soon to be a second look
    assert not told.asked
    tick(first, 1)
    tick(second, 1)
    tick(second, 2)
    tick(first, 2)
    [(_, _, body)] = told.asked
    assert body["alerts"][0]["key"] == "site:database"
    assert body["text"].startswith("Alert: The database cannot be reached")
    tick(first, 60)
    assert len(told.asked) == 1


def test_each_process_tells_it_while_valkey_is_away_too(
    site: Site, told: Receiver, away: pytest.MonkeyPatch, no_valkey: None
) -> None:
    for watch in (Watch("web"), Watch("worker")):
        tick(watch, 0)
        tick(watch, 1)
    assert len(told.asked) == 2


def test_when_it_is_back_an_alert_says_from_when_to_when(
    site: Site, ada: User, told: Receiver, away: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    watch, other = Watch("web"), Watch("worker")
    for minute in range(3):
        tick(watch, minute)
        tick(other, minute)
    away.undo()
    connection.close()
    back = tick(watch, 3)
    tick(other, 3)
    alert = Alert.objects.get(key="site:database")
    assert (alert.opened_at, alert.resolved_at) == (NOW, back)
    assert [body["alerts"][0]["state"] for _, _, body in told.asked] == ["open", "resolved"]
    assert mailoutbox[0].subject.startswith("Resolved: The database cannot be reached")


def test_one_look_that_finds_it_away_tells_nothing(site: Site, told: Receiver, away: pytest.MonkeyPatch) -> None:
    watch = Watch("web")
    tick(watch, 0)
    away.undo()
    connection.close()
    tick(watch, 1)
    assert not told.asked
    assert not Alert.objects.exists()
