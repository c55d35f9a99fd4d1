import datetime as dt
from typing import Any

import pytest

from events.archive import archive
from nocturne import mail
from nocturne.models import EmailLog, MailReport
from subscriptions.models import Digest
from tests.factories import make_city

from .people import ADA, make_subscription

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def make_mail(days: float, *, matter: str = "", state: str = "sent", address: str = ADA) -> EmailLog:
    """A mail that ended so many days ago, if it did."""
    at = NOW - dt.timedelta(days=days)
    row = mail.queue("digest" if matter else "confirmation", address, matter=matter, now=at)
    assert row
    row.state, row.finished_at = state, None if state in ("queued", "sending") else at
    row.save()
    return row


def make_digest(days: int, state: str) -> Digest:
    monday = NOW.date() - dt.timedelta(days=days)
    monday -= dt.timedelta(days=monday.weekday())
    at = dt.datetime.combine(monday, dt.time(9), dt.UTC)
    return Digest.objects.create(city=make_city(), week=monday, state=state, due_at=at, released_at=at)


def left() -> set[int]:
    return set(EmailLog.objects.values_list("pk", flat=True))


def test_mails_leave_the_ledger_after_so_many_days(settings: Any) -> None:
    old, new, waiting = make_mail(401), make_mail(399), make_mail(500, state="queued")
    subscription = make_subscription(confirmation=old)
    MailReport.objects.create(key="a", mail=old, what="bounced", at=NOW)
    MailReport.objects.create(key="b", what="bounced", at=NOW - dt.timedelta(days=401))
    assert archive(dry_run=True, now=NOW).pruned["mails of the ledger"] == 2
    assert left() == {old.pk, new.pk, waiting.pk}
    archive(now=NOW)
    assert left() == {new.pk, waiting.pk}
    assert not MailReport.objects.exists()
    subscription.refresh_from_db()
    assert subscription.confirmation is None
    settings.MAIL_LOG_DAYS = 60
    archive(now=NOW)
    assert left() == {waiting.pk}


def test_the_mails_of_an_issue_stay_while_it_may_be_sent_any_further() -> None:
    held, sent, late = make_digest(450, "held"), make_digest(430, "sent"), make_digest(405, "sent")
    mails = {one.state + str(one.pk): make_mail(401, matter=one.matter) for one in (held, sent, late)}
    archive(now=NOW)
    assert left() == {mails[one.state + str(one.pk)].pk for one in (held, late)}
