"""Queries that are asked often: Django takes several times as long to write one as PostgreSQL to answer it."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Func, QuerySet


class Prepared:
    """A query that is written once, when it is first asked: the one that `make` gives, with marks in place of values.

    Marks are values that nothing else in the query has, by name. Rows come as `make` names them, in values_list.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]], **marks: Any) -> None:
        self._make, self._marks = make, marks

    def rows(self, most: int, **values: Any) -> list[Sequence[Any]]:
        """The first rows for these values, which stand where their marks do."""
        sql, asked = self._written
        with connection.cursor() as cursor:
            cursor.execute(sql, [values[name] if name else value for name, value in asked] + [most])
            return cursor.fetchall()

    @cached_property
    def _written(self) -> tuple[str, tuple[tuple[str, Any], ...]]:
        """The text, and its parameters: the name of what is put in there, or the value."""
        names = {mark: name for name, mark in self._marks.items()}
        sql, params = self._make().query.sql_with_params()
        assert names.keys() <= set(params), "each value is asked for"
        return f"{sql} LIMIT %s", tuple((names.get(param, ""), param) for param in params)


class Microseconds(Func):
    """A time as a number: read in a tenth of the time of a date."""

    template = "(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def moment(microseconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=microseconds)
