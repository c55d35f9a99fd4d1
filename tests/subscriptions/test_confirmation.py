"""The mail of the double opt-in, as it arrives at a real SMTP server."""

import datetime as dt
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone as clock

from events.models import City
from nocturne import mail
from nocturne.models import EmailLog, Suppression
from subscriptions import consent
from subscriptions.confirmation import send_confirmation, unsent
from subscriptions.models import Subscription
from subscriptions.tasks import tidy
from tests.factories import make_city
from tests.html import parsed, text_of
from tests.mailservers import MailServer

from .people import ADA

pytestmark = pytest.mark.django_db


def request(search: str = "", *, city: City | None = None, now: dt.datetime | None = None) -> Subscription:
    return consent.ask(ADA, city or make_city(), search=search, weekday=4, now=now)


def body(message: Any, kind: str) -> str:
    return str(message.get_body((kind,)).get_content()).replace("\r\n", "\n")


def test_the_mail_leads_to_a_page_whose_button_confirms(mail_server: MailServer, visitor: Client) -> None:
    row = request()
    assert send_confirmation(row.pk) == "sent"
    [message] = mail_server.messages
    assert message["To"] == ADA
    assert message["Subject"] == "Please confirm: Berlin by mail · Nocturne"
    assert message["Auto-Submitted"] == "auto-generated"
    [url] = re.findall(r"^https://nocturne\.example/\S*confirm\S*$", body(message, "plain"), re.MULTILINE)
    [linked] = re.findall(r'href="([^"]*confirm[^"]*)"', body(message, "html"))
    assert url == linked
    assert "every Friday" in " ".join(body(message, "plain").split())

    path = urlsplit(url).path
    page = visitor.get(path)
    assert text_of(parsed(page), "main form button") == "Yes, send it to me"
    row.refresh_from_db()
    assert row.status == "pending"
    page = visitor.post(path)
    assert text_of(parsed(page), "h1") == "You are subscribed"
    row.refresh_from_db()
    assert row.status == "active"
    assert len(mail_server.received) == 1


def test_unsubscribing_by_one_click_works_from_the_bytes_that_arrived(mail_server: MailServer) -> None:
    row = request()
    send_confirmation(row.pk)
    [raw] = mail_server.received
    lines = raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    [url] = [match[1] for line in lines if (match := re.fullmatch(r"List-Unsubscribe: <(https://[^>\s]+)>", line))]
    assert len(url) > 70
    assert lines.count("List-Unsubscribe-Post: List-Unsubscribe=One-Click") == 1
    # as a mail provider does: from anywhere, without cookie or Referer
    provider = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    response = provider.post(
        urlsplit(url).path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200
    row.refresh_from_db()
    assert row.status == "ended"
    assert row.unsubscribed_at


def test_what_somebody_wrote_into_a_search_is_mailed_to_nobody(mail_server: MailServer) -> None:
    row = request("category=music,film&price=20&q=win+at+evil.example&source=7")
    send_confirmation(row.pk)
    [message] = mail_server.messages
    for kind in ("plain", "html"):
        assert "evil" not in body(message, kind)
        assert "Film, Music, under €20" in body(message, kind)


def test_names_are_text_in_html_and_plain_in_text(mail_server: MailServer) -> None:
    row = request(city=make_city("odd", name="<b>Öd & Co</b>\r\nBcc: eve@example.org"))
    assert send_confirmation(row.pk) == "sent"
    [message] = mail_server.messages
    assert "<b>Öd & Co</b>" in body(message, "plain")
    assert "&amp;" not in body(message, "plain")
    assert "&lt;b&gt;Öd &amp; Co&lt;/b&gt;" in body(message, "html")
    assert message["Bcc"] is None
    assert mail_server.recipients == [ADA]


def test_who_is_subscribed_already_gets_the_link_to_the_preferences(mail_server: MailServer, visitor: Client) -> None:
    row = request()
    consent.confirm(row)
    assert send_confirmation(row.pk) == "sent"
    [message] = mail_server.messages
    assert message["Subject"] == "Your mail about Berlin · Nocturne"
    assert "/subscribe/confirm/" not in body(message, "plain")
    [url] = re.findall(r"^https://\S+/preferences/\S+$", body(message, "plain"), re.MULTILINE)
    assert text_of(parsed(visitor.get(urlsplit(url).path)), "h1") == "Your mail"


def test_the_html_is_small_and_asks_nobody(mail_server: MailServer) -> None:
    send_confirmation(request().pk)
    [message] = mail_server.messages
    html = body(message, "html")
    assert len(mail_server.received[0]) < 10_000
    assert not re.findall(r"<(img|link|script|iframe)|url\(|@import", html)
    assert set(re.findall(r"https?://([^/\"]+)", html)) == {"nocturne.example"}


def test_it_is_sent_once_however_often_the_task_runs(mail_server: MailServer) -> None:
    row = request()
    assert [send_confirmation(row.pk) for _ in range(3)] == ["sent"] * 3
    assert len(mail_server.received) == 1
    assert send_confirmation(12345) == ""


def test_asked_twice_within_ten_minutes_it_is_sent_once_and_later_again(mail_server: MailServer) -> None:
    now = clock.now()
    for minutes in (0, 9, 11, 12):
        at = now + dt.timedelta(minutes=minutes)
        send_confirmation(request(now=at).pk, now=at)
    assert len(mail_server.received) == 2


def test_asked_again_while_the_mail_server_is_away_it_waits_once(mail_server: MailServer) -> None:
    now = clock.now()
    mail_server.replies = [("RCPT", "451 later")]
    assert send_confirmation(request(now=now).pk, now=now) == "queued"
    later = now + dt.timedelta(minutes=11)
    row = request(now=later)
    assert list(EmailLog.objects.order_by("pk").values_list("state", flat=True)) == ["skipped", "queued"]
    assert send_confirmation(row.pk, now=later) == "sent"
    assert len(mail_server.received) == 1


def test_a_suppressed_address_gets_none(mail_server: MailServer) -> None:
    mail.suppress(ADA, Suppression.Reason.COMPLAINT)
    row = request()
    assert send_confirmation(row.pk) == "skipped"
    assert mail_server.received == []


def test_what_was_ended_meanwhile_is_not_asked_about(mail_server: MailServer) -> None:
    row = request()
    consent.end(row)
    assert send_confirmation(row.pk) == "skipped"
    assert mail_server.received == []


def test_what_could_not_be_sent_is_found_and_sent_later(mail_server: MailServer) -> None:
    now = clock.now()
    row = request(now=now)
    assert unsent(now) == []  # the worker has it
    assert unsent(now + dt.timedelta(minutes=1)) == [row.pk]
    mail_server.replies = [("RCPT", "451 later")]
    assert send_confirmation(row.pk, now=now) == "queued"
    assert unsent(now + dt.timedelta(minutes=1)) == []
    later = now + dt.timedelta(minutes=6)
    assert unsent(later) == [row.pk]
    assert send_confirmation(row.pk, now=later) == "sent"
    assert unsent(later) == []


def test_the_tick_sees_to_what_is_due(asked: list[int]) -> None:
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False) as at:
        row = consent.ask(ADA, make_city())
        stuck = EmailLog.objects.create(kind="digest", state="sending", hashed="0" * 64, started_at=clock.now())
        tidy()
        assert asked == []
        at.shift(dt.timedelta(hours=1))
        tidy()
        assert asked == [row.pk]
        stuck.refresh_from_db()
        assert stuck.state == "uncertain"
        at.shift(dt.timedelta(days=31))
        tidy()
        assert not Subscription.objects.exists()
        assert not EmailLog.objects.exclude(address="").exists()
