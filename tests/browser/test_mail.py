"""The mails of development in a browser, which keeps to the policies that the pages send."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    return tmp_path


def test_the_html_of_a_mail_is_shown_and_does_not_run(page: Page, live_server: LiveServer, folder: Path) -> None:
    message = mail.EmailMultiAlternatives("Tonight", "In words", to=["ada@example.org"])
    html = '<p style="color: rgb(1, 2, 3)">In colour</p><script>document.body.textContent = "taken over"</script>'
    message.attach_alternative(html, "text/html")
    message.send()
    errors: list[str] = []
    page.on("console", lambda said: said.type == "error" and errors.append(said.text))

    page.goto(f"{live_server.url}/dev/mail/")
    page.get_by_role("link", name="Tonight").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tonight")
    expect(page.locator("pre")).to_have_text("In words")
    shown = page.frame_locator("iframe").locator("p")
    expect(shown).to_have_text("In colour")
    expect(shown).to_have_css("color", "rgb(1, 2, 3)")
    # what the browser complains about is the script that it did not run
    assert len(errors) == 1
    assert "sandboxed" in errors[0]
