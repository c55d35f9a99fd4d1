"""/health for people and balancers, /metrics for Prometheus."""

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from nocturne import health
from nocturne.client import client_address
from nocturne.pages import private

from . import exposition

# Seconds for which an answer is good: whoever asks often, which nobody limits, does not ask the database as often.
FRESH = 2.0

# For each set of checks: who asks for the database alone does not wait for the others.
_locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)
_known: dict[tuple[str, ...], tuple[float, Sequence[health.Result]]] = {}


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """All checks: 503 while the database fails, else 200, with "degraded" if anything does."""
    results = _results()
    down = any(one.name == "database" and one.trouble for one in results)
    status = "down" if down else "degraded" if any(one.trouble for one in results) else "ok"
    return _answer(status, results)


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests should come here: 503 while the database cannot be reached."""
    results = _results("database")
    return _answer("down" if any(one.trouble for one in results) else "ok", results)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Whether the process answers at all; it asks nobody, so that what others do is no reason to restart it."""
    return _answer("ok", ())


def _results(*names: str) -> Sequence[health.Result]:
    with _locks[names]:
        at, results = _known.get(names, (0.0, ()))
        if not results or time.monotonic() - at > FRESH:
            results = health.run(*names)
            _known[names] = (time.monotonic(), results)
        return results


def _answer(status: str, results: Sequence[health.Result]) -> HttpResponse:
    body: dict[str, object] = {"status": status, "time": clock.now().isoformat(timespec="seconds")}
    if results:
        body["checks"] = {
            one.name: {
                "status": "failed" if one.trouble else "ok",
                "ms": one.ms,
                **({"says": one.trouble} if one.trouble else {}),
            }
            for one in results
        }
    return private(JsonResponse(body, status=503 if status == "down" else 200))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus reads, for those whom METRICS_ALLOW and METRICS_TOKEN let in."""
    if not settings.ENABLE_METRICS:
        raise Http404
    if not _may_read(request):
        said = "METRICS_ALLOW does not have your address, and you have not said METRICS_TOKEN.\n"
        return private(HttpResponse(said, status=403, content_type="text/plain; charset=utf-8"))
    return private(HttpResponse(exposition.exposed(), content_type=exposition.CONTENT_TYPE))


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN.encode()
    if known and scheme.lower() == "bearer" and secrets.compare_digest(token.strip().encode(), known):
        return True
    address = client_address(request)
    return address is not None and any(address in network for network in settings.METRICS_ALLOW)
