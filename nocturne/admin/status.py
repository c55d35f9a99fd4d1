"""The status page: how the site is doing now, and how it did in the last hour or day."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone as clock

from nocturne import health
from nocturne.charts import Chart, curves, stacked
from nocturne.models import Alert
from nocturne.watching import heartbeats, minutes
from nocturne.watching.minutes import MINUTE, Span

from .pages import user_of

POINTS = 96  # of the long span
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LONGEST = 50  # alerts that are shown
ALIVE = dt.timedelta(minutes=2)
BAD_READINGS = ("scrape:failed", "scrape:lost")
GOOD_READINGS = ("scrape:changed", "scrape:unchanged", "scrape:empty")
# Name and title, how it is drawn, and what of a row is, with its words.
CHARTS: tuple[tuple[str, str, Callable[..., Chart], dict[str, str]], ...] = (
    ("requests", "Requests", stacked, {"answered": "answered", "errors": "failed"}),
    ("times", "Time to answer, in ms", curves, {"p50": "half within", "p95": "95 % within"}),
    ("cache", "Found in the cache, in %", curves, {"hit_rate": "found"}),
    ("mail", "Mail", stacked, {"sent": "sent", "unsent": "not sent", "bounced": "bounced"}),
    ("readings", "Readings of sources", stacked, {"read": "good", "unread": "failed"}),
    ("queue", "Tasks that wait, and workers", curves, {"queue": "tasks that wait", "workers": "workers"}),
    ("disk", "Use of the fullest disk, in %", curves, {"disk": "used"}),
)


@admin.site.admin_view
def status(request: HttpRequest) -> HttpResponse:
    if not user_of(request).has_perm("nocturne.view_alert"):
        raise PermissionDenied
    now = clock.now()
    is_long = request.GET.get("span") == "day"
    spans = _spans(now, is_long=is_long)
    counted = any(span.sums for span in spans)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Status",
        "results": health.run(),
        "alerts": Alert.objects.filter(resolved_at=None).order_by("severity", "opened_at")[:LONGEST],
        "alive": heartbeats.alive(within=ALIVE, now=now),
        "is_long": is_long,
        "hours": settings.METRICS_RETENTION_HOURS,
        "enabled": settings.ENABLE_METRICS,
        "charts": _charts(spans) if counted else [],
        "rows": [_row(span) for span in reversed(spans) if span.sums],
        "now": f"{now.astimezone(dt.UTC):%-d %b %Y, %H:%M} UTC",
    }
    return TemplateResponse(request, "admin/status.html", context)


def _spans(now: dt.datetime, *, is_long: bool) -> list[Span]:
    """Up to the minute that has begun, which is part of the last of the long spans only: a part of one looks low."""
    until = now.replace(second=0, microsecond=0)
    if not is_long:
        return minutes.spans(until - 60 * MINUTE, until, each=MINUTE)
    each = dt.timedelta(minutes=max(1, settings.METRICS_RETENTION_HOURS * 60 // POINTS))
    until += each - (until - EPOCH) % each  # so that they begin at round times
    return minutes.spans(until - POINTS * each, until, each=each)


def _row(span: Span) -> dict[str, Any]:
    """The numbers of a span, None where there are none."""
    found = span["cache_hits"] + span["cache_misses"]
    return {
        "label": f"{span.since.astimezone(dt.UTC):%H:%M}",
        "requests": round(span["requests"]),
        "errors": round(span["errors"]),
        "answered": round(span["requests"]) - round(span["errors"]),
        "limited": round(span["limit_hits"]),
        "p50": _ms(span.quantile(0.5)),
        "p95": _ms(span.quantile(0.95)),
        "hit_rate": round(100 * span["cache_hits"] / found) if found else None,
        "sent": round(span["mail:sent"]),
        "unsent": round(span["mail:failed"] + span["mail:uncertain"]),
        "bounced": round(span["mail:bounced"]),
        "read": round(sum(span[name] for name in GOOD_READINGS)),
        "unread": round(sum(span[name] for name in BAD_READINGS)),
        "tasks": round(span["tasks"]),
        "queue": _measured(span, "queue"),
        "workers": _measured(span, "alive:worker"),
        "web": _measured(span, "alive:web"),
        "disk": _measured(span, "disk"),
    }


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(1000 * seconds)


def _measured(span: Span, name: str) -> int | None:
    """The highest of the span; what is measured is not added up."""
    value = span.highest.get(name)
    return None if value is None else round(value)


def _charts(spans: Sequence[Span]) -> list[dict[str, Any]]:
    rows = [_row(span) for span in spans]
    said = _said(rows)
    return [
        {
            "name": name,
            "chart": draw(
                title, said[name], tuple(kinds.values()), [(row["label"], [row[one] for one in kinds]) for row in rows]
            ),
        }
        for name, title, draw, kinds in CHARTS
    ]


def _said(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """A sentence for each chart: what it comes to."""
    held = {name: [row[name] for row in rows if row[name] is not None] for name in rows[0]}
    total = {name: sum(held[name]) for name in ("requests", "errors", "limited", "sent", "read", "unread")}
    rates, disks = held["hit_rate"], held["disk"]
    return {
        "requests": f"Requests: {total['requests']}. Failed: {total['errors']}. Came too often: {total['limited']}.",
        "times": f"The slowest 5 % took {max(held['p95'], default=0)} ms or more at worst.",
        "cache": f"Between {min(rates)} and {max(rates)} %." if rates else "Nothing was looked for.",
        "mail": f"{total['sent']} sent.",
        "readings": f"{total['read']} were good, {total['unread']} failed.",
        "queue": f"Tasks that waited at most: {max(held['queue'], default=0)}.",
        "disk": f"{disks[-1]} % at last." if disks else "It was not measured.",
    }
