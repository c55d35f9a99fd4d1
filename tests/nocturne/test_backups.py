"""A dump of the site, and the site of a dump."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone as clock
from pytest_django import Settings

from events.models import City, Event
from nocturne import backups
from nocturne.dev.engines import Postgres
from nocturne.models import Alert, Heartbeat
from nocturne.tasks import backup_due
from nocturne.watching import heartbeats
from subscriptions.models import Digest
from tests.factories import make_city, make_event, make_listing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, as `manage.py` finds them."""
    found = Postgres.package() / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{found}")


def test_programs_that_are_too_old_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    old.chmod(0o755)
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{path}")
    assert backups._newest("pg_dump") != str(old)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupError, match=r"9\.6\.1 is older.*: install postgresql-client-"):
        backups._newest("pg_dump")


@pytest.fixture(autouse=True)
def leftovers() -> Iterator[None]:
    """What a restore keeps beside is dropped after the test."""
    yield
    name = connection.settings_dict["NAME"]
    connection.close()
    for kept in databases():
        if kept.startswith(f"{name}_"):
            backups._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", kept)


def databases() -> list[str]:
    with backups._server() as server:
        return [name for (name,) in server.execute("SELECT datname FROM pg_database")]


def said(command: str, *arguments: object) -> str:
    output = StringIO()
    call_command(command, *map(str, arguments), stdout=output)
    return output.getvalue()


def test_what_was_dumped_is_there_again_and_what_was_there_is_kept(tmp_path: Path) -> None:
    event = make_event("Kept")
    make_listing(event)
    assert "rows" in said("backup", "--to", tmp_path, "--verify")
    [path] = backups.dumps(tmp_path)
    assert path.stat().st_mode & 0o077 == 0  # there are addresses in it
    Event.objects.filter(pk=event.pk).update(title="Spoilt")
    make_event("Later")
    before = connection.settings_dict["NAME"]

    output = said("restore", path, "--yes")
    assert [row.title for row in Event.objects.all()] == ["Kept"]
    [kept] = [name for name in databases() if name.startswith(f"{before}_before_")]
    assert kept in output
    with psycopg.connect(**{**connection.get_connection_params(), "dbname": kept}) as old:
        assert old.execute("SELECT count(*) FROM events_event").fetchone() == (2,)


def test_the_newest_stay_and_what_was_cut_short_goes(tmp_path: Path) -> None:
    now = dt.datetime(2026, 12, 5, 2, tzinfo=dt.UTC)
    cut = tmp_path / "nocturne-20261201T020000Z.dump.part"
    cut.touch()
    os.utime(cut, ((now - dt.timedelta(days=2)).timestamp(),) * 2)
    for day in range(3):
        backups.back_up(tmp_path, keep=2, now=now + dt.timedelta(days=day))
    names = sorted(path.name for path in tmp_path.iterdir() if path.name != ".lock")
    assert names == [f"nocturne-2026120{day}T020000Z.{end}" for day in (6, 7) for end in ("dump", "json")]


def test_a_damaged_dump_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    dump = backups.back_up(tmp_path, keep=1)
    with dump.path.open("r+b") as file:
        file.seek(-200, os.SEEK_END)
        file.write(b"\0" * 100)
    with pytest.raises(CommandError, match="checksum is another"):
        said("restore", dump.path, "--yes")
    dump.path.write_bytes(b"no dump")
    with pytest.raises(CommandError, match="no dump that can be read"):
        said("restore", dump.path, "--yes")
    with pytest.raises(CommandError, match="There is no file"):
        said("restore", tmp_path / "none.dump", "--yes")


def test_a_dump_without_its_rows_does_not_pass_for_verified(tmp_path: Path) -> None:
    make_city()
    dump = backups.back_up(tmp_path, keep=1)
    about = json.loads(dump.path.with_suffix(".json").read_text())
    about["rows"]["events_city"] += 1
    dump.path.with_suffix(".json").write_text(json.dumps(about))
    with pytest.raises(backups.BackupError, match="events_city"):
        backups.verify(backups.read(dump.path))
    with pytest.raises(CommandError, match="events_city"):
        said("restore", dump.path, "--yes")
    assert City.objects.count() == 1
    assert not [name for name in databases() if name.endswith(("_verify", "_restore"))]


def test_a_restore_that_is_killed_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    make_event("Kept")
    dump = backups.back_up(tmp_path, keep=1)
    Event.objects.update(title="As it was")
    code = (
        "import os, signal, django; django.setup()\n"
        "from pathlib import Path\n"
        "from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from nocturne import backups\n"
        "backups._swap = lambda *names: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"backups.restore(backups.read(Path({str(dump.path)!r})))\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "nocturne.settings", "ENVIRONMENT": "development"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert Event.objects.get().title == "As it was"
    said("restore", dump.path, "--yes")
    assert Event.objects.get().title == "Kept"


def test_digests_that_may_have_gone_out_since_are_held(tmp_path: Path) -> None:
    now = clock.now()
    columns = {"city": make_city(), "drafted_at": now - dt.timedelta(days=9)}
    began = now - dt.timedelta(hours=3)
    soon = Digest.objects.create(**columns, week=dt.date(2026, 11, 30), due_at=now + dt.timedelta(hours=3))
    late, done = (
        Digest.objects.create(
            **columns, week=dt.date(2026, 11, day), due_at=due, state=state, released_at=due, finished_at=finished
        )
        for day, due, state, finished in ((23, began, "sending", None), (16, now - dt.timedelta(days=7), "sent", began))
    )
    dump = backups.back_up(tmp_path, keep=1)
    backups.restore(dump)
    states = dict(Digest.objects.values_list("pk", "state"))
    assert states == {soon.pk: "drafted", late.pk: "held", done.pk: "sent"}
    assert "Restored from a backup" in Digest.objects.get(pk=late.pk).why


def test_a_worker_makes_one_a_day_and_tells_when_it_cannot(tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_DIR = ""
    backup_due()
    settings.BACKUP_DIR, settings.BACKUP_KEEP = str(tmp_path / "backups"), 3
    backup_due()
    backup_due()
    assert len(backups.dumps(tmp_path / "backups")) == 1
    assert heartbeats.last("backup") == backups.last_taken(tmp_path / "backups")
    (tmp_path / "file").touch()
    settings.BACKUP_DIR = str(tmp_path / "file")
    backup_due()
    assert Alert.objects.get(key="backup", resolved_at=None).message.startswith("No backup could be made")
    settings.BACKUP_DIR = str(tmp_path / "more")
    backup_due()
    assert not Alert.objects.filter(key="backup", resolved_at=None).exists()
    settings.BACKUP_DIR = str(tmp_path / "file")
    backup_due()
    settings.BACKUP_DIR = ""
    backup_due()
    assert heartbeats.last("backup") is None  # so that nobody misses any
    assert not Alert.objects.filter(key="backup", resolved_at=None).exists()


def test_one_that_takes_longer_than_until_the_next_is_asked_for_is_no_failure(
    tmp_path: Path, settings: Settings
) -> None:
    settings.BACKUP_DIR = str(tmp_path)
    with backups._alone(tmp_path):
        backup_due()
    assert not Alert.objects.exists()
    assert not backups.dumps(tmp_path)


def test_who_was_alive_when_the_dump_was_taken_is_forgotten(tmp_path: Path) -> None:
    heartbeats.beat("worker")
    backups.restore(backups.back_up(tmp_path, keep=1))
    assert not Heartbeat.objects.exists()


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with backups._alone(tmp_path), pytest.raises(backups.BackupError, match="is under way"):
        backups.back_up(tmp_path, keep=1)
