"""One's own account: the name that is shown, all that is kept, and the end of it."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from nocturne import mail, personal, trail
from nocturne.accounts import tickets
from nocturne.accounts.pages import shown_name
from nocturne.models import Change, EmailLog, User
from subscriptions.models import Subscriber, Subscription
from tests.factories import make_city
from tests.html import parsed, text_of
from tests.subscriptions.people import make_subscription

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture
def ada(client: Client) -> User:
    user = User.objects.create_user(ADA)
    client.force_login(user)
    return user


def everything() -> str:
    """All rows of all tables as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_a_name_is_chosen_and_can_be_taken_back(client: Client, ada: User) -> None:
    answer = client.post("/account/", {"name": "  Ada   from\tnext door "}, follow=True)
    assert "saved" in text_of(parsed(answer), "[role=status]")
    ada.refresh_from_db()
    assert ada.display_name == "Ada from next door"
    client.post("/account/", {"name": ""})
    ada.refresh_from_db()
    assert ada.display_name == ""


@pytest.mark.parametrize("name", ["a@b.example", "x" * 41, "Ada\u202egnp", "A\0da", "\u200b", "\u200c", "..."])
def test_a_name_that_cannot_be_is_told_and_not_kept(client: Client, ada: User, name: str) -> None:
    answer = client.post("/account/", {"name": name})
    assert answer.status_code == 422
    assert text_of(parsed(answer), "#name-error")
    ada.refresh_from_db()
    assert ada.display_name == ""


def test_names_of_all_scripts_and_their_length_can_be() -> None:
    assert [shown_name(name) for name in ("Łódź", "مه\u200cسا", "नूर", "阿达", "O'Neil-Süß", "x" * 40)] == [
        "Łódź",
        "مه\u200cسا",
        "नूर",
        "阿达",
        "O'Neil-Süß",
        "x" * 40,
    ]


def test_only_ones_own_account_can_be_changed(client: Client, ada: User) -> None:
    client.post("/account/", {"name": "Ada", "is_staff": "1", "is_superuser": "1", "email": "x@example.org", "pk": "1"})
    ada.refresh_from_db()
    assert (ada.display_name, ada.email, ada.is_staff, ada.is_superuser) == ("Ada", ADA, False, False)
    for path in ("/account/", "/account/data.json", "/account/delete/"):
        assert Client().get(path)["Location"] == f"/account/login/?next=%2F{path[1:].replace('/', '%2F')}"


def test_all_that_is_kept_can_be_downloaded(client: Client, ada: User) -> None:
    make_subscription(ADA, city=make_city())
    mail.queue("sign-in", ADA)
    mail.queue("sign-in", "other@example.org")
    answer = client.get("/account/data.json")
    assert answer["Content-Disposition"] == 'attachment; filename="account.json"'
    assert "no-store" in answer["Cache-Control"]
    data = json.loads(answer.content)
    assert (data["email"], data["name"]) == (ADA, "")
    assert [row["city"] for row in data["subscriptions"]] == ["de--berlin"]
    assert "sign-in" in [row["kind"] for row in data["mails"]]
    assert len(data["mails"]) == EmailLog.objects.filter(address=ADA).count()


def test_deleting_needs_a_tick_and_leaves_no_trace_of_the_address(client: Client, ada: User) -> None:
    make_subscription(ADA, city=make_city())
    tickets.issue_code(ADA)
    mail.queue("sign-in", ADA)
    root = User.objects.create_superuser("root@example.org")
    with trail.by(lambda: "root@example.org"):
        ada.first_name = "Ada"
        ada.email = "lovelace@example.org"
        ada.save()
        ada.email = ADA
        ada.save()
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=root, content_type=kind, object_id=str(ada.pk), object_repr=ADA, action_flag=CHANGE)
    assert client.post("/account/delete/").status_code == 422
    assert User.objects.filter(email=ADA).exists()
    answer = client.post("/account/delete/", {"sure": "1"})
    assert "deleted" in text_of(parsed(answer), "h1")
    assert answer.cookies["sessionid"]["max-age"] == 0
    assert not User.objects.filter(pk=ada.pk).exists()
    assert not Subscriber.objects.exists()
    assert not Subscription.objects.exists()
    assert Change.objects.filter(object_id=ada.pk, model="nocturne.User").exists()
    said = everything()
    assert ADA not in said
    assert "lovelace@example.org" not in said
    assert EmailLog.objects.filter(address="").exists()
    assert client.post("/account/delete/", {"sure": "1"})["Location"] == "/account/login/"
    personal.erase(ada)


def test_who_edits_the_site_is_not_deleted_by_a_click(client: Client) -> None:
    client.force_login(User.objects.create_user(ADA, is_staff=True))
    assert "superuser" in text_of(parsed(client.get("/account/delete/")), ".notice")
    client.post("/account/delete/", {"sure": "1"})
    assert User.objects.filter(email=ADA).exists()


def test_what_a_former_editor_did_stays_in_the_log_without_the_name(client: Client, ada: User) -> None:
    ada.display_name = "Ada"
    ada.save()
    LogEntry.objects.create(user=ada, object_repr="A venue", action_flag=CHANGE)
    client.post("/account/delete/", {"sure": "1"})
    left = LogEntry.objects.get().user
    assert (left.email, left.display_name, left.is_active) == (f"erased-{ada.pk}@erased.invalid", "", False)
    assert ADA not in everything()
    assert not Session.objects.exists()


def test_who_is_deleted_in_the_admin_is_erased(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root@example.org"))
    ada, bob = User.objects.create_user(ADA), User.objects.create_user("bob@example.org")
    make_subscription(ADA, city=make_city())
    client.post(f"/admin/nocturne/user/{ada.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [bob.pk], "post": "yes"}
    client.post("/admin/nocturne/user/", chosen)
    assert [user.email for user in User.objects.all()] == ["root@example.org"]
    said = everything()
    assert ADA not in said
    assert "bob@example.org" not in said


def test_apps_say_what_they_keep_and_take_it_away(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    monkeypatch.setattr(personal, "_parts", {})
    erased = []
    personal.register("walks", export=lambda user: [user.email], erase=lambda user: erased.append(user.email), said=str)
    assert personal.exported(ada)["walks"] == [ADA]
    personal.erase(ada)
    assert erased == [ADA]


def test_a_part_that_fails_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    def broken(user: User) -> None:
        raise RuntimeError

    def some(user: User) -> Any:
        User.objects.filter(pk=user.pk).update(first_name="gone")

    monkeypatch.setattr(personal, "_parts", {})
    personal.register("one", export=lambda user: None, erase=some, said=str)
    personal.register("two", export=lambda user: None, erase=broken, said=str)
    with pytest.raises(RuntimeError):
        personal.erase(ada)
    ada.refresh_from_db()
    assert ada.first_name == ""
