"""Sending one mail of an issue a second time, because an editor was asked to and has been warned."""

import datetime as dt

from django.db import transaction
from django.utils import timezone as clock

from nocturne.addresses import address_hashes
from nocturne.mail import is_suppressed
from nocturne.models import EmailLog

from . import digests, sending
from .models import Digest

State = EmailLog.State
REPEATABLE = (State.SENT, State.UNCERTAIN, State.FAILED, State.BOUNCED, State.SKIPPED)


def mail_to(digest: Digest, address: str) -> EmailLog | None:
    """The mail of an issue to an address."""
    return EmailLog.objects.filter(matter=digest.matter, hashed__in=address_hashes(address)).first()


def warning(digest: Digest, row: EmailLog) -> str:
    """What an editor has to know before the mail goes again."""
    match row.state:
        case State.SENT if row.delivered_at:
            return "The provider says that it was delivered: they get it twice."
        case State.SENT:
            return "The mail server took it: most likely they get it twice."
        case State.UNCERTAIN:
            return "It may have arrived. If it did, they get it twice."
    return "It has not arrived as far as is known. The same may happen again."


def obstacle(digest: Digest, row: EmailLog, *, now: dt.datetime | None = None) -> str:
    """Why a mail cannot go again; "" if it can."""
    if row.state not in REPEATABLE:
        return f"It is {row.get_state_display()}: that cannot be sent again."
    if not row.address:
        return "The address was erased."
    if is_suppressed(row.address):
        return "The address is suppressed. Lift that first, if it is over."
    if digests.is_over(digest, now or clock.now()):
        return "Its week is over: the next issue has come."
    if not sending.recipients(digest).filter(subscriber__email=row.address).exists():
        return "The address has no active subscription to this city."
    return ""


@transaction.atomic
def repeat(digest: Digest, row: EmailLog, *, now: dt.datetime | None = None) -> bool:
    """Queue a mail again, whatever became of it; whether this call did. What it was before is overwritten."""
    now = now or clock.now()
    if obstacle(digest, row, now=now):
        return False
    rows = EmailLog.objects.filter(pk=row.pk, matter=digest.matter, state=row.state, attempts=row.attempts)
    again = rows.update(
        state=State.QUEUED, attempts=0, due_at=now, finished_at=None, delivered_at=None, bounce="", why=""
    )
    if again:
        done = Digest.objects.filter(pk=digest.pk, state=Digest.State.SENT)
        done.update(state=Digest.State.SENDING, finished_at=None)
    return bool(again)
