"""Telling of alerts: by mail and webhook, when they open, again while they last, and when they are over."""

import datetime as dt
from typing import Any

import pytest
from django.core.mail import EmailMessage

from nocturne import alerts
from nocturne.models import Alert, EmailLog, User

from .conftest import MINUTE, Receiver, Site, Trouble

# a mail is claimed outside of any transaction
sends = pytest.mark.django_db(transaction=True, serialized_rollback=True)
HOUR = dt.timedelta(hours=1)


@sends
def test_what_lasts_is_told_again_after_an_hour_and_not_before(
    site: Site, ada: User, no_valkey: None, mailoutbox: list[EmailMessage]
) -> None:
    site.look(61)
    assert len(mailoutbox) == 1
    site.look(1)
    assert len(mailoutbox) == 2
    assert Alert.objects.get().opened_at == site.now - 61 * MINUTE


@sends
def test_what_concerns_one_source_is_told_once_a_day(site: Site, ada: User, mailoutbox: list[EmailMessage]) -> None:
    alerts.raise_alert("source:7", "The club: 3 readings in a row failed. Look at the address.", now=site.now)
    site.look(120)
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
    site.now += 22 * HOUR
    site.look(1)
    assert len(mailoutbox) == 2


@sends
def test_what_comes_and_goes_is_told_once_an_hour(
    site: Site, ada: User, trouble: Trouble, settings: Any, mailoutbox: list[EmailMessage]
) -> None:
    settings.ALERT_OPEN_AFTER, settings.ALERT_RESOLVE_AFTER = 1, 1
    for _ in range(30):
        trouble.messages = {"moon:1": "It is gone."}
        site.look()
        trouble.messages = {}
        site.look()
    assert [mail.subject for mail in mailoutbox] == ["Alert: It is gone · Nocturne", "Resolved: It is gone · Nocturne"]
    trouble.messages = {"moon:1": "It is gone."}
    site.look(2)
    assert len(mailoutbox) == 3


@sends
def test_one_mail_has_all_that_is_to_be_told_with_what_to_do(
    site: Site, ada: User, mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.ALERT_EMAILS = ["ops@example.org", "night@example.org"]
    alerts.raise_alert("source:7", "One <b>fails</b>. Pause it.", path="/admin/events/source/7/change/", now=site.now)
    alerts.raise_alert("source:8", "Another fails. Pause it, too.", severity="error", now=site.now)
    alerts.raise_alert("source:9", "This one is over before it was told.", now=site.now)
    alerts.resolve("source:9", now=site.now)
    site.look()
    assert [mail.to for mail in mailoutbox] == [["ops@example.org"], ["night@example.org"]]
    mail: Any = mailoutbox[0]
    assert mail.subject == "Alert: Another fails and 1 more · Nocturne"  # errors first
    assert "One <b>fails</b>. Pause it.\nhttp://127.0.0.1:8000/admin/events/source/7/change/" in mail.body
    assert "over before" not in mail.body
    [(html, _)] = mail.alternatives
    assert "One &lt;b&gt;fails&lt;/b&gt;. Pause it." in html


@sends
def test_a_mail_that_cannot_be_sent_now_is_sent_by_a_later_look(
    site: Site, ada: User, trouble: Trouble, settings: Any, mail_server: Any
) -> None:
    trouble.messages = {"moon:1": "It is gone."}
    mail_server.replies = [("MAIL", "451 later")]
    site.look(2)
    assert EmailLog.objects.get().state == EmailLog.State.QUEUED
    assert not mail_server.received
    site.look(6)
    assert EmailLog.objects.get().state == EmailLog.State.SENT
    assert len(mail_server.received) == 1


@pytest.mark.django_db
def test_the_webhook_gets_what_opens_and_what_is_over(
    site: Site, trouble: Trouble, settings: Any, receiver: Receiver
) -> None:
    settings.ALERT_WEBHOOK_URL = f"{receiver.url}/hooks/abc/"
    trouble.messages = {"moon:1": "It is gone. Look up."}
    site.look(2)
    [(method, asked, body)] = receiver.asked
    assert (method, asked) == ("POST", "/hooks/abc/")
    assert body["text"] == "Alert: It is gone. Look up."
    [alert] = body["alerts"]
    assert (alert["key"], alert["state"], alert["severity"]) == ("moon:1", "open", "error")
    trouble.messages = {}
    site.look(3)
    assert [body["alerts"][0]["state"] for _, _, body in receiver.asked] == ["open", "resolved"]


@sends
def test_a_webhook_that_fails_is_tried_again_once_and_hinders_no_mail(
    site: Site,
    ada: User,
    trouble: Trouble,
    settings: Any,
    receiver: Receiver,
    mailoutbox: list[EmailMessage],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.ALERT_WEBHOOK_URL = f"{receiver.url}/hooks/abc"
    receiver.status = 500
    trouble.messages = {"moon:1": "It is gone."}
    site.look(2)
    assert len(receiver.asked) == 2
    assert len(mailoutbox) == 1
    assert "ALERT_WEBHOOK_URL (127.0.0.1) answered 500." in caplog.text
    assert "abc" not in caplog.text


@pytest.mark.django_db
def test_the_heartbeat_goes_out_with_each_look(site: Site, settings: Any, receiver: Receiver) -> None:
    settings.HEARTBEAT_URL = f"{receiver.url}/ping"
    site.look(2)
    assert [(method, asked) for method, asked, _ in receiver.asked] == [("GET", "/ping")] * 2
