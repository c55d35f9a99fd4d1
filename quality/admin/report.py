"""The quality page: how good the events are, what the rules find, where, and whether it gets better."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, F, IntegerField, Q, QuerySet
from django.db.models.functions import Cast, Least, TruncWeek
from django.http import HttpRequest, HttpResponse
from django.utils import timezone as clock

from events.models import Event, Listing, Source
from nocturne.admin import link, link_to_list
from nocturne.charts import Chart, stacked
from quality.models import Audit, Finding, Severity

from .pages import desk, render

WEEKS = 12
# Of rules and sources, so many.
ROWS = 20
SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)
# An average over fewer listings says little.
LISTINGS = 3


@desk("report")
def report(request: HttpRequest) -> HttpResponse:
    scores, weeks = _scores(), _weeks()
    audits = _audits()
    context: dict[str, Any] = {
        "audits": audits,
        "audit_chart": _audit_chart(audits),
        "scores": scores,
        "score_chart": _score_chart(scores),
        "weeks": weeks,
        "week_chart": _week_chart(weeks),
        "rules": _rules(),
        "sources": _worst_sources(),
        "threshold": settings.QUALITY_PUBLISH_SCORE,
        "least": LISTINGS,
        "most": ROWS,
    }
    return render(request, "report", "Quality", context)


def _yesterday() -> dt.date:
    return clock.now().date() - dt.timedelta(days=1)


# --- scores ------------------------------------------------------------------------------------------


def _scores() -> list[dict[str, Any]]:
    """Upcoming events by tens of their score: how many are shown, and how many are not."""
    tens = Least(Cast(F("score"), IntegerField()) / 10, 9)
    shown = Q(visibility=Event.Visibility.PUBLISHED)
    found = Event.objects.roots().filter(last_night__gte=_yesterday()).order_by().values(tens=tens)
    counted = found.annotate(shown=Count("pk", filter=shown), other=Count("pk", filter=~shown))
    numbers = {row["tens"]: (row["shown"], row["other"]) for row in counted}
    rows = []
    for ten in range(10):
        low, high = ten * 10, 100 if ten == 9 else ten * 10 + 9
        published, other = numbers.get(ten, (0, 0))
        one = {"score__gte": low, "score__lte": high}
        rows.append(
            {
                "label": f"{low}–{high}",
                "shown": link_to_list("events_event", published, visibility__exact=Event.Visibility.PUBLISHED, **one),
                "all": link_to_list("events_event", published + other, **one),
                "numbers": (published, other),
            }
        )
    return rows


def _score_chart(rows: list[dict[str, Any]]) -> Chart:
    total = sum(sum(row["numbers"]) for row in rows)
    shown = sum(row["numbers"][0] for row in rows)
    return stacked(
        "Upcoming events by score",
        f"{total} upcoming events, of which {shown} are published.",
        ("published", "not published"),
        [(row["label"], row["numbers"]) for row in rows],
    )


# --- findings ----------------------------------------------------------------------------------------


def _rules() -> list[dict[str, Any]]:
    """The rules that are broken most, with bars in percent of the most broken one."""
    found = Finding.objects.order_by().values("rule").annotate(n=Count("pk"), sources=Count("source", distinct=True))
    rows = list(found.order_by("-n", "rule")[:ROWS])
    most = rows[0]["n"] if rows else 1
    return [
        {
            "rule": row["rule"],
            "link": link_to_list("quality_finding", row["n"], rule=row["rule"]),
            "sources": row["sources"],
            "bar": round(100 * row["n"] / most, 1),
        }
        for row in rows
    ]


def _weeks() -> list[dict[str, Any]]:
    """What is found by now, by the week in which it was first seen; the last WEEKS weeks, also those with nothing."""
    today = clock.now().date()
    monday = today - dt.timedelta(days=today.weekday())
    mondays = [monday - dt.timedelta(weeks=n) for n in reversed(range(WEEKS))]
    since = dt.datetime.combine(mondays[0], dt.time(), dt.UTC)
    counts: dict[str, Any] = {severity: Count("pk", filter=Q(severity=severity)) for severity in SEVERITIES}
    found: QuerySet[Any, Any] = Finding.objects.filter(first_seen_at__gte=since).order_by()
    weekly: Any = found.annotate(week=TruncWeek("first_seen_at")).values("week").annotate(**counts)
    numbers = {row["week"].date(): row for row in weekly}
    rows = []
    for week in mondays:
        row = numbers.get(week, dict.fromkeys(SEVERITIES, 0))
        begin, end = (f"{day}T00:00:00Z" for day in (week, week + dt.timedelta(weeks=1)))
        within = {"first_seen_at__gte": begin, "first_seen_at__lt": end}
        links = [
            link_to_list("quality_finding", row[severity], severity__exact=severity, **within)
            for severity in SEVERITIES
        ]
        rows.append({"label": f"{week:%-d %b}", "links": links, "numbers": [row[severity] for severity in SEVERITIES]})
    return rows


def _week_chart(rows: list[dict[str, Any]]) -> Chart:
    total = sum(sum(row["numbers"]) for row in rows)
    return stacked(
        "Findings by the week in which they were first seen",
        f"{total} findings that stand were first seen in the last {WEEKS} weeks.",
        tuple(severity.label for severity in SEVERITIES),
        [(row["label"], row["numbers"]) for row in rows],
    )


# --- the daily audit ---------------------------------------------------------------------------------


def _audits() -> list[dict[str, Any]]:
    """The last finished audit of each of the last WEEKS weeks that have one, the oldest first."""
    since = clock.now().date() - dt.timedelta(weeks=WEEKS)
    weekly: dict[tuple[int, int], Audit] = {}
    for audit in Audit.objects.filter(day__gte=since, finished_at__isnull=False).order_by("day"):
        weekly[audit.day.isocalendar()[:2]] = audit
    return [
        {
            "label": f"{audit.day:%-d %b}",
            "link": link(audit, f"{audit.day:%-d %b}"),
            **{name: audit.counts.get(name, 0) for name in ("held", "unsure", "duplicates")},
        }
        for audit in weekly.values()
    ]


def _audit_chart(audits: list[dict[str, Any]]) -> Chart | None:
    if not audits:
        return None
    return stacked(
        "Held events at the daily audit, week by week",
        f"From {audits[0]['held']} on {audits[0]['label']} to {audits[-1]['held']} on {audits[-1]['label']}.",
        ("held",),
        [(row["label"], [row["held"]]) for row in audits],
    )


# --- sources -----------------------------------------------------------------------------------------


def _worst_sources() -> list[dict[str, Any]]:
    """The sources whose upcoming listings score lowest on average."""
    upcoming = Listing.objects.live().filter(Q(night=None) | Q(last_night__gte=_yesterday()))
    low = Count("pk", filter=Q(score__lt=settings.QUALITY_PUBLISH_SCORE))
    found = upcoming.order_by().values("source").annotate(n=Count("pk"), low=low, average=Avg("score"))
    rows = list(found.filter(n__gte=LISTINGS, average__lt=100).order_by("average", "-n", "source")[:ROWS])
    sources = Source.objects.in_bulk([row["source"] for row in rows])
    counted = Finding.objects.filter(source__in=sources).order_by().values_list("source").annotate(n=Count("pk"))
    findings = dict(counted)
    return [
        {
            "source": link(sources[row["source"]]),
            "average": round(row["average"]),
            "listings": link_to_list("events_listing", row["n"], source__id__exact=row["source"]),
            "low": row["low"],
            "findings": link_to_list(
                "quality_finding", findings.get(row["source"], 0), source__id__exact=row["source"]
            ),
        }
        for row in rows
    ]
