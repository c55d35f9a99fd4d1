"""One database is migrated, and kept until a migration changes; each worker of each run gets a copy of it."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import django
import psutil
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql
from pytest_django import DjangoDbBlocker

from nocturne.trail import FOLLOWED, triggers

COMMITTING = frozenset(("live_server", "transactional_db"))  # fixtures whose tests empty the tables
LOCK = 5_402_611  # of all runs on a server: one of them migrates


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Instead of pytest-django's, which migrates a database for each worker."""
    with django_db_blocker.unblock(), _clone(again=request.config.getoption("create_db")):
        # What migrations wrote is restored after tests that empty the tables.
        connection._test_serialized_contents = connection.creation.serialize_db_to_string()
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        fixtures = COMMITTING.intersection(getattr(item, "fixturenames", ()))
        if fixtures or (marker and marker.kwargs.get("transaction")):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


@contextlib.contextmanager
def _clone(*, again: bool) -> Iterator[None]:
    """Have Django use a copy of the template."""
    original = connection.settings_dict["NAME"]
    template = f"test_{original}_template"
    copies = f"test_{original}_run_"
    copy = f"{copies}{os.environ['TEST_RUN']}_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _drop_leftovers(cursor, copies)
        if again or _digest_of(cursor, template) != _digest():
            _migrate(cursor, template)
        _execute(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", copy)
        _execute(cursor, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", copy, template)
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:
            _execute(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", copy)
        connection.settings_dict["NAME"] = original


def _digest() -> str:
    """Changes with any migration, with Django, which has some of its own, and with the triggers of the trail."""
    digest = hashlib.sha256(f"{django.__version__}{triggers.FUNCTION}{FOLLOWED}".encode())
    for app in apps.get_app_configs():
        for file in sorted((Path(app.path) / "migrations").glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _digest_of(cursor: CursorWrapper, name: str) -> str | None:
    cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
    row = cursor.fetchone()
    return row[0] if row else None


def _migrate(cursor: CursorWrapper, name: str) -> None:
    _execute(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _execute(cursor, "CREATE DATABASE {}", name)
    connection.close()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    # Only now: a template that was not finished has no digest, and is made again.
    cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(_digest())))


def _drop_leftovers(cursor: CursorWrapper, prefix: str) -> None:
    """Drop the copies of runs that were killed; on a server of our own, where all runs are this machine's."""
    if "postgres" not in os.environ["TEST_SERVERS"].split():
        return
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    for (name,) in cursor.fetchall():
        if not psutil.pid_exists(int(name.removeprefix(prefix).split("_")[0])):
            _execute(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(cursor: CursorWrapper, statement: str, *names: str) -> None:
    cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
