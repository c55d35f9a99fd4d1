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
from typing import Any

import numpy
from rapidfuzz import fuzz, process

from tests.bench.ingestion import _database as database, _settings as use_settings
from tests.bench.listings import Row, World, listings
from tests.bench.results import record

FUTURE = 5_000


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="another seed is another world with other decorations")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--no-database", action="store_true", help="leave out the one listing more")
    options = parser.parse_args()
    use_settings()
    print(f"{'listings':>9}{'F1':>8}{'P':>7}{'R':>7}{'s':>8}{'CPU s':>8}{'µs each':>9}{'MB':>7}", end="")
    print(f"{'cdist ratio':>13}{'times':>7}{'token_set':>11}{'times':>7}")
    costs = [_measure(size, options.seed) for size in options.sizes]
    if len(costs) > 1:
        print(f"Per listing the last size costs {costs[-1] / costs[0]:.2f} times the first.")
        record("matching, a listing of the last size beside the first", costs[-1] / costs[0], most=1.2)
    if not options.no_database:
        with database():
            _one_more(options.seed)
    return 0


def _measure(size: int, seed: int) -> float:
    """CPU seconds for each listing."""
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
    record(f"matching {size:,} listings, F1", 2 * hit / (found + true), least=0.95)
    for bare in _bare(rows):
        print(f"{bare:11.2f} s{cpu / bare:6.1f}", end="")
    print(flush=True)
    record(f"matching {size:,} listings, beside bare token_set cdist", cpu / bare, most=4)
    return cpu / size


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


def _one_more(seed: int) -> None:
    """Queries and milliseconds of matching one listing in a city with 5,000 future events."""
    from django.conf import settings
    from django.db import connection, transaction

    from events.models import Listing
    from quality.matching import match
    from tests.factories import make_city, make_event, make_listing, make_source, make_venue

    settings.DEBUG = False  # which keeps every query
    world, city = World(seed, cities=1), make_city()
    venues = {name: make_venue(name) for name, _ in world.venues["city-0"]}
    sources = [make_source() for _ in range(12)]

    def add(row: Row, *, event: bool) -> Listing:
        start = dt.datetime.fromisoformat(row["starts_at"])
        local = start.isoformat(timespec="minutes")
        values = {"local": local, "venue": venues.get(row["venue"])}
        made = make_listing(make_event(row["title"], **values), source=world.rng.choice(sources))
        if not event:
            Listing.objects.filter(pk=made.pk).update(event=None)
            made.event.delete()
        return Listing.objects.get(pk=made.pk)

    with transaction.atomic():
        shows = [world.show(number, "city-0") for number in range(FUTURE)]
        for show in shows:
            add(world.listing(show, "source", "city-0", decorate=False), event=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times, queries = [], set()
    for show in shows[:: FUTURE // 40]:
        new = add(world.listing(show, "other", "city-0", decorate=True), event=False)
        asked: list[str] = []

        def count(execute: Any, sql: str, *more: Any) -> Any:
            asked.append(sql)  # noqa: B023 - used up within the loop
            return execute(sql, *more)

        with transaction.atomic(), connection.execute_wrapper(count):
            begin = time.perf_counter()
            match([new], area=city)
            times.append(1000 * (time.perf_counter() - begin))
        queries.add(len(asked))
    print(f"\nOne listing more among {Listing.objects.filter(event__isnull=False).count():,}: ", end="")
    low, middle, high = min(times), statistics.median(times), max(times)
    print(f"{min(queries)} to {max(queries)} queries, {middle:.1f} ms ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    sys.exit(main())
