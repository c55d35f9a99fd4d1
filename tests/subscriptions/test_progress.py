"""How far an issue is, and mails that go a second time."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from nocturne import mail
from nocturne.models import EmailLog, Suppression, User
from subscriptions import consent, repeats, sending
from subscriptions.models import Digest
from subscriptions.progress import progress_of
from tests.html import parsed, text_of
from tests.mailservers import MailServer

from .issues import EARLIER, NINE, make_week, released
from .people import ADA, make_subscription

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
LIST = "/admin/subscriptions/digest/"
MINUTE = dt.timedelta(minutes=1)


def make_mails(digest: Digest, state: str, count: int, **columns: Any) -> None:
    for number in range(count):
        row = mail.queue("digest", f"{state}{number}@example.org", matter=digest.matter)
        assert row
        EmailLog.objects.filter(pk=row.pk).update(state=state, **columns)


def ledger(address: str = ADA) -> EmailLog:
    return EmailLog.objects.get(address=address)


def test_the_rate_of_the_last_minutes_says_when_the_last_mail_will_have_gone(editor: Client) -> None:
    make_week(2)
    digest = released()
    for number, weekday in enumerate((3, 3, 5, *[0] * 100)):
        make_subscription(f"later{number}@example.org", weekday=weekday)
    Digest.objects.update(state="sending", queued_until=0)
    digest.refresh_from_db()
    make_mails(digest, "skipped", 4, finished_at=NINE)
    make_mails(digest, "queued", 60)
    found = progress_of(digest, now=NINE)
    assert (found.running, found.left, found.per_minute, found.ends_at) == (True, 60, 0, None)
    make_mails(digest, "sent", 28, started_at=NINE - 2 * MINUTE, finished_at=NINE - MINUTE)
    make_mails(digest, "failed", 2, started_at=NINE - MINUTE, finished_at=NINE - MINUTE)
    make_mails(digest, "bounced", 2, started_at=NINE - 9 * MINUTE, finished_at=NINE - 8 * MINUTE)
    found = progress_of(digest, now=NINE)
    assert (found.per_minute, found.ends_at) == (15, NINE + 4 * MINUTE)
    assert (found.done, found.total) == (36, 96)
    assert found.days == [("Thursday", 2), ("Saturday", 1)]
    page = parsed(editor.get(f"{LIST}{digest.pk}/change/"))
    assert page.css_first(f"#progress[hx-get='{LIST}{digest.pk}/progress/']")
    words = text_of(parsed(editor.get(f"{LIST}{digest.pk}/progress/")), "#progress")
    assert "15 a minute; the 60 left will have gone at about Mon 30 Nov 2026, 09:04 CET" in words
    assert "2 on Thursday, 1 on Saturday, by Berlin’s clock" in words
    assert len(page.css("#troubled-heading ~ table tbody tr")) == 2


def test_what_does_not_run_is_not_asked_for_again(editor: Client) -> None:
    make_week(2)
    digest = released()
    for state in ("held", "sent"):
        Digest.objects.update(state=state)
        page = parsed(editor.get(f"{LIST}{digest.pk}/change/"))
        assert not page.css("[hx-get]")
        assert not page.css("script[src*=htmx]")


@pytest.mark.parametrize(
    ("state", "warned"),
    [
        ("sent", "most likely they get it twice"),
        ("uncertain", "If it did, they get it twice"),
        ("failed", "It has not arrived as far as is known"),
    ],
)
def test_one_mail_goes_again_once_the_editor_was_warned(
    editor: Client, mail_server: MailServer, state: str, warned: str
) -> None:
    make_week(2)
    make_subscription(confirmed_at=EARLIER)
    digest = released()
    sending.send(digest.pk)
    EmailLog.objects.update(state=state)
    Digest.objects.update(state="sent", queued_until=6, finished_at=NINE)
    page = editor.post(f"{LIST}{digest.pk}/again/", {"address": ADA.upper()}, follow=True)
    assert "@" not in page.redirect_chain[0][0]
    assert warned in text_of(parsed(page), "#content")
    assert len(mail_server.received) == 1
    page = editor.post(f"{LIST}{digest.pk}/again/", {"mail": ledger().pk}, follow=True)
    assert mail_server.recipients == [ADA, ADA]
    assert ledger().state == "sent"
    digest.refresh_from_db()
    assert digest.state == "sent"
    assert f"it was {state}" in LogEntry.objects.get().change_message


def test_what_cannot_go_again_says_why(editor: Client, mail_server: MailServer, at: Any) -> None:
    make_week(2)
    subscription = make_subscription(confirmed_at=EARLIER)
    digest = released()
    sending.send(digest.pk)
    for state in ("queued", "sending", "complained"):
        EmailLog.objects.update(state=state)
        assert "cannot be sent again" in repeats.obstacle(digest, ledger())
    EmailLog.objects.update(state="sent")
    mail.suppress(ADA, "editor")
    page = editor.post(f"{LIST}{digest.pk}/again/", {"mail": ledger().pk}, follow=True)
    assert "Not sent again. The address is suppressed." in text_of(parsed(page), ".messagelist")
    assert len(mail_server.received) == 1
    for asked in ({"mail": "0"}, {"mail": "x"}, {"address": "eve@example.org"}, {}):
        page = editor.post(f"{LIST}{digest.pk}/again/", asked, follow=True)
        assert "no mail to that address" in text_of(parsed(page), ".messagelist")
    Suppression.objects.all().delete()
    assert not repeats.obstacle(digest, ledger())
    consent.end(subscription)
    assert "no active subscription" in repeats.obstacle(digest, ledger())
    at.shift(dt.timedelta(days=8))
    assert "Its week is over" in repeats.obstacle(digest, ledger())
    mail.erase([ADA])
    assert "erased" in repeats.obstacle(digest, EmailLog.objects.get())


def test_only_editors_send_again(client: Client) -> None:
    make_week(2)
    digest = released()
    client.force_login(User.objects.create(email="viewer@example.org", is_staff=True))
    assert client.get(f"{LIST}{digest.pk}/again/?address={ADA}").status_code == 403
    assert client.get(f"{LIST}{digest.pk}/progress/").status_code == 403
