"""Our own origin: from SITE_URL and never from a request's Host, which caches and mails must not follow."""

from urllib.parse import urlsplit

from django.conf import settings


def absolute(path: str) -> str:
    """The full address of a path on this site."""
    return f"{settings.SITE_URL}{path}"


def host() -> str:
    """The site's name for ids that outlive its addresses, as in a calendar's UID."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"
