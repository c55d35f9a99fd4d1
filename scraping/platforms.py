"""Where known platforms keep the calendars and feeds of what they show on their pages.

By the address alone where that says it, else by a mark in the page. What is found here is only asked, like every
other lead: a platform that moved its feed costs one request and no event.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urljoin, urlsplit, urlunsplit

from scraping.extractors import Document

Found = Iterator[str]


@dataclass(frozen=True, slots=True)
class Site:
    """A platform that runs at addresses of its own: `feeds` yields those that an address leads to."""

    name: str
    host: str
    feeds: Callable[[SplitResult], Found]


@dataclass(frozen=True, slots=True)
class Software:
    """Something that runs on other people's sites; `mark` is what it leaves in their pages."""

    name: str
    mark: str
    feeds: Callable[[Document], Found]


def by_address(url: str) -> list[tuple[str, str]]:
    """The (platform, feed) pairs that an address leads to by itself."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    host = (parts.hostname or "").lower()
    found = [(site.name, feed) for site in SITES if re.search(site.host, host) for feed in site.feeds(parts)]
    return [(name, feed) for name, feed in dict.fromkeys(found) if feed != url]


def by_page(document: Document) -> list[tuple[str, str]]:
    """The (platform, feed) pairs of the software that made a page."""
    text = document.text
    found = [
        (each.name, feed) for each in SOFTWARE if re.search(each.mark, text, re.I) for feed in each.feeds(document)
    ]
    return list(dict.fromkeys(found))


# --- by address -----------------------------------------------------------------------------------


def _google(parts: SplitResult) -> Found:
    """The public file of the calendars that an embedded or shared Google calendar shows."""
    query = parse_qs(parts.query)
    for shown in (*query.get("src", ()), *query.get("cid", ())):
        name = _google_name(shown)
        if "@" in name:
            yield f"https://calendar.google.com/calendar/ical/{quote(name, safe='')}/public/basic.ics"


def _google_name(text: str) -> str:
    """The calendar's name, which is an e-mail address, as it is or in base64."""
    if "@" in text:
        return text
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _meetup(parts: SplitResult) -> Found:
    match = re.match(r"/(?:[a-z]{2}-[A-Z]{2}/)?([\w-]+)(?:/events)?/?$", parts.path)
    if match and match[1] not in ("find", "cities", "topics", "home", "apps", "about", "blog", "lp", "events"):
        yield f"https://www.meetup.com/{match[1]}/events/ical/"


def _outlook(parts: SplitResult) -> Found:
    if parts.path.endswith((".html", "/calendar")) and "/calendar" in parts.path:
        path = parts.path.removesuffix(".html")
        yield urlunsplit((parts.scheme, parts.netloc, f"{path}.ics", "", ""))


def _teamup(parts: SplitResult) -> Found:
    if match := re.match(r"/(ks[0-9a-z]{10,})", parts.path):
        yield f"https://ics.teamup.com/feed/{match[1]}/0.ics"


def _tockify(parts: SplitResult) -> Found:
    if match := re.match(r"/(?!api/)([\w.-]+)", parts.path):
        yield f"https://tockify.com/api/feeds/ics/{match[1]}"


def _nextcloud(parts: SplitResult) -> Found:
    if match := re.match(r"(.*?)(?:/index\.php)?/apps/calendar/(?:p|embed)/(\w+)", parts.path):
        yield f"{_origin(parts)}{match[1]}/remote.php/dav/public-calendars/{match[2]}?export"


SITES = (
    Site("Google Calendar", r"^(?:www|calendar)\.google\.com$", _google),
    Site("Meetup", r"(?:^|\.)meetup\.com$", _meetup),
    Site("Outlook", r"^outlook\.(?:office365|office|live)\.com$", _outlook),
    Site("Teamup", r"^teamup\.com$", _teamup),
    Site("Tockify", r"^(?:www\.)?tockify\.com$", _tockify),
    Site("Nextcloud", "", _nextcloud),
)


# --- by page --------------------------------------------------------------------------------------


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _at(document: Document, path: str) -> str:
    return urljoin(document.url, path)


def _asked(document: Document, query: str) -> str:
    """The page's address with this query and no other."""
    return urlsplit(document.url)._replace(query=query, fragment="").geturl()


def _wordpress(document: Document, route: str) -> str:
    """A route of the site's REST interface, which need not be at the root of its host."""
    node = document.tree.css_first('link[rel="https://api.w.org/"]')
    base = (node.attributes.get("href") or "") if node is not None else ""
    return urljoin(urljoin(document.url, base or "/wp-json/"), route)


def _events_calendar(document: Document) -> Found:
    yield _wordpress(document, "tribe/events/v1/events?per_page=50")
    path = urlsplit(document.url).path
    yield _asked(document, "ical=1") if path.strip("/") else _at(document, "/events/?ical=1")


def _squarespace(document: Document) -> Found:
    yield _asked(document, "format=json")
    yield _asked(document, "format=ical")


def _luma(document: Document) -> Found:
    for name in dict.fromkeys(re.findall(r"\bcal-[A-Za-z0-9]{10,24}\b", document.text)[:50]):
        yield f"https://api.lu.ma/ics/get?entity=calendar&id={name}"


def _tockify_embed(document: Document) -> Found:
    for name in dict.fromkeys(re.findall(r'data-tockify-calendar=["\']([\w.-]+)', document.text)):
        yield f"https://tockify.com/api/feeds/ics/{name}"


def _indico(document: Document) -> Found:
    match = re.search(r"/category/\d+", urlsplit(document.url).path)
    yield _at(document, f"{match[0] if match else '/category/0'}/events.ics")


def _pretix(document: Document) -> Found:
    if match := re.match(r"/([\w.-]+)", urlsplit(document.url).path):
        yield _at(document, f"/{match[1]}/events/ical/")


def _mobilizon(document: Document) -> Found:
    if match := re.match(r"/(@[\w.-]+(?:@[\w.-]+)?)(?:/events)?/?$", urlsplit(document.url).path):
        yield _at(document, f"/{match[1]}/feed/ics")


def _paths(*paths: str) -> Callable[[Document], Found]:
    return lambda document: (_at(document, path) for path in paths)


def _queries(*queries: str) -> Callable[[Document], Found]:
    return lambda document: (_asked(document, query) for query in queries)


_AI1EC = "plugin=all-in-one-event-calendar&controller=ai1ec_exporter_controller&action=export_events&no_html=true"
SOFTWARE = (
    Software("The Events Calendar", r"/plugins/the-events-calendar/|tribe-events|tribe/events/v1", _events_calendar),
    Software("Modern Events Calendar", r"/plugins/modern-events-calendar", _queries("mec-ical-feed=1")),
    Software("All-in-One Event Calendar", r"/plugins/all-in-one-event-calendar|ai1ec", _paths(f"/?{_AI1EC}")),
    Software("Events Manager", r"/plugins/events-manager/", _paths("/events.ics")),
    Software("Squarespace", r"static1?\.squarespace\.com|Static\.SQUARESPACE_CONTEXT", _squarespace),
    Software("Localist", r"\blocalist\b", _paths("/api/2/events?days=90&pp=100", "/calendar.ics")),
    Software("LiveWhale", r"livewhale", _paths("/live/json/events", "/live/ical/events")),
    Software("Gancio", r"\bgancio\b", _paths("/api/events", "/feed/ics")),
    Software("Mobilizon", r"mobilizon", _mobilizon),
    Software("Luma", r"\blu(?:\.ma|ma\.com)\b", _luma),
    Software("Tockify", r"data-tockify-calendar", _tockify_embed),
    Software("Indico", r'content="indico|\bindico-', _indico),
    Software("pretix", r"/static/pretixpresale/", _pretix),
)
