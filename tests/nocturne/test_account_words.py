"""That all that is read on pages of accounts, and in their mails, is in the site's language."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from nocturne.accounts import mails, tickets
from nocturne.models import User
from tests.nocturne.test_admin_site import code_now
from tests.nocturne.test_translation import bare, bare_of_page, brackets as brackets  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("brackets")]
EDITOR = "editor@example.org"


def test_each_word_of_an_account_can_be_translated() -> None:
    cache.clear()
    client = Client()
    untranslated: dict[str, list[str]] = {}

    def get(path: str) -> str:
        return read(path, client.get(f"/account/{path}").content.decode())

    def post(path: str, **said: str) -> str:
        return read(f"{path} {said}", client.post(f"/account/{path}", said).content.decode())

    def read(where: str, html: str) -> str:
        if rest := bare_of_page(html) if html else []:
            untranslated[where] = rest
        return html

    User.objects.create_user("closed@example.org", is_active=False)
    for path in ("login/", "logout/", "inactive/", "login/link/x/"):
        get(path)
    post("login/", email="")
    read("link", client.get(f"/account/login/link/{tickets.issue_link(EDITOR)}/").content.decode())
    for email in (EDITOR, "ada@example.org"):
        if email == EDITOR:
            User.objects.create_superuser(email)
            read("link", client.get(f"/account/login/link/{tickets.issue_link(EDITOR)}/").content.decode())
        post("login/", email=email)
        code = "".join(character for character in mail.outbox[-1].subject if character.isdigit())
        get("login/code/")
        post("login/code/", code="x")
        post("login/code/", code=code)
        for path in ("", "?done=name", "delete/", "logout/", "login/again/", "factor/add/"):
            assert get(path), path
        post("", name="a@b")
        post("", name="x" * 50)
        post("", name="...")
        post("delete/")
        if email == EDITOR:
            post("factor/add/", code="x")
            post("factor/add/", code=code_now(client.session["mfa.totp.secret"]))
            for path in ("", "factor/codes/", "factor/codes/new/", "factor/remove/", "login/again/"):
                assert get(path), path
            post("login/again/", code="x")
        else:
            read("not staff", client.get("/admin/login/").content.decode())
        post("delete/", sure="1")
        post("logout/")
    for _ in range(6):
        post("login/", email="eve@example.org")
    read("csrf", Client(enforce_csrf_checks=True).post("/account/login/", {}).content.decode())
    assert untranslated == {}


def test_each_word_of_their_mails_can_be_translated() -> None:
    assert mails.send_code(EDITOR, "123456")
    for what in mails.NOTICES:
        mails.send_notice(what, EDITOR)
    assert len(mail.outbox) == 4
    for message in mail.outbox:
        [(html, _kind)] = message.alternatives  # type: ignore[attr-defined]
        assert bare(message.subject) == ""
        assert bare(str(message.body)) == ""
        assert bare_of_page(html) == []
