"""A statement is planned once for a connection, and answers as it would without."""

import pytest
from django.db import OperationalError, connection

from nocturne.statements import Statement, is_pooled, prepared

pytestmark = pytest.mark.django_db


def names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%bit of a%'")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("pooler", [False, True])
def test_values_stand_where_they_are_named(monkeypatch: pytest.MonkeyPatch, pooler: bool) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", pooler)
    assert is_pooled() is pooler
    statement = Statement(
        "bits",
        "SELECT %(least)s::integer + 1, 'bit of a %%', %(ids)s::bigint[] @> ARRAY[%(least)s]::bigint[]",
        "least",
        "ids",
    )
    before = names()
    assert statement.row(least=3, ids="{1,2}") == (4, "bit of a %", False)
    assert statement.row(ids="{1,2}", least=1) == (2, "bit of a %", True)
    assert len(names()) - len(before) == (0 if pooler else 1)
    assert statement.row(least=None, ids="{}")[0] is None


def test_a_value_is_no_sql() -> None:
    text = "'); DROP TABLE events_event; --"
    assert Statement("said", "SELECT %(text)s::text", "text").row(text=text) == (text,)


def test_what_the_database_refuses_is_said_in_its_words() -> None:
    connection.ensure_connection()
    with pytest.raises(OperationalError, match="nowhere"):
        prepared(connection.connection, b"SELECT * FROM nowhere WHERE id = $1", "lost")
