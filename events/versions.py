"""Versions of events: what a list asks for where the text of each is kept under the version of its rows."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Func, TextField

from events.feeds import atom_entry, json_entry
from events.ics import entry
from events.models import Event
from events.models.event import EventQuerySet
from events.pieces import pieces
from events.publishers import Told, told_by_root


class RowVersions(Func):
    """The versions of the rows that these columns stand in, as PostgreSQL counts them: who wrote each, and where it is.

    Each change of a row makes another one, also in the transaction that makes it. Nothing has to be told of changes.
    """

    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **rest: Any) -> tuple[str, tuple[Any, ...]]:
        tables = [compiler.compile(one)[0].rpartition(".")[0] for one in self.get_source_expressions()]
        parts = ", ".join(f"{table}.xmin, {table}.ctid" for table in tables)
        return f"concat_ws(' ', {parts})", ()


# Of the rows that for_list and for_runs load.
ROWS = RowVersions("title", "city__name", "venue__name", "image__hash")


@dataclass(slots=True)
class Version:
    """Of an event that visitors may see, which is its own root. How many go events/rsvps.py tells, as of events."""

    pk: int
    version: str
    night: dt.date
    updated_at: dt.datetime
    going: int = 0
    interested: int = 0


def versions(events: EventQuerySet) -> list[Version]:
    return [Version(*row) for row in events.values_list("pk", ROWS, "night", "updated_at")]


type _Key = tuple[int, str, tuple[Told, ...]]


def entries(form: str, found: Iterable[Version]) -> list[str]:
    """Of what a calendar (ics) or a feed (atom, json) lists, its entries."""
    write = WRITERS[form]
    found = list(found)
    told = told_by_root(one.pk for one in found)
    keys = [(one.pk, one.version, tuple(told.get(one.pk, ()))) for one in found]

    def written(missing: list[_Key]) -> dict[_Key, str]:
        events = loaded(key[0] for key in missing)
        return {key: write(events[key[0]], key[2]) for key in missing if key[0] in events}

    texts = pieces(form, keys, written)
    # what was taken away meanwhile has none
    return [texts[key] for key in keys if key in texts]


def loaded(ids: Iterable[int]) -> dict[int, Event]:
    """Events that visitors may see, with what a card or an entry shows."""
    return Event.objects.public().for_list().order_by().in_bulk(list(ids))


def _calendar_entry(event: Event, told: Sequence[Told]) -> str:
    return entry(event, told, free=True)


WRITERS: dict[str, Callable[[Event, Sequence[Told]], str]] = {
    "ics": _calendar_entry,
    "atom": atom_entry,
    "json": json_entry,
}
