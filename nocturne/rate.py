"""How many mails go within an hour: counted by the minute in the database, over all workers and kinds of mail.

What the mail provider allows an hour is MAIL_RATE_PER_HOUR; 0 is without limit, and nothing is counted then.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Sum
from django.utils import timezone as clock

from .locks import rate_lock
from .models import MailMinute

WINDOW = dt.timedelta(minutes=61)  # the minute that has begun counts in full
KEPT = dt.timedelta(hours=3)


def take(wanted: int, *, now: dt.datetime | None = None) -> int:
    """Reserve so many mails, or as many as may go now; 0 is to wait. What was taken counts, sent or not."""
    if not settings.MAIL_RATE_PER_HOUR:
        return wanted
    now = now or clock.now()
    with transaction.atomic():
        rate_lock()
        granted = max(0, min(wanted, settings.MAIL_RATE_PER_HOUR - _spent(now)))
        _count(granted, now)
        MailMinute.objects.filter(at__lt=now - KEPT).delete()
    return granted


def spend(count: int, *, now: dt.datetime | None = None) -> None:
    """Count mails that go whatever the rate, and are few: confirmations, alerts, what somebody waits for.

    With a negative count what was taken and not used is given back.
    """
    if settings.MAIL_RATE_PER_HOUR and count:
        _count(count, now or clock.now())


def free_at(now: dt.datetime) -> dt.datetime:
    """When some may go again, if none may now."""
    oldest = MailMinute.objects.filter(at__gt=now - WINDOW, count__gt=0).aggregate(oldest=Min("at"))["oldest"]
    return (oldest or now) + WINDOW


def _spent(now: dt.datetime) -> int:
    return MailMinute.objects.filter(at__gt=now - WINDOW).aggregate(count=Sum("count"))["count"] or 0


def _count(count: int, now: dt.datetime) -> None:
    minute = now.replace(second=0, microsecond=0)
    if not MailMinute.objects.filter(at=minute).update(count=F("count") + count):
        MailMinute.objects.bulk_create([MailMinute(at=minute, count=0)], ignore_conflicts=True)
        MailMinute.objects.filter(at=minute).update(count=F("count") + count)
