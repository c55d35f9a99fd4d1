"""What allauth asks of the site: where to lead, who asks, how secrets are kept. allauth itself mails nothing."""

import base64
import hashlib
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathFillImage

from nocturne.client import client_ip

from .mails import send_notice


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """There is no form of its own for it: who signs in for the first time has an account."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say themselves what is so."""

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        return [{"id": "again", "description": "", "url": reverse("account_reauthenticate")}]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The one kind that is left of allauth's mails: that a second factor was changed."""
        send_notice(template_prefix.rpartition("/")[2], email)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are encrypted, so that who has the database alone cannot make codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That is not the code that the app shows now. Is the clock of the phone right?"),
    }

    def get_totp_issuer(self) -> str:
        return str(settings.SITE_NAME)

    def build_totp_svg(self, url: str) -> str:
        """The picture to scan, on white also where the page is dark."""
        return str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    """Of SECRET_KEY, and of those that were it: what they encrypted can be read."""
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    digest = hashlib.sha256(b"nocturne.accounts.secrets\0" + secret.encode()).digest()
    return base64.urlsafe_b64encode(digest)
