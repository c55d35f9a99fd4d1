"""Addresses that get no mail any more: an editor said so, or their servers refused it, or their owners complained."""

import datetime as dt
import re

from django.db import transaction
from django.utils import timezone as clock

from .addresses import address_hash, address_hashes
from .models import EmailLog, Suppression

SOFT_LIMIT = 3  # mails that were refused for a time; the next is not sent
SOFT_WITHIN = dt.timedelta(days=180)
Bounce, State, Reason = EmailLog.Bounce, EmailLog.State, Suppression.Reason

# RFC 3463: class, subject and detail; not a part of an IP address
_STATUS = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"\s*([45]\d\d)\b")
# Nobody is there: no such mailbox or host, moved, disabled. 5.4.1 is how Microsoft says it.
_NOBODY = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 1)}
_NO_MAILBOX = {550, 551, 553}
# What those replies are about, too, and is no fault of the mailbox: what we are, or what the mail is.
_OTHER = re.compile(r"relay|authent|sender|policy|spam|block|listed|reputation|quota|full", re.IGNORECASE)


def suppress(receiver: str | EmailLog, reason: str, *, note: str = "") -> None:
    """No mail to this address, or to that of this mail, which may be erased, from now on; the first reason stays."""
    hashed, address = (
        (address_hash(receiver), receiver) if isinstance(receiver, str) else (receiver.hashed, receiver.address)
    )
    if not Suppression.objects.filter(hashed__in=[hashed, *(address_hashes(address) if address else ())]).exists():
        row = Suppression(hashed=hashed, address=address, reason=reason, note=note[:500] if address else "")
        Suppression.objects.bulk_create([row], ignore_conflicts=True)


def is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(hashed__in=address_hashes(address)).exists()


@transaction.atomic
def lift(suppression: Suppression) -> None:
    """Let an address get mail again, and forget how often it was refused. What its provider holds against it stays."""
    EmailLog.objects.filter(hashed__in=_hashes(suppression), bounce=Bounce.SOFT).update(bounce=Bounce.NONE)
    suppression.delete()


def refused(row: EmailLog, said: str, *, hard: bool | None = None, now: dt.datetime | None = None) -> None:
    """A mail was refused because of its address: suppress that at once if it is for good, else after the third mail.

    The one place that decides so, for mail servers and for providers. `hard` is what a provider knows of it, None
    where only the words tell. Mails that are known to have arrived since count as the end of the trouble.
    """
    now = now or clock.now()
    hard = is_hard(said) if hard is None else hard
    row.bounce = Bounce.HARD if hard else Bounce.SOFT
    EmailLog.objects.filter(pk=row.pk).update(bounce=row.bounce)
    if hard:
        suppress(row, Reason.BOUNCE, note=said)
        return
    mails = EmailLog.objects.filter(hashed__in=_hashes(row), queued_at__gte=now - SOFT_WITHIN)
    arrived = mails.filter(delivered_at__isnull=False, bounce=Bounce.NONE).order_by("-queued_at").first()
    soft = mails.filter(bounce=Bounce.SOFT, queued_at__gt=arrived.queued_at if arrived else now - SOFT_WITHIN)
    if soft.count() >= SOFT_LIMIT:
        suppress(row, Reason.SOFT, note=said)


def is_hard(said: str, *, unclear: bool = False) -> bool:
    """Whether words of a mail server mean that the mailbox is not there, ever; `unclear` if they do not say.

    A full mailbox, a block or what it thinks of the mail are soft, whatever the first digit.
    """
    status = _STATUS.search(said)
    if status and (status[2], status[3]) != ("0", "0"):
        return status[1] == "5" and (int(status[2]), int(status[3])) in _NOBODY
    reply = _REPLY.match(said)
    return int(reply[1]) in _NO_MAILBOX and not _OTHER.search(said) if reply else unclear


def _hashes(row: EmailLog | Suppression) -> list[str]:
    """All that the address of a row may be known under; of one that was erased only what the row has."""
    return list({row.hashed, *(address_hashes(row.address) if row.address else ())})
