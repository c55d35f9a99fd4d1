"""The embedded servers; users are processes of their own, since the servers live as long as their users."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from nocturne.dev.engines import Postgres, Valkey, _remove_empty

ROOT = Path(__file__).resolve().parents[2]
USER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits that it is ignored
import json, sys
from pathlib import Path
from nocturne.dev import servers
folder, durable, *names = sys.argv[1:]
try:
    print(json.dumps(servers.ensure(Path(folder), *names, durable=durable == "True")), flush=True)
except servers.NotStarted as error:
    sys.exit(str(error))
sys.stdin.read()
servers.leave()
"""


class User:
    """A process that uses servers until it is told to leave, or killed."""

    def __init__(self, folder: Path, *names: str, durable: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder), str(durable), *(names or ("postgres", "valkey"))],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def urls(self) -> dict[str, str]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        return json.loads(line)

    def leave(self) -> None:
        self.process.communicate("")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def processes(folder: Path) -> list[psutil.Process]:
    """Supervisors and servers of a folder."""
    marks = [
        f"nocturne.dev.servers postgres {folder}",
        f"nocturne.dev.servers valkey {folder}",
        Postgres(folder / "postgres", durable=False).marker,
        Valkey(folder / "valkey", durable=False).marker,
    ]
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(mark in " ".join(process.cmdline()) for mark in marks):
                found.append(process)
    return found


def eventually(condition: Callable[[], Any], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def kill(found: list[psutil.Process]) -> None:
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def supervisors(folder: Path) -> list[psutil.Process]:
    found = []
    for process in processes(folder):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "nocturne.dev.servers" in process.cmdline():
                found.append(process)
    return found


def keep(urls: dict[str, str], value: int) -> None:
    with psycopg.connect(urls["postgres"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])
    with redis.Redis.from_url(urls["valkey"]) as client:
        client.rpush("kept", value)


def kept(urls: dict[str, str]) -> tuple[list[int], list[int]]:
    with psycopg.connect(urls["postgres"]) as connection:
        rows = [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY 1").fetchall()]
    with redis.Redis.from_url(urls["valkey"]) as client:
        return rows, [int(value) for value in client.lrange("kept", 0, -1)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for servers, deeper than the path of a socket may be, and with a space in its name."""
    folder = tmp_path / ("deep " * 10).strip() / ("deep " * 10).strip() / "data"
    yield folder
    kill(supervisors(folder))
    kill(processes(folder))
    shutil.rmtree(sockets(folder), ignore_errors=True)


def sockets(folder: Path) -> Path:
    """Where PostgreSQL's socket is, which is not in the folder."""
    return Postgres(folder.resolve() / "postgres", durable=False).socket_dir


def test_servers_live_as_long_as_one_of_their_users(folder: Path) -> None:
    first, second = User(folder), User(folder)
    assert first.urls() == second.urls()
    first.kill()
    time.sleep(1.5)
    assert len(supervisors(folder)) == 2
    assert sockets(folder).exists()
    second.leave()
    assert not processes(folder)
    assert eventually(lambda: not sockets(folder).exists())


def test_servers_end_when_all_their_users_are_killed(folder: Path) -> None:
    user = User(folder)
    user.urls()
    user.kill()
    assert eventually(lambda: not processes(folder))


def test_folders_of_sockets_that_killed_servers_left_are_removed() -> None:
    old, young, used = (Path(f"/tmp/nocturne-test{os.getpid()}{name}-0") for name in ("old", "young", "used"))
    try:
        for path in (old, young, used):
            path.mkdir()
        (used / "socket").touch()
        for path in (old, used):
            os.utime(path, (0, 0))
        _remove_empty(f"nocturne-test{os.getpid()}*-0", older_than=60)
        assert [path.exists() for path in (old, young, used)] == [False, True, True]
    finally:
        for path in (old, young, used):
            shutil.rmtree(path, ignore_errors=True)


@pytest.mark.slow
def test_data_outlive_a_kill_of_everything(folder: Path) -> None:
    user = User(folder, durable=True)
    before = user.urls()
    keep(before, 1)
    # Valkey writes a task to the disk within a second
    time.sleep(1.2)
    user.kill()
    kill(supervisors(folder))
    kill(processes(folder))
    user = User(folder, durable=True)
    after = user.urls()
    assert after == before  # who still held the addresses can go on
    assert kept(after) == ([1], [1])
    user.leave()


@pytest.mark.slow
@pytest.mark.parametrize("title", ["postgres", "valkey-server"])
def test_a_server_that_is_killed_is_started_again(folder: Path, title: str) -> None:
    user = User(folder, durable=True)
    urls = user.urls()
    keep(urls, 1)
    time.sleep(1.2)
    kill([process for process in processes(folder) if process.name() == title])
    time.sleep(1)
    again = User(folder, durable=True)
    assert kept(again.urls()) == ([1], [1])
    user.leave()
    again.leave()


def test_a_socket_that_is_tidied_away_comes_back(folder: Path) -> None:
    user = User(folder, "postgres")
    url = user.urls()["postgres"]
    shutil.rmtree(Postgres((folder / "postgres").resolve(), durable=False).socket_dir)
    assert not Postgres.answers(url)
    assert eventually(lambda: Postgres.answers(url))
    user.leave()


@pytest.mark.slow
def test_servers_whose_supervisors_were_killed_are_replaced(folder: Path) -> None:
    user = User(folder, durable=True)
    keep(user.urls(), 1)
    time.sleep(1.2)
    kill(supervisors(folder))
    again = User(folder, durable=True)
    urls = again.urls()
    keep(urls, 2)
    assert kept(urls) == ([1, 2], [1, 2])
    user.leave()
    again.leave()
    assert not processes(folder)


def test_the_number_of_a_living_process_in_a_lock_file_does_no_harm(folder: Path) -> None:
    user = User(folder, "postgres")
    user.urls()
    user.leave()
    data = Postgres((folder / "postgres").resolve(), durable=False).data
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n/tmp\n\n   1 2\nready   \n")
    user = User(folder, "postgres")
    assert Postgres.answers(user.urls()["postgres"])
    user.leave()


def test_only_the_server_that_is_asked_for_is_started(folder: Path) -> None:
    user = User(folder, "valkey")
    assert user.urls().keys() == {"valkey"}
    assert not (folder / "postgres").exists()
    user.leave()


def test_letters_beyond_ascii_are_letters_to_the_database(folder: Path) -> None:
    user = User(folder, "postgres")
    with psycopg.connect(user.urls()["postgres"]) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        # of "  öl ", letter by letter; of "  l " it would be two
        assert len(connection.execute("SELECT show_trgm('Öl')").fetchone()[0]) == 3
        assert connection.execute("SELECT lower('ŁÓDŹ')").fetchone() == ("łódź",)
    user.leave()


def test_tasks_need_the_password_and_are_not_dropped_for_room(folder: Path) -> None:
    user = User(folder, "valkey")
    url = user.urls()["valkey"]
    with redis.Redis.from_url("redis://" + url.rpartition("@")[2]) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with redis.Redis.from_url(url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    listed = " ".join(" ".join(process.cmdline()) for process in processes(folder))
    assert redis.ConnectionPool.from_url(url).connection_kwargs["password"] not in listed
    user.leave()


@pytest.mark.slow
def test_a_task_queue_that_cannot_be_read_is_put_aside(folder: Path) -> None:
    user = User(folder, "valkey", durable=True)
    with redis.Redis.from_url(user.urls()["valkey"]) as client:
        client.set("a", 1)
    user.leave()
    file = next((folder / "valkey/data/appendonlydir").glob("*.incr.aof"))
    file.write_bytes(b"*3\r\n$3\r\nSET\r\nno such thing\r\n" * 3)
    user = User(folder, "valkey", durable=True)
    assert Valkey.answers(user.urls()["valkey"])
    assert (folder / "valkey/data.broken").exists()
    user.leave()


@pytest.mark.slow
def test_a_server_that_cannot_start_gets_a_sentence(folder: Path) -> None:
    user = User(folder, "postgres", durable=True)
    user.urls()
    user.leave()
    data = Postgres((folder / "postgres").resolve(), durable=True).data
    (data / "postgresql.conf").write_text("no_such_setting = 1\n")
    error = User(folder, "postgres", durable=True).process.communicate("")[1]
    assert error.startswith("PostgreSQL did not start")
    assert "server.log" in error
    assert "Traceback" not in error


def test_the_signal_of_a_terminal_is_not_for_the_servers(folder: Path) -> None:
    user = User(folder, "valkey")
    url = user.urls()["valkey"]
    assert all(os.getsid(process.pid) != os.getsid(0) for process in processes(folder))
    user.process.send_signal(signal.SIGINT)
    user.process.wait()
    assert eventually(lambda: not Valkey.answers(url))
