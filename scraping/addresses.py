"""Addresses as people paste them, and which source has one already."""

import re
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from events.models import Source
from nocturne.http import PORTS, Refused, is_public
from scraping.normalise import MAX_URL, link

# Schemes by which programs are told to subscribe; the server behind them speaks http.
_SUBSCRIBE = re.compile(r"^(?:webcals?|feed|ical|calshow):(?://)?(?=\S)(?!https?:)", re.I)
_NESTED = re.compile(r"^(?:webcals?|feed):(?://)?(?=https?:)", re.I)
_HTTP = re.compile(r"^https?://", re.I)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?!\d)", re.I)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# Names that mean something inside a network only.
_INNER = re.compile(r"(?:.*\.)?(?:localhost|local|internal|lan|home\.arpa)")

_NO_ADDRESS = "“{}” is no address of the web; it should look like https://example.org/events."


def readings(text: str) -> tuple[str, ...]:
    """The addresses that a pasted text can mean, the likeliest first: without a scheme of the web, https and then http.

    Raises ValueError with a sentence for what is no address of the web.
    """
    text = _NESTED.sub("", text.strip().strip("<>\"'“”").strip())
    if not text:
        raise ValueError("Paste the address of a page, a calendar or a feed.")
    bare = _SUBSCRIBE.sub("", text)
    if _HTTP.match(bare):
        found: tuple[str, ...] = (link(bare),)
    elif _SCHEME.match(bare):
        scheme = bare.partition(":")[0]
        raise ValueError(f"“{scheme}:” is no address of the web; paste one that begins with https://.")
    else:
        found = (link(f"https://{bare}"), link(f"http://{bare}"))
    if not found[0]:
        if len(text) > MAX_URL:
            raise ValueError(f"The address is longer than {MAX_URL} characters.")
        raise ValueError(_NO_ADDRESS.format(text[:100]))
    check_host(found[0])
    return tuple(urlsplit(url)._replace(fragment="").geturl() for url in found)


def check_host(url: str) -> None:
    """Raise ValueError with a sentence for a host that the client would refuse, as far as its name tells that."""
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or {"http": 80}.get(parts.scheme, 443)
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if name in settings.FETCH_ALLOW or f"{host}:{port}" in settings.FETCH_ALLOW:
        return
    try:
        public = is_public(host)
    except ValueError:
        public = not _INNER.fullmatch(host)
        if public and not _is_name(host):
            raise ValueError(_NO_ADDRESS.format(host[:100])) from None
    if not public:
        raise ValueError(str(Refused(f"{host} is not a public address", name)))
    if port not in PORTS:
        raise ValueError(str(Refused(f"port {port} is not one of {', '.join(map(str, PORTS))}", name)))


def _is_name(host: str) -> bool:
    """Two labels or more that a name server may know; what ends with a number is meant as an IP address."""
    try:
        labels = host.encode("idna").decode().lower().split(".")
    except UnicodeError:
        return False
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1])


def forms(url: str) -> set[str]:
    """The spellings under which one address goes: with http and https, with and without the slash at the end."""
    parts = urlsplit(url)
    port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    host = parts.netloc.lower().removesuffix(port) if port else parts.netloc.lower()
    path = parts.path.rstrip("/")
    return {
        urlunsplit((scheme, host, each, parts.query, "")) for scheme in ("http", "https") for each in (path, f"{path}/")
    }


def source_with(url: str, *, but: Source | None = None) -> Source | None:
    """The source that reads this address already, however it is spelled."""
    if not url:
        return None
    known = Source.objects.filter(url__in={url, *forms(url)}).order_by("pk")
    return known.exclude(pk=but.pk).first() if but and but.pk else known.first()
