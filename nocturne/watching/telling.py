"""Telling people of alerts: when they open, again while they last, and when they are over; by mail and webhook.

What is to be told is marked and queued in one transaction, so that of two processes one tells it and a mail is not
lost with the process. A mail names what was marked with it: if that has been told again meanwhile, it is not sent.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone as clock

from nocturne import mail
from nocturne.models import Alert, EmailLog, User
from nocturne.origin import absolute

from . import calls
from .conditions import SITE

log = logging.getLogger(__name__)
MATTER = "alerts:"
# Until what concerns a part only, as one source, is told again.
DAY = dt.timedelta(days=1)


def tell(*, now: dt.datetime | None = None) -> None:
    """Tell what there is to tell, and send what could not be sent before."""
    now = now or clock.now()
    opened, ended = _mark(now)
    if opened or ended:
        for alert in opened:
            log.warning("Alert: %s", alert.message)
        calls.webhook(as_json(opened, ended, now=now))
    _send(now)


@transaction.atomic
def _mark(now: dt.datetime) -> tuple[list[Alert], list[Alert]]:
    """What is to be told now, marked as told and with its mails queued."""
    opened, ended = list(_open_and_untold(now)), list(_over_and_untold())
    if not opened and not ended:
        return [], []
    Alert.objects.filter(pk__in=[one.pk for one in opened]).update(told_at=now)
    Alert.objects.filter(pk__in=[one.pk for one in ended]).update(end_told_at=now)
    mail.queue_all(EmailLog.Kind.ALERT, recipients(), matter=f"{MATTER}{now.isoformat()}", now=now)
    return opened, ended


def _open_and_untold(now: dt.datetime) -> QuerySet[Alert]:
    hours = dt.timedelta(hours=settings.ALERT_REPEAT_HOURS)
    again = Q(told_at__lte=now - hours, key__startswith=SITE) | Q(told_at__lte=now - max(hours, DAY))
    # one that goes and comes is not told more often than one that stays
    just_told = Alert.objects.filter(key=OuterRef("key"), told_at__gt=now - hours).exclude(pk=OuterRef("pk"))
    rows = Alert.objects.filter(Q(told_at=None) | again, ~Exists(just_told), resolved_at=None)
    return rows.order_by("severity", "opened_at").select_for_update(skip_locked=True, of=("self",))


def _over_and_untold() -> QuerySet[Alert]:
    rows = Alert.objects.filter(resolved_at__isnull=False, told_at__isnull=False, end_told_at=None)
    return rows.order_by("resolved_at").select_for_update(skip_locked=True)


def recipients() -> list[str]:
    """ALERT_EMAILS, or all who may do everything."""
    users = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").values_list("email", flat=True)
    return list(settings.ALERT_EMAILS or users)


def _send(now: dt.datetime) -> None:
    """Send the mails that are queued and due, without waiting for a worker: there may be none."""
    due = EmailLog.objects.filter(kind=EmailLog.Kind.ALERT, matter__startswith=MATTER, state=EmailLog.State.QUEUED)
    for row in due.filter(due_at__lte=now).order_by("due_at", "pk")[:100]:
        try:
            mail.send(row, write, now=now)
        except OSError as error:
            log.warning("Mail %s of an alert was not sent: %s", row.pk, error)


def write(row: EmailLog) -> mail.Mail | None:
    """The mail of a row, of what was told with it; None if that has been told again since."""
    at = dt.datetime.fromisoformat(row.matter.removeprefix(MATTER))
    opened = list(Alert.objects.filter(told_at=at).order_by("severity", "opened_at"))
    ended = list(Alert.objects.filter(end_told_at=at).order_by("resolved_at"))
    if not opened and not ended:
        return None
    context = {
        "site": settings.SITE_NAME,
        "opened": [_shown(one) for one in opened],
        "ended": [_shown(one) for one in ended],
        "alerts_url": absolute(reverse("admin:nocturne_alert_changelist")),
    }
    text = render_to_string("nocturne/alert_mail.txt", context)
    html = render_to_string("nocturne/alert_mail.html", context)
    return mail.Mail(row.address, f"{_subject(opened, ended)} · {settings.SITE_NAME}", text=text, html=html)


def _subject(opened: Sequence[Alert], ended: Sequence[Alert]) -> str:
    first, count = (opened or ended)[0], len(opened or ended)
    sentence = first.message.split(". ")[0].rstrip(".")
    short = sentence if len(sentence) <= 80 else f"{sentence[:79]}…"
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{'Alert' if opened else 'Resolved'}: {short}{more}"


def _shown(alert: Alert) -> dict[str, Any]:
    until = alert.resolved_at
    return {
        "message": alert.message,
        "severity": alert.get_severity_display(),
        "since": f"{alert.opened_at.astimezone(dt.UTC):%-d %b %Y, %H:%M} UTC",
        "until": f"{until.astimezone(dt.UTC):%-d %b %Y, %H:%M} UTC" if until else "",
        "url": absolute(alert.path) if alert.path else "",
    }


def as_json(opened: Sequence[Alert], ended: Sequence[Alert], *, now: dt.datetime) -> dict[str, Any]:
    """What the webhook gets; `text` is what chat programs show."""
    lines = [f"Alert: {one.message}" for one in opened] + [f"Resolved: {one.message}" for one in ended]
    return {
        "site": settings.SITE_URL,
        "time": now.isoformat(),
        "text": "\n".join(lines),
        "alerts": [
            {
                "key": one.key,
                "state": "resolved" if one.resolved_at else "open",
                "severity": one.severity,
                "message": one.message,
                "opened_at": one.opened_at.isoformat(),
                "resolved_at": one.resolved_at.isoformat() if one.resolved_at else None,
                "url": absolute(one.path) if one.path else None,
            }
            for one in (*opened, *ended)
        ],
    }
