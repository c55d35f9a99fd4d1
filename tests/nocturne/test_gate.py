"""The gate of all mail, over a real SMTP server; the bytes that arrived are what counts."""

import datetime as dt
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.db import connection
from django.test import Client
from django.utils import timezone as clock
from requests import Response
from urllib3.exceptions import NewConnectionError

from nocturne import mail, outbox as outboxes
from nocturne.addresses import address_hash
from nocturne.claims import Claims
from nocturne.models import EmailLog, Suppression, User
from nocturne.smtp import EmailBackend
from tests.mailservers import MailServer

pytestmark = pytest.mark.django_db

ADA = "ada@example.org"
URL = "https://nocturne.example/unsubscribe/" + "x" * 200 + "/"


def build(row: EmailLog) -> mail.Mail:
    headers = mail.unsubscribe_headers(URL)
    return mail.Mail(row.address, "Zürich this week", text="Tonight: Öl\n.\n..dots", html="<p>Öl</p>", headers=headers)


def sent(row: EmailLog | None, *, outbox: Any = mail, **options: Any) -> EmailLog:
    """The row after it was sent, as the database has it; that one was sent over an outbox it learns a little later."""
    assert row
    state = outbox.send(row, options.pop("build", build), **options)
    if outbox is mail or state != "sent":
        row.refresh_from_db()
    assert row.state == state
    return row


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Another mailer than that of the settings."""
    return lambda mailer: monkeypatch.setattr(outboxes, "mailers", SimpleNamespace(default=mailer))


def test_a_mail_is_sent_and_the_ledger_says_so(mail_server: MailServer) -> None:
    row = sent(mail.queue("digest", ADA))
    assert (row.state, row.attempts, row.why) == ("sent", 1, "")
    assert row.started_at
    assert row.finished_at
    [message] = mail_server.messages
    assert mail_server.recipients == [ADA]
    assert message["Message-ID"] == row.message_id
    assert message["Subject"] == "Zürich this week"
    body = message.get_body(("plain",))
    assert body
    assert body.get_content().replace("\r\n", "\n") == "Tonight: Öl\n.\n..dots\n"


def test_headers_are_those_of_good_senders(mail_server: MailServer, settings: Any) -> None:
    settings.SITE_URL, settings.SITE_NAME = "https://nocturne.example", "Nächte, täglich"
    settings.DEFAULT_FROM_EMAIL, settings.REPLY_TO_EMAIL = "mail@nocturne.example", "desk@nocturne.example"
    sent(mail.queue("digest", ADA))
    [message] = mail_server.messages
    assert message["From"].addresses[0].display_name == "Nächte, täglich"
    assert message["From"].addresses[0].addr_spec == "mail@nocturne.example"
    assert message["Reply-To"] == "desk@nocturne.example"
    assert message["Message-ID"].endswith("@nocturne.example>")
    assert abs(message["Date"].datetime - clock.now()) < dt.timedelta(minutes=1)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_way_out_arrives_on_one_line_as_it_was_written(mail_server: MailServer) -> None:
    sent(mail.queue("digest", ADA))
    [raw] = mail_server.received
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{URL}>".encode() in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    [message_id] = [line for line in head if line.lower().startswith(b"message-id:")]
    assert re.fullmatch(rb"Message-ID: <[^ <>]+>", message_id)


@pytest.mark.parametrize("value", ["<https://x.example/>\nBcc: eve@example.org", "<https://ü.example/>", "x" * 999])
def test_what_does_not_fit_on_a_line_is_not_sent(mail_server: MailServer, value: str) -> None:
    def bad(row: EmailLog) -> mail.Mail:
        return mail.Mail(row.address, "Hello", text="x", html="x", headers={"List-Unsubscribe": value})

    assert sent(mail.queue("digest", ADA), build=bad).state == "failed"
    assert mail_server.received == []


def test_nothing_gets_into_the_headers_by_a_subject(mail_server: MailServer) -> None:
    def bad(row: EmailLog) -> mail.Mail:
        return mail.Mail(row.address, "Hello\r\nBcc: eve@example.org\n\n<b>", text="x", html="x")

    assert sent(mail.queue("digest", ADA), build=bad).state == "sent"
    [message] = mail_server.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: eve@example.org <b>"
    assert mail_server.recipients == [ADA]


def test_a_batch_takes_one_connection(mail_server: MailServer) -> None:
    with mail.Outbox([]) as outbox:
        for number in range(5):
            sent(mail.queue("digest", f"ada-{number}@example.org"), outbox=outbox)
    assert len(mail_server.received) == 5
    assert mail_server.connections == 1


def test_who_is_suppressed_gets_none_of_any_kind(mail_server: MailServer) -> None:
    mail.suppress("Ada@example.org", Suppression.Reason.COMPLAINT)
    mail.suppress(ADA, Suppression.Reason.BOUNCE)
    for kind in EmailLog.Kind:
        row = sent(mail.queue(kind, ADA))
        assert (row.state, row.why) == ("skipped", "The address is suppressed: reported as spam.")
    assert mail_server.received == []
    assert Suppression.objects.count() == 1


def test_a_mail_without_reason_is_skipped(mail_server: MailServer) -> None:
    assert sent(mail.queue("notice", ADA), build=lambda row: None).state == "skipped"
    assert mail_server.received == []


def test_of_one_matter_an_address_gets_one_mail(mail_server: MailServer) -> None:
    first = mail.queue("digest", ADA, matter="digest:7")
    assert mail.queue("digest", ADA, matter="digest:7") is None
    assert mail.queue("digest", ADA, matter="digest:8")
    assert mail.queue("digest", "bob@example.org", matter="digest:7")
    sent(first)
    assert mail.queue("digest", ADA, matter="digest:7") is None


def test_many_are_queued_at_once_and_nobody_twice(
    settings: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(mail, "BATCH", 10)
    addresses = [f"ada-{number}@example.org" for number in range(25)]
    mail.queue("digest", addresses[3], matter="digest:7")
    mail.queue("digest", addresses[4], matter="digest:7")
    mail.erase([addresses[4]])
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    with django_assert_num_queries(9):
        mail.queue_all("digest", addresses, matter="digest:7")
    for _ in range(2):
        mail.queue_all("digest", iter(addresses), matter="digest:7")
    rows = EmailLog.objects.filter(matter="digest:7")
    assert rows.count() == 25
    assert set(rows.values_list("address", flat=True)) == {"", *addresses} - {addresses[4]}


def test_also_after_it_was_erased_and_the_key_was_rotated(settings: Any) -> None:
    mail.queue("digest", ADA, matter="digest:7")
    mail.erase([ADA])
    assert mail.queue("digest", ADA, matter="digest:7") is None
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert mail.queue("digest", ADA, matter="digest:7") is None


def test_an_erased_address_is_nowhere_and_still_suppressed(mail_server: MailServer) -> None:
    mail.suppress(ADA, Suppression.Reason.BOUNCE, note=f"550 {ADA} unknown")
    queued = mail.queue("digest", ADA)
    mail.erase([ADA])
    assert ADA not in str([*EmailLog.objects.values(), *Suppression.objects.values()])
    assert mail.is_suppressed(ADA)
    assert sent(queued).state == "skipped"
    assert mail_server.received == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_what_the_server_refuses_for_good_has_failed(mail_server: MailServer, command: str) -> None:
    mail_server.replies = [(command, f"550 5.1.1 <{ADA}> unknown")]
    with mail.Outbox([]) as outbox:
        row = sent(mail.queue("digest", ADA), outbox=outbox)
        assert (row.state, row.why) == ("failed", "550 5.1.1 <the address> unknown")
        assert sent(mail.queue("digest", "bob@example.org"), outbox=outbox).state == "sent"
    assert mail_server.recipients == ["bob@example.org"]
    assert mail_server.connections == 1


@pytest.mark.parametrize("reply", ["451 later", "421 too many", MailServer.DROP])
@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_what_the_server_cannot_do_now_is_tried_later(mail_server: MailServer, command: str, reply: str) -> None:
    mail_server.replies = [(command, reply)]
    now = clock.now()
    with mail.Outbox([]) as outbox:
        row = sent(mail.queue("digest", ADA, now=now), outbox=outbox, now=now)
        assert (row.state, row.attempts, row.due_at) == ("queued", 1, now + dt.timedelta(minutes=5))
        assert row.why
        assert sent(row, outbox=outbox, now=now).state == "queued"  # it is not due
        assert sent(row, outbox=outbox, now=row.due_at).state == "sent"
    assert mail_server.recipients == [ADA]


def test_trying_ends_after_some_attempts(mail_server: MailServer) -> None:
    row = mail.queue("digest", ADA)
    for attempt in range(outboxes.MAX_ATTEMPTS):
        assert row
        assert row.state == "queued"
        mail_server.replies = [("RCPT", "451 later")]
        row = sent(row, now=row.due_at)
        assert row.attempts == attempt + 1
    assert row
    assert row.state == "failed"


def test_a_server_that_is_away_costs_nothing(mail_server: MailServer, settings: Any) -> None:
    options = settings.MAILERS["default"]["OPTIONS"]
    settings.MAILERS = {"default": {**settings.MAILERS["default"], "OPTIONS": {**options, "port": 1}}}
    row = sent(mail.queue("digest", ADA))
    assert row.state == "queued"
    assert "cannot be reached" in row.why


def test_what_may_have_arrived_is_not_sent_again(mail_server: MailServer) -> None:
    mail_server.replies = [("DATA", MailServer.DROP)]
    with mail.Outbox([]) as outbox:
        row = sent(mail.queue("digest", ADA), outbox=outbox)
        assert row.state == "uncertain"
        assert sent(row, outbox=outbox, now=clock.now() + dt.timedelta(days=1)).state == "uncertain"
        assert sent(mail.queue("digest", "bob@example.org"), outbox=outbox).state == "sent"
    assert mail_server.recipients == ["bob@example.org"]


def test_a_worker_killed_while_sending_leaves_a_mail_that_is_uncertain(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()

    class Killed(BaseException):
        pass

    def die(*args: object) -> None:
        raise Killed

    row = mail.queue("digest", ADA, now=now)
    assert row
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "open", die)
        with pytest.raises(Killed):
            mail.send(row, build, now=now)
    row.refresh_from_db()
    assert row.state == "sending"
    assert sent(row).state == "sending"  # the task is run again
    assert mail.settle(now=now + dt.timedelta(minutes=10)) == 0
    assert mail.settle(now=now + dt.timedelta(minutes=20)) == 1
    row.refresh_from_db()
    assert sent(row).state == "uncertain"
    assert mail_server.received == []


@pytest.mark.parametrize(
    ("function", "received", "state"),
    [
        (None, 1, "sent"),
        ((Claims, "begin"), 1, "sent"),
        ((EmailBackend, "open"), 0, "uncertain"),
        ((Claims, "sent"), 1, "uncertain"),
    ],
    ids=["writing the message", "claiming the row", "sending", "marking it as sent"],
)
def test_killed_at_any_line_nobody_gets_two(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, function: Any, received: int, state: str
) -> None:
    """The worker dies when it is about to do this; another gets the task then, and an hour later the tick comes."""

    class Killed(BaseException):
        pass

    def die(*args: object, **options: object) -> None:
        raise Killed

    row = mail.queue("digest", ADA)
    assert row
    with monkeypatch.context() as patch:
        if function:
            patch.setattr(*function, die)
        with pytest.raises(Killed):
            mail.send(row, build if function else die)  # type: ignore[arg-type]
    for later in (dt.timedelta(0), dt.timedelta(hours=1)):
        again = EmailLog.objects.get(pk=row.pk)
        mail.send(again, build, now=clock.now() + later)
        mail.settle(now=clock.now() + later)
    row.refresh_from_db()
    assert (len(mail_server.received), row.state) == (received, state)


def test_what_nobody_comes_back_for_fails_at_once(mail_server: MailServer) -> None:
    mail_server.replies = [("RCPT", "451 later")]
    row = sent(mail.queue("sign-in", ADA), retry=False)
    assert (row.state, row.why) == ("failed", "451 later")


def test_the_mail_for_a_new_password_is_in_the_ledger(mail_server: MailServer, client: Client) -> None:
    User.objects.create_user("editor@example.org", "a password")
    assert client.post("/admin/password_reset/", {"email": "editor@example.org"}).status_code == 302
    row = EmailLog.objects.get()
    assert (row.kind, row.state, row.address) == ("sign-in", "sent", "editor@example.org")
    [message] = mail_server.messages
    assert message.get_content_type() == "text/plain"
    assert "/admin/reset/" in message.get_content()
    assert client.post("/admin/password_reset/", {"email": "nobody@example.org"}).status_code == 302
    mail.suppress("editor@example.org", Suppression.Reason.BOUNCE)
    assert client.post("/admin/password_reset/", {"email": "editor@example.org"}).status_code == 302
    assert len(mail_server.received) == 1


@pytest.mark.parametrize("pooler", [False, True])
def test_of_two_workers_one_sends(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, pooler: bool) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", pooler)
    row = mail.queue("digest", ADA)
    assert row
    other = EmailLog.objects.get(pk=row.pk)
    assert mail.send(row, build) == "sent"
    assert mail.send(other, build) == "sent"
    assert len(mail_server.received) == 1


def test_a_mail_that_cannot_be_written_is_put_off_and_the_fault_is_told(mail_server: MailServer) -> None:
    def broken(row: EmailLog) -> mail.Mail:
        raise KeyError("city")

    row = mail.queue("digest", ADA)
    assert row
    with pytest.raises(KeyError):
        mail.send(row, broken)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 1)
    assert "KeyError" in row.why


class Provider:
    def open(self) -> None: ...

    def close(self) -> None: ...


def provider_error(cause: Exception | None = None, *, status_code: int = 0) -> Exception:
    response = Response()
    response.status_code, response.reason = status_code, "Reason"
    error = AnymailRequestsAPIError("away", response=response if status_code else None)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (AnymailRecipientsRefused(), "failed"),
        (provider_error(status_code=401), "failed"),
        (provider_error(status_code=429), "queued"),
        (provider_error(status_code=503), "queued"),
        (provider_error(status_code=500), "uncertain"),
        (provider_error(OSError(NewConnectionError(None, "no route"))), "queued"),  # type: ignore[arg-type]
        (provider_error(TimeoutError("read")), "uncertain"),
        (AnymailAPIError("unreadable answer"), "uncertain"),
    ],
)
def test_errors_of_providers_are_judged(error: Exception, state: str, use: Callable[[Any], None]) -> None:
    class Mailer(Provider):
        def send_messages(self, messages: list[object]) -> None:
            raise error

    use(Mailer())
    assert sent(mail.queue("digest", ADA)).state == state


def test_the_name_that_a_provider_gives_a_message_is_kept(use: Callable[[Any], None]) -> None:
    class Mailer(Provider):
        def send_messages(self, messages: list[Any]) -> None:
            messages[0].anymail_status = type("Status", (), {"message_id": "provider-1"})()

    use(Mailer())
    assert sent(mail.queue("digest", ADA)).message_id == "provider-1"


def test_hashes_are_keyed(settings: Any) -> None:
    before = address_hash(ADA)
    assert address_hash(" ADA@example.org") == before
    settings.SECRET_KEY = "other" * 10
    assert address_hash(ADA) != before
