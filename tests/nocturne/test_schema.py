"""docs/schema.md and the tables of PostgreSQL say the same; test_indexes.py tries what is said of indexes."""

import functools
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from nocturne.dev import schema

OWN = [model for label in schema.OWN for model in schema.own_models(label)]


@functools.cache
def sections() -> dict[str, str]:
    """What the page says of each table, by its name."""
    _, *parts = re.split(r"^### ", schema.documentation(), flags=re.MULTILINE)
    return {part.split("`")[1]: part for part in parts}


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@pytest.mark.django_db
def test_the_tables_are_those_of_the_database() -> None:
    ours = {name for (name,) in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    others = {"account_", "auth_", "django_", "mfa_"}
    assert {name for name in ours if not name.startswith(tuple(others))} == set(sections())


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.db_table)
def test_columns_have_the_types_that_the_page_says(model: type[models.Model]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (null)? ?\|", sections()[model._meta.db_table], re.MULTILINE)
    found = ask(
        "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'id' ORDER BY attname",
        model._meta.db_table,
    )
    spelled = {
        "character varying": "varchar",
        "timestamp with time zone": "timestamptz",
        "numeric(12,2)": "numeric(12, 2)",
    }
    said = []
    for name, kind, nullable in found:
        for long, short in spelled.items():
            kind = kind.replace(long, short)
        said.append((name, kind, "null" if nullable else ""))
    assert sorted(rows) == said


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.db_table)
def test_indexes_and_constraints_are_all_named_or_those_of_columns(model: type[models.Model]) -> None:
    part = sections()[model._meta.db_table]
    named = set(re.findall(r"^\| `(\w+)` \| `", part, re.MULTILINE))
    columns = {
        (name, mark) for name, mark in re.findall(r"^\| `(\w+)` \|.*\b(key|unique|indexed) \|$", part, re.MULTILINE)
    } | ({("id", "key")} if model._meta.pk.name == "id" else set())
    rows = ask(
        "SELECT relname, indisprimary, indisunique, indnatts, attname FROM pg_index JOIN pg_class ON oid = indexrelid"
        " LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] WHERE indrelid = %s::regclass",
        model._meta.db_table,
    )
    own = {
        (column, "key" if primary else "unique" if unique else "indexed")
        for name, primary, unique, size, column in rows
        if name not in named and not name.endswith("_like") and not (model._meta.auto_created and size > 1)
    }
    doubled = {column for name, *_, column in rows if name.endswith("_like")}
    assert (own, doubled <= {name for name, _ in columns}) == (columns, True)
    checks = ask(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", model._meta.db_table
    )
    positive = {name for (name,) in checks if re.fullmatch(rf"{model._meta.db_table}_\w+_check\d*", name)}
    assert {name for (name,) in checks} - positive <= named
    assert named <= {name for name, *_ in rows} | {name for (name,) in checks}


def test_a_table_says_what_it_is_for_and_an_index_for_which_query() -> None:
    class Silent(models.Model):
        class Meta:
            app_label = "events"

        def __str__(self) -> str:
            return ""

    del apps.all_models["events"]["silent"]
    with pytest.raises(LookupError, match="Silent has no docstring"):
        schema._purpose(Silent)


def test_comments_are_found_above_beside_and_within() -> None:
    class Sample(models.Model):
        # --- a heading is none
        plain = models.IntegerField()
        # above
        # in two lines
        one = models.IntegerField()
        two = models.IntegerField()  # beside

        class Meta:
            app_label = "events"
            indexes = (
                # for looking up
                models.Index(fields=["one"], name="sample_one"),
                models.Index(fields=["two"], name="sample_two"),
            )
            constraints = (
                models.CheckConstraint(
                    # because
                    condition=models.Q(one__gt=0),
                    name="sample_positive",
                ),
            )

        def __str__(self) -> str:
            return ""

    del apps.all_models["events"]["sample"]
    assert schema.comments(Sample) == {
        "one": "above in two lines",
        "two": "beside",
        "sample_one": "for looking up",
        "sample_positive": "because",
    }
