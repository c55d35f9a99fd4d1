"""Who asks: the client's address behind proxies that are trusted, what it is counted as, and the operator's lists."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# A home or a server has at least so much of version 6 to itself, and as many addresses in it as it likes.
PREFIX = 64


def client_ip(request: HttpRequest) -> str:
    """The client's address. Nothing that the client itself writes can change it."""
    return str(client_address(request))


def client_address(request: HttpRequest) -> Address:
    """The address that the outermost of the TRUSTED_PROXIES has written into X-Forwarded-For, each the next one's.

    Those before it anybody can write. Of fewer than there are proxies the first counts: all were written by ours.
    """
    known: list[str] = []
    if (proxies := settings.TRUSTED_PROXIES) > 0:
        known = request.headers.get("X-Forwarded-For", "").rsplit(",", proxies)[-proxies:]
    known.append(str(request.META.get("REMOTE_ADDR", "")))
    # what one of ours writes that is no address ("unknown") leaves the proxy before it; a socket has no address
    return next((found for text in known if (found := _address(text))), ipaddress.IPv4Address("127.0.0.1"))


def counted_as(address: Address) -> str:
    """What the address is counted as: itself, or its network of version 6."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), PREFIX), strict=False))


def is_let_in(address: Address) -> bool:
    """Whether IP_WHITELIST has it, which goes before the other list."""
    return any(address in network for network in settings.IP_WHITELIST)


def is_kept_out(address: Address) -> bool:
    return any(address in network for network in settings.IP_BLACKLIST)


def _address(text: str) -> Address | None:
    """What a proxy writes: an address, some with a port; one of version 4 within version 6 is that of version 4."""
    text = text.strip()[:100]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
