"""Versions of events: what a list asks for where the text of each is kept under the version of its rows."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import xor
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Func, OuterRef, Subquery, TextField

from events.feeds import atom_entry, json_entry
from events.ics import entry
from events.models import City, Event, Listing
from events.models.event import EventQuerySet
from events.pieces import pieces
from events.prepared import Microseconds, Prepared
from events.publishers import Told, told_by_root
from events.search import EventSearch
from events.taking import Found, bounded, found_by, queries


class RowVersions(Func):
    """The versions of the rows that these columns stand in, as PostgreSQL counts them: who wrote each, and where it is.

    Each change of a row makes another one, also in the transaction that makes it. Nothing has to be told of changes.
    """

    output_field: Any = TextField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **rest: Any) -> tuple[str, tuple[Any, ...]]:
        return f"concat_ws(' ', {self.columns(compiler)})", ()

    def columns(self, compiler: Any) -> str:
        tables = [compiler.compile(one)[0].rpartition(".")[0] for one in self.get_source_expressions()]
        return ", ".join(f"{table}.xmin, {table}.ctid" for table in tables)


# Of the rows that for_list and for_runs load.
ROWS = RowVersions("title", "city__name", "venue__name", "image__hash")


class ListingVersions(RowVersions):
    """Those of all rows of a subquery, as one number."""

    output_field = BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **rest: Any) -> tuple[str, tuple[Any, ...]]:
        return f"coalesce(bit_xor(hash_record_extended(({self.columns(compiler)}), 0)), 0)", ()


# Of a root event, and of several, what publishers tell of it: told_by_root of events/publishers.py.
TOLD = Subquery(
    Listing.objects.live()
    .filter(event__root=OuterRef("pk"))
    .order_by()
    .values_list(ListingVersions("url", "source__name"))
)
VERSION_OF_TOLD = """
SELECT coalesce(bit_xor(hash_record_extended((said.xmin, said.ctid, source.xmin, source.ctid), 0)), 0)
FROM events_listing said JOIN events_source source ON source.id = said.source_id
WHERE said.retired_at IS NULL AND said.event_id = ANY(%(roots)s::bigint[] || ARRAY(
    SELECT id FROM events_event WHERE merged_into_id IS NOT NULL AND root_id = ANY(%(roots)s::bigint[])
))
"""


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
    """What an entry is written of: the version of an event's rows, and of what publishers tell of it. `updated` is in
    microseconds."""

    pk: int
    version: str
    told: int
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
        events, told = loaded(one.pk for one in missing), told_by_root(one.pk for one in missing)
        return {one: write(events[one.pk], told.get(one.pk, ())) for one in missing if one.pk in events}

    texts = pieces(form, found, written)
    # what was taken away meanwhile has none
    return [texts[one] for one in found if one in texts]


def told_version(found: Iterable[Entry]) -> int:
    """What VERSION_OF_TOLD says of these."""
    return reduce(xor, (one.told for one in found), 0)


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
