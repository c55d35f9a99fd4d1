"""How processes reach PostgreSQL: one by one, or web processes through a pool of connections; settings.py asks."""

import os
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from nocturne.configuration import value

# gunicorn.conf.py says in each web process among how many of them the connections of the machine are divided.
PROCESSES = "NOCTURNE_WEB_PROCESSES"
# The name that connections of pools have in pg_stat_activity.
POOLED = "nocturne web"
# Beside a thread for each request a web process has those that watch it, and those that answer /health.
BESIDE_THREADS = 2
WAIT_SECONDS = 5.0
RECYCLED_SECONDS = 300.0


def config(url: str) -> dict[str, Any]:
    """Django's settings of a database URL; `postgresql+asyncpg://`, as other stacks spell it, is understood."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme.split("+")[0] in ("postgres", "postgresql"):
        url = f"postgresql://{rest}"
    found: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if found.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must be postgresql://…: PostgreSQL is the one database.")
    found["CONN_HEALTH_CHECKS"] = True
    # A pooler gives each transaction another session: a cursor that lives on, or a prepared statement, is not there.
    found["DISABLE_SERVER_SIDE_CURSORS"] = value("DB_POOLER")
    options = found.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", int(WAIT_SECONDS))
    options["prepare_threshold"] = None
    if "host" in options:  # ?host=/dir is how a URL names a Unix socket
        found["HOST"] = options.pop("host")
    processes = int(os.environ.get(PROCESSES) or 0)
    options.setdefault("application_name", POOLED if processes else "nocturne")
    pooled = pool(max(1, processes))  # asked for by all processes, so that each refuses what cannot be
    if processes:
        options["pool"] = pooled
    found["CONN_MAX_AGE"] = 0 if processes else value("DB_CONN_MAX_AGE")
    return found


def pool(processes: int) -> dict[str, Any]:
    """Options of the pool of one of so many web processes."""
    most = max(1, value("DB_POOL_MAX") // processes)
    return {
        "min_size": min(most, value("DB_POOL_SIZE") // processes),
        "max_size": most,
        "max_lifetime": RECYCLED_SECONDS,
        # who finds none free waits as long as for a connection of its own
        "timeout": WAIT_SECONDS,
        # after that it is tried again by who needs one: growing pauses would outlast the database's absence
        "reconnect_timeout": WAIT_SECONDS,
    }


def most_processes(threads: int) -> int:
    """How many web processes of so many threads DB_POOL_MAX suffices for, so that no thread waits for a connection."""
    return int(value("DB_POOL_MAX")) // (threads + BESIDE_THREADS)
