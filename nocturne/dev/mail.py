"""The mails that were not sent but put into a folder, for development: /dev/mail/"""

import datetime as dt
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

# Django's file backend writes it after each message.
SEPARATOR = b"\n" + b"-" * 79 + b"\n"
HEADERS = ("From", "To", "Cc", "Reply-To", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id")

# Strangers may have written what is in a mail: it gets styles and pictures, and neither scripts nor our origin.
HTML_POLICY: dict[str, Any] = {
    "sandbox": True,
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:", "https:"],
    "frame-ancestors": [CSP.SELF],
}


@dataclass(frozen=True, slots=True)
class Mail:
    """The `number`th message, from 0, of the file `name`."""

    name: str
    number: int
    written_at: dt.datetime
    message: EmailMessage

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name in HEADERS for value in self.message.get_all(name, [])]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part else ""


def stored() -> list[Mail]:
    """All mails, the newest first."""
    return [mail for file in sorted(_folder().glob("*.log"), reverse=True) for mail in reversed(_read(file))]


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    return render(request, "dev/mails.html", {"mails": stored()})


@require_safe
def mail(request: HttpRequest, name: str, number: int) -> HttpResponse:
    return render(request, "dev/mail.html", {"mail": _find(name, number)})


@require_safe
@xframe_options_sameorigin
@csp_override(HTML_POLICY)
def html(request: HttpRequest, name: str, number: int) -> HttpResponse:
    return HttpResponse(_find(name, number).html)


def _folder() -> Path:
    return Path(settings.MAIL_DIR)


def _read(file: Path) -> list[Mail]:
    written_at = dt.datetime.fromtimestamp(file.stat().st_mtime, tz=dt.UTC)
    parts = file.read_bytes().split(SEPARATOR)[:-1]
    return [
        Mail(file.name, number, written_at, email.message_from_bytes(part, policy=email.policy.default))
        for number, part in enumerate(parts)
    ]


def _find(name: str, number: int) -> Mail:
    file = next((file for file in _folder().glob("*.log") if file.name == name), None)
    found = _read(file) if file else []
    if number >= len(found):
        raise Http404("There is no such mail.")
    return found[number]
