"""How long the ledger of mail is kept: it has addresses in it."""

import datetime as dt
from collections.abc import Iterator
from itertools import chain

from events.archive import deleting
from nocturne.models import EmailLog, MailReport

from .models import Digest

DONE = (Digest.State.SENT, Digest.State.EMPTY)
BEGUN_AGAIN = dt.timedelta(days=14)  # after its Monday an issue that is sent cannot be any more


def prune_mails(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    """Delete what ended before a moment, and reports of mails that are not there.

    The rows of an issue are what keeps it from going twice to somebody, so they stay while it may be sent any further.
    """
    late = Digest.objects.filter(week__gte=(before - BEGUN_AGAIN).date())
    matters = [digest.matter for digest in (Digest.objects.exclude(state__in=DONE) | late).only("pk")]
    mails = EmailLog.objects.filter(finished_at__lt=before).exclude(matter__in=matters)
    return chain(deleting(mails, dry_run), deleting(MailReport.objects.filter(mail=None, at__lt=before), dry_run))
