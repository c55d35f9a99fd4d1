"""The trail: who changed which field of which object, when, from what to what.

PostgreSQL writes it: each followed table has a trigger that compares the rows, so that no way of writing goes round it.
It does so only for statements that somebody is answerable for, whom the request or the command names; what a worker
does by itself has records of its own. The name is told within the transaction that it is for, so that it does not
stay behind on a connection that a pool shares.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

SETTING = "nocturne.actor"
NAME = "SELECT set_config(%s, %s, true)"
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')

type Actor = Callable[[], str]

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@dataclass(frozen=True, slots=True)
class Followed:
    """`model` is written into the trail with the value of `key`: of a row that belongs to an object, the object's.

    Of `hidden` columns it is told that they changed, and not what they hold.
    """

    table: str
    model: str
    key: str
    columns: tuple[str, ...]
    hidden: tuple[str, ...]


FOLLOWED: dict[str, Followed] = {}


def follow(label: str, *fields: str, hidden: tuple[str, ...] = (), of: tuple[str, str] = ("", "")) -> None:
    """Follow these fields of a model, named as in its class; `of` says whose they are, as ("events.Venue", "venue").

    To be called in ready() of the app; the triggers are made after migrations.
    """
    from django.apps import apps

    meta = apps.get_model(label)._meta

    def column(name: str) -> str:
        return str(meta.get_field(name).column)

    model, owner = of
    FOLLOWED[meta.db_table] = Followed(
        table=meta.db_table,
        model=model or meta.label,
        key=column(owner) if owner else column("pk" if meta.pk is None else meta.pk.name),
        columns=tuple(map(column, fields)),
        hidden=tuple(map(column, hidden)),
    )


@contextlib.contextmanager
def by(actor: Actor) -> Iterator[None]:
    """Everything that is written within is somebody's doing; who is asked when it comes to that, "" is nobody."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def connect(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have a new connection tell the database who writes; a receiver of connection_created."""
    if _tell not in connection.execute_wrappers:
        connection.execute_wrappers.append(_tell)


def _tell(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    actor = _actor.get()
    if actor is None or not isinstance(sql, str):
        return execute(sql, params, many, context)
    match = _WRITES.match(sql)
    if match is None or match[1] not in FOLLOWED or not (name := actor()):
        return execute(sql, params, many, context)
    connection = context["connection"]
    # by itself a statement is a transaction of its own, which the name would not outlive
    with contextlib.nullcontext() if connection.in_atomic_block else transaction.atomic(using=connection.alias):
        connection.connection.execute(NAME, (SETTING, name[:200]))
        result = execute(sql, params, many, context)
        # what the same transaction writes later may be somebody else's, or nobody's
        connection.connection.execute(NAME, (SETTING, ""))
        return result
