"""What mail providers report of our mail: it goes into the ledger, and whoever wants or can get no more gets none."""

import datetime as dt
import hashlib
import logging
import re
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal

from . import metrics
from .addresses import address_hashes
from .models import EmailLog, MailReport, Suppression
from .suppression import refused, suppress

log = logging.getLogger(__name__)

What, State, Reason = MailReport.What, EmailLog.State, Suppression.Reason
UNDER_WAY = (State.QUEUED, State.SENDING, State.UNCERTAIN)
REPEATABLE = (What.DELIVERED, What.DEFERRED)  # most of all reports, and harmless twice: they are not kept

# Somebody unsubscribed at the provider; the argument is `address`. The app that has subscriptions ends them.
unsubscribed = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`event` is unique for a provider. `hard` is whether a mail was refused for good, None if only `why` tells."""

    what: str
    event: str
    address: str
    at: dt.datetime
    mail_id: int | None = None
    message_id: str = ""
    why: str = ""
    hard: bool | None = None


@transaction.atomic
def take(report: Report) -> bool:
    """Follow a report, all of it or nothing; False if it was taken before, or is about nobody whom we know."""
    row = _mail_of(report)
    if row is None and not EmailLog.objects.filter(hashed__in=address_hashes(report.address)).exists():
        log.info("A provider reports of a mail to nobody whom we know: %s", report.what)
        return False
    why = re.sub(re.escape(report.address), "the address", report.why, flags=re.IGNORECASE)[:500]
    why = why if row and row.address else ""  # the words may tell who it was
    if report.what not in REPEATABLE:
        key = hashlib.sha256(report.event.encode()).hexdigest()
        columns = {"mail": row, "what": report.what, "why": why, "at": report.at}
        if not MailReport.objects.get_or_create(key=key, defaults=columns)[1]:
            return False
    if row:
        _write(row, report, why)
    _follow(row, report, why)
    return True


def _follow(row: EmailLog | None, report: Report, why: str) -> None:
    """For one that was found, or for a mail that is not in the ledger any more to an address that is."""
    if report.what == What.UNSUBSCRIBED:
        unsubscribed.send(sender=None, address=report.address)
    elif report.what == What.COMPLAINED:
        suppress(row or report.address, Reason.COMPLAINT, note=why)
    elif report.what in (What.BOUNCED, What.REJECTED):
        if row:
            refused(row, why or report.why, hard=report.hard)
        elif report.hard:
            suppress(report.address, Reason.BOUNCE)


def _write(row: EmailLog, report: Report, why: str) -> None:
    """What became of the mail; a report that comes late takes nothing back."""
    columns: dict[str, object] = {}
    match report.what:
        case What.COMPLAINED:
            columns = {"state": State.COMPLAINED, "why": why}
        case What.BOUNCED | What.REJECTED if row.state != State.COMPLAINED:
            columns = {"state": State.BOUNCED, "why": why}
        case What.DELIVERED if row.delivered_at is None:
            columns = {"delivered_at": report.at}
            if row.state in UNDER_WAY:
                columns |= {"state": State.SENT, "why": ""}
            elif row.state == State.SENT:
                columns["why"] = ""  # that it was put off
        case What.DEFERRED if row.state == State.SENT and row.delivered_at is None:
            columns = {"why": f"Put off by the receiving server: {why}"[:500]}
        case What.FAILED if row.state in (State.SENT, *UNDER_WAY) and row.delivered_at is None:
            columns = {"state": State.FAILED, "why": why}
    if "state" in columns and row.finished_at is None:
        columns["finished_at"] = report.at
    if columns:
        EmailLog.objects.filter(pk=row.pk).update(**columns)
    if columns.get("state") in (State.BOUNCED, State.COMPLAINED, State.FAILED):
        metrics.mails.labels(row.kind, columns["state"]).inc()


def _mail_of(report: Report) -> EmailLog | None:
    """The mail by the number that we gave it, else by the Message-ID; only if it went to that address."""
    ids = [one for one in {report.message_id, f"<{report.message_id.strip('<>')}>"} if report.message_id]
    rows = EmailLog.objects.select_for_update().filter(hashed__in=address_hashes(report.address))
    return rows.filter(Q(pk=report.mail_id) | Q(message_id__in=ids)).order_by("-pk").first()
