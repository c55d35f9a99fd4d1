"""Databases of benches: migrated once, and copied for each, since migrating takes longer than most of them."""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
PREFIX = "bench_"
LOCK = 5_402_613  # of all benches on a server: one of them makes what is copied


def use_settings() -> None:
    """Settings of development, with the servers that the tests use and nothing of the developer's .env."""
    from nocturne.dev import servers

    names = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    missing = [name for name, variable in names.items() if not os.environ.get(variable)]
    for name, url in servers.ensure(ROOT / ".data" / "test", *missing, durable=False).items():
        os.environ[names[name]] = f"{url}/4090" if name == "valkey" else url
    os.environ |= {
        "ENVIRONMENT": "development",
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "nocturne.settings",
        "CACHE_PREFIX": f"bench-{os.getpid()}",
        "SLOW_QUERY_SECONDS": "0",
        "SLOW_REQUEST_SECONDS": "0",
    }
    import django

    django.setup()
    import logging

    logging.disable(logging.INFO)


@contextlib.contextmanager
def database() -> Iterator[None]:
    """A migrated database of this run's own."""
    with copy_of("empty", stamp=_digest(), fill=lambda: None):
        yield


@contextlib.contextmanager
def copy_of(name: str, *, stamp: str, fill: Callable[[], None]) -> Iterator[None]:
    """Have Django use a copy, of this run's own, of the database of that name. It is migrated and filled first unless
    there is one of the same stamp, and stays for the next run; those of other stamps of the name's first word go."""
    from nocturne.backups import connected_to

    template = f"{PREFIX}{name}"
    with _elsewhere() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _drop_former(cursor, f"{PREFIX}{name.split('_')[0]}", stamp)
        if _stamps(cursor, template).get(template) != stamp:
            cursor.execute(f"CREATE DATABASE {template}")
            with connected_to(template):
                from django.core.management import call_command

                call_command("migrate", verbosity=0, interactive=False)
                fill()
            cursor.execute(f"COMMENT ON DATABASE {template} IS '{stamp}'")  # only now: else it is made again
        copy = f"{template}_copy_{os.getpid()}_{time.monotonic_ns()}"
        cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {template} STRATEGY FILE_COPY")
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    try:
        with connected_to(copy):
            yield
    finally:
        with _elsewhere() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")


def digest_of(*parts: object) -> str:
    """Changes with the migrations and with what is named."""
    return hashlib.sha256(f"{_digest()}{parts}".encode()).hexdigest()


def database_seconds() -> float:
    """Of CPU that the database's process of our connection has taken; 0 where it runs on another machine."""
    from django.db import connection

    connection.ensure_connection()
    return cpu_of(connection.connection.info.backend_pid)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has taken; 0 if it is gone. Where the kernel counts them, its scheduler's
    nanoseconds, since the usual hundredths are more than a kept page takes; these know what ended threads took."""
    spent = [0.0]
    with contextlib.suppress(OSError, IndexError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        spent.append(sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9)
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        spent.append(float(times.user + times.system))
    return max(spent)


def _digest() -> str:
    from tests import databases

    return databases._digest()


@contextlib.contextmanager
def _elsewhere() -> Iterator[Any]:
    """A cursor in no database of a bench."""
    from django.db import connection

    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        yield cursor


def _stamps(cursor: Any, prefix: str) -> dict[str, str]:
    cursor.execute(
        "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
        " WHERE starts_with(datname, %s)",
        [prefix],
    )
    return dict(cursor.fetchall())


def _drop_former(cursor: Any, prefix: str, stamp: str) -> None:
    """Drop what other states of the schema left, what was not finished, and copies whose run was killed."""
    for name, found in _stamps(cursor, prefix).items():
        _, is_copy, run = name.partition("_copy_")
        if psutil.pid_exists(int(run.split("_")[0])) if is_copy else found == stamp:
            continue
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
