"""The checks of health that every site has; apps register theirs."""

import datetime as dt

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone as clock

from nocturne import health
from nocturne.models import EmailLog

from . import heartbeats, machine, queue

State = EmailLog.State
LATE = dt.timedelta(hours=1)
FEW = 5  # mails that say nothing about all


@health.register("database")
def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


@health.register("cache")
def cache() -> str:
    queue.ping()
    return ""


@health.register("workers")
def workers() -> str:
    return "" if _alive("worker") else "No worker is heard of."


@health.register("beat")
def beat() -> str:
    return "" if _alive("beat") else "No beat is heard of."


@health.register("disk")
def disk() -> str:
    percent = machine.fullest()[1]
    return f"{percent:.0f} % is used." if percent > settings.ALERT_DISK_PERCENT else ""


@health.register("mail")
def mail() -> str:
    """Mails of the last hour: most go, and none that is due waits for so long."""
    now = clock.now()
    waiting = EmailLog.objects.filter(state__in=(State.QUEUED, State.SENDING))
    if waiting.filter(due_at__lt=now - LATE, queued_at__lt=now - LATE).exists() and not settings.MAIL_RATE_PER_HOUR:
        return "Mail waits for more than an hour."
    lately = EmailLog.objects.filter(queued_at__gt=now - LATE).exclude(state__in=(State.QUEUED, State.SKIPPED))
    lost = Q(state__in=(State.FAILED, State.UNCERTAIN))
    count, failed = lately.count(), lately.filter(lost).count()
    return "Most mail of the last hour was not sent." if count >= FEW and failed * 2 > count else ""


def _alive(kind: str) -> bool:
    within = dt.timedelta(minutes=settings.ALERT_WORKER_MINUTES)
    return bool(heartbeats.alive(within=within)[kind])
