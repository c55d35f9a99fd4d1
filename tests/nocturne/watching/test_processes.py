"""gunicorn with two workers: they count together, and what one that was killed has counted stays."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
COUNT = 'nocturne_request_seconds_count{method="GET",status="2xx",view="events:bot"}'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address of the site, and its master. Its database is away, which nothing here needs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",
        "METRICS_DIR": str(tmp_path / "metrics"),
        "RATE_LIMIT_REQUESTS_PER_MINUTE": "0",
        "RATE_LIMIT_REQUESTS_PER_HOUR": "0",
    }
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "nocturne.wsgi", "--bind", address, "--workers", "2", "--threads", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as running:
        try:
            yield f"http://{address}", psutil.Process(running.pid)
        finally:
            running.send_signal(signal.SIGTERM)


def read(url: str) -> str:
    deadline = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def values(site: str) -> dict[str, float]:
    lines = [line for line in read(f"{site}/metrics").splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def workers(master: psutil.Process) -> list[int]:
    deadline = time.monotonic() + 40
    while len(found := [one.pid for one in master.children()]) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@pytest.mark.slow
@pytest.mark.timeout(200)  # the database is away, and asked for at each look
def test_workers_count_together_and_nothing_is_lost_with_one_that_is_killed(
    server: tuple[str, psutil.Process], tmp_path: Path
) -> None:
    site, master = server
    read(f"{site}/health/live")
    before = workers(master)
    for _ in range(30):
        read(f"{site}/bot/")
    assert {values(site)[COUNT] for _ in range(6)} == {30}  # whichever of them answers
    with contextlib.suppress(ProcessLookupError):
        os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 40
    while before[0] in (now := workers(master)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert before[0] not in now
    for _ in range(5):
        read(f"{site}/bot/")
    assert {values(site)[COUNT] for _ in range(4)} == {35}
    files = [file.name for file in (tmp_path / "metrics" / "web").glob("*.db")]
    assert not [name for name in files if name.endswith(f"_{before[0]}.db")]
    master.send_signal(signal.SIGHUP)  # as a new release does
    deadline = time.monotonic() + 40
    while set(now) & set(workers(master)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert values(site)[COUNT] == 35
