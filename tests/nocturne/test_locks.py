import pytest
from django.db import connection, transaction

from nocturne.locks import area_lock


@pytest.mark.django_db(transaction=True)
def test_areas_are_locked_until_the_transaction_ends() -> None:
    def locked() -> list[tuple[int, int]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY 2"
            )
            return cursor.fetchall()

    with transaction.atomic():
        area_lock(7, 3, 7)
        assert locked() == [(1, 3), (1, 7)]
    assert locked() == []


@pytest.mark.django_db(transaction=True)
def test_a_lock_without_a_transaction_would_hold_nothing() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        area_lock(1)
