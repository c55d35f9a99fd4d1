"""Visitors for some minutes: make load MINUTES=10, or python -m tests.load [--users 150] [--minutes 10].

gunicorn serves the site as in production, limits on, two processes; a worker sends what sign-ups ask for to a server
that keeps nothing. A world of SCALE (0.05: 50,000 events in 15 cities) is asked by locust (tests/load/locustfile.py).
Printed are percentiles by route, how much was found in the cache, and memory, connections to the database and load
over the minutes. The exit status is 1 if a request failed, memory grew by more than a fifth after the first third, or
there were more connections than DB_POOL_MAX and the workers may have.
"""

import argparse
import contextlib
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from tests.bench.databases import ROOT, use_settings
from tests.bench.pages import SECRET, Server, _collect, _production
from tests.bench.sending import sink
from tests.bench.world import Place, cities_at, world

REPORT = "load-report.json"
SAMPLE_SECONDS = 10.0
SESSIONS = 50
EVENTS = 40  # of each city that are read
OUTSIDE_POOL = 10  # connections of the worker, and of this


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=150)
    parser.add_argument("--report", default=REPORT)
    options = parser.parse_args()
    scale = float(os.environ.get("SCALE", "0.05"))
    with tempfile.TemporaryDirectory(prefix="nocturne-load-") as name, sink() as port:
        folder = Path(name)
        os.environ |= {"METRICS_DIR": str(folder / "metrics"), "SMTP_PORT": str(port), "METRICS_ALLOW": "127.0.0.1"}
        os.environ["SECRET_KEY"] = SECRET  # as the server has it: sessions that are made here hold there
        use_settings()
        with world(cities_at(scale)) as cities:
            _pause_readers()
            (folder / "world.json").write_text(json.dumps(_world(cities)))
            _collect()
            report = _load(folder, options.users, options.minutes)
    wrong = _told(report)
    (ROOT / options.report).write_text(json.dumps(report, indent=2) + "\n")
    return 1 if wrong else 0


def _world(cities: list[Place]) -> dict[str, Any]:
    from events.models import City, Event
    from nocturne.models import User
    from tests.chaos.run import _session

    found = []
    for pk, slug, _ in cities:
        city = City.objects.get(pk=pk)
        rows = Event.objects.filter(city=city, night__gt=city.tonight()).select_related("city").order_by("night", "pk")
        found.append((slug, city.code, [(event.pk, event.get_absolute_url()) for event in rows[:EVENTS]]))
    users = [User.objects.create_user(f"guest-{number}@example.org") for number in range(SESSIONS)]
    return {"cities": found, "sessions": [_session(user) for user in users]}


def _pause_readers() -> None:
    """Of the world's own, so that no digest goes meanwhile."""
    from subscriptions.models import Subscription

    Subscription.objects.update(status=Subscription.Status.PAUSED)


def _load(folder: Path, users: int, minutes: float) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        server = Server(900)
        stack.callback(server.stop)
        command = [sys.executable, "-m", "celery", "-A", "nocturne", "worker", "-B", "-c", "1", "-l", "ERROR"]
        command += ["-s", str(folder / "beat")]
        worker = stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=_production()))
        stack.callback(worker.terminate)
        before = _counts(server)
        stats = folder / "load"
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            "tests/load/locustfile.py",
            "--headless",
            "--users",
            str(users),
        ]
        command += ["--spawn-rate", str(max(1, users // 20)), "--run-time", f"{round(minutes * 60)}s"]
        command += ["--host", f"http://127.0.0.1:{server.port}", "--csv", str(stats), "--only-summary"]
        environment = {**os.environ, "LOAD_WORLD": str(folder / "world.json")}
        with open(folder / "locust.log", "wb") as log:
            locust = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            samples = []
            while locust.poll() is None:
                samples.append(_sample(server, worker))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    locust.wait(SAMPLE_SECONDS)
        after = _counts(server)
        routes = _rows(stats.with_name("load_stats.csv"))
        if not routes or not int(routes[-1]["Request Count"]):
            raise SystemExit((folder / "locust.log").read_text()[-2000:])
        failures = _rows(stats.with_name("load_failures.csv"))
    return {
        "minutes": minutes,
        "users": users,
        "routes": routes,
        "failures": failures,
        "samples": samples,
        "cache": {name: after.get(name, 0) - before.get(name, 0) for name in after},
    }


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path) as file:
        return list(csv.DictReader(file))


def _sample(server: Server, worker: "subprocess.Popen[bytes]") -> dict[str, float]:
    """Megabytes of the web and of the worker, connections to the database, load of the machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        connections = cursor.fetchone()[0]
    web, work = _megabytes(server._process.pid), _megabytes(worker.pid)
    return {"web_mb": web, "worker_mb": work, "connections": connections, "load": os.getloadavg()[0], "at": time.time()}


def _megabytes(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(pid)
        return round(sum(one.memory_info().rss for one in [found, *found.children(recursive=True)]) / 1e6, 1)
    return 0.0


def _counts(server: Server) -> dict[str, float]:
    """What was found in each cache and what was not, by /metrics."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/metrics", headers={"Host": "bench.example"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    found = {}
    for line in lines:
        if line.startswith(("nocturne_cache_hits_total", "nocturne_cache_misses_total")):
            name, _, value = line.rpartition(" ")
            found[name.removeprefix("nocturne_cache_").replace("_total", "")] = float(value)
    return found


def _told(report: dict[str, Any]) -> list[str]:
    print(f"\n{'route':24}{'requests':>9}{'failed':>8}{'a second':>10}", end="")
    print(f"{'50 %':>8}{'95 %':>8}{'99 %':>8}{'worst':>9}  ms")
    for row in report["routes"]:
        print(f"{row['Name']:24}{row['Request Count']:>9}{row['Failure Count']:>8}", end="")
        speed, worst = float(row["Requests/s"]), float(row["Max Response Time"])
        print(f"{speed:10.1f}{row['50%']:>8}{row['95%']:>8}{row['99%']:>8}{worst:9.0f}")
    for name in sorted({key.partition("{")[2] for key in report["cache"]}):
        hits, misses = (report["cache"].get(f"{kind}{{{name}", 0) for kind in ("hits", "misses"))
        if hits + misses:
            print(f"cache {name.rstrip('}')}: {100 * hits / (hits + misses):.1f} % of {hits + misses:.0f} found")
    samples, wrong = report["samples"], []
    third = samples[len(samples) // 3 :] or samples
    for what in ("web_mb", "worker_mb", "connections", "load"):
        first, last, most = third[0][what], third[-1][what], max(sample[what] for sample in samples)
        print(f"{what:12}{first:9.1f} after a third{last:9.1f} at last{most:9.1f} at most")
        if what.endswith("_mb") and first and last > 1.2 * first:
            wrong.append(f"{what} grew from {first} to {last}")
    if (most := max(sample["connections"] for sample in samples)) > _pool() + OUTSIDE_POOL:
        wrong.append(f"{most} connections to the database")
    failed = int(report["routes"][-1]["Failure Count"])
    if failed:
        kinds = "; ".join(f"{row['Name']}: {row['Error']}" for row in report["failures"])
        wrong.append(f"{failed} requests failed: {kinds}")
    print("\n".join(["WRONG:", *wrong]) if wrong else "No request failed, memory is flat, connections are bounded.")
    report["wrong"] = wrong
    return wrong


def _pool() -> int:
    """Connections that the web processes of a machine may have."""
    from nocturne.configuration import value

    return int(value("DB_POOL_MAX"))


if __name__ == "__main__":
    sys.exit(main())
