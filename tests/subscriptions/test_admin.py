from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from nocturne import mail
from nocturne.models import EmailLog, Suppression, User
from subscriptions import links
from subscriptions.models import Subscriber, Subscription
from tests.html import parsed, text_of, texts

from .people import ADA, make_subscription, path_of

pytestmark = pytest.mark.django_db


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
