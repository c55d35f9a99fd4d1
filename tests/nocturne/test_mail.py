import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from nocturne.models import User


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Mail goes into a folder, as it does in development."""
    settings.MAIL_DIR = tmp_path
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    return tmp_path


def send(subject: str, text: str, html: str = "", **headers: str) -> None:
    message = mail.EmailMultiAlternatives(
        subject, text, "Nocturne <n@example.org>", ["ada@example.org"], headers=headers
    )
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def test_without_mail_the_page_says_how_to_get_one(client: Client, folder: Path) -> None:
    assert "No mail yet" in client.get("/dev/mail/").content.decode()


def test_mails_are_listed_and_shown(client: Client, folder: Path) -> None:
    send("Zürich this week", "Tonight: <Öl> & more\n" + "-" * 79 + "\nthe end", "<p>Tonight</p>")
    page = client.get("/dev/mail/").content.decode()
    [link] = re.findall(r'href="(/dev/mail/[^"]+/)">Zürich this week', page)
    page = client.get(link).content.decode()
    assert "ada@example.org" in page
    assert "Tonight: &lt;Öl&gt; &amp; more" in page
    assert "<p>Tonight</p>" not in page
    assert f'<iframe sandbox title="The mail as HTML" src="{link}html">' in page


def test_the_html_of_a_mail_may_neither_run_nor_know_our_origin(client: Client, folder: Path) -> None:
    send("Hello", "text", "<script>alert(1)</script>")
    [file] = folder.iterdir()
    response = client.get(f"/dev/mail/{file.name}/0/html")
    policy = response["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("path", ["nothing.log/0/", "../settings.py/0/", "{file}/1/"])
def test_what_is_no_mail_is_not_found(client: Client, folder: Path, path: str) -> None:
    send("Hello", "text")
    [file] = folder.iterdir()
    assert client.get("/dev/mail/" + path.format(file=file.name)).status_code == 404


@pytest.mark.django_db
def test_an_administrator_gets_back_in_with_the_mail_that_the_log_in_page_offers(
    client: Client, folder: Path, settings: Any
) -> None:
    user = User.objects.create_superuser("ada@example.org", "forgotten password")
    assert "/admin/password_reset/" in client.get("/admin/login/").content.decode()
    # a header that strangers choose does not choose where the link leads
    settings.ALLOWED_HOSTS = ["evil.example"]
    client.post("/admin/password_reset/", {"email": "ada@example.org"}, headers={"host": "evil.example"})
    settings.ALLOWED_HOSTS = ["testserver"]
    [file] = folder.iterdir()
    text = unescape(client.get(f"/dev/mail/{file.name}/0/").content.decode())
    assert "evil.example" not in text
    [path] = set(re.findall(re.escape(settings.SITE_URL) + r"(/admin/reset/[\w/-]+)", text))
    response = client.get(path, follow=True)
    new = "a new password, long enough"
    response = client.post(response.request["PATH_INFO"], {"new_password1": new, "new_password2": new}, follow=True)
    assert response.status_code == 200
    user.refresh_from_db()
    assert user.check_password(new)
