"""Which way mail goes: to a mail server, to a provider's API, or into files; settings.py asks."""

from pathlib import Path
from typing import Any

from nocturne.configuration import value


def config(provider: str, *, folder: Path) -> dict[str, Any]:
    """Django's MAILERS: SMTP_HOST goes first, then a provider by the name that django-anymail has for it."""
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
