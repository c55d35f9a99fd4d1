"""The way of a submission: asked for, confirmed, decided, changed, cancelled. Each step can be repeated."""

import datetime as dt

from django.db import transaction
from django.utils import timezone as clock

from events import editing
from events.drafts import EventDraft
from events.models import City, Event
from nocturne import mail
from nocturne.addresses import address_hash
from nocturne.models import EmailLog, User

from . import clocks
from .listing import draft_now, write
from .model import Submission, digest_of
from .trust import is_clean, is_other, is_trusted

State = Submission.State
CURRENT = (State.UNCONFIRMED, State.QUEUED, State.LISTED)
AGAIN = dt.timedelta(minutes=10)  # who sends the same thing twice within it gets one mail


class Stale(Exception):
    """Somebody has decided it meanwhile, or it is over: the step cannot be taken any more."""


# --- by the sender --------------------------------------------------------------------------------


@transaction.atomic
def ask(draft: EventDraft, city: City, *, email: str, now: dt.datetime | None = None) -> Submission:
    """Keep what somebody wants listed, and queue the mail that asks back; what is known takes the same steps."""
    now = now or clock.now()
    data = draft.to_json()
    row = Submission(
        email=email,
        hashed=address_hash(email),
        city=city,
        draft=data,
        digest=digest_of(data, city.pk),
        last_day=_last_day(draft),
        created_at=now,
    )
    Submission.objects.bulk_create([row], ignore_conflicts=True)
    rows = Submission.objects.select_for_update(of=("self",)).select_related("mail", "city")
    found = rows.filter(hashed=row.hashed, digest=row.digest, state__in=CURRENT).first()
    if found is None:  # refused or withdrawn at this moment
        return ask(draft, city, email=email, now=now)
    if found.email and (found.mail is None or found.mail.queued_at <= now - AGAIN):
        _tell(found, EmailLog.Kind.CONFIRMATION, now)
    return found


def confirm(submission: Submission, *, now: dt.datetime | None = None) -> Submission:
    """What the button behind the mailed link does: into the queue, or onto the list where the address is trusted."""
    now = now or clock.now()
    with transaction.atomic():
        row = _locked(submission)
        if row.state != State.UNCONFIRMED:
            return row
        if row.is_over(now):
            raise Stale("It is over.")
        row.confirmed_at = now
        if is_trusted(row, now) and is_clean(row, now):
            _approve(row, now)
        else:
            row.state = State.QUEUED
        row.save()
    return row


def change(submission: Submission, draft: EventDraft, city: City, *, now: dt.datetime | None = None) -> Submission:
    """Want something else. Of what is listed it is shown at once, unless it has become something else altogether than
    what was approved, or somewhere else: that an editor sees first, and until then the event stays as it is."""
    now = now or clock.now()
    with transaction.atomic():
        row = _locked(submission)
        _check_open(row, now)
        shown = row.listing
        row.draft, row.city, row.last_day = draft.to_json(), city, _last_day(draft)
        if shown is not None:
            if row.approved is None:  # listed by a release that did not keep it
                row.approved = draft_now(shown).to_json()
            same = shown.city_id == city.pk and not is_other(EventDraft.from_json(row.approved), draft)
            clean = is_clean(row, now)
            if clean and same:
                _list(row, now)
            elif clean and is_trusted(row, now):
                _approve(row, now)
            else:
                row.state, row.confirmed_at = State.QUEUED, now
        row.save()
    return row


def withdraw(submission: Submission, *, now: dt.datetime | None = None) -> Submission:
    """Not wanted any more. What is listed is cancelled, for those who have seen it; what never was just goes."""
    return _set_status(submission, "cancelled", now or clock.now())


def restore(submission: Submission, *, now: dt.datetime | None = None) -> Submission:
    """It takes place after all."""
    return _set_status(submission, "scheduled", now or clock.now())


def _set_status(submission: Submission, status: str, now: dt.datetime) -> Submission:
    with transaction.atomic():
        row = _locked(submission)
        if row.listing is None:
            if status == "cancelled" and row.state in (State.UNCONFIRMED, State.QUEUED):
                row.state = State.WITHDRAWN
                row.save(update_fields=["state"])
            return row
        _check_open(row, now)
        # what is shown gets the status now, where it is; a change that waits goes on waiting
        wanted, city, waits = row.as_draft().replace(status=status), row.city, row.state == State.QUEUED
        row.draft, row.city = draft_now(row.listing).replace(status=status).to_json(), row.listing.city or city
        _list(row, now)
        if waits:
            row.draft, row.city, row.state = wanted.to_json(), city, State.QUEUED
        row.save()
    return row


# --- by editors -----------------------------------------------------------------------------------


def publish(submission: Submission, *, by: User, seen: str = "", now: dt.datetime | None = None) -> Submission:
    """Show it, or the change that waits, and tell the sender. Raises Stale if it does not wait any more, or is not
    what the editor has seen: the `wanted` of that."""
    now = now or clock.now()
    with transaction.atomic():
        row = _locked(submission)
        _check_queued(row)
        if seen and seen != row.wanted:
            raise Stale("Its sender has changed it meanwhile, and nothing was published.")
        _approve(row, now)
        row.decided_at, row.decided_by, row.reason = now, by, ""
        row.save()
        event = row.event
        if event and event.visibility == Event.Visibility.HELD:  # the editor knows better than the score
            editing.show([event.pk], Event.Visibility.PUBLISHED, by=by, now=now)
        _tell(row, EmailLog.Kind.NOTICE, now)
    return row


def refuse(submission: Submission, *, by: User, reason: str, now: dt.datetime | None = None) -> Submission:
    """Do not show it, or leave what is shown as it is, and tell the sender why. Raises Stale likewise."""
    now = now or clock.now()
    with transaction.atomic():
        row = _locked(submission)
        _check_queued(row)
        row.decided_at, row.decided_by, row.reason = now, by, reason[:500]
        if row.listing is None:
            row.state = State.REFUSED
        else:
            row.state, row.draft = State.LISTED, draft_now(row.listing).to_json()
            row.city = row.listing.city or row.city
        row.save()
        _tell(row, EmailLog.Kind.NOTICE, now)
    return row


def reopen(submission: Submission, *, now: dt.datetime | None = None) -> Submission:
    """Let what was refused wait again. Raises Stale if it was not, is over, or was sent again since."""
    with transaction.atomic():
        row = _locked(submission)
        if row.state != State.REFUSED:
            raise Stale(f"It is {row.get_state_display()}.")
        if row.is_over(now or clock.now()):
            raise Stale("It is over.")
        same = Submission.objects.filter(hashed=row.hashed, digest=row.digest).exclude(pk=row.pk)
        if same.filter(state__in=CURRENT).exists():
            raise Stale("It was sent again since.")
        row.state, row.reason, row.decided_at, row.decided_by = State.QUEUED, "", None, None
        row.save()
    return row


# --- what the steps share -------------------------------------------------------------------------


def _locked(submission: Submission) -> Submission:
    rows = Submission.objects.select_for_update(of=("self",))
    return rows.select_related("city", "listing__event__root", "listing__source", "listing__city").get(pk=submission.pk)


def _check_open(row: Submission, now: dt.datetime) -> None:
    if row.is_over(now):
        raise Stale("It is over.")
    if row.state in (State.REFUSED, State.WITHDRAWN):
        raise Stale(f"It was {row.get_state_display()}.")


def _check_queued(row: Submission) -> None:
    if row.state != State.QUEUED:
        raise Stale(f"It is {row.get_state_display()} by now.")


def _approve(row: Submission, now: dt.datetime) -> None:
    _list(row, now)
    row.approved = row.draft


def _list(row: Submission, now: dt.datetime) -> None:
    row.listing = write(row, now)
    row.state = State.LISTED


def _last_day(draft: EventDraft) -> dt.date:
    assert draft.when is not None
    return clocks.last_day(draft.when)


def _tell(row: Submission, kind: str, now: dt.datetime) -> None:
    """Queue a mail; each has a matter of its own, so that all of a submission's are found again."""
    if row.email:
        mail.replace(row.mail_id, now=now)
        row.mails += 1
        row.mail = mail.queue(kind, row.email, matter=f"submission:{row.pk}:{row.mails}", now=now)
        row.save(update_fields=["mail", "mails"])
