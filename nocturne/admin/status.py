"""The status page: how the site is doing now, and how it did in the last hour or day."""

import datetime as dt
from collections.abc import Sequence
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
    total = {
        name: sum(row[name] for row in rows) for name in ("requests", "errors", "limited", "sent", "read", "unread")
    }
    slowest = max((row["p95"] for row in rows if row["p95"] is not None), default=0)
    most = max((row["queue"] for row in rows if row["queue"] is not None), default=0)
    disks = [row["disk"] for row in rows if row["disk"] is not None]
    rates = [row["hit_rate"] for row in rows if row["hit_rate"] is not None]
    answered = [(row["label"], (row["requests"] - row["errors"], row["errors"])) for row in rows]
    return [
        _figure(
            "requests",
            stacked(
                "Requests",
                f"Requests: {total['requests']}. Failed: {total['errors']}. Came too often: {total['limited']}.",
                ("answered", "failed"),
                answered,
            ),
        ),
        _figure(
            "times",
            _curves(
                rows,
                "Time to answer, in ms",
                f"The slowest 5 % took {slowest} ms or more at worst.",
                p50="half within",
                p95="95 % within",
            ),
        ),
        _figure(
            "cache",
            _curves(
                rows,
                "Found in the cache, in %",
                f"Between {min(rates)} and {max(rates)} %." if rates else "Nothing was looked for.",
                hit_rate="found",
            ),
        ),
        _figure(
            "mail",
            _stacked(rows, "Mail", f"{total['sent']} sent.", sent="sent", unsent="not sent", bounced="bounced"),
        ),
        _figure(
            "readings",
            _stacked(
                rows,
                "Readings of sources",
                f"{total['read']} were good, {total['unread']} failed.",
                read="good",
                unread="failed",
            ),
        ),
        _figure(
            "queue",
            _curves(
                rows,
                "Tasks that wait, and workers",
                f"At most {most} tasks waited.",
                queue="tasks that wait",
                workers="workers",
            ),
        ),
        _figure(
            "disk",
            _curves(
                rows,
                "Use of the fullest disk, in %",
                f"{disks[-1]} % at last." if disks else "It was not measured.",
                disk="used",
            ),
        ),
    ]


def _figure(name: str, chart: Chart) -> dict[str, Any]:
    return {"name": name, "chart": chart}


def _stacked(rows: Sequence[dict[str, Any]], title: str, description: str, **kinds: str) -> Chart:
    return stacked(
        title, description, tuple(kinds.values()), [(row["label"], [row[one] for one in kinds]) for row in rows]
    )


def _curves(rows: Sequence[dict[str, Any]], title: str, description: str, **kinds: str) -> Chart:
    return curves(
        title, description, tuple(kinds.values()), [(row["label"], [row[one] for one in kinds]) for row in rows]
    )
