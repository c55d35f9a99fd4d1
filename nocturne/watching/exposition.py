"""What Prometheus reads: the counts of all processes of this machine, and what is measured when it asks."""

from collections.abc import Iterable

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from nocturne import metrics

from . import folder

__all__ = ["CONTENT_TYPE", "exposed"]


def exposed() -> bytes:
    """The text that Prometheus reads, of type CONTENT_TYPE."""
    registry = CollectorRegistry()
    registry.register(_Shared() if folder.is_shared() else metrics.REGISTRY)
    return generate_latest(registry)


class _Shared:
    """The counts of all processes of the machine."""

    def collect(self) -> Iterable[Metric]:
        with folder.files(settings.METRICS_DIR) as files:
            return list(MultiProcessCollector.merge(files))
