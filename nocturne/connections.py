"""Whether PostgreSQL takes as many connections as the processes that run may open; a check of Django's.

It needs the database: manage.py check --database default, and migrate.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections
from django.utils import timezone as clock

from nocturne.configuration import value
from nocturne.database import POOLED

ALIVE = dt.timedelta(minutes=5)

_SETTINGS = """
    SELECT sum(setting::int) FILTER (WHERE name = 'max_connections'),
           sum(setting::int) FILTER (WHERE name LIKE '%%reserved_connections')
    FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""
# Of all processes but those that have pools, on the whole server: workers, beats, commands, and what else uses it.
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> %s
"""
# Heartbeats are named kind:machine:process; the table is not there before the first migration.
_MACHINES = """
    SELECT count(DISTINCT split_part(name, ':', 2)) FROM nocturne_heartbeat WHERE kind = 'web' AND at >= %s
"""


@checks.register(checks.Tags.database)
def check(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    if "default" not in (databases or ()) or value("DB_POOLER"):  # whose own limit is another
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(_SETTINGS)
        most, reserved = cursor.fetchone() or (0, 0)
        cursor.execute(_OTHERS, [POOLED])
        (others,) = cursor.fetchone() or (0,)
        cursor.execute("SELECT to_regclass('nocturne_heartbeat') IS NOT NULL")
        machines = 0
        if (cursor.fetchone() or (False,))[0]:
            cursor.execute(_MACHINES, [clock.now() - ALIVE])
            (machines,) = cursor.fetchone() or (0,)
    machines = max(1, machines)
    wanted = machines * int(value("DB_POOL_MAX")) + others
    if wanted <= most - reserved:
        return []
    return [
        checks.Warning(
            f"Machines with web processes: {machines}. With {others} connections that others have now they may have"
            f" {wanted} to PostgreSQL, which takes {most - reserved}.",
            hint="Lower DB_POOL_MAX, raise max_connections of PostgreSQL, or put a pooler in between (DB_POOLER).",
            id="nocturne.W001",
        )
    ]
