"""The one gate of all mail: suppression, the ledger (EmailLog), and headers as the receivers want them.

Mail is queued as a row and sent by a worker. The row is claimed by a conditional update before the mail server hears
of it, and has its outcome after; so whoever is killed between leaves a row that says so, and nobody gets a mail twice.
"""

import contextlib
import datetime as dt
import email.policy
import re
from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage as Message
from email.utils import formataddr, parseaddr
from itertools import batched
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers, make_msgid
from django.db import transaction
from django.db.models import F
from django.utils import timezone as clock
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from .addresses import address_hash, address_hashes
from .models import EmailLog, Suppression
from .origin import host
from .smtp import NotSent
from .suppression import is_suppressed as is_suppressed, refused, suppress as suppress

State = EmailLog.State

MAX_ATTEMPTS = 6
FIRST_WAIT = dt.timedelta(minutes=5)  # and four times as long after each further attempt
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
    row = _row(kind, address, matter, now)
    if not matter:
        row.save()
        return row
    queue_all(kind, [address], matter=matter, now=now)
    return EmailLog.objects.filter(matter=matter, hashed=row.hashed, queued_at=now).first()


def queue_all(kind: str, addresses: Iterable[str], *, matter: str, now: dt.datetime | None = None) -> None:
    """A row for each address that has none of this matter; to be repeated if it was interrupted."""
    now = now or clock.now()
    for some in batched(addresses, BATCH):
        had = EmailLog.objects.filter(matter=matter, hashed__in=address_hashes(*some))
        known = set(had.values_list("hashed", flat=True))
        rows = [_row(kind, one, matter, now) for one in some if known.isdisjoint(address_hashes(one))]
        EmailLog.objects.bulk_create(rows, ignore_conflicts=True)  # of two at once one gets through


def _row(kind: str, address: str, matter: str, now: dt.datetime) -> EmailLog:
    hashed = address_hash(address)
    return EmailLog(kind=kind, address=address, hashed=hashed, matter=matter, queued_at=now, due_at=now)


@contextlib.contextmanager
def connection() -> Iterator[Any]:
    """A connection for several mails, of the mailer of the settings; opened by the first of them."""
    backend = mailers.default
    try:
        yield backend
    finally:
        with contextlib.suppress(OSError):  # all that was to be said was said
            backend.close()


def send(
    row: EmailLog,
    build: Callable[[EmailLog], EmailMultiAlternatives | None],
    *,
    over: Any = None,
    retry: bool = True,
    now: dt.datetime | None = None,
) -> str:
    """Send the mail of a queued row, and write down what became of it; the state of the row.

    `build` makes the message, or gives None if there is no reason for it any more. `over` is a connection to use.
    What cannot be sent now is put off, for somebody to call this again once it is due; or has failed without `retry`.
    A row that somebody else has claimed, or that is not due, is left alone. Not within a transaction.
    """
    now = now or clock.now()
    if row.state != State.QUEUED or row.due_at > now:
        return row.state
    if suppressed := Suppression.objects.filter(hashed__in=address_hashes(row.address)).first():
        return _end(row, State.SKIPPED, f"The address is suppressed: {suppressed.get_reason_display()}.", now)
    try:
        message = build(row)
    except Exception as error:
        _put_off(row, f"The mail could not be written: {error!r}", now, attempts=row.attempts + 1)
        raise
    if message is None:
        return _end(row, State.SKIPPED, "There is no reason for it any more.", now)
    message.metadata = {"mail_id": str(row.pk)}  # type: ignore[attr-defined]  # providers say it in their reports
    if not _claim(row, str(message.extra_headers.get("Message-ID", "")), now):
        return EmailLog.objects.values_list("state", flat=True).get(pk=row.pk)
    with contextlib.nullcontext(over) if over is not None else connection() as mailer:
        state = _deliver(row, message, mailer, now)
    return state if retry or state != State.QUEUED else _end(row, State.FAILED, row.why, now)


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
    Suppression.objects.filter(hashed__in=hashes).update(address="", note="")


def _claim(row: EmailLog, message_id: str, now: dt.datetime) -> bool:
    """Whether this process is the one to send; there for all to see before the mail server is asked."""
    with transaction.atomic(durable=True):
        claimed = EmailLog.objects.filter(pk=row.pk, state=State.QUEUED).update(
            state=State.SENDING, started_at=now, message_id=message_id[:250], attempts=F("attempts") + 1, why=""
        )
    row.attempts += claimed
    return bool(claimed)


def _deliver(row: EmailLog, message: EmailMultiAlternatives, mailer: Any, now: dt.datetime) -> str:
    try:
        mailer.open()
        mailer.send_messages([message])
    except Exception as error:
        return _judge(row, error, now)
    # a provider has a name of its own for the message, by which it reports on it
    status = getattr(message, "anymail_status", None)
    if status and status.message_id:
        EmailLog.objects.filter(pk=row.pk).update(message_id=str(status.message_id)[:250])
    return _end(row, State.SENT, "", now)


def _judge(row: EmailLog, error: Exception, now: dt.datetime) -> str:
    """What an error means: try again, give up, or that nobody knows whether the mail arrived."""
    match error:
        case NotSent(of_address=True) | AnymailRecipientsRefused():
            _end(row, State.FAILED, str(error), now)
            refused(row, str(error), now=now)
            return row.state
        case NotSent(final=True) | ValueError():
            return _end(row, State.FAILED, str(error), now)
        case NotSent() | AnymailAPIError(status_code=429 | 503):
            return _put_off(row, str(error), now, attempts=row.attempts)
        case AnymailAPIError(status_code=int(code)) if 400 <= code < 500:
            return _end(row, State.FAILED, str(error), now)
    if _never_connected(error):
        return _put_off(row, str(error), now, attempts=row.attempts)
    return _end(row, State.UNCERTAIN, f"It may have arrived: {error}", now)


def _never_connected(error: BaseException) -> bool:
    """Whether the provider's server was not reached at all; requests hides it some errors deep."""
    seen: list[Any] = [error.__cause__, error.__context__, *error.args, getattr(error, "reason", None)]
    inner = [one for one in seen if isinstance(one, BaseException)]
    return any(isinstance(one, ConnectTimeoutError | NewConnectionError) or _never_connected(one) for one in inner)


def _put_off(row: EmailLog, why: str, now: dt.datetime, *, attempts: int) -> str:
    if attempts >= MAX_ATTEMPTS:
        return _end(row, State.FAILED, why, now)
    due_at = now + FIRST_WAIT * 4 ** (attempts - 1)
    return _write(row, state=State.QUEUED, why=why, due_at=due_at, attempts=attempts)


def _end(row: EmailLog, state: str, why: str, now: dt.datetime) -> str:
    return _write(row, state=state, why=why, finished_at=now)


def _write(row: EmailLog, **columns: Any) -> str:
    """Only over what is unfinished; and without the address, which may have been erased meanwhile."""
    columns["why"] = re.sub(re.escape(row.address), "the address", columns["why"], flags=re.IGNORECASE)[:500]
    EmailLog.objects.filter(pk=row.pk, state__in=(State.QUEUED, State.SENDING)).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
    return row.state
