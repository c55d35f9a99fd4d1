"""Which way mail goes: to a mail server, to a provider's API, or into files; settings.py asks."""

import pkgutil
from pathlib import Path
from typing import Any

import anymail.backends
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from nocturne.configuration import value

PROVIDERS = {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)} - {
    "base",
    "base_requests",
    "console",
    "test",
}


def config(provider: str, *, folder: Path) -> dict[str, Any]:
    """Django's MAILERS: SMTP_HOST goes first, then a provider by the name that django-anymail has for it."""
    if provider and provider not in PROVIDERS:
        raise ImproperlyConfigured(f"MAIL_PROVIDER is {provider!r}: it must be one of {', '.join(sorted(PROVIDERS))}.")
    host, port, user = value("SMTP_HOST"), value("SMTP_PORT"), value("SMTP_USER")
    if host:
        options = {
            "host": host,
            "port": port,
            "username": user,
            "password": value("SMTP_PASSWORD"),
            "use_tls": port == 587 and bool(user),
            "use_ssl": port == 465,
            "timeout": 10,
        }
        return {"default": {"BACKEND": "nocturne.smtp.EmailBackend", "OPTIONS": options}}
    if provider:
        return {"default": {"BACKEND": f"anymail.backends.{provider}.EmailBackend", "OPTIONS": {}}}
    backend = "django.core.mail.backends.filebased.EmailBackend"
    return {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(folder)}}}


@checks.register(deploy=True)
def check(**_: Any) -> list[checks.CheckMessage]:
    """Whether mail has a sender of the site's own; mail servers refuse one of "localhost"."""
    if not settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        return []
    return [
        checks.Warning(
            f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL}, which mail servers refuse.",
            hint="Set it to an address of a host from which your mail server may send.",
            id="nocturne.W002",
        )
    ]
