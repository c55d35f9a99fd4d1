"""A calendar of 10,000 VEVENTs, read and ingested: make bench, or python -m tests.bench.ingestion [--rounds 3].

Printed are ratios to what icalendar takes to parse the same bytes, the median of rounds that measure all of them one
after the other, since seconds differ from machine to machine and from minute to minute. Ingestion goes from the HTTP
request to the city's new generation, over a real server, into an empty database of an embedded PostgreSQL.
"""

import argparse
import contextlib
import gc
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.databases import database, database_seconds, use_settings
from tests.bench.results import record

TARGETS = {
    "read: parse, expand, normalise": 1.5,
    "ingest into an empty database": 3.0,
    "the same again, read in full": 1.5,
    "the same again, known by its hash": 0.1,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="of the first ingestion, instead of the table")
    options = parser.parse_args()
    use_settings()
    from tests.bench.calendars import calendar

    body = calendar(options.events)
    with database(), served(body) as url:
        bench = _Bench(body, url)
        if options.profile:
            bench.profile()
            return 0
        print(f"{options.events:,} VEVENTs, {len(body) / 1e6:.1f} MB, {options.rounds} rounds", flush=True)
        rounds = [bench.round() for _ in range(options.rounds)]
    _print(rounds, bench.counts)
    return 0


class _Bench:
    def __init__(self, body: bytes, url: str) -> None:
        self.body, self.url, self.counts = body, url, ""

    def round(self) -> dict[str, tuple[float, float]]:
        """Seconds of each measure in one go: by the clock, and of CPU, the database's included."""
        return {
            "icalendar: parse": _timed(self.parse),
            "read: parse, expand, normalise": _timed(self.read),
            "ingest into an empty database": (self.clear(), _timed(self.ingest))[1],
            "the same again, read in full": _timed(self.again),
            "the same again, known by its hash": _timed(self.unchanged),
        }

    def profile(self) -> None:
        import cProfile
        import pstats

        self.clear()
        profile = cProfile.Profile(time.process_time)
        profile.runcall(self.ingest)
        for order in ("tottime", "cumtime"):
            pstats.Stats(profile).sort_stats(order).print_stats(45)

    def parse(self) -> None:
        import icalendar

        assert icalendar.Calendar.from_ical(self.body)

    def read(self) -> None:
        import datetime as dt

        from scraping.detect import read
        from scraping.extractors import Document, Window
        from scraping.normalise import normalise
        from tests.scraping.readings import NOW

        window = Window(
            start=NOW - dt.timedelta(days=1),
            end=dt.datetime(9980, 1, 1, tzinfo=dt.UTC),
            horizon=NOW + dt.timedelta(days=180),
            timezone="Europe/Berlin",
        )
        reading = read(Document(url=self.url, body=self.body), window)
        assert len([normalise(draft, base_url=self.url) for draft in reading.drafts]) >= 10

    def clear(self) -> None:
        """An empty database with one source."""
        from django.core.cache import cache
        from django.core.management import call_command

        from events.models import Source
        from scraping import schedule
        from tests.factories import make_city

        call_command("flush", interactive=False, verbosity=0)
        cache.clear()
        self.source = Source.objects.create(name="Klub", url=self.url, city=make_city())
        schedule.ensure([self.source])

    def ingest(self) -> None:
        outcome = self._scrape(0)
        assert outcome.status == "changed", outcome
        self.counts = f"{outcome.run.new:,} listings"

    def again(self) -> None:
        assert self._scrape(1).status == "unchanged"

    def unchanged(self) -> None:
        assert self._scrape(2, force=False).status == "unchanged"

    def _scrape(self, hours: int, *, force: bool = True) -> Any:
        from scraping.pipeline import scrape
        from tests.scraping.readings import HOUR, NOW

        return scrape(self.source.pk, due_only=False, force=force, now=NOW + hours * HOUR)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time() + database_seconds()
    work()
    return time.perf_counter() - wall, time.process_time() + database_seconds() - cpu


def _print(rounds: list[dict[str, tuple[float, float]]], counts: str) -> None:
    base = "icalendar: parse"
    print(f"{'ratio of':36}{'CPU':>8}{'from':>8}{'to':>8}{'clock':>8}{'CPU s':>9}{'clock s':>9}")
    for name in rounds[0]:
        clock, cpu = ([one[name][i] / one[base][i] for one in rounds] for i in (0, 1))
        wall, busy = (statistics.median(one[name][i] for one in rounds) for i in (0, 1))
        middle = statistics.median(cpu)
        print(
            f"{name:36}{middle:8.2f}{min(cpu):8.2f}{max(cpu):8.2f}{statistics.median(clock):8.2f}{busy:9.2f}{wall:9.2f}"
        )
    print(counts)
    for name, most in TARGETS.items():
        record(
            f"{name}, beside parsing alone", statistics.median(one[name][1] / one[base][1] for one in rounds), most=most
        )


@contextlib.contextmanager
def served(body: bytes) -> Iterator[str]:
    """The address of a server, a process of its own, that has one calendar."""
    from django.conf import settings

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "programme.ics").write_bytes(body)
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            settings.FETCH_ALLOW = [f"127.0.0.1:{port}"]
            yield f"http://127.0.0.1:{port}/programme.ics"
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
