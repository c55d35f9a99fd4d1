"""Accounts, keys and the log."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from nocturne.models import ApiKey, EmailLog, User
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db


def make_user(email: str, **columns: bool) -> User:
    return User.objects.create(email=email, password="!", is_staff=True, **columns)


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(make_user("root@example.org", is_superuser=True))
    return client


@pytest.fixture
def clerk(client: Client) -> Client:
    """A member of staff who may change accounts."""
    user = make_user("clerk@example.org")
    user.user_permissions.add(Permission.objects.get(codename="change_user"))
    client.force_login(user)
    return client


def test_the_admin_bears_the_name_of_the_site(root: Client) -> None:
    page = parsed(root.get("/admin/"))
    assert text_of(page, "#site-name") == "Nocturne"


def test_times_of_mails_name_their_zone_in_the_list_and_on_the_page(root: Client) -> None:
    at = dt.datetime(2026, 12, 5, 20, 30, tzinfo=dt.UTC)
    row = EmailLog.objects.create(address="a@example.org", kind="digest", queued_at=at)
    page = parsed(root.get("/admin/nocturne/emaillog/?o=-1"))
    assert text_of(page, "#result_list .field-queued_at a") == "5 Dec 2026, 20:30 UTC"
    page = parsed(root.get(f"/admin/nocturne/emaillog/{row.pk}/change/"))
    assert text_of(page, ".field-queued_at .readonly") == "5 Dec 2026, 20:30 UTC"


def test_a_user_is_added_by_address(root: Client) -> None:
    secret = "a long enough secret 7"
    answer = root.post(
        "/admin/nocturne/user/add/",
        {"email": "New@Example.org", "usable_password": "true", "password1": secret, "password2": secret},
    )
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert user.check_password(secret)
    assert not user.is_staff


def test_an_address_is_taken_whatever_its_case(root: Client) -> None:
    page = parsed(
        root.post("/admin/nocturne/user/add/", {"email": "ROOT@example.org", "usable_password": "false"}),
    )
    assert "already exists" in text_of(page, ".errorlist")


def test_only_superusers_give_rights(clerk: Client) -> None:
    visitor = User.objects.create(email="visitor@example.org", password="!")
    page = parsed(clerk.get(f"/admin/nocturne/user/{visitor.pk}/change/"))
    assert page.css_first("input[name=first_name]")
    assert not page.css_first("input[name=is_superuser]")
    clerk.post(
        f"/admin/nocturne/user/{visitor.pk}/change/",
        {"email": visitor.email, "first_name": "Vi", "is_active": "on", "is_superuser": "on", "is_staff": "on"},
    )
    visitor.refresh_from_db()
    assert (visitor.first_name, visitor.is_superuser, visitor.is_staff) == ("Vi", False, False)


def test_only_superusers_change_superusers(clerk: Client) -> None:
    chief = make_user("chief@example.org", is_superuser=True)
    assert clerk.post(f"/admin/nocturne/user/{chief.pk}/change/", {"email": "mine@example.org"}).status_code == 403
    assert clerk.get(f"/admin/nocturne/user/{chief.pk}/password/").status_code == 403


def test_a_key_is_shown_once_and_only_its_hash_is_kept(root: Client) -> None:
    page = parsed(root.post("/admin/nocturne/apikey/add/", {"name": "Import", "scopes": ["read", "edit"]}, follow=True))
    key = text_of(page, ".messagelist code")
    stored = ApiKey.objects.get()
    assert stored.hashed == ApiKey.hash(key)
    assert (stored.scopes, str(stored.made_by)) == (["edit", "read"], "root@example.org")
    assert LogEntry.objects.get().object_id == str(stored.pk)
    again = root.get(f"/admin/nocturne/apikey/{stored.pk}/change/").content.decode()
    assert key not in again
    assert stored.hashed not in again


def test_a_key_can_be_renamed_and_put_out_of_use(root: Client) -> None:
    stored, key = ApiKey.issue("Import")
    page = parsed(root.get(f"/admin/nocturne/apikey/{stored.pk}/change/"))
    inputs = {node.attributes.get("name") for node in page.css("#apikey_form input[type=text], [type=checkbox]")}
    assert inputs == {"name", "active", "scopes"}
    root.post(f"/admin/nocturne/apikey/{stored.pk}/change/", {"name": "Old import", "scopes": ["read"]})
    stored.refresh_from_db()
    assert (stored.name, stored.active, stored.hashed) == ("Old import", False, ApiKey.hash(key))


def test_the_log_says_who_did_what(root: Client) -> None:
    root.post("/admin/nocturne/apikey/add/", {"name": "Import", "scopes": ["read"]})
    page = parsed(root.get("/admin/admin/logentry/"))
    row = " ".join(texts(page, "#result_list tbody tr"))
    assert "root@example.org" in row
    assert "Import" in row
    assert not page.css(".object-tools .addlink")
