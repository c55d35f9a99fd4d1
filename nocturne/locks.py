"""Advisory locks of PostgreSQL, held until the transaction ends."""

from django.db import connection, transaction

# The first half of the key: what is locked. Advisory locks have no other names.
_AREA, _RATE = 1, 2


def area_lock(*area_ids: int) -> None:
    """Wait until nobody else matches, merges or saves in these areas; lowest id first, so that two never cross."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An area is locked within a transaction.")
    with connection.cursor() as cursor:
        for area_id in sorted(set(area_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_AREA, area_id])


def rate_lock() -> None:
    """Wait until nobody else reserves mails of the hour."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_RATE])
