"""Background work; each task calls what the command calls."""

import datetime as dt
import logging

from celery import shared_task
from django.utils import timezone as clock

from . import audit, decline
from .models import Audit

log = logging.getLogger(__name__)


@shared_task(name="quality.audit_due", ignore_result=True)
def audit_due() -> None:
    """Go on with today's audit if it is not done, and tell the editors what got worse.

    Asked every ten minutes, by as many beats as there are: the database knows what was done.
    """
    done = audit.go_on()
    if done:
        row, tally = done
        log.info("audit of %s: %s", row.day, dict(tally.counts))
    lately = audit.due(clock.now()) - dt.timedelta(days=1)
    for row in Audit.objects.filter(day__gte=lately, finished_at__isnull=False, mailed_at=None).exclude(worse=[]):
        decline.tell(row)
