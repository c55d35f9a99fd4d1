"""What is kept of who sends something in, and for how long."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from nocturne.models import EmailLog, User

from .model import Submission, SubmissionQuerySet

State = Submission.State
UNCONFIRMED_DAYS = 7
ADDRESS_DAYS = 90  # after the event
BATCH = 500


def tidy(*, now: dt.datetime | None = None) -> int:
    """Delete what was never confirmed, and forget addresses whose event is long over; how many rows that were."""
    now = now or clock.now()
    unconfirmed = Submission.objects.filter(
        state=State.UNCONFIRMED, created_at__lt=now - dt.timedelta(days=UNCONFIRMED_DAYS)
    )
    over = Submission.objects.filter(last_day__lt=now.date() - dt.timedelta(days=ADDRESS_DAYS)).exclude(email="")
    return _delete(unconfirmed, BATCH) + _forget(over, BATCH)


def told() -> str:
    return _(
        "Events that you send in: your e-mail address, until {days} days after the event is over; what you never "
        "confirm is deleted after {unconfirmed} days. The event itself stays, and with it a keyed hash of the address."
    ).format(days=ADDRESS_DAYS, unconfirmed=UNCONFIRMED_DAYS)


def exported(email: str) -> list[dict[str, Any]]:
    """All that an address has sent in, as JSON holds it."""
    rows = Submission.objects.of_address(email).select_related("city").order_by("pk")
    return [
        {
            "event": row.draft,
            "approved": row.approved,
            "city": str(row.city),
            "state": row.state,
            "told": row.reason,
            "sent": row.created_at.isoformat(),
            "confirmed": row.confirmed_at and row.confirmed_at.isoformat(),
            "decided": row.decided_at and row.decided_at.isoformat(),
        }
        for row in rows
    ]


def erase(email: str) -> int:
    """Forget an address: what is listed stays without it, all else goes; how many rows that were. May be repeated."""
    rows = Submission.objects.of_address(email)
    return _delete(rows.filter(listing=None)) + _forget(rows.exclude(listing=None))


def exported_of(user: User) -> list[dict[str, Any]]:
    return exported(user.email)


def erase_of(user: User) -> None:
    erase(user.email)


@transaction.atomic
def _delete(which: SubmissionQuerySet, most: int | None = None) -> int:
    rows = _locked(which, most)
    _forget_mails(rows)
    Submission.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


@transaction.atomic
def _forget(which: SubmissionQuerySet, most: int | None = None) -> int:
    """Without address and with links that lead nowhere."""
    rows = _locked(which, most)
    _forget_mails(rows)
    waiting = Submission.objects.filter(pk__in=[row.pk for row in rows])
    waiting.update(email="", token_version=F("token_version") + 1)
    return len(rows)


def _locked(which: SubmissionQuerySet, most: int | None) -> list[Submission]:
    """All of these rows, however long somebody else is at one; or so many at most, leaving those to the next time."""
    rows = which.order_by("pk").select_for_update(of=("self",), skip_locked=most is not None)
    return list(rows[:most])


def _forget_mails(rows: list[Submission]) -> None:
    """Of these mails alone: the address may be a subscriber's, too."""
    matters = [f"submission:{row.pk}:{number}" for row in rows for number in range(1, row.mails + 1)]
    ledger = EmailLog.objects.filter(matter__in=matters)
    ledger.filter(state=EmailLog.State.QUEUED).update(state=EmailLog.State.SKIPPED, finished_at=clock.now())
    ledger.update(address="", why="")
