"""What public pages cost beside the least that they could: make bench-pages, or python -m tests.bench.pages.

gunicorn serves the site as in production, limits on, with two workers: once with pages kept, once with each made:
held against the database, or, as *rendered anew*, as if nobody had asked for it before.
The least is one indexed query and a constant body of the same size, behind the same middleware and the same limits
(tests/bench/web.py). SCALE=1, the default, is 1,000,000 events in 300 cities; a part of it has fewer cities, each as
full as before. Visitors are spread over addresses by a proxy's header, as the limits have it.

In each round every target is asked once in turn. Printed are medians over rounds: milliseconds of one request at a
time, milliseconds of CPU of the server's processes and the database's, and how often a target could be asked in the
time and in the CPU of the least. Other work on the machine leaves the CPU alone, mostly.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

import psutil

from tests.bench.databases import ROOT, cpu_of, use_settings
from tests.bench.results import record
from tests.bench.world import cities_at, world

WORKERS, THREADS = 2, 4
WARMINGS = 3
DAY = dt.timedelta(days=1)
PEER = "JSON by FastAPI"
NIGHT = "/api/events/{slug}?date_from={night}&date_to={night}&limit=100"  # all of it, so that no cursor differs
FRIEND = "198.51.100.7"  # whom no limit counts


@dataclass
class Target:
    """`path` has a place for the slug and the id of a city. `least` names the target that it is compared with."""

    name: str
    path: str
    least: str = "least, a page"
    goal: float = 0  # of its speed beside the least
    budget: float = 0  # milliseconds
    server: str = "kept"  # or made, or peer
    friend: bool = False
    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


class Server:
    """gunicorn with settings of production, which keeps pages for so many `seconds`; or a `peer` by uvicorn."""

    def __init__(self, seconds: int = 0, *, peer: str = "") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "tests.bench.web:application", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)]
        command += ["--log-level", "error", "--keep-alive", "60"]
        if peer:
            command = [peer, "-m", "uvicorn", "tests.bench.fastapi_peer:app", "--port", str(self.port), "--workers"]
            command += [str(WORKERS), "--log-level", "error", "--no-access-log", "--timeout-keep-alive", "60"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=_production(PAGE_CACHE_SECONDS=str(seconds)))
        for _ in range(600):
            with contextlib.suppress(OSError):  # until its workers have started
                if Client(self).get("/openapi.json" if peer else "/bench/bare/1")[0] == 200:
                    break
            time.sleep(0.1)

    def cpu(self) -> float:
        """Seconds of CPU that its processes have taken."""
        found = psutil.Process(self._process.pid)
        return sum(cpu_of(process.pid) for process in [found, *found.children(recursive=True)])

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Client:
    """One connection that stays."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._random = random.Random(7)

    def get(self, path: str, *, friend: bool = False) -> tuple[int, int]:
        """Status and size of the body."""
        status, body = self.read(path, friend=friend)
        return status, len(body)

    def read(self, path: str, *, friend: bool = True) -> tuple[int, bytes]:
        address = FRIEND if friend else f"10.{'.'.join(str(self._random.randrange(1, 255)) for _ in range(3))}"
        lines = (f"GET {path} HTTP/1.1", "Host: bench.example", "X-Forwarded-Proto: https")
        self._socket.sendall("\r\n".join([*lines, f"X-Forwarded-For: {address}", "", ""]).encode())
        got = b""
        while b"\r\n\r\n" not in got:
            piece = self._socket.recv(65536)
            if not piece:
                raise ConnectionError("The server hung up.")
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
        left, parts = int(fields[b"content-length"]) - len(body), [body]
        while left > 0:
            parts.append(self._socket.recv(min(left, 65536)))
            left -= len(parts[-1])
        return int(head[9:12]), b"".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100, help="of each target in a round, at most")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each target in a round, about")
    parser.add_argument("--only", default="", help="targets whose names have this word, beside the least")
    options = parser.parse_args()
    scale = float(os.environ.get("SCALE", "1"))
    use_settings()
    with world(cities_at(scale)) as cities:
        _collect()
        with contextlib.ExitStack() as stack:
            servers = {"kept": Server(900), "made": Server(0)}
            if (peer := _peer()) and options.only in PEER:
                servers["peer"] = Server(peer=peer)
            for server in servers.values():
                stack.callback(server.stop)
            bench = _Bench(servers, random.Random(1).choices(cities, k=options.requests), options.seconds)
            targets = _targets(servers, cities[0], options.only)
            for number in range(options.rounds + 1):
                for target in targets:
                    bench.ask(target, counts=number > 0)  # the first round warms
            _print(targets)
    return 0


def _targets(servers: dict[str, Server], city: tuple[int, str, str], only: str = "") -> list[Target]:
    """Those of the least have bodies as large as what they are compared with."""
    pages = [
        Target("city's page, kept", "/{slug}/", goal=1.4, budget=10),
        Target("city's page, made", "/{slug}/", goal=0.6, budget=50, server="made"),
        Target("city's page, rendered anew", "/bench/anew/{slug}/", budget=50, server="made"),
        Target("event's page, kept", "{event}", "least, an event", budget=20),
        Target("event's page, made", "{event}", "least, an event", budget=100, server="made"),
        Target("event's page, rendered anew", "/bench/anew{event}", "least, an event", budget=100, server="made"),
        Target("search for a text", "/{slug}/?q=lantern", budget=150),
        Target("search, rendered anew", "/bench/anew/{slug}/?q=lantern", budget=150, server="made"),
        Target("JSON of a list, kept", "/api/events/{slug}", "least, JSON"),
        Target("JSON of a list, made", "/api/events/{slug}", "least, JSON", goal=0.6, server="made"),
        Target("calendar of 500, kept", "/{slug}/calendar.ics", "least, a calendar", goal=0.5),
        Target("calendar of 500, made", "/{slug}/calendar.ics", "least, a calendar", goal=0.5, server="made"),
        Target("Atom of 500, kept", "/{slug}/feed.atom", "least, Atom", goal=0.5),
        Target("Atom of 500, made", "/{slug}/feed.atom", "least, Atom", goal=0.5, server="made"),
        Target("form to subscribe", "/subscribe/", budget=50),
    ]
    if "peer" in servers:
        _compare([Client(servers[name]).read(_path(Target("", NIGHT), city)) for name in ("kept", "made", "peer")])
        pages += [
            Target(PEER, NIGHT, PEER, server="peer"),
            Target("JSON of a night, kept", NIGHT, PEER, goal=2.5),
            Target("JSON of a night, made", NIGHT, PEER, goal=2.5, server="made"),
        ]
    client, targets = Client(servers["kept"]), []
    for target in (one for one in pages if only in one.name):
        _, size = client.get(_path(target, city), friend=True)
        rows = 500 if "500" in target.name else 1 if "event" in target.name else 50
        if target.least not in {PEER, *(other.name for other in targets)}:
            path = f"/bench/limit/{size}/{rows}/{{pk}}?from={{first}}&to={{last}}"
            targets.append(Target(target.least, path, target.least))
            if target.least == Target.least:
                targets += [
                    Target("  its body without query", f"/bench/constant/{size}", target.least),
                    Target("  and without limits", f"/bench/constant/{size}", target.least, friend=True),
                    Target("  and without Django", f"/bench/bare/{size}", target.least),
                ]
        targets.append(target)
    return targets


def _path(target: Target, city: tuple[int, str, str]) -> str:
    pk, slug, event = city
    today = dt.datetime.now(dt.UTC).date()
    return target.path.format(
        pk=pk, slug=slug, event=event, first=today, last=today + dt.timedelta(days=6), night=today + DAY
    )


def _peer() -> str:
    """The Python of tests/bench/fastapi_peer.py, or "" and a word on what is missing."""
    python, needed = os.environ.get("PEER_PYTHON", ""), "fastapi, sqlalchemy, uvicorn, psycopg"
    if python and subprocess.run([python, "-c", f"import {needed}"], capture_output=True, check=False).returncode == 0:
        return python
    print(f"Not beside FastAPI: PEER_PYTHON is to name a Python that has {needed}.")
    return ""


def _compare(answers: list[tuple[int, bytes]]) -> None:
    ours, *others = [(status, json.loads(body)) for status, body in answers]
    if ours[0] != 200 or not ours[1]["events"] or any(other != ours for other in others):
        raise SystemExit("FastAPI and the site do not answer the same, so that their cost cannot be compared.")


class _Bench:
    """Asks the servers for pages of these cities, for about so many seconds a target."""

    def __init__(self, servers: dict[str, Server], cities: list[tuple[int, str, str]], seconds: float) -> None:
        self._servers, self._cities, self._seconds = servers, cities, seconds
        self._clients = {name: [Client(server) for _ in range(2 * WORKERS)] for name, server in servers.items()}

    def ask(self, target: Target, *, counts: bool) -> None:
        server, clients = self._servers[target.server], self._clients[target.server]
        cpu, connections, times = server.cpu(), _database_cpu(), []
        ends = time.monotonic() + self._seconds
        # before it counts, what is kept or rendered has to be there for all cities, however long making it takes, and
        # each connection is to have a plan of its own for what it is asked often, which takes it five questions
        warming = not counts and not target.path.startswith("/bench/anew")
        for turn, city in enumerate(self._cities * (WARMINGS if warming else 1)):
            if time.monotonic() > ends and turn >= 20 and not warming:
                break
            path, began = _path(target, city), time.perf_counter()
            status, _ = clients[turn % len(clients)].get(path, friend=target.friend)
            times.append(time.perf_counter() - began)
            if status != 200:
                raise SystemExit(f"{path} was answered with {status}.")
        if counts:
            target.clock.append(statistics.median(times) * 1000)
            # a connection may have begun meanwhile, or ended, with what it took
            queries = sum(seconds - connections.get(pid, 0) for pid, seconds in _database_cpu().items())
            target.cpu.append((server.cpu() - cpu + queries) / len(times) * 1000)


def _print(targets: list[Target]) -> None:
    least = {target.name: target for target in targets}
    print(f"{'':26}{'ms':>8}{'budget':>8}{'CPU ms':>8}{'by CPU':>8}{'by clock':>9}{'goal':>7}")
    for target in targets:
        base = least[target.least]
        by_cpu = statistics.median(a / b for a, b in zip(base.cpu, target.cpu, strict=True) if b)
        by_clock = statistics.median(a / b for a, b in zip(base.clock, target.clock, strict=True))
        clock, cpu = statistics.median(target.clock), statistics.median(target.cpu)
        if target.goal:
            record(f"{target.name}, beside {target.least}", by_cpu, least=target.goal)
        budget, goal = (f"{value:g}" if value else "" for value in (target.budget, target.goal))
        print(f"{target.name:26}{clock:8.2f}{budget:>8}{cpu:8.2f}{by_cpu:8.2f}{by_clock:9.2f}{goal:>7}")


def _production(**more: str) -> dict[str, str]:
    """The environment of a site behind a proxy, with the database of this run."""
    from django.db import connection

    url = os.environ["DATABASE_URL"]
    name = str(connection.settings_dict["NAME"])
    return {
        **os.environ,
        "ENVIRONMENT": "production",
        "SECRET_KEY": SECRET,
        "SITE_URL": "https://bench.example",
        "DATABASE_URL": url.replace("/nocturne", f"/{name}", 1),
        "SMTP_HOST": "127.0.0.1",
        "BEHIND_PROXY": "true",
        "IP_WHITELIST": FRIEND,
        "LOG_DIR": "",
        **more,
    }


SECRET = secrets.token_urlsafe(50)


def _collect() -> None:
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=_production(), check=True)


def _database_cpu() -> dict[int, float]:
    """Seconds of CPU of each connection to the database of this run; none where it is on another machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = [pid for (pid,) in cursor.fetchall() if pid != connection.connection.info.backend_pid]
    return {pid: cpu_of(pid) for pid in pids}


if __name__ == "__main__":
    sys.exit(main())
