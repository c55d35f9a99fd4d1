"""Migrations while the site runs: what they may do, and how long they wait for a lock."""

import io
import threading

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from nocturne.dev.downtime import FIRST, is_judged, troubles
from nocturne.management.commands import migrate
from tests.processes import database_url


def test_no_migration_disturbs_the_release_that_runs_meanwhile() -> None:
    loader = MigrationLoader(None)
    own = [one for (app, _), one in loader.disk_migrations.items() if app in FIRST]
    assert {one.app_label for one in own} == set(FIRST)
    found = {
        str(one): said
        for one in own
        if is_judged(one) and (said := troubles(one, loader.project_state(one.dependencies)))
    }
    assert found == {}


def judge(*operations: migrations.operations.base.Operation, **attributes: object) -> list[str]:
    """What is said of a migration of events that would come next."""
    loader = MigrationLoader(None)
    [last] = loader.graph.leaf_nodes("events")
    made = Migration("9999_next", "events")
    made.operations = list(operations)
    for name, value in attributes.items():
        setattr(made, name, value)
    assert is_judged(made)
    state: ProjectState = loader.project_state([last])
    return troubles(made, state)


INDEX = models.Index(fields=["title"], name="x")


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (migrations.RemoveField("event", "title"), "former release still reads it"),
        (migrations.RenameField("event", "title", "name"), "former release still reads it"),
        (migrations.DeleteModel("Event"), "former release still reads it"),
        (migrations.AddField("event", "mood", models.TextField(default="")), "former release does not write it"),
        (migrations.AlterField("event", "ends_at", models.DateTimeField()), "former release does not write it"),
        (migrations.AddIndex("event", INDEX), "AddIndexConcurrently"),
        (migrations.AddField("event", "mood", models.TextField(null=True, db_index=True)), "index locks the table"),
        (
            migrations.SeparateDatabaseAndState([migrations.RemoveField("event", "title")]),
            "former release still reads it",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_would_disturb_is_told(operation: migrations.operations.base.Operation, said: str) -> None:
    [trouble] = judge(operation)
    assert said in trouble


def test_what_does_not_disturb_passes() -> None:
    assert judge(migrations.AddField("event", "mood", models.TextField(null=True))) == []
    assert judge(migrations.AddField("event", "mood", models.TextField(db_default=""))) == []
    assert judge(migrations.AlterField("event", "title", models.CharField(max_length=900))) == []
    assert judge(migrations.RemoveField("event", "title"), contracts="not read since 0.2") == []
    assert judge(AddIndexConcurrently("event", INDEX), atomic=False) == []
    new = migrations.CreateModel("Mood", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())])
    assert judge(new, migrations.AddIndex("mood", INDEX)) == []
    both = AddIndexConcurrently("event", INDEX), migrations.AddField("event", "mood", models.TextField(null=True))
    assert "a migration of its own" in judge(*both, atomic=False)[0]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_migration_does_not_have_visitors_wait_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.2)
    call_command("migrate", "nocturne", "0007_tickets_and_names", verbosity=0)
    said = io.StringIO()
    with psycopg.connect(database_url()) as holder:
        holder.execute("LOCK TABLE nocturne_alert IN SHARE MODE")  # as who reads it for long
        with pytest.raises(CommandError, match="Somebody holds a table"):
            call_command("migrate", verbosity=0, attempts=2, pause=0.1, stderr=said)
        threading.Timer(1, holder.rollback).start()
        call_command("migrate", verbosity=0, attempts=40, pause=0.1, stderr=said)
    assert said.getvalue().count("trying again") >= 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM nocturne_minute")
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_left_half_built_is_taken_away() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE half (a int)")
        cursor.execute("INSERT INTO half VALUES (1), (1)")
        with pytest.raises(Exception, match="could not create unique index"):
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY half_index ON half (a)")
        call_command("migrate", verbosity=0)
        cursor.execute("SELECT to_regclass('half_index') IS NULL")
        assert cursor.fetchone() == (True,)
        cursor.execute("DROP TABLE half")
