"""The site as it runs in production: two web servers, two workers and a beat, over engines that can be stopped.

What ends is started again within a second, as systemd and Docker do.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from nocturne.dev.engines import ENGINES, Engine
from nocturne.dev.servers import START_SECONDS, _end_with_supervisor

ROOT = Path(__file__).resolve().parents[2]
RESTART_SECONDS = 1.0
GUNICORN = ["-m", "gunicorn", "nocturne.wsgi", "--workers", "1", "--threads", "4", "--worker-class", "gthread"]
CELERY = ["-m", "celery", "-A", "nocturne", "worker", "-c", "2", "-l", "INFO", "--without-gossip", "--without-mingle"]


class Server:
    """An engine whose process is ours."""

    def __init__(self, name: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = ENGINES[name](folder, durable=True)
        self._log = open(folder / "server.log", "ab")  # noqa: SIM115  # as long as the run
        self.start()

    def start(self) -> None:
        self.engine.prepare()
        how: dict[str, Any] = {"stdout": self._log, "stderr": self._log, "preexec_fn": _end_with_supervisor}
        self.process = self.engine.start(**how)
        deadline = time.monotonic() + START_SECONDS
        while not self.engine.ready(self.process):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.engine.title} does not start: see {self._log.name}")
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class Processes:
    """Named processes, each the leader of a session of its own, started again when they end."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self._commands: dict[str, list[str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.restarts: list[str] = []
        self._minder = threading.Thread(target=self._mind, daemon=True)
        self._minder.start()

    def web(self, name: str) -> int:
        """The port of another web server."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        self._add(name, [*GUNICORN, "--bind", f"127.0.0.1:{port}"])
        return port

    def worker(self, name: str) -> None:
        self._add(name, [*CELERY, "-n", f"{name}@chaos"])

    def beat(self) -> None:
        self._add("beat", ["-m", "celery", "-A", "nocturne", "beat", "-l", "INFO"])

    def kill(self, name: str) -> None:
        """With -9, its children, too."""
        os.killpg(self._running[name].pid, signal.SIGKILL)

    def stop(self) -> None:
        self._ended.set()
        self._minder.join()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            self._kill_session(process)
            process.wait()

    def _add(self, name: str, command: list[str]) -> None:
        with self._lock:
            self._commands[name] = command
            self._start(name)

    def _start(self, name: str) -> None:
        with open(self._folder / f"{name}.log", "ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *self._commands[name]],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _mind(self) -> None:
        while not self._ended.wait(RESTART_SECONDS):
            with self._lock:
                for name, process in list(self._running.items()):
                    if process.poll() is not None:
                        self._kill_session(process)
                        self.restarts.append(name)
                        self._start(name)

    @staticmethod
    def _kill_session(process: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
