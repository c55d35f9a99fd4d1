"""The one gate of all mail: suppression, the ledger (EmailLog), and headers as the receivers want them.

Mail is queued as a row and sent by a worker. The row is claimed by a conditional update before the mail server hears
of it, and has its outcome after; so whoever is killed between leaves a row that says so, and nobody gets a mail twice.
"""

import datetime as dt
import email.policy
from collections.abc import Iterable
from email.message import EmailMessage as Message
from email.utils import formataddr, parseaddr
from itertools import batched
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, make_msgid
from django.utils import timezone as clock

from . import bulk, rate
from .addresses import address_hash, address_hashes
from .models import EmailLog, MailReport, Suppression
from .origin import host
from .outbox import NO_REASON as NO_REASON, Build, Outbox, takes_bytes as takes_bytes
from .suppression import is_suppressed as is_suppressed, suppress as suppress

State = EmailLog.State

ABANDONED = dt.timedelta(minutes=15)  # longer than any task may run
BATCH = 1000
MAX_LINE = 998  # octets, by RFC 5322


class _WholeLines(email.policy.EmailPolicy):
    """Never folds or encodes List-Unsubscribe and what else programs read: many do not put it together again."""

    def fold(self, name: str, value: Any) -> str:
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self._whole(name, value).encode("ascii") or super().fold_binary(name, value)

    def _whole(self, name: str, value: Any) -> str:
        if not name.lower().startswith(("list-", "message-id")):
            return ""
        line = f"{name}: {value}"
        if len(line) > MAX_LINE or not line.isascii() or not line.isprintable():
            raise ValueError(f"{name} does not fit on a line.")
        return line + self.linesep


class Mail(EmailMultiAlternatives):
    """A message from the site to one address, with From, Reply-To, Message-ID and Date as good senders have them."""

    given: tuple[object, ...] = ()  # values of the condition on which it is claimed

    def __init__(
        self, to: str, subject: str, *, text: str, html: str = "", headers: dict[str, str] | None = None
    ) -> None:
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        super().__init__(
            subject=" ".join(subject.split()),
            body=text,
            from_email=formataddr((name or settings.SITE_NAME, address)),
            to=[to],
            reply_to=[settings.REPLY_TO_EMAIL or address],
            headers={
                "Message-ID": make_msgid(domain=host()),
                "Auto-Submitted": "auto-generated",  # no answer by a machine, please
                **(headers or {}),
            },
        )
        if html:
            self.attach_alternative(html, "text/html")

    def message(self, *, policy: Any = email.policy.default) -> Message:
        return super().message(policy=_WholeLines() + policy)


def unsubscribe_headers(url: str) -> dict[str, str]:
    """RFC 8058: mail programs show a button that posts to this address."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def queue(kind: str, address: str, *, matter: str = "", now: dt.datetime | None = None) -> EmailLog | None:
    """A row for a mail to be sent; None if the address has had, or is to get, its mail of this matter."""
    now = now or clock.now()
    row = _row(kind, address, matter, now, hashed=address_hash(address))
    if not matter:
        row.save()
        return row
    queue_all(kind, [address], matter=matter, now=now)
    return EmailLog.objects.filter(matter=matter, hashed=row.hashed, queued_at=now).first()


def queue_all(kind: str, addresses: Iterable[str], *, matter: str, now: dt.datetime | None = None) -> None:
    """A row for each address that has none of this matter; to be repeated if it was interrupted."""
    now = now or clock.now()
    for some in batched(addresses, BATCH):
        hashes = {one: address_hashes(one) for one in some}
        had = EmailLog.objects.filter(matter=matter, hashed__in=[h for several in hashes.values() for h in several])
        known = set(had.values_list("hashed", flat=True))
        new = [one for one in hashes if known.isdisjoint(hashes[one])]
        rows = [_row(kind, one, matter, now, hashed=hashes[one][0]) for one in new]
        bulk.insert(EmailLog, rows, ignore_conflicts=True)  # of two at once one gets through


def _row(kind: str, address: str, matter: str, now: dt.datetime, *, hashed: str) -> EmailLog:
    return EmailLog(kind=kind, address=address, hashed=hashed, matter=matter, queued_at=now, due_at=now)


def send(row: EmailLog, build: Build, *, retry: bool = True, now: dt.datetime | None = None) -> str:
    """Send the mail of one queued row, over a connection of its own; the state of the row. See Outbox.send."""
    rate.spend(1)
    with Outbox([row]) as outbox:
        return outbox.send(row, build, retry=retry, now=now)


def replace(row_id: int | None, *, now: dt.datetime | None = None) -> None:
    """Do not send a mail that still waits, as behind a mail server that is away: a later one says what it would."""
    # none is asked for, too: a known address takes the steps of an unknown one
    waiting = EmailLog.objects.filter(pk=row_id or 0, state=State.QUEUED)
    waiting.update(state=State.SKIPPED, why="A later mail says it.", finished_at=now or clock.now())


def settle(*, now: dt.datetime | None = None) -> int:
    """Mark what a worker had begun to send when it was killed as uncertain; how many. It is not sent again."""
    now = now or clock.now()
    return EmailLog.objects.filter(state=State.SENDING, started_at__lt=now - ABANDONED).update(
        state=State.UNCERTAIN, why="The worker ended while it was being sent.", finished_at=now
    )


def erase(addresses: Iterable[str]) -> None:
    """Take addresses out of the ledger and the suppressed; their hashes stay. What waits for them is not sent."""
    hashes = address_hashes(*addresses)
    rows = EmailLog.objects.filter(hashed__in=hashes)
    rows.filter(state=State.QUEUED).update(state=State.SKIPPED, finished_at=clock.now())
    rows.update(address="", why="")  # what a mail server says often names the address
    MailReport.objects.filter(mail__in=rows).update(why="")
    Suppression.objects.filter(hashed__in=hashes).update(address="", note="")
