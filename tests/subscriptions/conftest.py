from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from events.models import City
from nocturne.models import User
from subscriptions import sending
from tests.factories import make_city

from .issues import NINE


@pytest.fixture(autouse=True)
def _counters() -> Iterator[None]:
    """Limits of one test do not count in the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = "https://nocturne.example"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the subscriptions whose confirmation was queued with the worker."""
    queued: list[int] = []
    monkeypatch.setattr(
        "subscriptions.tasks.send_confirmation.apply_async", lambda args, **options: queued.append(*args)
    )
    return queued


@pytest.fixture
def berlin(db: None) -> City:
    return make_city()


@pytest.fixture
def visitor() -> Client:
    """A browser on a page of ours."""
    return Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def at(settings: Any) -> Iterator[Any]:
    """Nine o'clock on the Monday of an issue, to be moved on."""
    settings.DIGEST_PAUSE = 0
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Signed in; what is released is sent at once."""
    monkeypatch.setattr("subscriptions.tasks.send_digest.apply_async", lambda args, **options: sending.send(*args))
    client = Client()
    client.force_login(User.objects.create(email="editor@example.org", is_staff=True, is_superuser=True))
    return client
