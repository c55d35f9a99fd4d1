"""What visitors report of an event: a mistake, or that it is to be taken down. Rows for editors; nothing is public."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from nocturne.addresses import normalise_address
from nocturne.alerts import raise_alert, resolve
from nocturne.locks import area_lock
from nocturne.models import Alert, User

from .archive import deleting
from .models import Event, EventReport
from .text import visible

MAX_TEXT = 2000
# The same of the same event within this is a second press of the button.
AGAIN = dt.timedelta(minutes=10)
# Who has had no answer for so long gets none.
UNANSWERED = dt.timedelta(days=365)

MISTAKE, TAKEDOWN = EventReport.Kind.MISTAKE, EventReport.Kind.TAKEDOWN
_REASON = EventReport.Reason
REASONS: dict[str, tuple[EventReport.Reason, ...]] = {
    MISTAKE: (
        *(_REASON.WHEN, _REASON.WHERE, _REASON.PRICE, _REASON.STATUS, _REASON.DOUBLE, _REASON.BOGUS, _REASON.OTHER),
    ),
    TAKEDOWN: (_REASON.RIGHTS, _REASON.PRIVATE, _REASON.ORGANIZER, _REASON.UNLAWFUL, _REASON.OTHER),
}


def normalise(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in visible(text).splitlines()).strip()


def errors(kind: str, reason: str, text: str, email: str) -> dict[str, str]:
    """A sentence by field for what is wrong with a report."""
    found = {}
    if reason not in REASONS[kind]:
        found["reason"] = _("Please choose what it is.")
    if len(text) > MAX_TEXT:
        said = _("That is too long: it has %(count)s characters, and %(most)s are possible.")
        found["text"] = said % {"count": len(text), "most": MAX_TEXT}
    elif not text and (kind == TAKEDOWN or reason == _REASON.OTHER):
        found["text"] = _("Please say what it is about, so that an editor can look.")
    if email.strip() or kind == TAKEDOWN:
        try:
            normalise_address(email)
        except ValueError as error:
            found["email"] = str(error)
    return found


@transaction.atomic
def take(
    event: Event, *, kind: str, reason: str, text: str, email: str = "", now: dt.datetime | None = None
) -> EventReport:
    """Keep a report that has no errors; a wish to take an event down opens an alert. The same again is the same."""
    now = now or clock.now()
    text, email = normalise(text), normalise_address(email) if email.strip() else ""
    area_lock(event.city.area_id or event.city_id)  # a second press waits, and finds the first
    said = {"event": event, "kind": kind, "reason": reason, "text": text, "email": email}
    row = EventReport.objects.filter(**said, at__gte=now - AGAIN, settled_at=None).first()
    if row:
        return row
    row = EventReport.objects.create(**said, at=now)
    if kind == TAKEDOWN:
        raise_alert(
            _key(row.pk),
            f"Somebody asks to take “{event.title[:200]}” down: {row.get_reason_display()}. Look at the report, hide "
            "the event if it is right, and settle the report.",
            severity=Alert.Severity.ERROR,
            path=reverse("admin:events_eventreport_change", args=[row.pk]),
            now=now,
        )
    return row


@transaction.atomic
def settle(report_ids: Iterable[int], *, by: User, now: dt.datetime | None = None) -> int:
    """Close reports, and the alerts of those that ask to take something down; how many were open."""
    ids = list(report_ids)
    now = now or clock.now()
    closed = EventReport.objects.filter(pk__in=ids, settled_at=None).update(settled_at=now, settled_by=by)
    for pk in ids:
        resolve(_key(pk), now=now)
    return closed


def exported(user: User) -> list[dict[str, Any]]:
    """What was reported with the address of a user."""
    rows = EventReport.objects.filter(email=user.email).order_by("at")
    return [dict(row) for row in rows.values("event__title", "kind", "reason", "text", "at", "settled_at")]


def erase(user: User) -> None:
    """Forget that the address of a user stood in reports; what they say stays, and is answered to nobody."""
    EventReport.objects.filter(email=user.email).update(email="")


def prune(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    """Throw away reports that were settled before a moment, with the address that may be in them."""
    yield from deleting(EventReport.objects.filter(settled_at__lt=before), dry_run)


def forget_addresses(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    """Take the address out of reports that came before a moment and that nobody has settled; what they say stays."""
    rows = EventReport.objects.filter(settled_at=None, at__lt=before).exclude(email="")
    yield rows.count() if dry_run else rows.update(email="")


def _key(pk: int) -> str:
    return f"takedown:{pk}"
