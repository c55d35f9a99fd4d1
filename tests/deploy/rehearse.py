"""make rehearse: does in a clean folder what Dockerfile, compose.yaml, Procfile and the units of systemd say.

The commands are taken out of these files. Left out is what needs a container engine: base images, apt-get, users,
networks and volumes. Where PgBouncer, Caddy and Prometheus are installed, the site is run once more between them.
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from nocturne.dev import servers
from tests.deploy import peers, recipe
from tests.processes import eventually, free_port

VARIABLES = {
    "SITE_URL": "https://events.example.org",
    "SECRET_KEY": "of-a-rehearsal-and-nothing-else-0123456789abcdef",
    "POSTGRES_PASSWORD": "rehearsal",
}
PROCESSES = ("backend", "worker", "scraper", "beat")


class Rehearsal:
    """A folder in the place of the image: `app` for /app, `venv` for /venv."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.app, self.venv = folder, folder / "app", folder / "venv"
        self.stages = recipe.stages()
        self.compose = recipe.compose(**VARIABLES)
        self.database = self.queue = ""

    def say(self, *words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')}  {' '.join(words)}", flush=True)

    def here(self, text: str) -> str:
        """A command of the image in this folder."""
        text = re.sub(r"(?<![\w/.])/venv\b", str(self.venv), text)
        return re.sub(r"(?<![\w/.])/(media|backups)\b", rf"{self.folder}/\1", text)

    def build(self) -> None:
        """The instructions of the stage that makes venv and static files, one by one."""
        stage = self.stages[0]
        version = re.match(r"python:(\d+\.\d+)", stage.base)
        assert version, stage.base
        assert tuple(map(int, version[1].split("."))) == sys.version_info[:2], "another Python than that of the image"
        self.app.mkdir()
        plain = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/tmp")}
        plain |= {
            name: value for name, value in os.environ.items() if name.startswith("PIP_") or "PROXY" in name.upper()
        }
        for word, rest in stage.instructions:
            self.say(word, rest[:100])
            if word == "RUN":
                command = self.here(recipe.without_mounts(rest))
                command = re.sub(r"^python ", f"{sys._base_executable} ", command)  # type: ignore[attr-defined]
                subprocess.run(["sh", "-ec", command], cwd=self.app, env=plain, check=True)
            elif word == "COPY":
                self._copy(rest.split()[0])
            else:
                assert word == "WORKDIR", word

    def _copy(self, name: str) -> None:
        for file in recipe.in_context() if name == "." else [name]:
            target = self.app / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(recipe.ROOT / file, target)

    def environment(self, service: str, **more: str) -> dict[str, str]:
        """What a container of this service has: the image's environment, then the service's, with our servers."""
        found = recipe.environment_of(self.stages[-1]) | self.compose["services"][service]["environment"]
        found["PATH"] = f"{self.venv}/bin:/usr/bin:/bin"
        found |= {"DATABASE_URL": self.database, "REDIS_URL": self.queue, "HOSTNAME": socket.gethostname()}
        found |= {
            "METRICS_DIR": f"{self.folder}/metrics-{service}",
            "METRICS_WORKER_ADDRESS": f"127.0.0.1:{free_port()}",
        }
        found |= {name: f"{self.folder}/{name.lower()}" for name in ("MEDIA_ROOT", "BACKUP_DIR")}
        return found | more

    def run(self, service: str, command: list[str] | None = None) -> None:
        """A command that ends, as `migrate`."""
        command = command or self.compose["services"][service]["command"]
        self.say(service, shlex.join(command)[:100])
        subprocess.run(command, cwd=self.app, env=self.environment(service), check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def running(self, name: str, command: list[str], environment: dict[str, str], *, stop: float) -> Iterator[Any]:
        """A process, which is told to end afterwards, must do so within `stop` seconds and say that all was well."""
        self.say(name, shlex.join(command)[:100])
        log = self.folder / f"{name}.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(command, cwd=self.app, env=environment, stdout=output, stderr=output) as process,
        ):
            try:
                yield process
                assert process.poll() is None, f"{name} ended by itself: {log.read_text()[-2000:]}"
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                code = process.wait(stop)
                self.say(name, f"ended with {code} after {time.monotonic() - began:.1f} s")
                assert code == 0, log.read_text()[-2000:]
            finally:
                process.kill()

    def containers(self) -> None:
        """compose.yaml: migrate, then all processes; their health checks; SIGTERM."""
        port = str(free_port())
        self.run("migrate")
        services = self.compose["services"]
        with ExitStack() as stack:
            for name in PROCESSES:
                command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in services[name]["command"]]
                stop = _seconds(services[name].get("stop_grace_period", "10s"))
                stack.enter_context(self.running(name, command, self.environment(name), stop=min(stop, 60)))
            health = [*recipe.health_command(self.stages[-1])]
            self.healthy("backend", health, PORT=port)
            for name in ("worker", "scraper"):
                self.healthy(name, ["sh", "-c", services[name]["healthcheck"]["test"][1]])
            self.whole(port)

    def healthy(self, service: str, command: list[str], **more: str) -> None:
        environment = self.environment(service, **more)

        def passes() -> bool:
            done = subprocess.run(command, cwd=self.app, env=environment, capture_output=True, check=False)
            return done.returncode == 0

        assert eventually(passes, 90), f"{service} is not healthy by {command}"
        self.say(service, "is healthy")

    def whole(self, port: str) -> None:
        """All that the site says of itself: database, queue, workers and beat."""
        command = ["sh", "-c", f"curl -fsS http://127.0.0.1:{port}/health"]

        def all_there() -> bool:
            said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            return bool(said) and not re.search(r'"(database|cache|queue|workers|beat)": \{"status": "failed"', said)

        assert eventually(all_there, 90), subprocess.run(command, capture_output=True, text=True, check=False).stdout
        self.say("health:", subprocess.run(command, capture_output=True, text=True, check=False).stdout[:400])

    def processes(self, commands: dict[str, list[str]]) -> None:
        """The processes of a Procfile or of units, healthy and whole."""
        with self.serving(commands):
            pass

    @contextmanager
    def serving(self, commands: dict[str, list[str]], **more: str) -> Iterator[str]:
        """The same while they run, at a port of our own, with more variables."""
        port = str(free_port())
        with ExitStack() as stack:
            for name, command in commands.items():
                service = "backend" if name == "web" else name
                here = [re.sub(r"127\.0\.0\.1:(\$\{PORT:-8000\}|8000)", f"127.0.0.1:{port}", word) for word in command]
                environment = self.environment(service, BEHIND_PROXY="true", **more)
                stack.enter_context(self.running(f"{name}", here, environment, stop=60))
            self.healthy("backend", recipe.health_command(self.stages[-1]), PORT=port, **more)
            self.whole(port)
            yield port

    def between(self, commands: dict[str, list[str]]) -> None:
        """The processes of the Procfile behind Caddy and before PgBouncer, watched by Prometheus."""
        with ExitStack() as stack:
            site = f"https://localhost:{free_port()}"
            more = {"SITE_URL": site, "METRICS_TOKEN": peers.TOKEN}
            pooled = ""
            if peers.installed("pgbouncer"):
                pooled = stack.enter_context(peers.pgbouncer(self.folder, self.database))
                more |= {"DATABASE_URL": pooled, "DB_POOLER": "true"}
            port = stack.enter_context(self.serving(commands, **more))
            if peers.installed("caddy"):
                self.behind_caddy(stack, site, port)
            if peers.installed("prometheus", "promtool"):
                self.watched(stack, port)
            if pooled:
                count = peers.transactions(pooled)
                assert count > 100, count
                self.say("PgBouncer:", f"{count} transactions, each in whatever session was free")

    def behind_caddy(self, stack: ExitStack, site: str, port: str) -> None:
        stack.enter_context(peers.caddy(self.folder, site, f"127.0.0.1:{port}"))
        assert eventually(lambda: peers.answer(f"{site}/")[0] == 200, 30), "Caddy does not hand on"
        assert f'href="{site}/' in peers.answer(f"{site}/")[1]
        assert peers.answer(f"{site}/metrics", Authorization=f"Bearer {peers.TOKEN}")[0] == 404
        self.say("Caddy:", "hands on pages, and no metrics")

    def watched(self, stack: ExitStack, port: str) -> None:
        address = stack.enter_context(peers.prometheus(self.folder, f"127.0.0.1:{port}"))
        up = [lambda: peers.series(address, 'up{job="nocturne"} == 1'), lambda: peers.series(address, "nocturne_alive")]
        assert all(eventually(there, 60) for there in up), "Prometheus does not read the metrics"
        unwell = {name: state for name, state in peers.rules(address).items() if state[0] != "ok"}
        assert not unwell, unwell
        self.say("Prometheus:", f"reads the metrics, and {len(peers.rules(address))} rules work")

    def units(self) -> dict[str, list[str]]:
        """The commands of the units of systemd, which systemd-analyze takes for right where it is installed."""
        copies = self.folder / "units"
        shutil.copytree(recipe.DEPLOY / "systemd", copies)
        for path in copies.iterdir():
            text = path.read_text().replace("/opt/nocturne/.venv", str(self.venv))
            path.write_text(text.replace("/opt/nocturne", str(self.app)).replace("User=nocturne\n", ""))
        if program := shutil.which("systemd-analyze"):
            paths = sorted(map(str, copies.iterdir()))
            done = subprocess.run([program, "verify", "--man=no", *paths], capture_output=True, text=True, check=False)
            about_us = [line for line in done.stderr.splitlines() if "nocturne" in line]
            assert not about_us, "\n".join(about_us)
            self.say("systemd-analyze verify:", f"{len(paths)} units, nothing to say")
        return {
            name.removeprefix("nocturne-"): [
                word.replace("/opt/nocturne/.venv", str(self.venv)) for word in recipe.unit_command(unit)
            ]
            for name, unit in recipe.units().items()
        }


def _seconds(period: str) -> float:
    return float(period[:-1]) * {"s": 1, "m": 60}[period[-1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("containers", "procfile", "systemd", "between"))
    only = parser.parse_args().only
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nocturne-rehearsal-") as name:
        rehearsal = Rehearsal(Path(name))
        rehearsal.build()
        urls = servers.ensure(Path(name) / "servers", "postgres", "valkey", durable=False)
        try:
            rehearsal.database, rehearsal.queue = urls["postgres"], urls["valkey"]
            if only in (None, "containers"):
                rehearsal.containers()
            else:
                rehearsal.run("migrate")
            procfile = {key: shlex.split(line) for key, line in recipe.procfile().items()}
            if only in (None, "procfile"):
                rehearsal.processes(procfile)
            if only in (None, "systemd"):
                rehearsal.processes(rehearsal.units())
            if only in (None, "between"):
                rehearsal.between(procfile)
        finally:
            servers.leave()
    print(f"Rehearsed in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
