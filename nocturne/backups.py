"""Backups of the database: pg_dump's custom format, beside it what it holds, and back without a moment of half a site.

A dump is there whole or not at all. A restore fills a database of its own, brings it to the schema of this release, and
takes the place of the present one in one transaction; so it may be killed at any line.
"""

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone as clock
from psycopg import sql

PREFIX, SUFFIX, PART = "nocturne-", ".dump", ".part"
STAMP = "%Y%m%dT%H%M%SZ"
ABANDONED = dt.timedelta(days=1)
SWAPS = 20

# Sent with `taken_at` while the restored database is in use and not yet in its place: what must not be done again,
# since it may have been done after the dump was taken, is to be stopped here.
restored = Signal()


class BackupError(Exception):
    """What went wrong, and what to do."""


class UnderWay(BackupError):
    """Another process makes one."""


@dataclass(frozen=True, slots=True)
class Dump:
    """`rows` by table, as the snapshot had them that was dumped."""

    path: Path
    taken_at: dt.datetime
    sha256: str
    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def back_up(folder: Path, *, keep: int, now: dt.datetime | None = None) -> Dump:
    """A new dump in a folder, in which the newest `keep` stay. BackupError if it could not be made."""
    now = now or clock.now()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        path = folder / f"{PREFIX}{now.astimezone(dt.UTC):{STAMP}}{SUFFIX}"
        part = path.with_name(path.name + PART)
        rows = _dump(part)
        dump = Dump(path, now, _digest(part), rows)
        about = {"taken_at": now.isoformat(), "sha256": dump.sha256, "rows": rows}
        path.with_suffix(".json").write_text(json.dumps(about, indent=2))
        os.replace(part, path)
        _prune(folder, keep, now)
    return dump


def dumps(folder: Path) -> list[Path]:
    """The finished dumps of a folder, the newest first."""
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"), reverse=True)


def is_due(folder: Path, *, every: dt.timedelta, now: dt.datetime | None = None) -> bool:
    last = last_taken(folder)
    return last is None or last <= (now or clock.now()) - every


def last_taken(folder: Path) -> dt.datetime | None:
    """When the newest dump of a folder was begun; None if there is none."""
    newest = next(iter(dumps(folder)), None)
    return _taken_at(newest) if newest else None


def read(path: Path) -> Dump:
    """A dump with what was noted of it; BackupError if it is none, or is not what it was."""
    if not path.is_file():
        raise BackupError(f"There is no file {path}.")
    _run("pg_restore", "--list", str(path), said=f"{path} is no dump that can be read")
    about = path.with_suffix(".json")
    if not about.is_file():
        return Dump(path, _taken_at(path), "", {})
    noted = json.loads(about.read_text())
    if noted["sha256"] != _digest(path):
        raise BackupError(f"{path} is not what it was when it was made: its checksum is another.")
    return Dump(path, dt.datetime.fromisoformat(noted["taken_at"]), noted["sha256"], noted["rows"])


def verify(dump: Dump) -> int:
    """Restore a dump into a database of its own, which goes again; how many rows. BackupError if any is missing."""
    with _scratch("verify") as name:
        return _fill(name, dump)


def restore(dump: Dump, *, now: dt.datetime | None = None) -> str:
    """Put a dump in the place of the present database; the name under which that is kept."""
    original = connection.settings_dict["NAME"]
    kept = f"{original}_before_{(now or clock.now()):%Y%m%d%H%M%S}"
    with _scratch("restore") as name:
        _fill(name, dump)
        with connected_to(name):
            call_command("migrate", verbosity=0, interactive=False)
            restored.send(sender=Dump, taken_at=dump.taken_at)
        _swap(original, name, kept)
    return kept


def _dump(part: Path) -> dict[str, int]:
    # the snapshot that is counted is the one that is dumped
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = _count(cursor)
        part.touch(mode=0o600)
        _run(
            *("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
            *(f"--file={part}", f"--dbname={connection.settings_dict['NAME']}"),
            said="The database could not be dumped",
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    return rows


def _fill(name: str, dump: Dump) -> int:
    _run(
        *("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--jobs=2", f"--dbname={name}"),
        str(dump.path),
        said=f"{dump.path} could not be restored",
    )
    with connected_to(name), connection.cursor() as cursor:
        found = _count(cursor)
    wrong = [
        f"{table} {found.get(table, 0)} of {rows}" for table, rows in dump.rows.items() if found.get(table) != rows
    ]
    if wrong:
        raise BackupError(f"Rows of {dump.path} are missing: {', '.join(wrong[:5])}.")
    return sum(found.values())


def _count(cursor: Any) -> dict[str, int]:
    rows = {}
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        rows[table] = cursor.fetchone()[0]
    return rows


@contextlib.contextmanager
def _scratch(purpose: str) -> Iterator[str]:
    """The name of a new, empty database, which is gone afterwards unless it was given another name."""
    name = f"{connection.settings_dict['NAME']}_{purpose}"
    try:
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)  # of one that was killed
        _administer("CREATE DATABASE {} TEMPLATE template0", name)
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(f"A database could not be created ({error}): ALTER ROLE … CREATEDB gives the right to.")
    try:
        yield name
    finally:
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextlib.contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Have Django's connection be to another database of the same server."""
    original = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original


def _swap(original: str, new: str, kept: str) -> None:
    """Two renames in one transaction; whoever is connected is thrown out, and comes back to the new one."""
    connection.close()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _server() as server:
        for _ in range(SWAPS):
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", [[original, new]]
            )
            # refused while somebody has come back in between
            with contextlib.suppress(psycopg.errors.ObjectInUse), server.transaction():
                server.execute(rename.format(sql.Identifier(original), sql.Identifier(kept)))
                server.execute(rename.format(sql.Identifier(new), sql.Identifier(original)))
                return
            time.sleep(0.1)
    raise BackupError("Others connect to the database all the time: stop the site and its workers.")


def _administer(statement: str, name: str) -> None:
    connection.close()
    with _server() as server:
        server.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _server() -> psycopg.Connection[Any]:
    """A connection to the server, in no database of ours."""
    return psycopg.connect(**{**connection.get_connection_params(), "dbname": "postgres"}, autocommit=True)


def _run(program: str, *arguments: str, said: str) -> None:
    """A program of PostgreSQL, connected as the settings say; nothing secret is among its arguments."""
    settings = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {variable: str(settings[name]) for variable, name in names.items() if settings[name]}
    if sslmode := settings["OPTIONS"].get("sslmode"):
        given["PGSSLMODE"] = sslmode
    done = subprocess.run(
        [_newest(program), *arguments],
        env={**os.environ, **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise BackupError(f"{said}: {lines[-1] if lines else f'{program} ended with {done.returncode}'}")


def _newest(program: str) -> str:
    """The first of this name on the PATH that is not older than the server, whose format it would not know."""
    with _server() as server:
        wanted = server.info.server_version // 10000
    found = []
    for folder in os.get_exec_path():
        path = shutil.which(program, path=folder)
        if path is None:
            continue
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        match = re.search(r"(\d+)", said)
        if match and int(match[1]) >= wanted:
            return path
        found.append(said.strip() or path)
    what = f" ({', '.join(found)} is older)" if found else ""
    raise BackupError(f"There is no {program} of PostgreSQL {wanted}{what}: install postgresql-client-{wanted}.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _taken_at(path: Path) -> dt.datetime:
    try:
        stamp = path.name.removeprefix(PREFIX).removesuffix(SUFFIX)
        return dt.datetime.strptime(stamp, STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)


def _prune(folder: Path, keep: int, now: dt.datetime) -> None:
    for path in dumps(folder)[keep:]:
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)
    for path in folder.glob(f"{PREFIX}*{PART}"):
        if path.stat().st_mtime < (now - ABANDONED).timestamp():
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnderWay(f"Another backup into {folder} is under way.")
        yield
