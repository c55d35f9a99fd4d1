"""A site to which events can be sent in, on the first of December: nothing is sent or read before a test says so."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.factories import make_city
from tests.scraping.sending import NOW, make_editor


@pytest.fixture(autouse=True)
def at(db: None, settings: Settings) -> Iterator[Any]:
    settings.SITE_URL = "https://nocturne.example"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    cache.clear()
    make_city()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
    cache.clear()


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the submissions whose mail a worker was asked to send."""
    return _asked(monkeypatch, "send_submission_mail")


@pytest.fixture(autouse=True)
def pasted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the pasted links that a worker was asked to read."""
    return _asked(monkeypatch, "read_pasted")


def _asked(monkeypatch: pytest.MonkeyPatch, task: str) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(f"scraping.tasks.{task}.apply_async", lambda args, **options: ids.append(*args))
    return ids


@pytest.fixture
def visitor() -> Client:
    """A browser on a page of ours."""
    return Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def editor() -> Client:
    """Signed in."""
    client = Client()
    client.force_login(make_editor())
    return client
