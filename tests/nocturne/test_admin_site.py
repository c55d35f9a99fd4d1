"""Who gets into the admin: staff with a second factor, by a code in a mail or a link of admin_login."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test import Client, TestCase
from django.utils import timezone as clock

from nocturne.accounts import tickets
from nocturne.accounts.factors import accepts
from nocturne.models import User
from tests.html import parsed, text_of, texts
from tests.nocturne.test_signin import ask, give, mailed, standing
from tests.security.routes import paths

pytestmark = pytest.mark.django_db
EDITOR = "editor@example.org"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.DEVELOPMENT, settings.ADMIN_REQUIRE_MFA = False, True


@pytest.fixture
def editor() -> User:
    return User.objects.create_superuser(EDITOR, "a long enough secret 7")


def sign_in(client: Client, email: str = EDITOR, to: str = "/admin/") -> Any:
    ask(client, email, next=to)
    return give(client, mailed())


def code_now(secret: str, *, later: int = 0) -> str:
    """The code that an app shows now, or some half minutes later."""
    counter = int(clock.now().timestamp()) // 30 + later
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def enrol(client: Client) -> str:
    """Set up an app; its key."""
    page = parsed(client.get("/account/factor/add/"))
    secret = text_of(page, "main code")
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post("/account/factor/add/", {"code": code_now(secret)})
    assert answer["Location"] == "/account/factor/codes/"
    return secret


def enrolled(user: User) -> str:
    """The key of an app that somebody has set up before."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_the_admin_leads_to_signing_in_then_to_an_app_and_then_in(client: Client, editor: User) -> None:
    answer = client.get("/admin/events/event/")
    assert answer["Location"] == "/admin/login/?next=/admin/events/event/"
    answer = client.get(answer["Location"])
    assert answer["Location"] == "/account/login/?next=%2Fadmin%2Fevents%2Fevent%2F"
    assert sign_in(client)["Location"] == "/admin/"
    assert not is_in(client)
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/account/factor/add/?next=%2Fadmin%2F"
    page = parsed(client.get("/account/factor/add/"))
    [picture] = page.css("img.qr")
    assert str(picture.attributes["src"]).startswith("data:image/svg+xml;base64,")
    answer = client.post("/account/factor/add/", {"code": "000000"})
    assert answer.status_code == 422
    assert "clock" in text_of(parsed(answer), "#code-error")
    enrol(client)
    assert len(texts(parsed(client.get("/account/factor/codes/")), "main code")) == 10
    assert is_in(client)
    assert "authenticator app was added" in mail.outbox[-1].body


def test_no_address_of_the_admin_is_open_without_the_factor(client: Client, editor: User) -> None:
    client.force_login(editor)
    found = {path for path in paths() if path.startswith("/admin/")}
    closed = {path for path in found if not path.startswith(("/admin/password_reset/", "/admin/reset/", "/admin/log"))}
    assert {"/admin/", "/admin/desk/pairs/", "/admin/nocturne/user/"} <= closed
    for path in closed:
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code in (302, 404, 405), path
            assert answer.get("Location", "/admin/login/").startswith("/admin/login/"), path


def test_who_has_an_app_is_asked_for_its_code(client: Client, editor: User) -> None:
    secret = enrolled(editor)
    assert sign_in(client)["Location"] == "/account/login/factor/"
    assert not is_in(client)
    assert client.get("/account/").status_code == 303
    answer = client.post("/account/login/factor/", {"code": "000000"})
    assert answer.status_code == 422
    assert "no-store" in answer["Cache-Control"]
    answer = client.post("/account/login/factor/", {"code": code_now(secret)})
    assert answer["Location"] == "/admin/"
    assert is_in(client)


def test_an_app_set_up_elsewhere_meanwhile_is_asked_for(client: Client, editor: User) -> None:
    sign_in(client)
    secret = enrolled(editor)
    answer = client.get("/admin/login/?next=/admin/events/city/")
    assert answer["Location"] == "/account/login/again/?next=%2Fadmin%2Fevents%2Fcity%2F"
    answer = client.post(answer["Location"], {"code": code_now(secret)})
    assert answer["Location"] == "/admin/events/city/"
    assert is_in(client)


def test_a_code_of_the_app_counts_once(editor: User, client: Client) -> None:
    secret = enrolled(editor)
    code = code_now(secret)
    sign_in(client)
    client.post("/account/login/factor/", {"code": code})
    assert is_in(client)
    other = Client()
    sign_in(other)
    assert other.post("/account/login/factor/", {"code": code}).status_code == 422
    assert other.post("/account/login/factor/", {"code": code_now(secret, later=-1)}).status_code == 422
    assert other.post("/account/login/factor/", {"code": code_now(secret, later=1)}).status_code == 302


def test_a_recovery_code_counts_once(editor: User, client: Client) -> None:
    sign_in(client)
    enrol(client)
    code, *_ = texts(parsed(client.get("/account/factor/codes/")), "main code")
    downloaded = client.get("/account/factor/codes/download/")
    assert "no-store" in downloaded["Cache-Control"]
    assert code in downloaded.content.decode()
    for expected in (302, 422):
        other = Client()
        sign_in(other)
        assert other.post("/account/login/factor/", {"code": code}).status_code == expected
        assert is_in(other) == (expected == 302)


@standing
def test_tries_are_counted_for_the_account_from_wherever_they_come(editor: User) -> None:
    secret = enrolled(editor)
    clients = [Client(REMOTE_ADDR=f"192.0.2.{number}") for number in (1, 2)]
    for client in clients:
        sign_in(client)
        for _ in range(5):
            assert client.post("/account/login/factor/", {"code": "000000"}).status_code == 422
    third = Client(REMOTE_ADDR="192.0.2.3")
    sign_in(third)
    answer = third.post("/account/login/factor/", {"code": code_now(secret)})
    assert answer.status_code == 429
    assert not is_in(third)


def test_while_the_cache_is_away_editors_get_in_and_codes_count_once(
    client: Client, editor: User, settings: Any
) -> None:
    secret = enrolled(editor)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}
    sign_in(client)
    code = code_now(secret)
    assert client.post("/account/login/factor/", {"code": code}).status_code == 302
    other = Client()
    sign_in(other)
    assert other.post("/account/login/factor/", {"code": code}).status_code == 422


def test_changing_the_factor_asks_again_who_one_is(client: Client, editor: User) -> None:
    sign_in(client)
    with time_machine.travel(clock.now() + dt.timedelta(minutes=16)):
        answer = client.get("/account/factor/add/")
        assert answer["Location"] == "/account/login/again/?next=%2Faccount%2Ffactor%2Fadd%2F"
        page = parsed(client.get(answer["Location"]))
        form = {str(one.attributes["name"]): str(one.attributes["value"]) for one in page.css("main input[value]")}
        assert form["email"] == EDITOR
        client.post("/account/login/", form)
        assert give(client, mailed())["Location"] == "/account/factor/add/"
        secret = enrol(client)
    with time_machine.travel(clock.now() + dt.timedelta(minutes=40)):
        for path in ("codes/", "codes/new/", "codes/download/", "remove/"):
            assert client.get(f"/account/factor/{path}")["Location"].startswith("/account/login/again/")
        client.post("/account/login/again/", {"code": code_now(secret)})
        assert is_in(client)
        assert client.post("/account/factor/remove/").status_code == 302
        assert not is_in(client)
    assert not Authenticator.objects.exists()
    assert "removed" in mail.outbox[-1].body
    assert Client().get("/account/factor/codes/")["Location"].startswith("/account/login")


def test_new_recovery_codes_void_the_old(client: Client, editor: User) -> None:
    sign_in(client)
    enrol(client)
    old = texts(parsed(client.get("/account/factor/codes/")), "main code")
    assert client.post("/account/factor/codes/new/").status_code == 302
    new = texts(parsed(client.get("/account/factor/codes/")), "main code")
    assert not set(old) & set(new)


def test_keys_of_apps_are_encrypted_and_outlive_a_new_secret_key(settings: Any, editor: User) -> None:
    secret = enrolled(editor)
    row = Authenticator.objects.get()
    assert secret not in str(row.data)
    before = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [before]
    assert accepts(row, code_now(secret))
    settings.SECRET_KEY_FALLBACKS = []
    row.refresh_from_db()
    assert accepts(row, code_now(secret, later=1))
    settings.SECRET_KEY = "x" * 50
    assert not accepts(row, code_now(secret, later=1))


def test_visitors_are_told_that_it_is_not_for_them(client: Client) -> None:
    sign_in(client, "visitor@example.org")
    answer = client.get("/admin/login/")
    assert answer.status_code == 403
    assert "visitor@example.org" in text_of(parsed(answer), ".said")
    [way_out] = parsed(answer).css("main form")
    assert way_out.attributes["action"] == "/account/logout/"
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_passwords_open_nothing_outside_development(client: Client, editor: User) -> None:
    said = {"username": EDITOR, "password": "a long enough secret 7"}
    assert client.post("/admin/login/", said)["Location"].startswith("/account/login/")
    assert not is_in(client)


def test_in_development_a_password_is_enough_unless_a_factor_is_wanted(
    client: Client, editor: User, settings: Any
) -> None:
    settings.DEVELOPMENT, settings.ADMIN_REQUIRE_MFA = True, False
    said = {"username": EDITOR, "password": "a long enough secret 7", "next": "/admin/"}
    assert client.post("/admin/login/", said)["Location"] == "/admin/"
    assert is_in(client)
    links = [str(one.attributes["href"]) for one in parsed(client.get("/account/")).css("main a")]
    assert "/admin/" in links
    settings.ADMIN_REQUIRE_MFA = True
    assert not is_in(client)
    links = [str(one.attributes["href"]) for one in parsed(client.get("/account/")).css("main a")]
    assert "/admin/" not in links
    assert "/account/factor/add/" in links
    assert client.get("/admin/login/")["Location"].startswith("/account/factor/add/")


@standing
def test_passwords_are_tried_so_often(client: Client, editor: User, settings: Any) -> None:
    settings.DEVELOPMENT, settings.ADMIN_REQUIRE_MFA = True, False
    for _ in range(10):
        assert client.post("/admin/login/", {"username": EDITOR, "password": "x"}).status_code == 200
    said = {"username": EDITOR.upper(), "password": "a long enough secret 7"}
    assert client.post("/admin/login/", said).status_code == 429


@pytest.mark.parametrize("code", ["", " ", "é", "１２３４５６", "0" * 5000, "000 000\0"])
def test_what_is_no_code_is_refused(client: Client, editor: User, code: str) -> None:
    enrolled(editor)
    ask(client, EDITOR)
    assert give(client, code).status_code == 422
    sign_in(client)
    assert client.post("/account/login/factor/", {"code": code}).status_code == 422


def test_superusers_reset_the_factor_of_others(client: Client, editor: User) -> None:
    sign_in(client)
    enrol(client)
    other = User.objects.create_user("other@example.org", is_staff=True)
    enrolled(other)
    browser = Client()
    browser.force_login(other)
    chosen = {"action": "reset_factor", "_selected_action": [other.pk]}
    assert client.post("/admin/nocturne/user/", chosen).status_code == 302
    assert not Authenticator.objects.filter(user=other).exists()
    assert Authenticator.objects.filter(user=editor).exists()
    assert LogEntry.objects.get().object_id == str(other.pk)
    assert mail.outbox[-1].to == ["other@example.org"]
    assert browser.get("/account/").status_code == 303


def test_secrets_of_apps_are_shown_nowhere_in_the_admin(client: Client, editor: User) -> None:
    sign_in(client)
    enrol(client)
    page = client.get("/admin/").content.decode()
    assert "authenticator" not in page.lower()
    assert client.get("/admin/mfa/authenticator/").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["code", "link", "app"])
def test_of_many_at_once_one_gets_in(kind: str) -> None:
    user = User.objects.create_user(EDITOR, is_staff=True)
    if kind == "code":
        ticket, code = tickets.issue_code(EDITOR)
        attempt: Any = lambda: bool(tickets.use_code(ticket.pk, code))  # noqa: E731
    elif kind == "link":
        token = tickets.issue_link(EDITOR)
        attempt = lambda: bool(tickets.use_link(token))  # noqa: E731
    else:
        secret = enrolled(user)
        attempt = lambda: accepts(Authenticator.objects.get(), code_now(secret))  # noqa: E731
    passed: list[bool] = []

    def run() -> None:
        try:
            passed.append(attempt())
        except tickets.Refused:
            passed.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(passed) == [False] * 7 + [True]


def test_wrong_codes_at_once_have_three_tries_in_all(editor: User) -> None:
    ticket, code = tickets.issue_code(EDITOR)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    left = []
    for _ in range(5):
        with pytest.raises(tickets.Refused) as refused:
            tickets.use_code(ticket.pk, wrong)
        left.append(refused.value.left)
    assert left == [2, 1, 0, 0, 0]
    with pytest.raises(tickets.Refused):
        tickets.use_code(ticket.pk, code)
    assert re.fullmatch(r"\d{6}", code)
