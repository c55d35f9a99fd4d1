"""Thousands of sources through two workers: python -m tests.bench.sources [--sources 2000] [--seed 1].

A hundred a city, of mixed sizes, 5 % broken, one worker killed with -9 on the way. Printed are sources and listings a
minute, the cost of a source in each quarter of the first round (as time passes, and as processor time of the workers
and the database), what the second, unchanged round wrote, and whether anything was lost or doubled: exit status 1 then.
It brings its own servers in a folder of its own, and takes minutes.
"""

import argparse
import contextlib
import datetime as dt
import itertools
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.bench.databases import ROOT
from tests.bench.results import record

PER_CITY = 100
PER_HOST = 10
BROKEN = ("500", "404", "garbage", "cut", "empty")
SYLLABLES = (
    "ba bel cor da den du el fa gar hal il jo ka kel la lin lo ma mer mi na nor pa qua ra ri sa sel ta tor va".split()
)
WORDS = tuple("".join(random.Random(n).choices(SYLLABLES, k=3)).title() for n in range(4000))
FORMS = ("{} & {}", "{} {} Band", "The {} of {}", "{} meets {}", "{} / {}", "An evening with {} {}")


def size_of(number: int, seed: int) -> int:
    """Events of a source: 1 to 500, most of them few, 0 for a broken one."""
    if number % 20 == 19:
        return 0
    return max(1, min(500, round(random.Random(f"{seed} {number}").lognormvariate(2.8, 1.2))))


def events_of(number: int, seed: int) -> Iterator[str]:
    chance = random.Random(f"{seed} events {number}")
    first = dt.date.today() + dt.timedelta(days=2)
    for index in range(size_of(number, seed)):
        day = first + dt.timedelta(days=chance.randrange(120))
        title = chance.choice(FORMS).format(chance.choice(WORDS), chance.choice(WORDS))
        yield (
            f"BEGIN:VEVENT\r\nUID:{number}-{index}@bench.example\r\nSUMMARY:{title} {chance.randrange(1000)}\r\n"
            f"DTSTART:{day:%Y%m%d}T{chance.randrange(17, 23)}{chance.choice(('00', '30'))}00\r\n"
            f"LOCATION:Venue {number}\r\nDESCRIPTION:{' '.join(chance.choices(WORDS, k=30))}\r\n"
            f"URL:https://venue-{number}.example/{index}\r\nEND:VEVENT\r\n"
        )


def calendar(number: int, seed: int) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events_of(number, seed)) + "END:VCALENDAR\r\n").encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seed = 1

    def do_GET(self) -> None:
        name = self.path.strip("/").removesuffix(".ics")
        if not name.isdigit():
            self._send(404, b"")
            return
        number = int(name)
        if number % 20 != 19:
            self._send(200, calendar(number, self.seed))
            return
        match BROKEN[number // 20 % len(BROKEN)]:
            case "500":
                self._send(500, b"")
            case "404":
                self._send(404, b"")
            case "garbage":
                self._send(200, random.Random(number).randbytes(20_000))
            case "cut":
                self._send(200, b"BEGIN:VCALENDAR\r\n", claimed=5000)
            case "empty":
                self._send(200, b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")

    def _send(self, status: int, body: bytes, *, claimed: int | None = None) -> None:
        etag = f'"{zlib.crc32(body)}"'
        if status == 200 and claimed is None and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Type", "text/calendar")
        self.send_header("Content-Length", str(claimed or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = claimed is not None

    def log_message(self, *args: object) -> None:
        pass


def serve(seed: int, port: "multiprocessing.queues.Queue[int]") -> None:
    Handler.seed = seed
    with ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:
        port.put(server.server_port)
        server.serve_forever()


def host_of(number: int, port: int) -> str:
    """Ten sources share a host; a broken one has its own."""
    place = 5000 + number if number % 20 == 19 else number // PER_HOST
    return f"127.1.{place // 250}.{place % 250 + 1}:{port}"


class Mark(NamedTuple):
    """How far a round is after some seconds, and the processor time that workers and database have taken."""

    seconds: float
    done: int
    processor: float


class Bench:
    """The sources in the database, and the workers that read them."""

    def __init__(self, count: int, seed: int, port: int, folder: Path) -> None:
        self.count, self.seed, self.port, self.folder = count, seed, port, folder
        self.log = folder / "workers.log"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.spent: dict[int, float] = {}

    def prepare(self) -> None:
        from django.core.management import call_command

        from events.models import City, Source
        from events.places import assign_areas
        from scraping import schedule

        call_command("migrate", verbosity=0)
        call_command("load_cities", min_population=1_000_000, verbosity=0)
        chosen: list[City] = []
        for city in City.objects.order_by("-population"):
            if len(chosen) * PER_CITY < self.count and all(city.country != other.country for other in chosen):
                chosen.append(city)
        City.objects.filter(pk__in=[city.pk for city in chosen]).update(active=True)
        assign_areas()
        Source.objects.bulk_create(
            Source(
                name=f"Source {number}",
                url=f"http://{host_of(number, self.port)}/{number}.ics",
                city=chosen[number // PER_CITY],
            )
            for number in range(self.count)
        )
        schedule.ensure(list(Source.objects.scraped()))

    def start_worker(self) -> None:
        name = f"bench{len(self.workers)}@%h"
        command = [sys.executable, "-m", "celery", "-A", "nocturne", "worker", "-c", "1", "-n", name, "-l", "WARNING"]
        with open(self.log, "ab") as output:
            self.workers.append(
                subprocess.Popen(
                    [*command, "--without-gossip", "--without-mingle"],
                    cwd=ROOT,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )

    def stop_workers(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)

    def processor(self) -> float:
        """Seconds of processor time that the workers and the database have taken so far, the dead ones included."""
        ours = {worker.pid for worker in self.workers}
        for process in psutil.process_iter(["pid", "ppid", "name", "cmdline"]):
            if process.info["name"] == "postgres" and str(self.folder) in " ".join(process.info["cmdline"] or ()):
                ours.add(process.pid)
        for pid in ours:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                for one in [process, *process.children(recursive=True)]:
                    with contextlib.suppress(psutil.Error):
                        self.spent[one.pid] = sum(one.cpu_times()[:2])
        return sum(self.spent.values())

    def round(self, *, kill_after: float = 2.0) -> list[Mark]:
        """Until all are read, a mark a second. The worker is killed after a share of them."""
        from django.utils import timezone as clock

        from scraping.models import Schedule
        from scraping.tasks import scrape_due

        rows = list(Schedule.objects.order_by("source"))
        mixed = random.Random(self.seed)  # as schedules are: not one city after the other
        for row in rows:
            row.next_at = clock.now() - dt.timedelta(seconds=mixed.random())
        Schedule.objects.bulk_update(rows, ["next_at"])
        began, killed, asked = time.monotonic(), False, 0.0
        marks = [Mark(0.0, 0, self.processor())]
        while True:
            now = time.monotonic()
            if now - asked > 5:
                scrape_due.delay(limit=400)
                asked = now
            left = Schedule.objects.filter(next_at__lte=clock.now()).count()
            marks.append(Mark(now - began, self.count - left, self.processor()))
            if not killed and self.count - left > kill_after * self.count:
                os.killpg(self.workers[-1].pid, signal.SIGKILL)
                self.start_worker()
                killed = True
            if not left:
                return marks
            # what the dead worker read or had taken from the queue: as if its time was over
            if killed and {mark.done for mark in marks[-6:]} == {self.count - left}:
                Schedule.objects.filter(next_at__lte=clock.now()).update(claimed_until=None, queued_until=None)
            time.sleep(1)

    def faults(self) -> list[str]:
        """What was lost or doubled."""
        from django.db.models import Count

        from events.models import Event, Listing, Source
        from scraping.models import Run

        found = []
        for source in Source.objects.scraped().annotate(count=Count("listings")):
            number = int(source.name.split()[1])
            if source.count != size_of(number, self.seed):
                found.append(f"{source}: {source.count} of {size_of(number, self.seed)} listings")
            if number % 20 == 19 and not Run.objects.filter(source=source, status__in=("failed", "empty")).exists():
                found.append(f"{source} is broken, and no run says so")
        if homeless := Listing.objects.filter(event=None).count():
            found.append(f"{homeless} listings without an event")
        if orphans := Event.objects.filter(listings=None).count():
            found.append(f"{orphans} events without a listing")
        return found


def writes() -> dict[str, int]:
    """Rows written since the database began, by table; the state of the schedule left out."""
    from django.db import connection

    time.sleep(3)  # what the servers of other connections counted arrives with a delay
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables")
        return {name: count for name, count in cursor.fetchall() if name != "scraping_schedule"}


def report(title: str, marks: list[Mark], listings: int) -> None:
    seconds, done, _ = marks[-1]
    print(f"{title}: {done} sources in {seconds:.0f} s, {done / seconds * 60:.0f} sources a minute", end="")
    print(f", {listings / seconds * 60:.0f} listings a minute" if listings else "")
    at = [next(mark for mark in marks if mark.done >= done * quarter / 4) for quarter in range(5)]
    share = done / 4 / 1000
    passed = [(later.seconds - earlier.seconds) / share for earlier, later in itertools.pairwise(at)]
    taken = [(later.processor - earlier.processor) / share for earlier, later in itertools.pairwise(at)]
    print("  milliseconds a source in each quarter: " + ", ".join(f"{cost:.0f}" for cost in passed))
    print(f"  of processor time: {', '.join(f'{cost:.0f}' for cost in taken)}; {sum(taken) / 4:.0f} in all", flush=True)
    # workers start in the first quarter, and the one in the place of that which is killed in the second
    middle = statistics.mean(taken[1:3])
    if middle:
        record(f"sources, {title.lower()}: the last quarter beside the middle", taken[-1] / middle, most=1.25)
    else:
        print("  too quick to be told by quarters: more sources would be", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    ports: multiprocessing.queues.Queue[int] = multiprocessing.get_context("fork").Queue()
    server = multiprocessing.get_context("fork").Process(target=serve, args=(options.seed, ports), daemon=True)
    server.start()
    port = ports.get(timeout=10)
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        return run(options.sources, options.seed, port, Path(folder))


def run(count: int, seed: int, port: int, folder: Path) -> int:
    from nocturne.dev import servers

    urls = servers.ensure(folder, "postgres", "valkey")
    allowed = ",".join(sorted({host_of(number, port) for number in range(count)}))
    os.environ |= {"DATABASE_URL": urls["postgres"], "REDIS_URL": urls["valkey"], "FETCH_ALLOW": allowed}
    os.environ |= {"ENVIRONMENT": "development", "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "nocturne.settings"}
    import django

    django.setup()
    from events.models import Listing

    bench = Bench(count, seed, port, folder)
    print(f"{count} sources, {sum(size_of(n, seed) for n in range(count))} events", flush=True)
    bench.prepare()
    try:
        bench.start_worker()
        bench.start_worker()
        report("First round, a worker killed", bench.round(kill_after=0.4), Listing.objects.count())
        faults = bench.faults()
        before = writes()
        report("Second round, unchanged", bench.round(), 0)
        after = writes()
        record("sources, listings and runs lost or double", len(faults), most=0)
        wrote = {name: rows - before.get(name, 0) for name, rows in after.items() if rows != before.get(name, 0)}
        print(f"  rows written by the second round: {wrote or 'none'}")
        faults += bench.faults()
        print("\n".join(faults[:20]) if faults else "Nothing lost, nothing doubled.")
        return 1 if faults else 0
    finally:
        bench.stop_workers()
        from django.db import connection

        connection.close()
        said = [line for line in bench.log.read_text().splitlines() if " ERROR" in line]
        print("\n".join(said[-20:]), file=sys.stderr)
        servers.leave()


if __name__ == "__main__":
    sys.exit(main())
