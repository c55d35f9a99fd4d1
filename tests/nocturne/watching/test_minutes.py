"""Counts by the minute: added once, over all processes, and read as numbers and percentiles."""

import datetime as dt

import pytest

from nocturne import metrics
from nocturne.models import Minute
from nocturne.watching import minutes
from nocturne.watching.minutes import Adder, Span

from .conftest import MINUTE, NOW

pytestmark = pytest.mark.django_db


def served(count: int, *, seconds: float = 0.03, status: str = "2xx", view: str = "events:city") -> None:
    for _ in range(count):
        metrics.request_seconds.labels(view, "GET", status).observe(seconds)


def values(at: dt.datetime = NOW) -> dict[str, float]:
    rows = Minute.objects.filter(at=at.replace(second=0))
    return dict(rows.values_list("name", "value"))


def test_what_a_process_counts_is_added_once_to_the_minute() -> None:
    served(3)  # before it is watched
    adder = Adder()
    served(5, seconds=0.3)
    served(2, status="5xx")
    adder.add(now=NOW)
    adder.add(now=NOW)
    found = values()
    assert (found["requests"], found["errors"]) == (7, 2)
    assert (found["within:0.2"], found["within:0.35"], found["within:10"]) == (2, 7, 7)
    served(1)
    adder.add(now=NOW + MINUTE)
    assert values()["requests"] == 7
    assert values(NOW + MINUTE)["requests"] == 1


def test_two_processes_add_to_the_same_minute() -> None:
    minutes.add({"requests": 2, "errors": 1}, now=NOW)
    minutes.add({"requests": 3, "mail:sent": 4}, now=NOW + dt.timedelta(seconds=20))
    assert values() == {"requests": 5, "errors": 1, "mail:sent": 4}


def test_what_is_measured_is_written_over() -> None:
    minutes.note({"queue": 7}, now=NOW)
    minutes.note({"queue": 3}, now=NOW)
    assert values() == {"queue": 3}


def test_what_could_not_be_added_is_added_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    adder = Adder()
    served(4)
    with monkeypatch.context() as broken:
        broken.setattr(minutes, "connection", None)
        with pytest.raises(AttributeError):
            adder.add(now=NOW)
    served(1)
    adder.add(now=NOW)
    assert values()["requests"] == 5


def test_what_machines_ask_is_not_counted() -> None:
    adder = Adder()
    for view in minutes.UNCOUNTED:
        served(1, view=view)
    adder.add(now=NOW)
    assert not values()


def test_other_counts_have_names_of_their_own() -> None:
    adder = Adder()
    metrics.cache_hits.labels("page").inc(3)
    metrics.cache_hits.labels("cards").inc()
    metrics.cache_misses.labels("page").inc()
    metrics.mails.labels("digest", "sent").inc(2)
    metrics.mails.labels("alert", "sent").inc()
    metrics.scrapes.labels("failed").inc()
    metrics.limit_hits.labels("page").inc()
    metrics.task_seconds.labels("events.tidy", "SUCCESS").observe(1)
    adder.add(now=NOW)
    assert values() == {
        "cache_hits": 4,
        "cache_misses": 1,
        "mail:sent": 3,
        "scrape:failed": 1,
        "limit_hits": 1,
        "tasks": 1,
    }


def test_spans_are_there_also_where_nothing_was() -> None:
    minutes.add({"requests": 2}, now=NOW)
    minutes.add({"requests": 3}, now=NOW + 3 * MINUTE)
    minutes.note({"queue": 9}, now=NOW)
    minutes.note({"queue": 4}, now=NOW + MINUTE)
    begin = NOW.replace(second=0)
    found = minutes.spans(begin, begin + 6 * MINUTE, each=2 * MINUTE)
    assert [span.since for span in found] == [begin, begin + 2 * MINUTE, begin + 4 * MINUTE]
    assert [span["requests"] for span in found] == [2, 3, 0]
    assert [span.highest.get("queue") for span in found] == [9, None, None]


def test_lately_is_the_last_minutes_and_the_one_that_has_begun() -> None:
    for ago in range(7):
        minutes.add({"requests": 10**ago}, now=NOW - ago * MINUTE)
    assert minutes.lately(5, now=NOW)["requests"] == 11111


def test_percentiles_are_read_off_between_the_edges() -> None:
    within = {name: 100.0 for name in minutes.EDGES if float(name.partition(":")[2]) >= 0.35}
    span = Span(NOW, {**within, "requests": 100, "within:0.2": 50})
    assert span.quantile(0.5) == pytest.approx(0.2)
    assert span.quantile(0.95) == pytest.approx(0.335)
    assert Span(NOW).quantile(0.5) is None
    assert Span(NOW, {"requests": 2}).quantile(0.5) == 10  # all took longer than the last edge


def test_how_many_took_longer_is_exact_at_an_edge() -> None:
    span = Span(NOW, {"requests": 100, "within:5": 94, "within:10": 96})
    assert span.slower_than(5) == 6
    assert span.slower_than(7) == 4  # the next edge above
    assert span.slower_than(60) == 0
    assert Span(NOW).slower_than(5) == 0


def test_minutes_are_forgotten_after_a_day(settings: object) -> None:
    minutes.add({"requests": 1}, now=NOW - dt.timedelta(hours=24, minutes=1))
    minutes.add({"requests": 1}, now=NOW - dt.timedelta(hours=23))
    minutes.forget(NOW)
    assert Minute.objects.count() == 1
