"""Signing in by a code in a mail, as browsers see it."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone as clock

from nocturne.accounts.tickets import Ticket, forget
from nocturne.mail import suppress
from nocturne.models import EmailLog, Suppression, User
from tests.factories import make_city, make_event
from tests.html import parsed, text_of

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"
# Far from where the windows of limits end, which is a matter of the clock and of who is counted.
standing = time_machine.travel("2026-12-04T20:00:00Z", tick=False)


def ask(client: Client, email: str = ADA, **more: str) -> Any:
    return client.post("/account/login/", {"email": email, **more})


def mailed() -> str:
    """The code of the last mail."""
    found = re.search(r"\b(\d{3}) (\d{3})\b", mail.outbox[-1].subject)
    assert found
    return "".join(found.groups())


def give(client: Client, code: str) -> Any:
    return client.post("/account/login/code/", {"code": code})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_code_from_a_mail_signs_in_and_leads_back(client: Client) -> None:
    page = parsed(client.get("/account/login/?next=/berlin/%3Fwhen%3Dtonight"))
    [kept] = page.css("input[name=next]")
    answer = ask(client, " Ada@Example.org ", next=str(kept.attributes["value"]))
    assert (answer.status_code, answer["Location"]) == (303, "/account/login/code/")
    assert not User.objects.exists()
    page = parsed(client.get("/account/login/code/"))
    [field] = page.css("input[name=code]")
    assert (field.attributes["autocomplete"], field.attributes["inputmode"]) == ("one-time-code", "numeric")
    assert ADA in text_of(page, ".sky")
    code = mailed()
    answer = give(client, f" {code[:3]}-{code[3:]} ")
    assert answer.status_code == 302
    assert answer["Location"] == "/berlin/?when=tonight"
    user = User.objects.get()
    assert (user.email, user.is_staff, user.has_usable_password()) == (ADA, False, False)
    assert is_signed_in(client)
    row = EmailLog.objects.get()
    assert (row.kind, row.state, row.address) == ("sign-in", "sent", ADA)
    assert code not in str(list(Ticket.objects.values()))


def test_who_comes_again_has_the_same_account(client: Client) -> None:
    known = User.objects.create_user(ADA)
    ask(client)
    give(client, mailed())
    assert User.objects.get() == known
    assert text_of(parsed(client.get("/account/")), ".sky .said") == ADA


def test_known_unknown_and_suppressed_addresses_are_answered_alike(django_assert_num_queries: Any) -> None:
    User.objects.create_user(ADA)
    suppress("cut@example.org", Suppression.Reason.BOUNCE)
    seen = set()
    for email in (ADA, "new@example.org", "cut@example.org"):
        client = Client()
        answer = ask(client, email)
        page = client.get("/account/login/code/").content.decode().replace(email, "X")
        page = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page)
        seen.add((answer.status_code, answer["Location"], page, frozenset(answer.cookies)))
    assert len(seen) == 1
    assert [message.to for message in mail.outbox] == [[ADA], ["new@example.org"]]


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "a b@example.org", f"{'x' * 300}@example.org", "ada@example.org,"]
)
def test_what_is_no_address_is_told_and_gets_no_mail(client: Client, email: str) -> None:
    answer = ask(client, email)
    assert answer.status_code == 422
    page = parsed(answer)
    [field] = page.css("input[name=email]")
    assert field.attributes["aria-describedby"] == "email-error"
    assert text_of(page, "#email-error")
    assert not mail.outbox


def test_a_code_has_three_tries(client: Client) -> None:
    ask(client)
    code = mailed()
    for said in ("2 more tries", "1 more try", "no longer works"):
        answer = give(client, wrong(code))
        assert answer.status_code == 422
        assert said in text_of(parsed(answer), "main")
    assert give(client, code).status_code == 422
    assert not is_signed_in(client)
    ask(client)
    assert give(client, mailed()).status_code == 302


def test_a_code_counts_in_the_browser_that_asked_once_and_for_a_quarter_of_an_hour(client: Client) -> None:
    ask(client)
    code = mailed()
    other = Client()
    assert give(other, code)["Location"] == "/account/login/"
    ask(other, "eve@example.org")
    assert give(other, code).status_code == 422
    with time_machine.travel(clock.now() + dt.timedelta(minutes=16)):
        assert give(client, code).status_code == 422
    ask(client)
    code = mailed()
    pending = client.session["sign_in"]
    assert give(client, code).status_code == 302
    late = Client()
    late.get("/account/login/")
    session = late.session
    session["sign_in"] = pending
    session.save()
    late.cookies["sessionid"] = session.session_key
    assert give(late, code).status_code == 422


def test_the_session_has_a_new_key_once_somebody_is_signed_in(client: Client) -> None:
    ask(client)
    before = client.cookies["sessionid"].value
    give(client, mailed())
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "///x", "berlin/", "/\r\n/evil"],
)
def test_signing_in_leads_to_no_other_site(client: Client, elsewhere: str) -> None:
    ask(client, next=elsewhere)
    assert give(client, mailed())["Location"] == "/account/"
    assert client.get("/account/login/", {"next": elsewhere})["Location"] == "/account/"
    assert client.post("/account/logout/", {"next": elsewhere})["Location"] == "/"


def test_programs_that_fill_in_all_fields_get_no_mail(client: Client) -> None:
    answer = ask(client, website="https://spam.example/")
    assert answer["Location"] == "/account/login/code/"
    assert client.get("/account/login/code/").status_code == 200
    assert give(client, "000000").status_code == 422
    assert not mail.outbox


def test_a_form_without_its_token_does_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = ask(client)
    assert answer.status_code == 403
    assert "load it again" in text_of(parsed(answer), "main")
    assert not mail.outbox


@standing
def test_codes_are_mailed_so_often_to_an_address_and_tries_are_counted(client: Client) -> None:
    for _ in range(5):
        assert ask(client).status_code == 303
    answer = ask(client)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 60
    assert "no-store" in answer["Cache-Control"]
    assert ask(client, "other@example.org").status_code == 303
    assert len(mail.outbox) == 6
    for _ in range(60):
        give(client, "x")
    assert give(client, mailed()).status_code == 429
    assert not is_signed_in(client)


@standing
def test_who_asks_and_guesses_without_end_does_not_lock_out_the_owner() -> None:
    enemy, owner = Client(REMOTE_ADDR="192.0.2.66"), Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(15):
        ask(enemy)
    assert len(mail.outbox) == 5
    for _ in range(30):
        give(enemy, "123")
    assert ask(owner).status_code == 303
    give(owner, mailed())
    assert is_signed_in(owner)
    # and many enemies bring no more codes than this
    for number in range(10):
        last = ask(Client(REMOTE_ADDR=f"198.51.100.{number}"))
    assert (last.status_code, len(mail.outbox)) == (429, 10)


def test_while_the_cache_is_away_people_sign_in(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}
    ask(client)
    assert give(client, mailed()).status_code == 302


def test_a_mail_server_that_is_away_is_told(client: Client, settings: Any) -> None:
    options = {"host": "127.0.0.1", "port": 1, "timeout": 1}
    settings.MAILERS = {"default": {"BACKEND": "nocturne.smtp.EmailBackend", "OPTIONS": options}}
    answer = ask(client)
    assert answer.status_code == 503
    assert "try again" in text_of(parsed(answer), "#email-error")


def test_the_mail_says_what_the_code_is_for(client: Client) -> None:
    ask(client)
    [message] = mail.outbox
    [(html, kind)] = message.alternatives  # type: ignore[attr-defined]
    code = mailed()
    for text in (message.body, html):
        assert f"{code[:3]} {code[3:]}" in text
        assert "15 minutes" in text
        assert "Nocturne" in text
    assert kind == "text/html"


def test_a_closed_account_is_not_opened(client: Client) -> None:
    User.objects.create_user(ADA, is_active=False)
    ask(client)
    answer: HttpResponse = client.post("/account/login/code/", {"code": mailed()}, follow=True)  # type: ignore[assignment]
    assert "closed" in text_of(parsed(answer), "h1")
    assert not is_signed_in(client)


def test_the_readable_cookie_comes_and_goes_with_the_session(client: Client) -> None:
    answer = ask(client)
    assert "signed_in" not in answer.cookies
    answer = give(client, mailed())
    marker = answer.cookies["signed_in"]
    assert (marker.value, marker["httponly"], marker["samesite"]) == ("1", "", "Lax")
    assert answer.cookies["sessionid"]["httponly"]
    assert int(marker["max-age"]) == int(answer.cookies["sessionid"]["max-age"])
    answer = client.post("/account/logout/")
    assert (answer.cookies["signed_in"].value, answer.cookies["signed_in"]["max-age"]) == ("", 0)


def test_all_sessions_of_an_account_can_be_ended(client: Client) -> None:
    phone, other = Client(), Client()
    for browser, email in ((client, ADA), (phone, ADA), (other, "other@example.org")):
        ask(browser, email)
        give(browser, mailed())
    client.post("/account/logout/")
    assert is_signed_in(phone)
    ask(client)
    give(client, mailed())
    client.post("/account/logout/", {"everywhere": "1"})
    assert [is_signed_in(browser) for browser in (client, phone, other)] == [False, False, True]


@pytest.mark.parametrize("how", ["expired", "deleted"])
def test_a_page_that_finds_no_session_takes_the_cookie_away(client: Client, how: str) -> None:
    user = User.objects.create_user(ADA)
    client.force_login(user)
    assert client.get("/account/").cookies["signed_in"].value == "1"
    if how == "expired":
        Session.objects.all().delete()
    else:
        user.delete()
    assert client.get("/account/").cookies["signed_in"]["max-age"] == 0


def test_cookies_are_for_https_alone_where_the_site_is(client: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    ask(client)
    answer = give(client, mailed())
    assert answer.cookies["sessionid"]["secure"]
    assert answer.cookies["signed_in"]["secure"]


def test_public_pages_are_the_same_for_who_is_signed_in(client: Client) -> None:
    make_city()
    event = make_event("A night", local="2026-12-05T20:00")
    paths = ("/", "/berlin/", "/berlin/list", event.get_absolute_url(), "/about/", "/subscribe", "/nowhere/at/all/")
    plain = {path: client.get(path).content for path in paths}
    client.force_login(User.objects.create_user(ADA))
    client.get("/account/")
    for path in paths:
        answer = client.get(path)
        assert answer.content == plain[path]
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")


@pytest.mark.parametrize("path", ["/account/login/", "/account/logout/", "/account/", "/account/delete/"])
def test_pages_of_accounts_are_kept_by_nobody(client: Client, path: str) -> None:
    client.force_login(User.objects.create_user(ADA))
    for who in (Client(), client):
        answer = who.get(path)
        assert "no-store" in answer["Cache-Control"], path
        assert "private" in answer["Cache-Control"]


def test_no_other_way_in_is_there(client: Client) -> None:
    for path in ("signup/", "password/reset/", "password/change/", "email/", "3rdparty/", "sessions/"):
        assert client.get(f"/account/{path}").status_code == 404


def test_tickets_that_are_over_are_forgotten(client: Client) -> None:
    ask(client)
    assert forget(now=clock.now() + dt.timedelta(hours=23)) == 0
    assert forget(now=clock.now() + dt.timedelta(hours=25)) == 1
