"""Alerts: what a person has to look at, until it is resolved."""

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone as clock

from .models import Alert


def raise_alert(
    key: str,
    message: str,
    *,
    severity: str = Alert.Severity.WARNING,
    path: str = "",
    now: dt.datetime | None = None,
) -> bool:
    """Open the alert of a key, or renew the one that is open; whether it was opened just now.

    `message` says what is the matter and what to do; `path` is the page of the admin to look at. Of several workers
    at once one opens it.
    """
    now = now or clock.now()
    columns = {"message": message[:1000], "severity": severity, "path": path[:500], "last_seen_at": now}
    if _open(key).update(**columns):
        return False
    opened = Alert(key=key, opened_at=now, **columns)
    # a worker that opens it at the same time is not written over: both say the same
    Alert.objects.bulk_create([opened], ignore_conflicts=True)
    return True


def resolve(key: str, *, now: dt.datetime | None = None) -> bool:
    """Resolve the open alert of a key, if there is one; whether there was."""
    # asked first: nearly always there is none, and then nothing is written
    return _open(key).exists() and bool(_open(key).update(resolved_at=now or clock.now()))


def _open(key: str) -> QuerySet[Alert]:
    return Alert.objects.filter(key=key, resolved_at=None)
