"""What is kept of who sends something in, and for how long."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection, transaction
from django.test import Client

from events.models import Event, Listing
from nocturne import personal
from nocturne.models import EmailLog, User
from scraping import tasks
from scraping.models import Submission
from scraping.submissions import mails, retention, steps
from tests.scraping.sending import ADA, DAY, confirmed, make_editor, make_submission, page_of

pytestmark = pytest.mark.django_db


class TestRetention:
    def test_what_is_never_confirmed_is_deleted_after_a_week(self, at: Any) -> None:
        row = make_submission(date="2026-12-31")
        kept = confirmed(title="A confirmed one", date="2026-12-31")
        mails.send(row.pk)
        at.shift(7 * DAY - dt.timedelta(minutes=1))
        assert retention.tidy() == 0
        at.shift(dt.timedelta(minutes=2))
        assert retention.tidy() == 1
        assert list(Submission.objects.all()) == [kept]
        assert sorted(EmailLog.objects.values_list("address", flat=True)) == ["", ADA]

    def test_the_address_goes_90_days_after_the_event_and_the_event_stays(self, at: Any) -> None:
        row = steps.publish(confirmed(), by=make_editor())
        address = page_of(row)
        at.move_to(dt.datetime(2027, 3, 5, 23, tzinfo=dt.UTC))
        assert tasks.tidy_submissions() == 0
        at.shift(DAY)
        assert tasks.tidy_submissions() == 1
        row.refresh_from_db()
        assert (row.email, row.listing_id) == ("", Listing.objects.get().pk)
        assert not EmailLog.objects.exclude(address="").exists()
        assert Client().get(address).status_code == 410
        assert retention.tidy() == 0

    def test_who_wants_it_gets_all_of_it_and_is_forgotten(self) -> None:
        steps.publish(confirmed(), by=make_editor())
        make_submission(title="An unconfirmed one")
        make_submission(title="Somebody else's", email="otto@example.org")
        found = retention.exported(ADA)
        assert [(one["event"]["title"], one["state"]) for one in found] == [
            ("Ada Blum plays", "listed"),
            ("An unconfirmed one", "unconfirmed"),
        ]
        assert retention.erase(ADA) == 2
        assert sorted(Submission.objects.values_list("email", "state")) == [
            ("", "listed"),
            ("otto@example.org", "unconfirmed"),
        ]
        assert Event.objects.get().visibility == "published"
        assert not EmailLog.objects.filter(address=ADA).exists()

    @pytest.mark.django_db(transaction=True)
    def test_who_wants_to_be_forgotten_is_although_somebody_is_at_it(self) -> None:
        row, locked = make_submission(), threading.Event()

        def be_at_it() -> None:
            with transaction.atomic():
                Submission.objects.select_for_update(of=("self",)).get(pk=row.pk)
                locked.set()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.3)")
            connection.close()

        thread = threading.Thread(target=be_at_it)
        thread.start()
        assert locked.wait(10)
        assert retention.erase(ADA) == 1
        thread.join()
        assert not Submission.objects.exists()

    def test_an_account_takes_what_its_address_sent_in_with_it(self) -> None:
        user = User.objects.create(email=ADA)
        make_submission()
        assert personal.exported(user)["submissions"][0]["event"]["title"] == "Ada Blum plays"
        personal.erase(user)
        assert not Submission.objects.exists()

    def test_a_mail_that_was_not_sent_is_asked_for_again(self, queued: list[int], at: Any) -> None:
        row = make_submission()
        tasks.tidy_submissions()
        assert queued == []
        at.shift(31)
        tasks.tidy_submissions()
        assert queued == [row.pk]

    def test_a_mail_of_what_was_forgotten_is_not_sent(self) -> None:
        row = make_submission()
        row.refresh_from_db()
        Submission.objects.update(email="otto@example.org")
        assert mails.send(row.pk) == "skipped"
        assert outbox.outbox == []
