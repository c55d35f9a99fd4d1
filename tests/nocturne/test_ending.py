"""SIGTERM: what is under way is finished, and what was killed is taken up again. With real processes."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis
from django.db import connection

from events.models import Event
from nocturne.celery import app
from tests.factories import make_event
from tests.processes import answer, database_url, eventually, free_port, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.django_db(transaction=True)]
PEERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """gunicorn with its defaults but two processes, and its address."""
    site = f"127.0.0.1:{free_port()}"
    connections = {"DB_POOL_SIZE": "4", "DB_POOL_MAX": "12"}
    web = start("gunicorn", "nocturne.wsgi", "--bind", site, "-w", "2", METRICS_DIR=str(tmp_path), **connections)
    with web as running:
        try:
            assert eventually(lambda: answer(f"http://{site}/health/live") == 200)
            yield f"http://{site}", running
        finally:
            running.terminate()


def peers() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(PEERS)
        return {pid for (pid,) in cursor.fetchall()}


def sessions() -> int:
    """How many sessions this database has had since it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@contextlib.contextmanager
def locked(table: str) -> Iterator[psycopg.Connection[Any]]:
    """Have everybody wait who reads a table, until the connection is rolled back."""
    with psycopg.connect(database_url()) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield holder


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def test_a_request_makes_no_connection(web: tuple[str, subprocess.Popen[bytes]]) -> None:
    site, _ = web
    page = f"{site}/sources/"  # asks the database each time
    with ThreadPoolExecutor(8) as visitors:
        assert set(visitors.map(answer, [page] * 60)) == {200}
        before, had = peers(), sessions()
        assert set(visitors.map(answer, [page] * 300)) == {200}
    assert len(peers()) <= 12
    assert len(before & peers()) >= 4, "the connections that were there are there still"
    assert sessions() - had <= 12


def test_web_processes_that_are_told_to_end_answer_what_they_were_asked(
    web: tuple[str, subprocess.Popen[bytes]],
) -> None:
    site, running = web
    with ThreadPoolExecutor(1) as visitor, locked("events_source") as holder:
        asked = visitor.submit(answer, f"{site}/sources/")
        assert eventually(waits)
        running.send_signal(signal.SIGTERM)
        assert not eventually(lambda: asked.done() or running.poll() is not None, 3)
        holder.rollback()
        assert asked.result(20) == 200
    assert running.wait(20) == 0


@pytest.fixture
def over() -> Event:
    """An event that the task of the tests archives, and a broker without anything else."""
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    return make_event("Vorbei", local="2025-03-01T20:00")


@contextlib.contextmanager
def worker(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    quiet = ("--without-gossip", "--without-mingle", "--concurrency=1", "--loglevel=ERROR")
    with start("celery", "--app=nocturne", "worker", *quiet, *options, ENABLE_METRICS="false") as running:
        try:
            yield running
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                family = psutil.Process(running.pid)
                for one in (*family.children(recursive=True), family):
                    one.kill()


def archived(event: Event) -> bool:
    return Event.objects.filter(pk=event.pk, visibility=Event.Visibility.ARCHIVED).exists()


def test_a_worker_that_is_told_to_end_ends_its_task_first(over: Event) -> None:
    with worker() as running, locked("events_event") as holder:
        app.send_task("events.cleanup_events")
        assert eventually(waits)
        running.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(2)
        holder.rollback()
        assert running.wait(30) == 0
    assert archived(over)


def test_the_task_of_a_worker_that_was_killed_is_run_by_another(over: Event) -> None:
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    with worker() as running, locked("events_event") as holder:
        app.send_task("events.cleanup_events")
        assert eventually(waits)
        for one in (psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)):
            one.kill()
        holder.rollback()
    assert broker.hlen("nocturne:unacked") == 1
    assert not archived(over)
    for message in broker.zrange("nocturne:unacked_index", 0, -1):
        broker.zadd("nocturne:unacked_index", {message: 0})  # as if VISIBILITY_SECONDS had gone by
    with worker():
        assert eventually(lambda: archived(over))


def test_readings_run_where_scrapers_are_and_nowhere_else(over: Event) -> None:
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    app.send_task("scraping.images_due")
    app.send_task("events.cleanup_events")
    assert (broker.llen("nocturne:scraping"), broker.llen("nocturne:celery")) == (1, 1)
    with worker("--queues=scraping"):
        assert eventually(lambda: broker.llen("nocturne:scraping") == 0)
    assert (broker.llen("nocturne:celery"), archived(over)) == (1, False)
    with worker():
        assert eventually(lambda: archived(over))
