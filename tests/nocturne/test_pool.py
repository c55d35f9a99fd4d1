"""Connections to PostgreSQL: a pool in web processes, and no new one for a request."""

import datetime as dt
import os
import re
import runpy
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone as clock

from nocturne import connections, database
from nocturne.celery import QUEUES, app
from nocturne.models import Heartbeat

ROOT = Path(__file__).resolve().parents[2]
URL = "postgresql://user@db.example.org/nocturne"


def config(**variables: str) -> dict[str, Any]:
    with mock.patch.dict(os.environ, {"ENVIRONMENT": "development", **variables}):
        return database.config(URL)


def test_only_web_processes_have_a_pool_and_divide_what_the_machine_may_have() -> None:
    alone = config()
    assert "pool" not in alone["OPTIONS"]
    assert alone["CONN_MAX_AGE"] == 60
    web = config(NOCTURNE_WEB_PROCESSES="4")
    assert web["CONN_MAX_AGE"] == 0
    assert (web["OPTIONS"]["pool"]["min_size"], web["OPTIONS"]["pool"]["max_size"]) == (5, 10)
    assert web["OPTIONS"]["pool"]["max_lifetime"] == 300
    many = config(NOCTURNE_WEB_PROCESSES="50", DB_POOL_SIZE="90")["OPTIONS"]["pool"]
    assert (many["min_size"], many["max_size"]) == (1, 1)


@pytest.mark.parametrize("pooler", ["true", "false"])
def test_a_pooler_meets_no_cursor_that_outlives_a_transaction_and_no_prepared_statement(pooler: str) -> None:
    found = config(DB_POOLER=pooler)
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is (pooler == "true")
    assert found["OPTIONS"]["prepare_threshold"] is None


def test_locks_end_with_their_transaction() -> None:
    code = [
        path
        for app in ("nocturne", "events", "quality", "scraping", "subscriptions")
        for path in ROOT.glob(f"{app}/**/*.py")
    ]
    assert len(code) > 100
    held = re.compile(r"pg_(try_)?advisory_lock|\bLISTEN\b|CREATE TEMP|set_config\([^)]*false\)")
    # migrate connects directly, as docs/operators.md says
    assert [path.name for path in code if held.search(path.read_text())] == ["migrate.py"]


def test_processes_and_threads_of_gunicorn_fit_the_connections() -> None:
    for cores, most in ((2, 2), (4, 4), (64, 6)):
        with mock.patch("os.cpu_count", return_value=cores):
            found = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
        assert (found["workers"], found["threads"], found["worker_class"]) == (most, 4, "gthread")
        assert database.pool(most)["max_size"] > found["threads"]
    with mock.patch.dict(os.environ, {"WEB_CONCURRENCY": "9", "WEB_THREADS": "2"}):
        found = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert (found["workers"], found["threads"]) == (9, 2)


def test_readings_have_a_queue_of_their_own_and_mail_does_not_wait_for_them() -> None:
    app.loader.import_default_modules()
    route = app.amqp.router.route
    found = {name: route({}, name)["queue"].name for name in app.tasks if not name.startswith("celery.")}
    assert {name for name, where in found.items() if where == "scraping"} == {
        name for name in found if name.startswith("scraping.") and "submission" not in name
    }
    assert found["subscriptions.send_digest"] == found["scraping.send_submission_mail"] == "celery"


def test_a_worker_without_options_serves_all_queues() -> None:
    assert tuple(one.name for one in app.conf.task_queues) == QUEUES


@pytest.mark.django_db
def test_more_connections_than_postgresql_takes_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        most = cursor.fetchone()[0]
    monkeypatch.setenv("DB_POOL_MAX", str(most // 4))
    assert connections.check(databases=["default"]) == []
    now = clock.now()
    for machine in "abcd":
        for process in (1, 2):
            Heartbeat.objects.create(name=f"web:{machine}:{process}", kind="web", at=now)
    Heartbeat.objects.create(name="web:gone:1", kind="web", at=now - dt.timedelta(hours=1))
    [told] = connections.check(databases=["default"])
    assert told.id == "nocturne.W001"
    assert told.msg.startswith("Machines with web processes: 4. With ")
    wanted, takes = map(int, re.findall(r"\d+", told.msg)[-2:])
    assert wanted > 4 * (most // 4) > takes - 4
    monkeypatch.setenv("DB_POOLER", "true")
    assert connections.check(databases=["default"]) == []
    assert connections.check(databases=None) == []
