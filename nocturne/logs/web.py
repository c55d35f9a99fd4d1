"""Requests in the logs: each has an id, which its answer names, and slow ones are told."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from . import work

log = logging.getLogger("app.slow")


def request_id(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The outermost middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        subject = "api" if request.path_info.startswith("/api/") else "app"
        doing = work.Work(work.id_for(request.headers.get(work.HEADER)), subject, request=request)
        work.begin(doing)
        response = get_response(request)
        response.headers[work.HEADER] = doing.id
        seconds = time.perf_counter() - started
        if 0 < settings.SLOW_REQUEST_SECONDS <= seconds:
            _tell(doing, response.status_code, seconds)
        return response

    return middleware


def _tell(doing: work.Work, status: int, seconds: float) -> None:
    log.warning(
        "slow request: %s took %.1f s and answered %s; %.1f s of it in %s queries",
        *(doing.name, seconds, status, doing.query_seconds, doing.queries),
        extra={
            "fields": {
                "what": doing.name,
                "status": status,
                "seconds": round(seconds, 3),
                "query_seconds": round(doing.query_seconds, 3),
                "queries": doing.queries,
            }
        },
    )


def connect() -> None:
    # not at the end of the middleware: Django tells of 404 and 500 after that
    request_finished.connect(_finished, dispatch_uid="nocturne.logs")


def _finished(**_: object) -> None:
    doing = work.current()
    if doing and not doing.task:  # the test client finishes requests within what it was called from
        work.begin(None)
