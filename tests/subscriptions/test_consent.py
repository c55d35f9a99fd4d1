"""Consent given, withdrawn and forgotten, by the links of mails."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone as clock

from nocturne import mail
from nocturne.models import EmailLog, Suppression, User
from subscriptions import consent, links
from subscriptions.models import Subscriber, Subscription
from tests.factories import make_city
from tests.html import links as links_of, parsed, text_of

from .people import ADA, make_subscription, path_of

pytestmark = pytest.mark.django_db


def test_confirming_keeps_when_and_from_where_and_can_be_repeated(visitor: Client) -> None:
    row = make_subscription(status="pending", search="category=music&q=%3Cb%3E")
    path = path_of(links.confirm_url(row))
    page = visitor.get(path)
    assert "Music, with “<b>”" in text_of(parsed(page), "main")
    assert page["Cache-Control"] == "private, no-store"
    assert page["X-Robots-Tag"] == "noindex"
    assert page["Referrer-Policy"] == "same-origin"
    for _ in range(2):
        page = visitor.post(path)
        assert page.status_code == 200
        assert text_of(parsed(page), "h1") == "You are subscribed"
        assert not page.cookies
    first = Subscription.objects.get()
    assert (first.status, first.confirmed_ip) == ("active", "127.0.0.1")
    assert first.confirmed_at
    assert first.subscriber.confirmed_at == first.confirmed_at
    visitor.post(path)
    assert Subscription.objects.get().confirmed_at == first.confirmed_at
    assert text_of(parsed(visitor.get(path)), "h1") == "You are subscribed"


def test_looking_confirms_nothing_nor_does_another_site(visitor: Client) -> None:
    row = make_subscription(status="pending")
    path = path_of(links.confirm_url(row))
    assert "confirm" in path
    visitor.get(path)
    visitor.head(path)
    assert Client(headers={"Sec-Fetch-Site": "cross-site"}).post(path).status_code == 403
    row.refresh_from_db()
    assert row.status == "pending"


def test_a_link_to_confirm_is_valid_for_three_days(visitor: Client) -> None:
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False) as at:
        path = path_of(links.confirm_url(make_subscription(status="pending")))
        at.shift(dt.timedelta(days=3))
        assert visitor.get(path).status_code == 200
        at.shift(1)
        for response in (visitor.get(path), visitor.post(path)):
            assert response.status_code == 410
            tree = parsed(response)
            assert text_of(tree, "h1") == "This link no longer works"
            assert "too old" in text_of(tree, ".said")
            assert "/subscribe" in links_of(tree, "main a").values()
    assert Subscription.objects.get().status == "pending"


def test_what_was_ended_is_not_begun_by_the_old_link(visitor: Client) -> None:
    row = make_subscription(status="pending")
    path = path_of(links.confirm_url(row))
    visitor.post(path)
    visitor.post(path_of(links.unsubscribe_url(row)))
    assert text_of(parsed(visitor.post(path)), "h1") == "This has ended"
    row.refresh_from_db()
    assert row.status == "ended"


@pytest.mark.parametrize(
    "make", [links.confirm_url, links.unsubscribe_url, lambda row: links.preferences_url(row.subscriber)]
)
def test_links_are_for_one_purpose_and_revocable(visitor: Client, make: Any) -> None:
    row = make_subscription()
    path = path_of(make(row))
    token = path.strip("/").split("/")[-1]
    assert visitor.get(path).status_code == 200
    for base in ("/subscribe/confirm/", "/subscribe/preferences/", "/unsubscribe/"):
        assert visitor.get(f"{base}{token}/").status_code == (200 if path.startswith(base) else 410)
        assert visitor.get(f"{base}{token[:-3]}xyz/").status_code == 410
        assert visitor.get(f"{base}x/").status_code == 410
    row.subscriber.token_version += 1
    row.subscriber.save()
    assert visitor.get(path).status_code == 410
    assert visitor.get(path_of(make(row))).status_code == 200


def test_links_outlive_a_rotation_of_the_key(visitor: Client, settings: Any) -> None:
    row = make_subscription()
    paths = [path_of(url) for url in (links.unsubscribe_url(row), links.preferences_url(row.subscriber))]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    for path in paths:
        assert visitor.get(path).status_code == 200


def test_unsubscribing_takes_a_button_and_can_be_repeated(visitor: Client) -> None:
    row = make_subscription()
    path = path_of(links.unsubscribe_url(row))
    page = visitor.get(path)
    assert text_of(parsed(page), "main form button") == "Unsubscribe"
    row.refresh_from_db()
    assert row.status == "active"
    for _ in range(2):
        page = visitor.post(path)
        assert text_of(parsed(page), "h1") == "You are unsubscribed"
    first = Subscription.objects.get()
    assert first.status == "ended"
    assert first.unsubscribed_at
    visitor.post(path)
    assert Subscription.objects.get().unsubscribed_at == first.unsubscribed_at


def test_unsubscribing_counts_though_what_was_posted_cannot_be_read(visitor: Client) -> None:
    subscription = make_subscription()
    visitor.generic("POST", path_of(links.unsubscribe_url(subscription)), "?", content_type="multipart/form-data")
    subscription.refresh_from_db()
    assert subscription.status == "ended"


def test_all_mails_can_be_ended_at_once(visitor: Client) -> None:
    row = make_subscription()
    make_subscription(city=make_city("los-angeles"))
    make_subscription("bob@example.org")
    path = path_of(links.unsubscribe_url(row))
    assert "Los Angeles" in text_of(parsed(visitor.get(path)), "main")
    visitor.post(path)
    assert sorted(Subscription.objects.values_list("status", flat=True)) == ["active", "active", "ended"]
    tree = parsed(visitor.post(path, {"all": "1"}))
    assert "Los Angeles" not in text_of(tree, "main")
    assert Subscription.objects.filter(status="active").get().subscriber.email == "bob@example.org"


def test_unsubscribing_what_is_not_there_any_more_is_done(visitor: Client) -> None:
    row = make_subscription()
    path = path_of(links.unsubscribe_url(row))
    confirm = path_of(links.confirm_url(row))
    consent.erase(row.subscriber)
    assert visitor.post(path).status_code == 200
    assert visitor.get(confirm).status_code == 410


def test_an_active_subscription_was_confirmed() -> None:
    with pytest.raises(IntegrityError):
        make_subscription(status="active", confirmed_at=None)


def test_pausing_and_resuming_leave_what_is_not_so_alone() -> None:
    row = make_subscription(status="ended")
    consent.pause(row)
    assert row.status == "ended"
    assert consent.confirm(row) is False
    assert consent.resume(row, ip="192.0.2.9") is True
    assert (row.status, row.confirmed_ip, row.unsubscribed_at) == ("active", "192.0.2.9", None)


def test_who_does_not_confirm_is_deleted_after_thirty_days() -> None:
    now = clock.now()
    old, recent = now - dt.timedelta(days=30, minutes=1), now - dt.timedelta(days=29)
    make_subscription("never@example.org", status="pending", requested_at=old)
    mail.queue("confirmation", "never@example.org")
    make_subscription("declined@example.org", status="ended", confirmed_at=None, requested_at=old)
    make_subscription("soon@example.org", status="pending", requested_at=recent)
    make_subscription("left@example.org", status="ended", requested_at=old)
    again = make_subscription("again@example.org", status="pending", confirmed_at=old, requested_at=old)
    paused = make_subscription(ADA, status="paused", requested_at=old)
    make_subscription(ADA, city=make_city("los-angeles"), status="pending", requested_at=old)

    assert consent.forget(now=now) == 3
    assert consent.forget(now=now) == 0
    assert set(Subscriber.objects.values_list("email", flat=True)) == {
        *("soon@example.org", "left@example.org", "again@example.org", ADA)
    }
    assert Subscription.objects.filter(subscriber__email=ADA).get() == paused
    again.refresh_from_db()
    assert again.status == "ended"
    row = EmailLog.objects.get()
    assert (row.address, row.state) == ("", "skipped")


def test_who_asks_to_be_deleted_is_nowhere_but_for_hashes(visitor: Client) -> None:
    row = make_subscription()
    editor = User.objects.create(email="editor@example.org")
    LogEntry.objects.log_actions(editor.pk, [row.subscriber], CHANGE, change_message=ADA)
    assert mail.queue("digest", ADA, matter="digest:7")
    mail.suppress(ADA, Suppression.Reason.COMPLAINT, note=ADA)
    path = path_of(links.preferences_url(row.subscriber))

    response = visitor.post(path, {"action": "erase"})
    assert response.status_code == 422
    assert "tick the box" in text_of(parsed(response), "[role=alert]")
    assert Subscriber.objects.exists()
    response = visitor.post(path, {"action": "erase", "sure": "1"})
    assert text_of(parsed(response), "h1") == "You are deleted"

    kept = [*EmailLog.objects.values(), *Suppression.objects.values(), *LogEntry.objects.values()]
    assert len(kept) == 3
    assert ADA not in str(kept)
    assert not Subscriber.objects.exists()
    assert not Subscription.objects.exists()
    assert visitor.get(path).status_code == 410
    # whoever comes again does not get the same issue twice, and stays suppressed
    again = consent.ask(ADA, row.city)
    assert mail.queue("digest", ADA, matter="digest:7") is None
    assert mail.is_suppressed(again.subscriber.email)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_asked_for_twice_at_once_it_is_one_subscription_and_one_mail() -> None:
    city = make_city()
    start = threading.Barrier(4)

    def ask() -> int:
        try:
            start.wait()
            return consent.ask(ADA, city).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
    assert {future.result() for future in asked} == {Subscription.objects.get().pk}
    assert EmailLog.objects.count() == 1
