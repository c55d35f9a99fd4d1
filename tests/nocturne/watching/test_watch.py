"""The thread in which a process watches itself."""

import datetime as dt

import pytest

from nocturne import metrics
from nocturne.models import Heartbeat, Minute
from nocturne.watching import conditions, heartbeats, watch
from nocturne.watching.watch import Watch

from .conftest import MINUTE, NOW, Trouble

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def alive(now: dt.datetime = NOW) -> dict[str, int]:
    return heartbeats.alive(within=MINUTE, now=now)


def test_a_look_adds_counts_beats_and_takes_the_turn_to_look_for_alerts(trouble: Trouble) -> None:
    looks: list[dt.datetime] = []
    conditions._conditions["looks"] = lambda now: looks.append(now) or ()  # type: ignore[func-returns-value]
    first, second = Watch("web"), Watch("worker")
    metrics.scrapes.labels("changed").inc()
    first.tick(now=NOW)
    assert Minute.objects.get(name="scrape:changed").value == 1
    assert alive() == {"web": 1, "worker": 0, "beat": 0}
    second.tick(now=NOW)
    assert alive() == {"web": 1, "worker": 1, "beat": 0}
    assert looks == [NOW]  # one of all
    first.tick(now=NOW + MINUTE)
    assert looks == [NOW, NOW + MINUTE]
    assert Minute.objects.get(name="alive:worker", at=NOW.replace(second=0)).value == 0  # before it came


def test_a_child_adds_what_it_counts_and_nothing_else() -> None:
    child = Watch("")
    metrics.scrapes.labels("failed").inc()
    child.tick(now=NOW)
    assert Minute.objects.get().name == "scrape:failed"
    assert not Heartbeat.objects.exists()


def test_at_its_end_it_adds_what_is_left_and_is_gone() -> None:
    ending = Watch("worker")
    heartbeats.beat("worker")
    metrics.scrapes.labels("failed").inc()
    ending.end()
    assert Minute.objects.get(name="scrape:failed").value == 1
    assert not Heartbeat.objects.exists()


def test_what_goes_wrong_is_told_and_the_next_look_comes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(**_: object) -> bool:
        raise ZeroDivisionError

    one = Watch("web")
    with monkeypatch.context() as broken:
        broken.setattr(watch.evaluation, "evaluate", fails)
        one.tick(now=NOW)
    assert "Watching failed." in caplog.text
    one.tick(now=NOW + MINUTE)
    assert alive(NOW + MINUTE)["web"] == 1


def test_the_memory_and_time_of_the_process_are_measured() -> None:
    Watch("").tick(now=NOW)
    labels = {"family": "process"}
    assert (metrics.REGISTRY.get_sample_value("nocturne_memory_bytes", labels) or 0) > 10_000_000
    assert (metrics.REGISTRY.get_sample_value("nocturne_cpu_seconds_total", labels) or 0) > 0
