"""Duplicates among 200,000 synthetic listings, and one listing more in a city of 5,000 events:
make bench, or python -m tests.bench.matching [--seed 1] [--sizes 50000 200000].

The yardstick is rapidfuzz's bare cdist over all pairs of titles of an area and night, measured in the same run and in
CPU seconds, since seconds differ from machine to machine and from minute to minute. Loading and the making of records
are not counted on either side.
"""

import argparse
import datetime as dt
import functools
import gc
import itertools
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy
from rapidfuzz import fuzz, process

from tests.bench.databases import database, database_seconds, use_settings
from tests.bench.listings import Row, Show, World, listings
from tests.bench.results import record

SAMPLE = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="another seed is another world with other decorations")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--future", type=int, default=5000, help="events of the city that gets one listing more")
    options = parser.parse_args()
    use_settings()
    print(f"{'listings':>9}{'F1':>8}{'P':>7}{'R':>7}{'s':>8}{'CPU s':>8}{'µs each':>9}{'MB':>7}", end="")
    print(f"{'cdist ratio':>13}{'times':>7}{'token_set':>11}{'times':>7}")
    found = [_measure(size, options.seed) for size in options.sizes]
    (first, _), (last, f1) = found[0], found[-1]
    record(f"matching {options.sizes[-1]:,} listings, F1", f1, least=0.95)
    if len(found) > 1:
        print(f"Per listing the last size costs {last / first:.2f} times the first.")
        record("matching, a listing of the last size beside the first", last / first, most=1.2)
    with database():
        _one_more(options.seed, options.future)
    return 0


def _measure(size: int, seed: int) -> tuple[float, float]:
    """CPU seconds for each listing, and F1."""
    from quality.clusters import find
    from quality.records import Record
    from quality.similarity import Limits

    rows, truth = listings(size, seed)
    records = [Record.from_json(row) for row in rows]
    before = _memory()
    wall, cpu, groups = _timed(lambda: find(records, Limits()))
    memory = _memory() - before
    hit, found, true = _score([group.keys for group in groups], rows, truth)
    print(f"{size:9,}{2 * hit / (found + true):8.3f}{hit / found:7.3f}{hit / true:7.3f}", end="")
    print(f"{wall:8.1f}{cpu:8.1f}{cpu / size * 1e6:9.0f}{memory:7.0f}", end="")
    for bare, name in zip(_bare(rows), ("cdist", "cdist of token_set_ratio"), strict=True):
        print(f"{bare:11.2f} s{cpu / bare:6.1f}", end="")
        record(f"matching {size:,} listings, beside rapidfuzz's bare {name}", cpu / bare, most=4)
    print(flush=True)
    return cpu / size, 2 * hit / (found + true)


def _bare(rows: Iterable[Row]) -> Iterable[float]:
    """CPU seconds of cdist over all pairs of an area and night: with its own default, and as duplicates are commonly
    looked for."""
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        blocks[row["city"], row["starts_at"][:10]].append(row["title"])

    def compare(scorer: Any) -> None:
        for block in blocks.values():
            process.cdist(block, block, scorer=scorer, dtype=numpy.uint8)

    for scorer in (fuzz.ratio, fuzz.token_set_ratio):
        yield _timed(functools.partial(compare, scorer))[1]


def _score(groups: Iterable[list[Any]], rows: list[Row], truth: list[int]) -> tuple[int, int, int]:
    """Pairs found that are true, pairs found, true pairs."""
    shows: dict[int, list[str]] = defaultdict(list)
    for row, show in zip(rows, truth, strict=True):
        shows[show].append(row["id"])
    true = {frozenset(pair) for ids in shows.values() for pair in itertools.combinations(ids, 2)}
    found = {frozenset(pair) for ids in groups for pair in itertools.combinations(ids, 2)}
    return len(true & found), len(found), len(true)


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def _memory() -> float:
    """The most that this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _one_more(seed: int, future: int) -> None:
    """Queries and milliseconds of matching one listing in a city with a quarter of its events, and with all."""
    from django.conf import settings

    settings.DEBUG = False  # which keeps every query
    city = _City(seed)
    shows = [city.world.show(number, "city-0") for number in range(future)]
    city.fill(shows[: future // 4])
    few = city.more(shows[: future // 4])
    city.fill(shows[future // 4 :])
    all_of = city.more(shows)
    record(f"matching one listing more among {future:,}, beside a quarter of them", all_of.cost / few.cost, most=2)
    record("queries of one listing more, beside those of the first", max(all_of.queries) / max(few.queries), most=1.25)


class _More(NamedTuple):
    """CPU seconds of matching one listing, the database's included, and how often it was asked."""

    cost: float
    queries: set[int]


class _City:
    """A city that is filled, and asked about one listing more."""

    def __init__(self, seed: int) -> None:
        from tests.factories import make_city, make_source, make_venue

        self.world, self.city = World(seed, cities=1), make_city()
        self._venues = {name: make_venue(name) for name, _ in self.world.venues["city-0"]}
        self._sources = [make_source() for _ in range(12)]

    def fill(self, shows: list[Show]) -> None:
        from django.db import connection, transaction

        with transaction.atomic():
            for show in shows:
                self._add(self.world.listing(show, "source", "city-0", decorate=False))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def more(self, shows: list[Show]) -> _More:
        """One listing more of some of these, one after the other; they stay without an event."""
        from django.db import connection, transaction

        from quality.matching import match

        asked: list[str] = []

        def count(execute: Any, sql: str, *more: Any) -> Any:
            asked.append(sql)
            return execute(sql, *more)

        queries, clocks, spent = set(), [], 0.0
        for show in shows[:: len(shows) // SAMPLE]:
            new = self._without_event(self._add(self.world.listing(show, "other", "city-0", decorate=True)))
            asked.clear()
            with transaction.atomic(), connection.execute_wrapper(count):
                began, before = time.perf_counter(), time.process_time() + database_seconds()
                match([new], area=self.city)
                spent += time.process_time() + database_seconds() - before
                clocks.append(1000 * (time.perf_counter() - began))
            queries.add(len(asked))
        print(f"One listing more among {len(shows):,}: {min(queries)} to {max(queries)} queries, ", end="")
        print(f"{statistics.median(clocks):.1f} ms ({min(clocks):.1f} to {max(clocks):.1f})", flush=True)
        return _More(spent / len(clocks), queries)

    def _add(self, row: Row) -> Any:
        from tests.factories import make_event, make_listing

        local = dt.datetime.fromisoformat(row["starts_at"]).isoformat(timespec="minutes")
        event = make_event(row["title"], local=local, venue=self._venues.get(row["venue"]))
        return make_listing(event, source=self.world.rng.choice(self._sources))

    @staticmethod
    def _without_event(made: Any) -> Any:
        from events.models import Listing

        Listing.objects.filter(pk=made.pk).update(event=None)
        made.event.delete()
        return Listing.objects.get(pk=made.pk)


if __name__ == "__main__":
    sys.exit(main())
