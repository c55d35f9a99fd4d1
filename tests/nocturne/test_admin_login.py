"""The way into the admin without a mail: links of `manage.py admin_login`."""

import datetime as dt
import io
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone as clock

from nocturne.accounts import tickets
from nocturne.logs.masking import masked
from nocturne.models import User
from tests.html import parsed, text_of
from tests.nocturne.test_admin_site import EDITOR, code_now, enrol, enrolled, is_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.DEVELOPMENT, settings.ADMIN_REQUIRE_MFA = False, True


@pytest.fixture
def editor() -> User:
    return User.objects.create_superuser(EDITOR, "a long enough secret 7")


def link_of(email: str) -> str:
    out, said = io.StringIO(), io.StringIO()
    call_command("admin_login", email, stdout=out, stderr=said)
    assert "10 minutes" in said.getvalue()
    return out.getvalue().strip().removeprefix("http://127.0.0.1:8000")


def test_a_link_lets_an_editor_in_once_by_a_button(client: Client, editor: User) -> None:
    path = link_of(EDITOR)
    for _ in range(3):
        answer = client.get(path)
        assert (answer.status_code, answer["Referrer-Policy"]) == (200, "same-origin")
        assert EDITOR in text_of(parsed(answer), ".sky")
    assert client.post(path)["Location"] == "/admin/"
    assert client.get("/account/").status_code == 200
    assert not is_in(client)
    enrol(client)
    assert is_in(client)
    other = Client()
    assert (other.get(path).status_code, other.post(path).status_code) == (410, 410)
    assert "ended" in text_of(parsed(other.get(path)), "h1")


def test_links_do_not_get_into_logs(editor: User) -> None:
    path = link_of(EDITOR)
    assert masked(f"GET {path} 200") == "GET /account/login/link/[token]/ 200"


def test_a_link_does_not_stand_for_the_second_factor(client: Client, editor: User) -> None:
    secret = enrolled(editor)
    assert client.post(link_of(EDITOR))["Location"] == "/account/login/factor/"
    assert client.get("/account/").status_code == 303
    client.post("/account/login/factor/", {"code": code_now(secret)})
    assert is_in(client)


@pytest.mark.parametrize("change", ["late", "newer", "forged", "demoted", "closed", "code"])
def test_a_link_that_counts_no_longer_says_so(client: Client, editor: User, change: str) -> None:
    path, at = link_of(EDITOR), clock.now()
    if change == "late":
        at += dt.timedelta(minutes=11)
    elif change == "newer":
        link_of(EDITOR)
    elif change == "forged":
        path = path[:-2] + ("x/" if path[-2] != "x" else "y/")
    elif change == "demoted":
        User.objects.update(is_staff=False, is_superuser=False)
    elif change == "code":
        tickets.Ticket.objects.update(kind="code")
    elif change == "closed":
        User.objects.update(is_active=False)
    with time_machine.travel(at):
        answer = client.post(path)
    assert answer.status_code == 410 or answer["Location"] == "/account/inactive/"
    assert (answer.status_code == 302) == (change == "closed")
    assert client.get("/account/").status_code == 303


def test_the_command_says_what_is_wrong(editor: User) -> None:
    User.objects.create_user("visitor@example.org")
    User.objects.create_user("gone@example.org", is_staff=True, is_active=False)
    for email, said in (
        ("nobody@example.org", "no account"),
        ("visitor@example.org", "no editor"),
        ("gone@example.org", "closed"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("admin_login", email)
    assert not tickets.Ticket.objects.exists()


def test_the_command_takes_away_a_factor_that_is_lost(editor: User) -> None:
    enrolled(editor)
    said = io.StringIO()
    call_command("admin_login", EDITOR.upper(), "--reset", stdout=io.StringIO(), stderr=said)
    assert "taken away" in said.getvalue()
    assert not Authenticator.objects.exists()
