"""Statements that PostgreSQL parses and plans once for a connection: some take longer to plan than to run."""

import hashlib
from typing import Any
from weakref import WeakKeyDictionary

from django.db import OperationalError, connection
from psycopg import Connection
from psycopg.pq import ExecStatus

_known: WeakKeyDictionary[Connection[Any], set[str]] = WeakKeyDictionary()


class Statement:
    """SQL with %(name)s in the place of each value; %% is a per cent sign. Types follow from the places, or casts.

    Logs name it by its `title`, an identifier.
    """

    def __init__(self, title: str, sql: str, *names: str) -> None:
        self._title, self._sql = title, sql
        self._numbered = (sql % {name: f"${number}" for number, name in enumerate(names, 1)}).encode()
        self._execute = f"({', '.join(f'%({name})s' for name in names)})"

    def row(self, **values: Any) -> tuple[Any, ...]:
        """The first row for these values, one for each name."""
        with connection.cursor() as cursor:
            if is_pooled():
                cursor.execute(self._sql, values)
            else:
                name = prepared(connection.connection, self._numbered, self._title)
                cursor.execute(f"EXECUTE {name}{self._execute}", values)
            found: tuple[Any, ...] = cursor.fetchone()
        return found


def is_pooled() -> bool:
    """Whether a pooler is in between, which may hand the next question to a connection that knows no names."""
    return bool(connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"])


def prepared(own: Connection[Any], statement: bytes, title: str) -> str:
    """The name by which this connection knows a statement with $1, $2, ... in the places of its values."""
    name = f"{title}_{hashlib.sha256(statement).hexdigest()[:16]}"
    known = _known.setdefault(own, set())
    if name not in known:
        check(own.pgconn.prepare(name.encode(), statement))
        known.add(name)
    return name


def check(result: Any) -> None:
    """Raise OperationalError with PostgreSQL's own words if it says that something failed."""
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise OperationalError(result.error_message.decode("utf-8", "replace").strip())
