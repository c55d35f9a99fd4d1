"""Workers and beat watch themselves, and count together; read by Celery before there are settings."""

import logging
from typing import Any

from celery import signals

log = logging.getLogger(__name__)


def connect() -> None:
    """To be called before the app is made: then ours is told first that modules are to be imported."""
    for signal, receiver in (
        (signals.import_modules, _share),
        (signals.worker_ready, _worker),
        (signals.worker_shutting_down, _leave),
        (signals.worker_process_init, _child),
        (signals.worker_process_shutdown, _leave),
        (signals.beat_init, _beat),
        (signals.beat_embedded_init, _beat),
    ):
        signal.connect(receiver, weak=False, dispatch_uid="nocturne.watching")


def _share(sender: Any, **_: Any) -> None:
    """In a worker, before Celery sets Django up and so imports what counts."""
    if not sender.loader.worker_initialized:
        return
    from django.conf import settings

    from . import folder

    if settings.ENABLE_METRICS and not folder.share(settings.METRICS_DIR, "worker"):
        log.warning("METRICS_DIR (%s) cannot be written to: what workers do is not counted.", settings.METRICS_DIR)


def _worker(**_: Any) -> None:
    from django.conf import settings

    from . import exposition, watch

    watch.begin("worker")
    if settings.ENABLE_METRICS and settings.METRICS_WORKER_ADDRESS:
        exposition.serve(settings.METRICS_WORKER_ADDRESS)


def _child(**_: Any) -> None:
    from . import watch

    watch.begin()


def _beat(**_: Any) -> None:
    from . import watch

    watch.begin("beat")


def _leave(**_: Any) -> None:
    from . import watch

    watch.end()
