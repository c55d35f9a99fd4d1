"""One spelling of a web address, for telling that two listings name the same page."""

import functools
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

# Parameters that say where a visitor came from, never what the page shows.
_TRACKING = re.compile(
    r"(utm_\w+|utm|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|igshid|igsh|li_fat_id|"
    r"mc_[ce]id|mkt_tok|"
    r"_hs\w+|hsa_\w+|__hs\w+|oly_(?:anon|enc)_id|vero_id|_ga|_gl|aff|affiliate|ref|ref_src|referrer|fb_action_ids|"
    r"fb_source|eventorigin|phpsessid|jsessionid|spm|trk|cmpid|pk_\w+|mtm_\w+|piwik_\w+)",
    re.I,
)
_PORTS = {"http": 80, "https": 443}
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
_HOSTS = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.[^.]+)")
_NAME = re.compile(r"\.[a-z][a-z0-9-]*(?::\d+)?$")
_SAFE = "/:@!$&'()*+,;=~-._"
# Escaping makes an address up to three times as long; what is longer than this tells nothing.
_LONGEST = 2_000


@functools.lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The spelling under which addresses compare: "" for what is no web address or too long.

    http and https, www and not, tracking parameters and the order of the others, default ports, case of the
    host, escapes, trailing slashes and fragments make no difference. "#!/…" does: some sites route by it.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in _PORTS or not host:
        return ""
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return ""
    host = _HOSTS.sub("", host.lower())
    if port and port != _PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    path = quote(unquote(_SESSION.sub("", re.sub(r"/{2,}", "/", parts.path)), errors="replace"), safe=_SAFE)
    path = re.sub(r"/(?:index\.(?:html?|php))?$", "", path)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(k)]
    text = f"https://{host}{path or '/'}"
    text += f"?{urlencode(sorted(query))}" if query else ""
    text += f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return text if len(text) <= _LONGEST else ""


def names_one_thing(url: str) -> bool:
    """Of a canonical address: a homepage or a calendar's front names no event."""
    path, query, _ = url.partition("://")[2].partition("#")[0].partition("/")[2].partition("?")
    path = path.strip("/")
    return bool(query) or "/" in path or len(path) > 20


def site(url: str) -> str:
    """The host of a canonical address; "" for an IP address or a name without a dot, which many sites share."""
    host = url.partition("://")[2].partition("/")[0]
    return host if _NAME.search(host) else ""
