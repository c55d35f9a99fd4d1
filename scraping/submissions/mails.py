"""The mails to who sends something in: the link, and what became of it. Neither repeats what was typed, since anybody
could type anything to have it mailed to anybody.
"""

import datetime as dt

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from events.dates import day_words
from nocturne import mail
from nocturne.models import EmailLog
from nocturne.origin import absolute

from .links import url_of
from .model import Submission
from .retention import UNCONFIRMED_DAYS

State = Submission.State


def send(submission_id: int, *, now: dt.datetime | None = None) -> str:
    """Send what a submission has queued, if it is due; the state of that mail, "" if there is none."""
    rows = Submission.objects.select_related("mail", "city", "listing__event__root__city")
    submission = rows.filter(pk=submission_id).first()
    if submission is None or submission.mail is None:
        return ""
    return mail.send(submission.mail, lambda row: _write(submission, row), now=now)


def unsent(now: dt.datetime | None = None) -> list[int]:
    """Submissions whose mail is due and was not sent: the queue was away, or the mail server was."""
    now = now or clock.now()
    due = {"mail__state": EmailLog.State.QUEUED, "mail__due_at__lte": now - dt.timedelta(seconds=30)}
    return list(Submission.objects.filter(**due).order_by("mail__due_at").values_list("pk", flat=True)[:500])


def _write(submission: Submission, row: EmailLog) -> mail.Mail | None:
    decided = row.kind == EmailLog.Kind.NOTICE
    if submission.email != row.address or (decided and submission.state not in (State.LISTED, State.REFUSED)):
        return None
    draft = submission.as_draft()
    assert draft.when is not None
    event = submission.event
    subject, name = _subject(submission, decided=decided), "outcome" if decided else "confirm"
    context = {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "city": submission.city,
        "day": day_words(draft.when.start.date(), year=submission.city.tonight().year),
        "title": submission.listing.title if decided and submission.listing else "",
        "unconfirmed": submission.state == State.UNCONFIRMED,
        "refused": submission.state == State.REFUSED,
        "reason": submission.reason,
        "days": UNCONFIRMED_DAYS,
        "url": url_of(submission),
        "event_url": absolute(event.get_absolute_url()) if decided and event else "",
    }
    return mail.Mail(
        row.address,
        f"{subject} · {settings.SITE_NAME}",
        text=render_to_string(f"submissions/mail/{name}.txt", context),
        html=render_to_string(f"submissions/mail/{name}.html", context),
    )


def _subject(submission: Submission, *, decided: bool) -> str:
    if not decided:
        unconfirmed = submission.state == State.UNCONFIRMED
        return _("Please confirm your event") if unconfirmed else _("The link to your event")
    if submission.state == State.REFUSED:
        return _("Your event was not listed")
    return _("Your change was not taken over") if submission.reason else _("Your event is listed")
