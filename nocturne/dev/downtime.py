"""What in a migration would disturb the release that still runs while it is applied.

A release is put in place in this order: migrate, then processes one by one. So the former code meets the new tables for
a while. What it still reads must be there (dropping comes a release later, said by `contracts = "why nothing reads it
any more"` in the migration), what it writes must be taken, and nothing may lock a big table for long.
"""

from collections.abc import Iterator, Sequence

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Those of before the first release, which nobody runs while they are applied.
FIRST = {"events": 10, "nocturne": 8, "quality": 3, "scraping": 5, "subscriptions": 2}
GONE = (operations.RemoveField, operations.DeleteModel, operations.RenameField, operations.RenameModel)
LOCKING = (operations.AddIndex, operations.RemoveIndex)
CONCURRENT = (AddIndexConcurrently, RemoveIndexConcurrently)


def is_judged(migration: Migration) -> bool:
    return int(migration.name[:4]) > FIRST.get(migration.app_label, 0)


def troubles(migration: Migration, before: ProjectState) -> list[str]:
    """A sentence for each operation that would disturb; `before` is what the tables are until then."""
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    found = [said for one in _all(migration.operations) if (said := _trouble(one, migration, made, before))]
    concurrent = [one for one in migration.operations if isinstance(one, CONCURRENT)]
    if concurrent and len(migration.operations) > 1:
        found.append(
            "An index that is made concurrently is a migration of its own: what fails half cannot be repeated."
        )
    return found


def _all(found: Sequence[Operation]) -> Iterator[Operation]:
    for one in found:
        if isinstance(one, operations.SeparateDatabaseAndState):
            yield from _all(one.database_operations)
        else:
            yield one


def _trouble(one: Operation, migration: Migration, made: set[str], before: ProjectState) -> str:
    if isinstance(one, GONE):
        if getattr(migration, "contracts", ""):
            return ""
        return f"{one.describe()}: the former release still reads it; a release later, with `contracts`."
    if getattr(one, "model_name_lower", "") in made:
        return ""
    if isinstance(one, LOCKING) and not isinstance(one, CONCURRENT):
        return f"{one.describe()}: the table cannot be written to meanwhile; AddIndexConcurrently, atomic = False."
    if _asks_more(one, migration, before):
        return f"{one.describe()}: the former release does not write it; null=True, or a db_default."
    if (
        isinstance(one, operations.AddField)
        and (one.field.unique or getattr(one.field, "db_index", False))
        and not one.field.is_relation
    ):
        return f"{one.describe()}: its index locks the table; add the index concurrently."
    return ""


def _asks_more(one: Operation, migration: Migration, before: ProjectState) -> bool:
    """Whether rows could be written without naming a column until now, and cannot any more."""
    if isinstance(one, operations.AddField):
        return _is_missed(one.field)
    if isinstance(one, operations.AlterField):
        former = before.models[migration.app_label, one.model_name_lower].fields.get(one.name)
        return former is not None and not _is_missed(former) and _is_missed(one.field)
    return False


def _is_missed(field: models.Field) -> bool:
    """Whether a row cannot be written without naming the column."""
    return not (field.null or field.has_db_default() or field.many_to_many or field.generated)
