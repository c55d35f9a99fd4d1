"""Pages of any order, by cursor: the next one begins behind the last row of this one, whatever came or went meanwhile.

The order is that of the query; a cursor holds the values by which its row stands there, and is signed, so that they
are always ones that we have written.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import F, FloatField, Model, Q, QuerySet
from django.db.models.expressions import BaseExpression, OrderBy
from django.db.models.functions import Cast

from nocturne.answers import wrong

_signer = signing.Signer(salt="nocturne.api.cursor")
_READ: dict[str, Any] = {
    "d": dt.date.fromisoformat,
    "t": dt.datetime.fromisoformat,
    "n": Decimal,
    "f": float.fromhex,
    "i": int,
    "s": str,
    "": lambda text: None,
}


@dataclass(frozen=True, slots=True)
class Key:
    """`name` is a column, or the alias of what is reckoned. Values that may be empty are ordered with nulls_last."""

    name: str
    expression: Any
    down: bool
    nullable: bool = False

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def behind(self, value: Any) -> Q | None:
        """What stands behind a value; None if nothing can."""
        if value is None:
            return None
        found = Q(**{f"{self.name}__{'lt' if self.down else 'gt'}": value})
        return found if self.down else found | Q(**{f"{self.name}__isnull": True}) if self.nullable else found


def keys_of(rows: QuerySet[Any, Any]) -> list[Key]:
    """The keys that a query is ordered by."""
    return [_key(one, number) for number, one in enumerate(rows.query.order_by)]


def page_of[Rows: QuerySet[Any, Any]](rows: Rows, cursor: str | None, *, order: str) -> tuple[Rows, list[Key]]:
    """Rows from behind a cursor on; further columns that `cursor_of` needs are annotated. 422 if it is none of ours."""
    keys = keys_of(rows)
    reckoned = {key.name: key.expression for key in keys if isinstance(key.expression, BaseExpression)}
    if reckoned:
        rows = rows.annotate(**reckoned)
    return (rows.filter(_behind(keys, _read(cursor, order, len(keys)))) if cursor else rows), keys


def cut[Row: Model](
    found: QuerySet[Row], cursor: str | None, limit: int, *, order: str
) -> tuple[list[Row], str | None]:
    """The rows of one page, and the cursor of the next if there is one."""
    found, keys = page_of(found, cursor, order=order)
    rows = list(found[: limit + 1])
    shown = rows[:limit]
    more = len(rows) > limit
    return shown, cursor_of([getattr(shown[-1], key.name) for key in keys], order=order) if more else None


def cursor_of(values: Sequence[Any], *, order: str) -> str:
    """A cursor at the row that has these values of the keys."""
    return _signer.sign_object([order, *map(_written, values)])


def _key(one: Any, number: int) -> Key:
    if isinstance(one, str):
        return Key(one.removeprefix("-"), one, one.startswith("-"))
    down, expression = (one.descending, one.expression) if isinstance(one, OrderBy) else (False, one)
    if isinstance(expression, F):
        name: str = expression.name  # type: ignore[attr-defined]
        return Key(name, name, down, nullable=bool(getattr(one, "nulls_last", False)))
    # likeness has fewer digits than a number that comes back from a program
    likeness = isinstance(one, OrderBy)
    return Key(f"key{number}", Cast(expression, FloatField()) if likeness else expression, down)


def _behind(keys: list[Key], values: list[Any]) -> Q:
    found, equal = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        further = key.behind(value)
        if further is not None:
            found |= equal & further
        equal &= key.equal(value)
    first, value = keys[0], values[0]
    if value is not None and not first.nullable:  # which an index can begin with
        found &= Q(**{f"{first.name}__{'lte' if first.down else 'gte'}": value})
    return found


def _read(cursor: str, order: str, count: int) -> list[Any]:
    try:
        made_for, *values = _signer.unsign_object(cursor)
    except Exception as error:  # whatever somebody has made of it
        raise wrong("query", "cursor", "This is no cursor of ours; begin without one.") from error
    if made_for != order or len(values) != count:
        raise wrong("query", "cursor", "This cursor is of another question; begin without one.")
    return [_READ[value[:1]](value[1:]) for value in values]


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case dt.datetime():
            return f"t{value.isoformat()}"
        case dt.date():
            return f"d{value.isoformat()}"
        case Decimal():
            return f"n{value}"
        case float():
            return f"f{value.hex()}"
        case str():
            return f"s{value}"
    return f"i{value}"
