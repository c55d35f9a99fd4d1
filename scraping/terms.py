"""Hosts whose terms of use forbid reading by programs: refused unless the operator has their permission.

A list of names and no lawyer: that a host is missing says nothing about its terms.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings

from nocturne.http import FetchError

# A pattern of the host, with or without a subdomain, and the platform's name. Some have a domain in each country.
_COUNTRY = r"(?:com?\.)?[a-z]{2,3}"
FORBIDDEN = {
    r"ra\.co": "Resident Advisor",
    r"residentadvisor\.net": "Resident Advisor",
    r"dice\.fm": "DICE",
    rf"eventbrite\.{_COUNTRY}": "Eventbrite",
    rf"ticketmaster\.{_COUNTRY}": "Ticketmaster",
    r"(?:facebook|fb)\.com": "Facebook",
}
# Their official interfaces, which have terms of their own and are there for programs.
_INTERFACES = frozenset(("app.ticketmaster.com",))
_PLATFORMS = [(re.compile(rf"(?:.*\.)?{pattern}"), name) for pattern, name in FORBIDDEN.items()]


def platform(host: str) -> str:
    """The platform whose terms forbid reading this host; "" where none is known to."""
    host = host.lower().rstrip(".")
    if host in _INTERFACES:
        return ""
    return next((name for pattern, name in _PLATFORMS if pattern.fullmatch(host)), "")


def obey(url: str) -> None:
    """Raise FetchError if the terms of the host forbid reading it and FETCH_PERMITTED_HOSTS does not name it."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    name = platform(host)
    if not name or any(host == known or host.endswith(f".{known}") for known in settings.FETCH_PERMITTED_HOSTS):
        return
    raise FetchError(
        "terms",
        f"The terms of {name} forbid reading {host} by programs. Use the organiser's own calendar or an official "
        f"interface; if {name} permits you to read it, add the host to FETCH_PERMITTED_HOSTS, as "
        f"FETCH_PERMITTED_HOSTS={host}.",
    )
