"""Thousands of rows in one statement.

The ORM's bulk_create and bulk_update build an expression for each value of each row, which takes most of the time that
a large calendar needs. Here all rows go to the database as one JSON document, which it takes apart by its own columns.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Model

# Rows in one statement: a document of some megabytes.
BATCH = 2_000


def reserve(model: type[Model], count: int) -> list[int]:
    """Ids that no other row of the model has or will get."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, model._meta.pk.column, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def insert(model: type[Model], rows: Iterable[Model], *, ignore_conflicts: bool = False) -> None:
    """Insert unsaved rows; those without an id get one. What a save() of the model does beside is not done."""
    rows = list(rows)
    without = [row for row in rows if row.pk is None]
    for row, pk in zip(without, reserve(model, len(without)), strict=True):
        row.pk = pk
    fields = model._meta.concrete_fields
    names = ", ".join(_quoted(field) for field in fields)
    end = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    for document in _documents([row.__dict__ for row in rows], fields):
        _execute(model, f"INSERT INTO {{table}} ({names}) SELECT {names} FROM {{rows}} {end}", document)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_values(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows given by attribute name (`venue_id`), all with the same names; the database fills in the rest."""
    rows = list(rows)
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if field.attname in rows[0]]
    names = ", ".join(_quoted(field) for field in fields)
    for document in _documents(rows, fields):
        _execute(model, f"INSERT INTO {{table}} ({names}) SELECT {names} FROM {{rows}}", document)


def update(model: type[Model], rows: Iterable[Model], names: Sequence[str]) -> None:
    """Write these fields of rows that are there."""
    fields = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f"{_quoted(field)} = new.{_quoted(field)}" for field in fields)
    pk = model._meta.pk
    statement = f"UPDATE {{table}} SET {columns} FROM {{rows}} AS new WHERE {{table}}.{_quoted(pk)} = new.{_quoted(pk)}"
    for document in _documents([row.__dict__ for row in rows], [pk, *fields]):
        _execute(model, statement, document)


def _execute(model: type[Model], statement: str, document: str) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    rows = f"json_populate_recordset(NULL::{table}, %s::json)"
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, rows=rows), [document])


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _documents(rows: Sequence[Mapping[str, Any]], fields: Sequence[Any]) -> Iterator[str]:
    columns = [(field.column, field.attname) for field in fields]
    for at in range(0, len(rows), BATCH):
        values = [{column: row[name] for column, name in columns} for row in rows[at : at + BATCH]]
        yield json.dumps(values, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, (tuple, frozenset, set)):
        return list(value)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
