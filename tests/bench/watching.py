"""What watching costs: python -m tests.bench.watching [--rounds 15].

The id of a request, its measuring, and the timing of queries, with counts that go into files as under gunicorn. Each is
measured with and without, in turns, and told as a share of a city's page of 40 events that is rendered anew; since
seconds differ from machine to machine, the shares are what counts. And what a look of the watch takes, four times a
minute in each process, one of them a minute with its turn to look for alerts.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

from tests.bench.databases import database, use_settings
from tests.bench.results import record

WATCHING = ("nocturne.logs.web.request_id", "nocturne.metrics.middleware")
EVENTS = 40
CALLS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        _begin(folder)
        with database():
            _measure(options.rounds)


def _begin(folder: str) -> None:
    """Settings with which processes count together, and no file of the log is written."""
    from nocturne.watching import folder as shared

    os.environ |= {"METRICS_DIR": folder, "LOG_DIR": "", "PAGE_CACHE_SECONDS": "0"}
    for name in ("PER_MINUTE", "PER_HOUR"):
        os.environ[f"RATE_LIMIT_REQUESTS_{name}"] = "0"
    assert shared.share(folder, "web")
    use_settings()


def _measure(rounds: int) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test import RequestFactory, override_settings
    from django.test.utils import CaptureQueriesContext

    from nocturne import timing
    from nocturne.watching.watch import Watch
    from tests.factories import make_city, make_event

    def handler(middleware: list[str]) -> Callable[[str], Any]:
        from django.core.handlers.wsgi import WSGIHandler

        with override_settings(MIDDLEWARE=middleware):
            made = WSGIHandler()
        factory = RequestFactory()
        return lambda path: made.get_response(factory.get(path, headers={"host": "localhost"}))

    city = make_city()
    for number in range(EVENTS):
        make_event(f"Evening {number}", city=city, local=f"2026-12-0{1 + number % 7}T20:00")
    watched = handler(settings.MIDDLEWARE)
    plain = handler([one for one in settings.MIDDLEWARE if one not in WATCHING])
    path = f"/{city.slug}/?from=2026-12-01&to=2026-12-07"
    with CaptureQueriesContext(connection) as asked:
        assert watched(path).status_code == 200

    def query() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def unwatched() -> None:
        connection.execute_wrappers.remove(timing._timed_query)
        try:
            for _ in range(CALLS):
                query()
        finally:
            connection.execute_wrappers.append(timing._timed_query)

    request = _difference(rounds, lambda: _times(watched, "/bot/"), lambda: _times(plain, "/bot/"))
    each_query = _difference(rounds, lambda: [query() for _ in range(CALLS)], unwatched)
    page = statistics.median(_seconds(lambda: watched(path)) for _ in range(rounds))
    watch = Watch("web")
    watch.tick()
    tick = statistics.median(_seconds(watch.tick) for _ in range(rounds))
    added = request + len(asked) * each_query
    print(f"a request   {request * 1e6:7.1f} µs more")
    print(f"a query     {each_query * 1e6:7.1f} µs more")
    print(f"a page      {page * 1e3:7.2f} ms with {EVENTS} events and {len(asked)} queries")
    print(f"            {added / page:7.2%} of it is watching")
    record("watching, share of a page that is rendered", added / page, most=0.05)
    print(f"a look      {tick * 1e3:7.2f} ms, {tick / 15:.3%} of the time")


def _times(handler: Callable[[str], Any], path: str) -> None:
    for _ in range(CALLS):
        handler(path)


def _difference(rounds: int, watched: Callable[[], object], plain: Callable[[], object]) -> float:
    """Seconds that one call takes longer, the median of rounds that measure both, one after the other."""
    watched(), plain()
    return statistics.median((_seconds(watched) - _seconds(plain)) / CALLS for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
