"""Hosts that asked not to be read: editors list them, and nothing is fetched from there."""

from urllib.parse import urlsplit

from nocturne.http import FetchError

from .models import OptOut, host_of


def obey(url: str) -> None:
    """Raise FetchError if the host of an address, or a domain that it belongs to, has opted out."""
    labels = host_of(url).split(".")
    domains = [".".join(labels[n:]) for n in range(len(labels))]
    listed = OptOut.objects.filter(host__in=domains).order_by("host").first()
    if listed:
        raise FetchError("optout", f"{urlsplit(url).hostname} asked not to be read ({listed.since:%-d %b %Y}).")
