"""What is counted and measured: one object a metric, for Prometheus and for the status page.

Where several processes serve one site, nocturne/watching/folder.py has them count into files of one folder. With
ENABLE_METRICS off nothing here counts anything. Labels take names of our own only, never what a client sends.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX = "nocturne"
# Edges where our limits are: 0.2, 0.5, 2 and 5 s; what is between two of them is an estimate.
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2, 5, 10)
QUERY_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 5)
TASK_SECONDS = (0.1, 0.5, 2, 5, 20, 60, 300)
SCORES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

REGISTRY = CollectorRegistry()


class _Nothing:
    """Stands for a metric where nothing is counted."""

    def labels(self, *values: object, **named: object) -> Self:
        return self

    def inc(self, amount: float = 1) -> None: ...

    def dec(self, amount: float = 1) -> None: ...

    def set(self, value: float) -> None: ...

    def observe(self, amount: float) -> None: ...


def _metric(kind: Any, name: str, text: str, labels: Sequence[str] = (), **how: Any) -> Any:
    if not settings.ENABLE_METRICS:
        return _Nothing()
    return kind(f"{PREFIX}_{name}", text, labels, registry=REGISTRY, **how)


def _counter(name: str, text: str, labels: Sequence[str] = ()) -> Any:
    return _metric(Counter, name, text, labels)


def _gauge(name: str, text: str, labels: Sequence[str] = ()) -> Any:
    """A value of each process, of which Prometheus sees the sum over the processes that live."""
    return _metric(Gauge, name, text, labels, multiprocess_mode="livesum")


def _histogram(name: str, text: str, labels: Sequence[str] = (), *, buckets: Iterable[float]) -> Any:
    return _metric(Histogram, name, text, labels, buckets=tuple(buckets))


# --- the web ------------------------------------------------------------------------------------------

request_seconds = _histogram(
    "request_seconds",
    "Time to answer a request, by view, method and class of the status (2xx).",
    ("view", "method", "status"),
    buckets=SECONDS,
)
limit_hits = _counter("limit_hits", "Requests refused because they came too often, by limit.", ("limit",))
cache_hits = _counter("cache_hits", "What was found in a cache, by cache.", ("cache",))
cache_misses = _counter("cache_misses", "What was not found in a cache and had to be made, by cache.", ("cache",))
cache_evictions = _counter("cache_evictions", "What was thrown out of a cache by us, by cache.", ("cache",))

# --- the database -------------------------------------------------------------------------------------

query_seconds = _histogram("query_seconds", "Time that a query took.", buckets=QUERY_SECONDS)
pool_in_use = _gauge("pool_in_use", "Connections of the pools that are lent out.")
pool_waiting = _gauge("pool_waiting", "Threads that wait for a connection of a pool.")

# --- background work ----------------------------------------------------------------------------------

task_seconds = _histogram(
    "task_seconds", "Time that a task took, by task and outcome.", ("task", "outcome"), buckets=TASK_SECONDS
)
timed_seconds = _histogram(
    "timed_seconds", "Time of what timed() measures, by name and outcome.", ("what", "outcome"), buckets=SECONDS
)
mails = _counter("mails", "Mails by kind and what became of them, as sent, failed, bounced.", ("kind", "result"))
scrapes = _counter("scrapes", "Readings of sources by outcome.", ("outcome",))
scrape_seconds = _histogram("scrape_seconds", "Time that a reading of a source took.", buckets=TASK_SECONDS)
quality_score = _histogram("quality_score", "Scores of listings that were new or changed.", buckets=SCORES)

# --- processes ----------------------------------------------------------------------------------------

cpu_seconds = _counter("cpu_seconds", "Processor time used, by family of processes.", ("family",))
memory_bytes = _gauge("memory_bytes", "Memory that is resident, by family of processes.", ("family",))

type Response = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Response) -> Response:
    """Measures each request under the name of its view; what none was found for, or was refused before, has none."""
    if not settings.ENABLE_METRICS:
        return get_response

    def measure(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - started
        method = request.method if request.method in METHODS else "other"
        _of_request(view_of(request), method, response.status_code // 100).observe(seconds)
        return response

    return measure


def view_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else "none"


_known: dict[tuple[str, str | None, int], Any] = {}


def _of_request(view: str, method: str | None, status: int) -> Any:
    """The metric with its labels; looking that up in the library takes longer than counting."""
    key = (view, method, status)
    found = _known.get(key)
    if found is None:
        found = _known[key] = request_seconds.labels(view, method, f"{status}xx")
    return found
