"""What the tests of watching share: a site in which all is well, and one that knows nobody's counts."""

import datetime as dt
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from nocturne.models import User
from nocturne.watching import conditions, disks, evaluation, heartbeats, minutes, queue

NOW = dt.datetime(2026, 12, 4, 20, 0, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Site:
    """Looks once a minute from NOW on, with a worker and beat that are alive."""

    def __init__(self) -> None:
        self.now = NOW
        self.adder = minutes.Adder()
        self.alive = ["worker", "beat", "web"]

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.adder.add(now=self.now)
            for kind in self.alive:
                heartbeats.beat(kind, now=self.now)
            disks.note(now=self.now)
            assert evaluation.evaluate(now=self.now)
            self.now += MINUTE


@pytest.fixture
def site(db: None) -> Site:
    return Site()


@pytest.fixture
def ada(db: None) -> User:
    """Who gets the mail."""
    return User.objects.create_superuser("ada@example.org", "secret-of-ada")


@pytest.fixture(autouse=True)
def _only_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conditions of apps have tests of their own."""
    own = {name: one for name, one in conditions.registered().items() if one.__module__ == conditions.__name__}
    monkeypatch.setattr(conditions, "_conditions", own)
    monkeypatch.setattr(evaluation, "TIDY", dt.timedelta(days=999))


@pytest.fixture
def no_valkey(settings: Any) -> Iterator[None]:
    """Nothing listens where cache and queue should be."""
    queue._client.cache_clear()
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}
    yield
    queue._client.cache_clear()


@pytest.fixture
def hanging_valkey(settings: Any) -> Iterator[None]:
    """Cache and queue take connections and never answer, as a process that is stopped."""
    queue._client.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}"
        settings.CELERY_BROKER_URL = f"{url}/0"
        settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": f"{url}/1"}}
        yield
    queue._client.cache_clear()


class Receiver:
    """A server that remembers what it was asked, and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[tuple[str, str, Any]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.asked.append((self.command, self.path, json.loads(body) if body else None))
                self.send_response(receiver.status)
                self.end_headers()

            do_POST = do_GET  # noqa: N815

            def log_message(self, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class Trouble:
    """A condition that says what it is told."""

    def __init__(self) -> None:
        self.messages: dict[str, str] = {}

    def __call__(self, now: dt.datetime) -> list[conditions.Trouble]:
        return [conditions.Trouble(key, message) for key, message in self.messages.items()]


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    made = Trouble()
    monkeypatch.setattr(conditions, "_conditions", {"moons": made})
    return made
