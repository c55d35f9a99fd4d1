"""Valkey stopped, hung, full or started anew: nobody waits, nothing fails, and it comes back by itself."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from nocturne import cache as module, entries, valkey
from nocturne.cache import bump, cached, generation
from nocturne.dev.engines import Valkey
from nocturne.entries import MEMORY
from nocturne.quotas import REST_SECONDS
from tests.factories import make_city, make_event


class Server:
    """A Valkey of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._engine = Valkey(folder, durable=False)
        self._engine.prepare()
        self.url = self._engine.url
        self.start()

    def start(self) -> None:
        self._process = self._engine.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self._engine.ready(self._process):
            time.sleep(0.01)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    found = Server(tmp_path)
    default = settings.CACHES["default"]
    settings.CACHES = {"default": {**default, "LOCATION": f"{found.url}/1"}}
    settings.PAGE_CACHE_SECONDS = 900
    yield found
    found.stop()


def nobody_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str) -> None:
        raise AssertionError("Valkey was asked.")

    monkeypatch.setattr(valkey, "_client", refuse)


@pytest.mark.parametrize("trouble", ["stopped", "hung"])
def test_after_one_failure_nobody_asks_and_memory_answers(
    server: Server, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    calls = []

    @cached(ttl=300, key_prefix="events")
    def events(city_id: int) -> int:
        calls.append(city_id)
        return city_id

    events(7)
    cache.set("x", 1)
    monkeypatch.setattr(valkey, "REST_SECONDS", 60)
    if trouble == "stopped":
        server.stop()
    else:
        server.hang()
    assert events(7) == 7  # the one that finds out
    nobody_may_ask(monkeypatch)
    assert [events(7) for _ in range(3)] == [7] * 3
    assert calls == [7]  # memory knew it
    assert events(8) == events(8) == 8
    assert calls == [7, 8]
    assert generation(7) == ""
    cache.set("y", 2)
    assert (cache.get("x"), cache.get("y"), cache.get_many(["y"])) == (None, 2, {"y": 2})
    assert cache.add("y", 3) is False
    assert cache.incr("y") == 3
    if trouble == "hung":
        server.go_on()
    else:
        server.start()


def test_memory_answers_alone_for_some_seconds_only(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    @cached(ttl=300, key_prefix="events")
    def events(city_id: int) -> int:
        calls.append(city_id)
        return city_id

    server.stop()
    events(7)
    events(7)
    assert calls == [7]
    monkeypatch.setattr(entries, "AWAY_SECONDS", 0)
    events(7)
    assert calls == [7, 7]
    server.start()


def test_a_bump_while_it_is_away_is_made_up_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    @cached(ttl=300, key_prefix="events")
    def events(city_id: int) -> int:
        calls.append(city_id)
        return city_id

    monkeypatch.setattr(valkey, "REST_SECONDS", 0.05)
    monkeypatch.setattr(module, "REST_SECONDS", 0.05)
    events(7)
    elsewhere = MEMORY.get("events:7")
    before = generation(7)
    server.hang()
    bump(7)  # an editor hides something
    assert MEMORY.get("events:7") is None
    server.go_on()
    while module._unsent:
        time.sleep(0.01)
    assert generation(7) not in ("", before)
    assert elsewhere is not None
    MEMORY.put("events:7", *elsewhere)  # as another process still has it
    events(7)
    assert calls == [7, 7]


def test_a_restart_is_not_noticed(server: Server) -> None:
    cache.set("x", 1)
    assert generation(7)
    server.stop()
    server.start()
    assert generation(7)
    assert not valkey.breaker().is_open


def test_a_full_one_is_read_and_what_it_refuses_is_made_each_time(server: Server) -> None:
    calls = []

    @cached(ttl=300, key_prefix="events")
    def events(city_id: int) -> int:
        calls.append(city_id)
        return city_id

    events(7)
    valkey.ask(lambda client: client.config_set("maxmemory", 1))
    assert events(7) == 7
    assert calls == [7]
    assert events(8) == 8
    cache.set("x", 1)
    bump(7)
    assert not valkey.breaker().is_open
    valkey.ask(lambda client: client.config_set("maxmemory", 0))
    while module._unsent:
        time.sleep(0.01)
    events(7)
    assert calls.count(7) == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_pages_under_way_all_succeed_while_it_stops_hangs_and_comes_back(server: Server, settings: Any) -> None:
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE = settings.RATE_LIMIT_REQUESTS_PER_HOUR = 100_000
    settings.RATE_LIMIT_BURST = 10_000
    city = make_city()
    event = make_event("Concert", local=f"{city.tonight()}T20:00", city=city)
    paths = ["/", "/berlin/", "/berlin/list?when=tonight", "/berlin/calendar.ics", event.get_absolute_url()]
    done, answers = threading.Event(), dict[str, list[tuple[int, bool, float]]]()
    phase = ["before"]

    def visit() -> None:
        client = Client(raise_request_exception=False)
        number = 0
        while not done.is_set():
            now, began = phase[0], time.perf_counter()
            response = client.get(paths[number % len(paths)])
            told = b"Concert" in response.content or number % len(paths) == 0
            answers.setdefault(now, []).append((response.status_code, told, time.perf_counter() - began))
            number += 1
        connections.close_all()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    steps = (("stopped", server.stop), ("started", server.start), ("hung", server.hang), ("back", server.go_on))
    for name, step in (("before", lambda: None), *steps):
        phase[0] = name
        step()
        time.sleep(REST_SECONDS / 2)
    done.set()
    for thread in threads:
        thread.join()
    for name, seen in answers.items():
        slowest = max(seconds for _, _, seconds in seen)
        print(f"{name:8} {len(seen):5} requests, slowest {slowest:.3f} s")
    assert set(answers) == {"before", "stopped", "started", "hung", "back"}
    assert {(status, told) for seen in answers.values() for status, told, _ in seen} == {(200, True)}
    assert generation(city.pk)  # it is used again
