import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection

from nocturne import mail, rate
from nocturne.models import MailMinute
from tests.mailservers import MailServer

NOW = dt.datetime(2026, 11, 30, 8, 0, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.mark.django_db
def test_without_a_rate_nothing_is_counted() -> None:
    assert rate.take(10_000, now=NOW) == 10_000
    rate.spend(1, now=NOW)
    assert not MailMinute.objects.exists()


@pytest.mark.django_db
def test_an_hour_has_as_many_as_the_rate_allows_and_no_burst_at_its_turn(settings: Any) -> None:
    settings.MAIL_RATE_PER_HOUR = 100
    assert rate.take(60, now=NOW) == 60
    assert rate.take(60, now=NOW + 20 * MINUTE) == 40
    assert rate.take(1, now=NOW + 59 * MINUTE) == 0
    assert rate.free_at(NOW + 59 * MINUTE) == NOW.replace(second=0) + 61 * MINUTE
    assert rate.take(100, now=NOW + 61 * MINUTE) == 60
    assert rate.take(100, now=NOW + 81 * MINUTE) == 40
    rate.take(1, now=NOW + dt.timedelta(days=1))
    assert MailMinute.objects.count() == 1


@pytest.mark.django_db
def test_what_was_not_used_is_given_back(settings: Any) -> None:
    settings.MAIL_RATE_PER_HOUR = 100
    assert rate.take(100, now=NOW) == 100
    rate.spend(-30, now=NOW)
    assert rate.take(100, now=NOW + MINUTE) == 30


@pytest.mark.django_db
def test_what_somebody_waits_for_goes_whatever_the_rate_and_counts(mail_server: MailServer, settings: Any) -> None:
    settings.MAIL_RATE_PER_HOUR = 1
    for number in range(3):
        row = mail.queue("confirmation", f"{number}@example.org")
        assert row
        assert mail.send(row, lambda row: mail.Mail(row.address, "Hello", text="Hello")) == "sent"
    assert sum(MailMinute.objects.values_list("count", flat=True)) == 3
    assert rate.take(1) == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_share_it(settings: Any) -> None:
    settings.MAIL_RATE_PER_HOUR = 50
    granted: list[int] = []

    def work() -> None:
        try:
            granted.extend(rate.take(3, now=NOW) for _ in range(10))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(granted) == 50
