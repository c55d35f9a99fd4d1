"""How long things take: in performance.log what is asked for, and slow queries as warnings in database.log."""

import contextlib
import functools
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from nocturne import metrics
from nocturne.logs import work

performance = logging.getLogger("performance")
database = logging.getLogger("database.slow")

# Characters of a slow query that are logged.
SQL_LENGTH = 1000
# The rows of an INSERT after the first, which are all alike.
_ROW = r"\(%s(?:[^()]|\([^()]*\))*\)"
_MORE_ROWS = re.compile(rf"({_ROW})(?:, {_ROW})+")


@contextlib.contextmanager
def timed(name: str, **fields: object) -> Iterator[None]:
    """Log and count how long a block took, and how it ended, under a name; `fields` say which it was, as source=7.

    As a decorator, @timed("render"), it logs each call. It is not for generators and coroutines, which it would time
    until they begin.
    """
    started, outcome = time.perf_counter(), "ok"
    try:
        yield
    except BaseException as error:
        outcome = type(error).__name__
        raise
    finally:
        seconds = round(time.perf_counter() - started, 6)
        metrics.timed_seconds.labels(name, outcome).observe(seconds)
        performance.info("timed", extra={"fields": {**fields, "what": name, "seconds": seconds, "outcome": outcome}})


def log_calls[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Log how long each call took under the function's dotted name, and how it ended; never its arguments."""
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with timed(name):
            return function(*args, **kwargs)

    return wrapper


def connect() -> None:
    connection_created.connect(_watch, dispatch_uid="nocturne.timing")


def _watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _timed_query not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed_query)


def _timed_query(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = time.perf_counter() - started
        metrics.query_seconds.observe(seconds)
        doing = work.current()
        if doing:
            doing.queries += 1
            doing.query_seconds += seconds
        if 0 < settings.SLOW_QUERY_SECONDS <= seconds:
            _tell(str(sql), seconds, doing)


def _tell(sql: str, seconds: float, doing: work.Work | None) -> None:
    where = (doing.name if doing else "") or "no request or task"
    text = " ".join(_MORE_ROWS.sub(r"\1, …", sql).split())
    text = text if len(text) <= SQL_LENGTH else f"{text[:SQL_LENGTH]}…"
    database.warning(
        "slow query: %.1f s in %s: %s",
        *(seconds, where, text),
        extra={"fields": {"what": where, "seconds": round(seconds, 3)}},
    )
