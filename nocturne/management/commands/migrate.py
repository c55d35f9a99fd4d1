import contextlib
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

# While it waits for a lock on a table all who come after it wait behind it.
LOCK_SECONDS = 3
ATTEMPTS = 20
PAUSE_SECONDS = 3


class Command(MigrateCommand):
    help = (
        "Update the tables of the database. The site may run meanwhile: a lock that is not to be had within"
        f" {LOCK_SECONDS} seconds is given up and tried again, so that visitors do not wait behind it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--attempts", type=int, default=ATTEMPTS, help="How often, %(default)s times if not given.")
        parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="Seconds between them (%(default)s).")

    def handle(self, *args: Any, attempts: int, pause: float, **options: Any) -> None:
        for attempt in range(1, attempts + 1):
            try:
                with _impatient(options["database"]):
                    super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if attempt == attempts:
                    raise CommandError(
                        "Somebody holds a table that is to be changed. What was done stays; find out who by"
                        " pg_stat_activity, and run it again."
                    ) from error
            self.stderr.write(f"Somebody holds a table that is to be changed; trying again ({attempt} of {attempts}).")
            time.sleep(pause)


@contextlib.contextmanager
def _impatient(alias: str) -> Iterator[None]:
    """Statements of this connection wait for a lock for LOCK_SECONDS; what an attempt left half is taken away first."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])
        _drop_half_built(cursor)
    try:
        yield
    finally:
        if connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def _drop_half_built(cursor: Any) -> None:
    """Drop indexes that were being built concurrently when that was given up: they are of no use, and in the way."""
    cursor.execute(
        """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT i.indisvalid AND n.nspname = current_schema()
          AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
        """
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
