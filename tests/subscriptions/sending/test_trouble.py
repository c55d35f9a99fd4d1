"""Digests that are held, servers that refuse, and processes that end or meet."""

import datetime as dt
import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from nocturne.models import Alert, User
from nocturne.smtp import EmailBackend
from subscriptions import digests, sending
from subscriptions.models import Digest
from subscriptions.tasks import digests_due
from tests.factories import make_city
from tests.mailservers import MailServer

from ..issues import NINE, make_week, released
from ..people import ADA, make_subscription, subscribe

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
BOB = "bob@example.org"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def test_what_is_held_waits_until_an_editor_lets_it_go(mail_server: MailServer, at: Any) -> None:
    make_week()
    make_subscription()
    at.move_to(NINE - HOUR)
    digests_due()
    [digest] = Digest.objects.all()
    assert digests.hold(digest)
    at.move_to(NINE + HOUR)
    make_subscription(BOB)
    digests_due()
    assert mail_server.received == []
    assert digests.go_on(digest)
    digests_due()
    assert mail_server.recipients == [ADA, BOB]


def test_a_hold_stops_what_is_being_sent_and_it_goes_on_after(
    mail_server: MailServer, at: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DIGEST_BATCH = 2
    make_week()
    subscribe(5)
    at.move_to(NINE)
    digest = released()
    hand_over = EmailBackend._hand_over
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "_hand_over", lambda *args: (hand_over(*args), digests.hold(digest))[0])
        sending.send(digest.pk)
    assert len(mail_server.received) == 2  # the batch that had begun
    digests_due()
    assert len(mail_server.received) == 2
    digests.go_on(digest)
    digests_due()
    assert Counter(mail_server.recipients) == {f"reader-{n}@example.org": 1 for n in range(5)}


def test_a_busy_server_is_asked_again_later_and_a_final_no_is_final(mail_server: MailServer, at: Any) -> None:
    make_week()
    subscribe(3)
    at.move_to(NINE)
    digest = released()
    mail_server.replies = [("RCPT", "451 later"), ("RCPT", "550 no such user")]
    sending.send(digest.pk)
    assert sending.progress_of(digest) == {"queued": 1, "failed": 1, "sent": 1}
    digests_due()
    assert sending.progress_of(digest)["queued"] == 1
    at.shift(HOUR)
    digests_due()
    assert sending.progress_of(digest) == {"failed": 1, "sent": 2}


def test_many_errors_in_a_row_hold_it_and_tell_the_editors(mail_server: MailServer, at: Any) -> None:
    make_week()
    subscribe(25)
    at.move_to(NINE)
    digest = released()
    mail_server.replies = [("RCPT", "451 later")] * 25
    sending.send(digest.pk)
    digest.refresh_from_db()
    assert digest.state == "held"
    assert "451 later" in digest.why
    assert sending.progress_of(digest) == {"queued": 25}
    alert = Alert.objects.get(resolved_at=None)
    assert str(digest.pk) in alert.path
    assert len(mail_server.replies) == 5
    mail_server.replies = []
    at.shift(HOUR)
    digests_due()
    assert mail_server.received == []
    digests.go_on(digest)
    assert not Alert.objects.filter(resolved_at=None).exists()
    digests_due()
    assert sending.progress_of(digest) == {"sent": 25}
    assert len(mail_server.received) == 25


def test_what_failed_is_tried_again_on_request(mail_server: MailServer, at: Any) -> None:
    make_week()
    make_subscription()
    make_subscription(BOB)
    at.move_to(NINE)
    digest = released()
    mail_server.replies = [("RCPT", "552 5.2.2 full")]
    sending.send(digest.pk)
    assert sending.redrive(digest) == 1
    sending.send(digest.pk)
    assert mail_server.recipients == [BOB, ADA]
    assert sending.redrive(digest) == 0


def test_a_mail_that_may_have_arrived_is_not_sent_again(mail_server: MailServer, at: Any) -> None:
    make_week()
    make_subscription()
    at.move_to(NINE)
    digest = released()
    mail_server.replies = [("DATA", MailServer.DROP)]
    sending.send(digest.pk)
    assert sending.progress_of(digest) == {"uncertain": 1}
    sending.redrive(digest)
    sending.send(digest.pk, everybody=True)
    assert mail_server.received == []


def test_one_process_at_a_time_sends_an_issue(mail_server: MailServer, at: Any) -> None:
    make_week()
    subscribe(4)
    at.move_to(NINE)
    digest = released()
    assert sending._claim(digest, NINE)
    assert sending.send(digest.pk) == 0
    at.shift(sending.CLAIM + dt.timedelta(seconds=1))
    assert sending.send(digest.pk) == 4


def test_processes_that_send_at_once_all_the_same_double_nothing(
    mail_server: MailServer, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_week()
    subscribe(30)
    at.move_to(NINE)
    digest = released()
    monkeypatch.setattr(sending, "_claim", lambda *args: uuid.uuid4())
    monkeypatch.setattr(sending, "_renew", lambda *args: True)

    def work() -> None:
        try:
            sending.send(digest.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Counter(mail_server.recipients) == {f"reader-{n}@example.org": 1 for n in range(30)}


def test_the_rate_of_the_hour_makes_it_wait_and_it_goes_on_by_itself(
    mail_server: MailServer, at: Any, settings: Any
) -> None:
    settings.MAIL_RATE_PER_HOUR, settings.DIGEST_BATCH = 25, 10
    make_week()
    make_subscription("nothing@example.org", search="category=books")
    subscribe(40)
    at.move_to(NINE)
    for _ in range(2):
        digests_due()
        assert len(mail_server.received) == 25
    [digest] = Digest.objects.all()
    assert (digest.state, digest.claim) == ("sending", None)
    assert digest.why == "Waits for the hour's rate of mails, and goes on by itself at about 10:01."
    assert sending.progress_of(digest) == {"sent": 25, "queued": 16}
    at.move_to(NINE + dt.timedelta(minutes=61))
    digests_due()
    digest.refresh_from_db()
    assert (sending.progress_of(digest), digest.why) == ({"sent": 40, "skipped": 1}, "")


def test_what_is_released_early_begins_by_itself_also_if_nobody_could_be_told(mail_server: MailServer, at: Any) -> None:
    make_week()
    make_subscription()
    make_subscription(BOB, weekday=3)
    at.move_to(NINE - 5 * HOUR)
    digest = digests.draft(make_city())
    assert digests.release(digest, by=User.objects.create_user("editor@example.org"))
    digests_due()
    digests_due()
    assert mail_server.recipients == [ADA]
