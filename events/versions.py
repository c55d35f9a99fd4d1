"""Versions of events: what a list asks for where the text of each is kept under the version of its rows."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Func, TextField

from events.feeds import atom_entry, json_entry
from events.ics import entry
from events.models import City, Event
from events.models.event import EventQuerySet
from events.pieces import pieces
from events.prepared import Microseconds, Prepared
from events.publishers import TOLD, Told, told_in
from events.search import EventSearch
from events.taking import Found, bounded, found_by, queries


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


class Entry(NamedTuple):
    """What an entry is written of: the version of an event's rows, and what publishers tell of it. `updated` is in
    microseconds."""

    pk: int
    version: str
    told: str
    updated: int


def entry_versions(events: EventQuerySet) -> list[Entry]:
    return [Entry._make(row) for row in events.values_list(*COLUMNS)]


COLUMNS = ("pk", ROWS, TOLD, Microseconds("updated_at"))
_MARKS = {"city": -1, "first": dt.date.min, "last": dt.date.max}
_PLAIN = EventSearch(city=City(pk=-1), tonight=dt.date.min, when="dates", dates=(dt.date.min, dt.date.max))
_ONE_OFF = Prepared(lambda: queries(_PLAIN)[0].values_list(*COLUMNS), **_MARKS)
_RUNS = Prepared(lambda: queries(_PLAIN)[1].values_list(*COLUMNS), **_MARKS)


def entries_found_by(search: EventSearch, most: int) -> Found[Entry]:
    """`found_by` of events/taking.py, for what is asked for most by queries that are written already."""
    if not search.is_plain:
        return found_by(search, most, entry_versions)
    first, last = search.nights

    def read(query: Prepared, count: int) -> list[Entry]:
        return [Entry._make(row) for row in query.rows(count, city=search.city.pk, first=first, last=last)]

    return bounded(partial(read, _ONE_OFF), partial(read, _RUNS), most)


def entries(form: str, found: Sequence[Entry]) -> list[str]:
    """Of what a calendar (ics) or a feed (atom, json) lists, its entries."""
    write = WRITERS[form]

    def written(missing: list[Entry]) -> dict[Entry, str]:
        events = loaded(one.pk for one in missing)
        return {one: write(events[one.pk], told_in(one.told)) for one in missing if one.pk in events}

    texts = pieces(form, found, written)
    # what was taken away meanwhile has none
    return [texts[one] for one in found if one in texts]


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
