"""What Prometheus reads: the counts of all processes of this machine, and what is measured when it asks."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import Error, connection, connections
from django.db.models import Count
from prometheus_client import (
    CONTENT_TYPE_LATEST as CONTENT_TYPE,
    CollectorRegistry,
    generate_latest,
    start_http_server,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError

from nocturne import health, metrics
from nocturne.logs import work
from nocturne.models import Alert

from . import folder, heartbeats, machine, queue

__all__ = ["CONTENT_TYPE", "exposed", "serve"]

log = logging.getLogger(__name__)


def exposed() -> bytes:
    """The text that Prometheus reads, of type CONTENT_TYPE."""
    return generate_latest(_registry())


def serve(address: str) -> None:
    """Answer at host:port, from a thread; what is wrong with the address is logged, the process goes on."""
    host, _, port = address.rpartition(":")
    try:
        start_http_server(int(port), host.strip("[]") or "127.0.0.1", registry=_registry())
    except (OSError, ValueError, OverflowError) as error:
        log.error("METRICS_WORKER_ADDRESS (%s) cannot be used: %s", address, error)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Shared() if folder.is_shared() else metrics.REGISTRY)
    registry.register(_Measured())
    return registry


class _Shared:
    """The counts of all processes of the machine."""

    def describe(self) -> Iterable[Metric]:
        return ()  # what there is, is known once it is asked for

    def collect(self) -> Iterable[Metric]:
        with folder.files(settings.METRICS_DIR) as files:
            return list(MultiProcessCollector.merge(files))


class _Measured:
    """What is looked at when it is asked for. A part that cannot be looked at is missing, the others are there."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        parts: tuple[Callable[[], Iterable[Metric]], ...] = (_machine, _valkey, _stored)
        for part in parts:
            try:
                yield from list(part())
            except (OSError, RedisError, Error) as error:
                log.info("%s could not be measured: %s", part.__name__, error)
        if work.current() is None and not connection.in_atomic_block:  # no request, whose end closes what is too old
            connections.close_all()


def _gauge(
    name: str, text: str, values: Iterable[tuple[tuple[str, ...], float]], labels: tuple[str, ...] = ()
) -> Metric:
    family = GaugeMetricFamily(f"{metrics.PREFIX}_{name}", text, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family


def _machine() -> Iterator[Metric]:
    disks = machine.disks()
    yield _gauge(
        "disk_used_bytes", "Used, of a disk.", (((name,), used) for name, (used, _) in disks.items()), ("disk",)
    )
    yield _gauge("disk_bytes", "Size of a disk.", (((name,), size) for name, (_, size) in disks.items()), ("disk",))
    if memory := machine.memory():
        yield _gauge("machine_memory_used_bytes", "Memory of the machine in use.", [((), memory[0])])
        yield _gauge("machine_memory_bytes", "Memory of the machine.", [((), memory[1])])
    if (load := machine.load()) is not None:
        yield _gauge("machine_load", "Processes that run or wait, for each processor.", [((), load)])


def _valkey() -> Iterator[Metric]:
    yield _gauge("queue_length", "Tasks that wait for a worker.", [((), queue.length())])
    evicted = CounterMetricFamily(f"{metrics.PREFIX}_valkey_evicted_keys", "Thrown out because memory was full.")
    evicted.add_metric((), queue.evicted())
    yield evicted


def _stored() -> Iterator[Metric]:
    """What the database is asked for. While it is away the check of health is waited for, which gives up sooner."""
    (database,) = health.run("database")
    if database.trouble:
        raise Error(database.trouble)
    yield from _database()
    yield from _site()


def _database() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
        states = cursor.fetchall()
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'max_connections'")
        (most,) = cursor.fetchone() or (0,)
    yield _gauge(
        "database_connections",
        "Connections to the database, by state.",
        (((state,), count) for state, count in states),
        ("state",),
    )
    yield _gauge("database_connections_max", "Connections that the database server takes.", [((), most)])


def _site() -> Iterator[Metric]:
    alive = heartbeats.alive(within=dt.timedelta(minutes=2))
    yield _gauge(
        "alive", "Processes heard of lately, by kind.", (((kind,), count) for kind, count in alive.items()), ("kind",)
    )
    severities = Alert.objects.filter(resolved_at=None).order_by().values_list("severity").annotate(n=Count("pk"))
    counts = dict.fromkeys(Alert.Severity.values, 0) | dict(severities)
    yield _gauge(
        "alerts_open", "Alerts that are open, by severity.", (((name,), n) for name, n in counts.items()), ("severity",)
    )
