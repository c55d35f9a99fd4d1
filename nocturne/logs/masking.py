"""What logs must not keep: addresses of people, and what lets somebody in."""

import ipaddress
import re

# Each is looked for only where its mark is in the text. The lengths are bounded, so that no text takes long.
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]{1,200}@")
# A worker of Celery is named as an address is.
_ADDRESS = re.compile(r"\b(?!celery@)[\w.+%'-]{1,64}(?:@|%40)(?:[\w-]{1,63}(?:\.[\w-]{1,63})+|localhost)")
_SECRET = re.compile(r"(?i)(?<![a-z0-9])((?:api_?key|key|token|secret|password|passwd|signature)=)[^&\s'\"]+")
# What tokens.make_token makes: row, version, time, signature; and Django's for a new password, after the user's number.
_TOKEN = re.compile(r"\b\d+\.\d+\.[0-9A-Za-z]{5,8}\.[\w-]{20,}|\b[\w-]{1,20}/[0-9a-z]{4,13}-[0-9a-f]{32}\b")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\d|\w)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")


def masked(text: str) -> str:
    """The text without addresses of e-mail, signed tokens, passwords and keys, and with public IPs shortened."""
    if "@" in text or "%40" in text:
        text = _CREDENTIALS.sub("[credentials]@", text)
        text = _ADDRESS.sub("[e-mail]", text)
    if "=" in text:
        text = _SECRET.sub(r"\1[secret]", text)
    if "." in text or "/" in text:
        text = _TOKEN.sub("[token]", text)
    if "." in text:
        text = _IPV4.sub(_shortened, text)
    if ":" in text:
        text = _IPV6.sub(_shortened, text)
    return text


def _shortened(match: re.Match[str]) -> str:
    """The network that a public address is in; those of one's own machines say nothing about visitors."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:  # a time of day, a version
        return match[0]
    if not address.is_global:
        return match[0]
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
