"""Tasks in the logs: they go on under the id of the request that queued them, and performance has how long they took.

Celery leaves the logs as the settings have them; --loglevel is that of the console.
"""

import logging
import time
from typing import Any

from celery import signals

from . import files, work

HEADER = "nocturne_request_id"
performance = logging.getLogger("performance")


def connect() -> None:
    for signal, receiver in (
        (signals.setup_logging, _set_up),
        (signals.before_task_publish, _publish),
        (signals.task_prerun, _begin),
        (signals.task_postrun, _end),
        (signals.worker_process_shutdown, _leave),
    ):
        signal.connect(receiver, weak=False, dispatch_uid="nocturne.logs")


def _set_up(loglevel: int | None = None, **_: Any) -> None:
    """That somebody listens is what keeps Celery from bringing handlers of its own."""
    for handler in logging.getLogger().handlers:
        if loglevel and isinstance(handler, logging.StreamHandler) and not isinstance(handler, files.Files):
            handler.setLevel(loglevel)


def _leave(**_: Any) -> None:
    """A child of a worker ends without what Python does at its end."""
    logging.shutdown()


def _publish(headers: dict[str, Any], **_: Any) -> None:
    doing = work.current()
    if doing:
        headers[HEADER] = doing.id


def _begin(task: Any, task_id: str, **_: Any) -> None:
    before = work.current()
    given = task.request.get(HEADER) or (before.id if before else task_id)
    task.request.nocturne_work = (before, time.perf_counter())
    work.begin(work.Work(work.id_for(given), task=task.name))


def _end(task: Any, state: str | None = None, **_: Any) -> None:
    from nocturne import metrics  # which needs the settings

    before, started = getattr(task.request, "nocturne_work", (None, None))
    doing = work.current()
    if doing and started is not None:
        fields = {
            "what": task.name,
            "seconds": round(time.perf_counter() - started, 4),
            "outcome": state,
            "query_seconds": round(doing.query_seconds, 4),
            "queries": doing.queries,
        }
        performance.info("task", extra={"fields": fields})
        metrics.task_seconds.labels(task.name, state).observe(fields["seconds"])
    work.begin(before)
