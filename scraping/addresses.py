"""Addresses as people paste them, and which source has one already."""

import re
from urllib.parse import urlsplit, urlunsplit

from events.models import Source
from scraping.normalise import MAX_URL, link

# Schemes by which programs are told to subscribe; the server behind them speaks http.
_SUBSCRIBE = re.compile(r"^(?:webcals?|feed|ical|calshow):(?://)?(?=\S)(?!https?:)", re.I)
_NESTED = re.compile(r"^(?:webcals?|feed):(?://)?(?=https?:)", re.I)
_HTTP = re.compile(r"^https?://", re.I)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?!\d)", re.I)


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
    host = urlsplit(found[0]).hostname or ""
    if not found[0] or ("." not in host and ":" not in host and host != "localhost"):
        if len(text) > MAX_URL:
            raise ValueError(f"The address is longer than {MAX_URL} characters.")
        raise ValueError(f"“{text[:100]}” is no address of the web; it should look like https://example.org/events.")
    return tuple(urlsplit(url)._replace(fragment="").geturl() for url in found)


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
