"""What `make run` does, in a clone of its own."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = (".git", ".venv", ".data", "__pycache__", ".*_cache")


class Site:
    """A running `manage.py dev`; `said` is all that it printed until it was ready."""

    def __init__(self, clone: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        # a slow machine would tell of slow queries between the words and the seconds of a step
        env = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "SLOW_QUERY_SECONDS": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "dev", "--port", str(port)],
            cwd=clone,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        self.said = "".join(lines)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=30) as response:
            return response.read().decode()


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    clone = tmp_path / "a clone"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*KEPT))
    yield clone
    for process in processes(clone):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes(clone: Path) -> list[psutil.Process]:
    """Those that work in the clone, or were started with its path."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(clone) in " ".join(process.cmdline()) or process.cwd().startswith(str(clone)):
                found.append(process)
    return found


def nothing_runs(clone: Path, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while processes(clone) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes(clone)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_newcomer_sees_events_and_a_second_start_keeps_them(clone: Path, port: int) -> None:
    site = Site(clone, port)
    assert "failed" not in site.said
    for step in ("PostgreSQL and Valkey", "Migrating the database", "Loading the cities", "Waiting for the site"):
        assert re.search(rf"^{step}.* \.\.\. \d+\.\d s$", site.said, re.MULTILINE), site.said
    login = json.loads((clone / ".data/admin.json").read_text())
    assert stat.S_IMODE((clone / ".data/admin.json").stat().st_mode) == 0o600
    for value in (f"{site.address}/admin/", f"{site.address}/dev/mail/", *login.values()):
        assert value in site.said
    assert "Los Angeles" in site.get("/")
    assert "4 sources" in site.get("/los-angeles/")
    assert "No mail yet" in site.get("/dev/mail/")

    site.process.kill()
    assert nothing_runs(clone)

    again = Site(clone, port)
    assert json.loads((clone / ".data/admin.json").read_text()) == login
    assert "4 sources" in again.get("/los-angeles/")
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(30) == 0
    assert nothing_runs(clone, seconds=1)


def test_a_port_in_use_gets_a_sentence_that_names_another(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        result = subprocess.run(
            [sys.executable, "manage.py", "dev", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "ADMIN_API_KEY": "key"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == f"CommandError: Port {port} is in use: make run PORT={port + 1}\n"


def test_production_is_not_run_like_this() -> None:
    production = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "s" * 25 + "k" * 25,
        "SITE_URL": "https://example.org",
    }
    result = subprocess.run(
        [sys.executable, "manage.py", "dev"],
        cwd=ROOT,
        env={**os.environ, **production},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == "CommandError: dev is for development; in production see docs/operators.md.\n"
