import dataclasses
import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client

from nocturne import mail
from nocturne.models import EmailLog, MailReport, Suppression, User
from subscriptions import growth, links
from subscriptions.models import Subscriber, Subscription
from tests.factories import make_city
from tests.html import parsed, text_of, texts

from .people import ADA, make_subscription, path_of

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)


@pytest.fixture
def editor() -> Client:
    client = Client()
    client.force_login(User.objects.create(email="editor@example.org", is_staff=True, is_superuser=True))
    return client


def act(editor: Client, path: str, action: str, *rows: Any, **said: Any) -> Any:
    data = {"action": action, "_selected_action": [row.pk for row in rows], **said}
    return editor.post(f"/admin/{path}/", data, follow=True)


def test_no_token_is_on_any_page_and_nothing_can_be_edited(editor: Client) -> None:
    row = make_subscription(search="category=music&q=%3Cb%3E")
    for path in (
        "subscriptions/subscriber/",
        f"subscriptions/subscriber/{row.subscriber_id}/change/",
        "subscriptions/subscription/",
        f"subscriptions/subscription/{row.pk}/change/",
    ):
        page = editor.get(f"/admin/{path}")
        assert page.status_code == 200
        for url in (links.confirm_url(row), links.unsubscribe_url(row), links.preferences_url(row.subscriber)):
            assert url.rstrip("/").rsplit(".", 1)[-1] not in page.content.decode()
        assert "token" not in text_of(parsed(page), "#content").lower()
        assert not parsed(page).css("#content [name=_save]")
    assert "Music, with “<b>”" in text_of(parsed(page), "#content")
    assert editor.get("/admin/subscriptions/subscription/add/").status_code == 403
    assert editor.get("/admin/subscriptions/subscriber/add/").status_code == 403


def test_subscriptions_are_found_by_address_city_and_state(editor: Client) -> None:
    make_subscription()
    make_subscription("bob@example.org", status="pending")
    for query in ("q=ada", "status__exact=active", "confirmed=yes"):
        page = parsed(editor.get(f"/admin/subscriptions/subscription/?{query}"))
        assert texts(page, "#result_list .field-who") == [ADA]


def test_subscriptions_are_ended_on_request(editor: Client) -> None:
    row = make_subscription()
    act(editor, "subscriptions/subscription", "end", row)
    row.refresh_from_db()
    assert row.status == "ended"
    assert LogEntry.objects.get().change_message == "Ended on request."


def test_links_are_voided(editor: Client, visitor: Client) -> None:
    row = make_subscription()
    path = path_of(links.preferences_url(row.subscriber))
    act(editor, "subscriptions/subscriber", "void_links", row.subscriber)
    assert visitor.get(path).status_code == 410


@pytest.mark.parametrize("how", ["page", "list"])
def test_deleting_a_subscriber_erases_the_address_everywhere(editor: Client, how: str) -> None:
    row = make_subscription()
    mail.queue("digest", ADA)
    if how == "page":
        response = editor.post(f"/admin/subscriptions/subscriber/{row.subscriber_id}/delete/", {"post": "yes"})
        assert response.status_code == 302
    else:
        act(editor, "subscriptions/subscriber", "delete_selected", row.subscriber, post="yes")
    assert not Subscriber.objects.exists()
    assert not Subscription.objects.exists()
    assert EmailLog.objects.get().address == ""
    assert ADA not in str([*LogEntry.objects.values()])


def test_the_ledger_is_searched_by_address_also_after_it_was_erased(editor: Client) -> None:
    mail.queue("digest", ADA, matter="digest:7")
    mail.queue("digest", "bob@example.org", matter="digest:8")
    mail.erase([ADA])
    page = parsed(editor.get("/admin/nocturne/emaillog/", {"q": " Ada@example.org"}))
    assert texts(page, "#result_list .field-to") == ["(erased)"]
    page = parsed(editor.get("/admin/nocturne/emaillog/", {"q": "digest:8"}))
    assert texts(page, "#result_list .field-to") == ["bob@example.org"]
    row = EmailLog.objects.get(matter="digest:8")
    page = parsed(editor.get(f"/admin/nocturne/emaillog/{row.pk}/change/"))
    assert "digest:8" in text_of(page, "#content")
    assert editor.post(f"/admin/nocturne/emaillog/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_address_is_suppressed_and_let_go(editor: Client) -> None:
    form = {"address": "ADA@example.org ", "reason": "editor", "note": "asked by telephone"}
    assert editor.post("/admin/nocturne/suppression/add/", form).status_code == 302
    assert mail.is_suppressed(ADA)
    page = editor.post("/admin/nocturne/suppression/add/", form)
    assert "suppressed already" in text_of(parsed(page), ".errorlist")
    page = editor.post("/admin/nocturne/suppression/add/", {**form, "address": "ada"})
    assert parsed(page).css(".errorlist")
    row = Suppression.objects.get()
    assert row.address == ADA
    editor.post(f"/admin/nocturne/suppression/{row.pk}/change/", {"reason": "complaint", "note": "wrote"})
    row.refresh_from_db()
    assert (row.address, row.reason, row.note) == (ADA, "complaint", "wrote")
    editor.post(f"/admin/nocturne/suppression/{row.pk}/delete/", {"post": "yes"})
    assert not mail.is_suppressed(ADA)
    mail.suppress(ADA, "soft")
    page = act(editor, "nocturne/suppression", "lift_all", Suppression.objects.get())
    assert "1 address may get mail again." in text_of(parsed(page), ".messagelist")
    assert not mail.is_suppressed(ADA)


def test_all_mails_of_an_address_are_a_step_away_and_the_address_in_no_link(editor: Client) -> None:
    row = make_subscription()
    mine, other = mail.queue("digest", ADA), mail.queue("digest", "bob@example.org")
    assert mine
    assert other
    mail.suppress(ADA, "complaint")
    MailReport.objects.create(key="a", mail=mine, what="complained", why="feedback loop", at=NOW)
    pages = {
        "subscriptions/subscriber": row.subscriber_id,
        "nocturne/emaillog": mine.pk,
        "nocturne/suppression": Suppression.objects.get().pk,
    }
    for path, pk in pages.items():
        page = parsed(editor.get(f"/admin/{path}/{pk}/change/"))
        [link] = [one.attributes["href"] or "" for one in page.css("#content a") if one.text() == "all to this address"]
        assert "@" not in link
        assert "%40" not in link
        assert texts(parsed(editor.get(link)), "#result_list .field-to") == [ADA]
    page = parsed(editor.get(f"/admin/nocturne/emaillog/{mine.pk}/change/"))
    assert "reported as spam at 30 Nov 2026, 08:00 UTC: feedback loop" in text_of(page, ".field-reported")


def test_growth_is_drawn_from_what_was_confirmed_and_ended(editor: Client) -> None:
    page = parsed(editor.get("/admin/subscriptions/subscription/growth/"))
    assert "Nobody has confirmed a subscription yet" in text_of(page, "#content")
    assert not page.css("#content svg")
    week = dt.timedelta(weeks=1)
    make_subscription("a@example.org", confirmed_at=NOW - 60 * week)
    make_subscription("b@example.org", confirmed_at=NOW - week)
    make_subscription("c@example.org", confirmed_at=NOW - 2 * week, status="ended", unsubscribed_at=NOW)
    make_subscription("d@example.org", confirmed_at=NOW - 50 * week, status="ended", unsubscribed_at=NOW - 40 * week)
    make_subscription("e@example.org", status="pending")
    angeles = make_city("los-angeles")
    make_subscription("f@example.org", city=angeles, confirmed_at=NOW, status="paused")
    assert [row[1:] for row in map(dataclasses.astuple, growth.weeks(now=NOW))][-4:] == [
        (0, 0, 1),
        (1, 0, 2),
        (1, 0, 3),
        (1, 1, 3),
    ]
    assert growth.weeks(angeles, now=NOW)[-1].total == 1
    with time_machine.travel(NOW, tick=False):
        page = parsed(editor.get("/admin/subscriptions/subscription/growth/?city=los-angeles"))
        assert "1 subscription to Los Angeles; in the last 26 weeks 1 confirmed and 0 left" in text_of(
            page, "figcaption"
        )
        assert len(page.css("svg rect")) == 1
        assert len(page.css("details tbody tr")) == growth.WEEKS
    assert parsed(editor.get("/admin/subscriptions/subscription/")).css_first(".object-tools a[href$='growth/']")
