"""What providers report, posted in the form that each of them posts it."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone as clock
from pytest_httpserver import HTTPServer

from nocturne import mail
from nocturne.models import EmailLog, MailReport, Suppression
from nocturne.suppression import is_hard, lift
from tests.factories import make_city
from tests.mailservers import MailServer
from tests.subscriptions.people import ADA, make_subscription

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]

SECRET = "nocturne:s3cret"
AT = 1_795_000_000


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.MAIL_PROVIDER = "sendgrid"
    settings.MAIL_WEBHOOK_SECRET = SECRET
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key"}


def post(data: Any, provider: str = "sendgrid", *, secret: str = SECRET) -> int:
    """The status of the answer; as a provider posts, without an origin, from anywhere."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    basic = base64.b64encode(secret.encode()).decode()
    client = Client(
        enforce_csrf_checks=True, headers={"Authorization": f"Basic {basic}", "Sec-Fetch-Site": "cross-site"}
    )
    return client.post(f"/anymail/{provider}/tracking/", body, content_type="application/json").status_code


def sendgrid(event: str, number: str = "e1", **columns: Any) -> dict[str, Any]:
    said = {"email": ADA, "timestamp": AT, "event": event, "sg_event_id": number, "sg_message_id": "x.filter0001"}
    return {**said, "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>", **columns}


def bounce(number: str = "e1", **columns: Any) -> dict[str, Any]:
    said = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 <ada@example.org>: no such user"}
    return sendgrid("bounce", number, **{**said, **columns})


def postmark(row: EmailLog, **columns: Any) -> dict[str, Any]:
    said = {"RecordType": "Bounce", "MessageStream": "outbound", "ID": 4323372036854775807, "Type": "HardBounce"}
    return {
        **said,
        "MessageID": row.message_id,
        "Metadata": {},
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "",
        "Email": ADA,
        "BouncedAt": "2026-11-22T16:33:54Z",
        **columns,
    }


def mailgun(row: EmailLog, **columns: Any) -> dict[str, Any]:
    token, timestamp = "t" * 50, str(AT)
    signature = hmac.new(b"signing-key", f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    data = {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": AT + 0.5,
        "recipient": ADA,
        "message": {"headers": {"message-id": row.message_id.strip("<>"), "to": ADA}},
        "delivery-status": {"code": 550, "message": "5.1.1 no such user", "description": ""},
        **columns,
    }
    return {"signature": {"token": token, "timestamp": timestamp, "signature": signature}, "event-data": data}


def sent(number: int = 1, address: str = ADA, **columns: Any) -> EmailLog:
    row = mail.queue("digest", address, matter=f"digest:{number}")
    assert row
    columns = {"state": "sent", "message_id": f"<{number}@nocturne.example>", "finished_at": clock.now(), **columns}
    EmailLog.objects.filter(pk=row.pk).update(**columns)
    row.refresh_from_db()
    return row


def reasons() -> list[str]:
    return list(Suppression.objects.values_list("reason", flat=True))


def test_a_mail_that_nobody_can_get_is_the_last_to_that_address(mail_server: MailServer) -> None:
    row = sent()
    assert post([bounce(mail_id=str(row.pk))]) == 200
    row.refresh_from_db()
    assert (row.state, row.bounce, row.why) == ("bounced", "hard", "550 5.1.1 <the address>: no such user")
    assert reasons() == ["bounce"]
    again = mail.queue("notice", ADA)
    assert again
    assert mail.send(again, lambda row: mail.Mail(row.address, "Hello", text="x")) == "skipped"
    assert not mail_server.received


@pytest.mark.parametrize("provider", ["sendgrid", "postmark", "mailgun"])
def test_each_provider_names_a_mail_by_its_message_id(settings: Any, provider: str) -> None:
    settings.MAIL_PROVIDER = provider
    row = sent(message_id="<abc@mg.example>")
    said: Any = {
        "sendgrid": [bounce(**{"smtp-id": row.message_id})],
        "postmark": postmark(row),
        "mailgun": mailgun(row),
    }[provider]
    assert post(said, provider) == 200
    row.refresh_from_db()
    assert (row.state, row.bounce, reasons()) == ("bounced", "hard", ["bounce"])


def test_a_provider_is_told_the_number_by_which_it_reports_and_to_track_nobody(
    settings: Any, httpserver: HTTPServer
) -> None:
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.sendgrid.EmailBackend", "OPTIONS": {}}}
    settings.ANYMAIL = {
        "SENDGRID_API_KEY": "SG.x",
        "SENDGRID_API_URL": httpserver.url_for("/"),
        "SENDGRID_SEND_DEFAULTS": {"track_opens": False, "track_clicks": False},
    }
    httpserver.expect_request("/mail/send").respond_with_data("", status=202)
    row = mail.queue("digest", ADA)
    assert row
    headers = mail.unsubscribe_headers("https://nocturne.example/unsubscribe/x/")
    assert mail.send(row, lambda row: mail.Mail(row.address, "Hello", text="x", headers=headers)) == "sent"
    [(request, _)] = httpserver.log
    said = json.loads(request.data)
    [one] = said["personalizations"]
    assert (one["to"], said["custom_args"]) == ([{"email": ADA}], {"mail_id": str(row.pk)})
    assert said["tracking_settings"] == {"open_tracking": {"enable": False}, "click_tracking": {"enable": False}}
    assert "List-Unsubscribe" in json.dumps(said)
    row.refresh_from_db()
    assert row.message_id == one["custom_args"]["anymail_id"]


@pytest.mark.parametrize("secret", ["nocturne:wrong", "", ":"])
def test_who_has_not_the_secret_is_refused(secret: str) -> None:
    row = sent()
    assert post([bounce(mail_id=str(row.pk))], secret=secret) == 400
    assert not MailReport.objects.exists()
    assert not reasons()


def test_without_a_secret_or_a_provider_nothing_is_taken(settings: Any) -> None:
    settings.MAIL_WEBHOOK_SECRET = ""
    assert post([bounce()]) == 403
    assert post({}, "postmark") == 404
    settings.MAIL_PROVIDER = ""
    assert post([bounce()]) == 404
    settings.MAIL_PROVIDER = "nobody"
    settings.MAIL_WEBHOOK_SECRET = SECRET
    assert post([bounce()], "nobody") == 404


def test_a_wrong_signature_is_refused(settings: Any) -> None:
    settings.MAIL_PROVIDER = "mailgun"
    said = mailgun(sent())
    said["signature"]["token"] = "u" * 50
    assert post(said, "mailgun") == 400
    assert not reasons()


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'[{"email": 3}]', b"\xff", b'{"a": 1}'])
def test_what_cannot_be_read_is_a_bad_request(body: bytes) -> None:
    assert post(body) == 400


def test_the_body_is_bounded(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert post([bounce()] * 10) == 413


def test_odd_values_cost_nothing() -> None:
    row = sent()
    odd = [
        bounce("e1", reason="550 5.1.1 \0\ud800" + "x" * 2000, mail_id=str(row.pk)),
        sendgrid("delivered", mail_id="9" * 30, timestamp="soon"),
        sendgrid("open", email=None),
        sendgrid("bounce", "e4", email="ADA@example.org", mail_id=["1"]),
    ]
    assert post(odd[:1]) == 200
    for one in odd[1:]:
        assert post([one]) in (200, 400)
    row.refresh_from_db()
    assert row.state == "bounced"


def test_a_report_that_is_repeated_is_taken_once() -> None:
    make_subscription()
    row = sent()
    said = [bounce(mail_id=str(row.pk)), sendgrid("unsubscribe", "e2", mail_id=str(row.pk))]
    assert [post(said), post(said)] == [200, 200]
    assert MailReport.objects.count() == 2
    lift(Suppression.objects.get())
    subscription = make_subscription(city=make_city("los-angeles"))
    assert post(said) == 200
    subscription.refresh_from_db()
    assert subscription.status == "active"
    assert not mail.is_suppressed(ADA)


def test_an_unknown_message_to_a_known_address_stops_mail_but_changes_none() -> None:
    row = sent()
    assert post([bounce()]) == 200
    row.refresh_from_db()
    assert (row.state, row.bounce, reasons()) == ("sent", "", ["bounce"])


def test_a_stranger_is_ignored() -> None:
    sent()
    assert post([bounce(email="eve@example.org"), sendgrid("spamreport", "e2", email="eve@example.org")]) == 200
    assert not reasons()
    assert not MailReport.objects.exists()


def test_a_report_about_somebody_else_than_the_mail_went_to_leaves_the_mail() -> None:
    row = sent()
    sent(2, "bob@example.org")
    assert post([bounce(mail_id=str(row.pk), email="bob@example.org")]) == 200
    row.refresh_from_db()
    assert row.state == "sent"
    assert Suppression.objects.get().address == "bob@example.org"


def test_who_calls_it_spam_gets_no_more() -> None:
    row = sent(state="bounced")
    assert post([sendgrid("spamreport", mail_id=str(row.pk)), bounce("e2", mail_id=str(row.pk))]) == 200
    row.refresh_from_db()
    assert (row.state, reasons()) == ("complained", ["complaint"])


def test_who_unsubscribes_at_the_provider_is_unsubscribed_here() -> None:
    first, second = make_subscription(), make_subscription(city=make_city("los-angeles"))
    other = make_subscription("bob@example.org")
    row = sent()
    assert post([sendgrid("unsubscribe", mail_id=str(row.pk))]) == 200
    for one, status in ((first, "ended"), (second, "ended"), (other, "active")):
        one.refresh_from_db()
        assert one.status == status
    assert first.unsubscribed_at
    assert not reasons()


@pytest.mark.parametrize(("type_", "said"), [("blocked", "550 5.7.1 blocked"), ("bounce", "452 4.2.2 mailbox full")])
def test_three_mails_that_are_refused_for_a_time_are_enough(type_: str, said: str) -> None:
    rows = [sent(number) for number in range(3)]
    for number, row in enumerate(rows):
        assert not reasons()
        event = bounce(f"e{number}", type=type_, reason=said, mail_id=str(row.pk))
        assert post([event, {**event, "sg_event_id": f"other {number}"}]) == 200  # one mail counts once
    assert reasons() == ["soft"]
    lift(Suppression.objects.get())
    assert post([bounce("e9", type=type_, reason=said, mail_id=str(sent(9).pk))]) == 200
    assert not reasons()


def test_a_mail_that_arrived_ends_the_count() -> None:
    soft = {"type": "blocked", "reason": "421 4.7.0 try later"}
    for number in range(4):
        row = sent(number)
        event = sendgrid("delivered", "d") if number == 2 else bounce(f"e{number}", **soft)
        assert post([{**event, "mail_id": str(row.pk)}]) == 200
    assert not reasons()


def test_what_is_delivered_is_known_to_have_arrived() -> None:
    row = sent(state="uncertain", why="The worker ended while it was being sent.")
    put_off = sendgrid("deferred", "e1", mail_id=str(row.pk), response="400 try again later")
    delivered = sendgrid("delivered", "e2", mail_id=str(row.pk), response="250 OK")
    assert post([delivered, put_off, delivered]) == 200
    row.refresh_from_db()
    assert (row.state, row.why) == ("sent", "")
    assert row.delivered_at == dt.datetime.fromtimestamp(AT, tz=dt.UTC)


def test_what_is_put_off_says_so_until_it_arrives() -> None:
    row = sent()
    post([sendgrid("deferred", mail_id=str(row.pk), response="451 greylisted")])
    row.refresh_from_db()
    assert (row.state, row.why) == ("sent", "Put off by the receiving server: 451 greylisted")
    post([sendgrid("delivered", mail_id=str(row.pk))])
    row.refresh_from_db()
    assert (row.state, row.why) == ("sent", "")


def test_a_bounce_of_somebody_erased_is_followed_by_the_hash() -> None:
    row = sent()
    other = sendgrid("bounce", "e0", type="blocked", reason="mailbox of Ada B. is full", mail_id=str(row.pk))
    assert post([other]) == 200
    assert MailReport.objects.get().why
    mail.erase([ADA])
    assert not MailReport.objects.get().why
    assert post([bounce(mail_id=str(row.pk))]) == 200
    suppressed = Suppression.objects.get()
    assert (suppressed.address, suppressed.note) == ("", "")
    assert mail.is_suppressed(ADA)
    assert ADA not in str([*MailReport.objects.values(), *EmailLog.objects.values()])


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.1.1 no such user", "bounce"),
        ("550 no such user", "bounce"),
        ("550 5.7.1 relaying denied", None),
        ("550 relaying denied", None),
        ("552 5.2.2 mailbox full", None),
    ],
)
def test_what_a_mail_server_refuses_counts_alike(mail_server: MailServer, reply: str, reason: str | None) -> None:
    for number in range(3):
        mail_server.replies = [("RCPT", reply)]
        row = mail.queue("digest", ADA, matter=f"digest:{number}")
        assert row
        state = mail.send(row, lambda row: mail.Mail(row.address, "Hello", text="x"))
        assert state == ("skipped" if reason and number else "failed")
    assert reasons() == [reason or "soft"]


def test_that_a_server_has_something_against_us_is_no_fault_of_the_address(mail_server: MailServer) -> None:
    for number, command in enumerate(("MAIL", "DATA", "MAIL", "DATA")):
        mail_server.replies = [(command, "550 5.1.1 go away")]
        row = mail.queue("digest", ADA, matter=f"digest:{number}")
        assert row
        assert mail.send(row, lambda row: mail.Mail(row.address, "Hello", text="x")) == "failed"
    assert not reasons()


@pytest.mark.parametrize(
    ("said", "hard"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist", True),
        ("550 5.4.1 Recipient address rejected: Access denied", True),
        ("5.1.10 RESOLVER.ADR.RecipientNotFound", True),
        ("553 sorry, no mailbox here by that name", True),
        ("550 5.7.1 Service unavailable, client host [192.0.2.5] blocked", False),
        ("450 4.1.1 unverified address", False),
        ("552 5.2.2 over quota", False),
        ("554 no", False),
        ("host 5.1.1.9 said no", False),
        ("", False),
    ],
)
def test_words_of_mail_servers(said: str, hard: bool) -> None:
    assert is_hard(said) is hard
