"""Mails of the ledger on their way: claimed, handed to the mailer of the settings, and what became of them judged."""

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import DatabaseError
from django.utils import timezone as clock
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from . import metrics
from .addresses import address_hashes
from .claims import Claims
from .models import EmailLog, Suppression
from .smtp import EmailBackend, NotSent, Ready
from .suppression import refused

MAX_ATTEMPTS = 6
FIRST_WAIT = dt.timedelta(minutes=5)  # and four times as long after each further attempt
NO_REASON = "There is no reason for it any more."
State = EmailLog.State

Build = Callable[[EmailLog], EmailMultiAlternatives | Ready | None]


class Outbox:
    """Sends some queued rows, one after the other over one connection, which the first of them opens.

    `given` is a condition of each claim, as in Claims. Not within a transaction.
    """

    def __init__(self, rows: Sequence[EmailLog], *, given: str = "") -> None:
        self._suppressed = _reasons(rows)
        self._claims = Claims(given)
        self._mailer: Any = mailers.default

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._claims.close()
        finally:
            with contextlib.suppress(OSError):  # all that was to be said was said
                self._mailer.close()

    def send(self, row: EmailLog, build: Build, *, retry: bool = True, now: dt.datetime | None = None) -> str:
        """Send the mail of a row, and write down what became of it, which is the state of the row.

        `build` makes the message, or gives None if there is no reason for it any more. What cannot be sent now is put
        off, for somebody to call this again once it is due; or has failed without `retry`. A row that somebody else
        has claimed, or that is not due, is left alone. That a mail was sent is in the database with the next claim.
        """
        now = now or clock.now()
        if row.state != State.QUEUED or row.due_at > now:
            return row.state
        if reason := self._suppressed.get(row.pk):
            return _end(row, State.SKIPPED, f"The address is suppressed: {reason}.", now)
        try:
            message = build(row)
        except Exception as error:
            _put_off(row, f"The mail could not be written: {error!r}", now, attempts=row.attempts + 1)
            raise
        if message is None:
            return _end(row, State.SKIPPED, NO_REASON, now)
        state = self._deliver(row, message, now)
        return state if retry or state != State.QUEUED else _end(row, State.FAILED, row.why, now)

    def _deliver(self, row: EmailLog, message: EmailMultiAlternatives | Ready, now: dt.datetime) -> str:
        failure: Exception | None = None
        if isinstance(message, Ready):
            self._claims.begin(row, message.message_id, now, message.given)
        else:
            message.metadata = {"mail_id": str(row.pk)}  # type: ignore[attr-defined]  # providers say it in their reports
            given = getattr(message, "given", ())
            self._claims.begin(row, str(message.extra_headers.get("Message-ID", "")), now, given)
        # the database commits the claim meanwhile; nothing else may be asked of it until `won` was
        try:
            self._mailer.open()
            if isinstance(message, Ready):
                self._mailer.send_ready(message, self._claims.won)
            elif self._claims.won():
                self._mailer.send_messages([message])
        except DatabaseError:
            raise
        except Exception as error:
            failure = error
        if not self._claims.won():
            return _lost(row, now)
        row.attempts += 1
        return _judge(row, failure, now) if failure else self._sent(row, message, now)

    def _sent(self, row: EmailLog, message: EmailMultiAlternatives | Ready, now: dt.datetime) -> str:
        # a provider has a name of its own for the message, by which it reports on it
        status = getattr(message, "anymail_status", None)
        if status and status.message_id:
            EmailLog.objects.filter(pk=row.pk).update(message_id=str(status.message_id)[:250])
        self._claims.sent(row, now)
        metrics.mails.labels(row.kind, State.SENT.value).inc()
        row.state, row.finished_at = State.SENT, now
        return row.state


def takes_bytes() -> bool:
    """Whether messages may be Ready; providers by API want them in parts."""
    return isinstance(mailers.default, EmailBackend)


def _reasons(rows: Sequence[EmailLog]) -> dict[int, str]:
    """Why those of the rows are not sent whose addresses are suppressed."""
    pks = {hashed: row.pk for row in rows for hashed in address_hashes(row.address)}
    found = Suppression.objects.filter(hashed__in=pks)
    return {pks[one.hashed]: one.get_reason_display() for one in found}


def _lost(row: EmailLog, now: dt.datetime) -> str:
    """The state of a row that could not be claimed: another has it, or what was given for it does not hold."""
    untouched = EmailLog.objects.filter(pk=row.pk, state=State.QUEUED, attempts=row.attempts)
    if untouched.update(state=State.SKIPPED, why=NO_REASON, finished_at=now):
        row.why = NO_REASON
    row.state = EmailLog.objects.values_list("state", flat=True).get(pk=row.pk)
    return row.state


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
    metrics.mails.labels(row.kind, state).inc()
    return _write(row, state=state, why=why, finished_at=now)


def _write(row: EmailLog, **columns: Any) -> str:
    """Only over what is unfinished; and without the address, which may have been erased meanwhile."""
    columns["why"] = re.sub(re.escape(row.address), "the address", columns["why"], flags=re.IGNORECASE)[:500]
    EmailLog.objects.filter(pk=row.pk, state__in=(State.QUEUED, State.SENDING)).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
    return row.state
