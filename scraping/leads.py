"""What a page leads to that may list its events: feeds, calendar files, other pages. Pure: nothing is fetched here."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from urllib.parse import urldefrag, urlsplit

from events.text import fold
from scraping import platforms
from scraping.extractors import Document
from scraping.normalise import link

# Of a sitemap no more than this is looked at.
MAX_SITEMAP_URLS = 5_000
MOST_LINKS = 5_000
MOST_EMBEDDED = 10
_CALENDARS = ("text/calendar", "application/ics", "application/calendar+xml", "application/calendar+json")
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")
_JSON = ("application/json", "application/ld+json")
# What a blog announces beside its events.
_NO_EVENTS = re.compile(r"/comments/|/wp-json/(?:wp|oembed)/|xmlrpc|opensearch|/author/", re.I)
_CALENDAR_LINK = re.compile(
    r"^webcals?:|\.ics(?:$|[?#])|[?&](?:outlook-)?ical=|[?&]format=(?:ical|ics)\b|[?&]mec-ical-feed=|/ical/?(?:$|\?)",
    re.I,
)
_WORDS = (
    "event|events|calendar|upcoming|whats on|what s on|whatson|agenda|programme|program|schedule|gigs|concerts|shows|"
    "listings|tonight|veranstaltungen|veranstaltung|termine|kalender|programm|konzerte|spielplan|evenements|evenement|"
    "programmation|spectacles|eventos|conciertos|cartelera|programacion|calendario|eventi|concerti|spettacoli|programma|"
    "evenementen|agenda kalender|arrangementer|kalendarium|evenemang|tapahtumat|wydarzenia|koncerty|akce|udalosti|"
    "εκδηλωσεις|προγραμμα|συναυλιες|мероприятия|афиша|события|etkinlikler|イベント|スケジュール|公演情報"
)
_EVENT_WORDS = frozenset(fold(word) for word in _WORDS.split("|"))


class Rank(IntEnum):
    """In which order leads are followed, and what is believed where two say the same."""

    GIVEN = 0
    PLATFORM = 1
    ANNOUNCED = 2
    LINKED = 3
    FEED = 4
    GUESSED = 5
    PAGE = 6
    SITEMAP = 7


@dataclass(frozen=True, slots=True)
class Lead:
    """An address to look at, and why: the words that an editor reads."""

    url: str
    why: str
    rank: Rank


def of_address(url: str) -> list[Lead]:
    return [
        Lead(feed, f"where {name} keeps its calendar files", Rank.PLATFORM) for name, feed in platforms.by_address(url)
    ]


def of_page(document: Document) -> list[Lead]:
    """All leads of a page, each address once, the most promising first."""
    found = [
        *(Lead(url, f"where {name} keeps its feed", Rank.PLATFORM) for name, url in platforms.by_page(document)),
        *_announced(document),
        *islice(_embedded(document), MOST_EMBEDDED),
        *_linked(document),
        *_guessed(document),
        *_pages(document),
    ]
    own = urldefrag(document.url)[0]
    once: dict[str, Lead] = {}
    for lead in sorted(found, key=lambda lead: lead.rank):
        if lead.url and lead.url != own:
            once.setdefault(lead.url, lead)
    return list(once.values())


def of_sitemap(document: Document) -> list[Lead]:
    """The sitemaps and pages that a sitemap lists and whose names promise events."""
    listed = re.finditer(r"<loc>\s*(?:<!\[CDATA\[)?([^<\]]+)", document.text)
    urls = [link(match[1].strip()) for match in islice(listed, MAX_SITEMAP_URLS)]
    if "<sitemapindex" in document.text:
        maps = [url for url in urls if not _EVENT_WORDS.isdisjoint(fold(urlsplit(url).path).split())]
        return [Lead(url, "a sitemap of events", Rank.SITEMAP) for url in maps[:2]]
    pages = sorted((url for url in urls if url and _names_events(url)), key=lambda url: (url.count("/"), len(url)))
    return [Lead(url, "a page of events in the sitemap", Rank.SITEMAP) for url in pages[:3]]


def sitemaps_of(robots: Iterable[str], url: str) -> list[Lead]:
    """The sitemaps that robots.txt names, else the one that most sites have."""
    parts = urlsplit(url)
    named = [link(each, url) for each in robots][:2] or [f"{parts.scheme}://{parts.netloc}/sitemap.xml"]
    return [Lead(each, "the site's map", Rank.SITEMAP) for each in named if each]


def _announced(document: Document) -> Iterator[Lead]:
    """<link rel=alternate>: what the page itself names as another form of it."""
    for node in document.tree.css("link[rel]"):
        attributes = node.attributes
        if "alternate" not in (attributes.get("rel") or "").lower().split():
            continue
        kind = (attributes.get("type") or "").lower().partition(";")[0].strip()
        title, url = attributes.get("title") or "", _absolute(attributes.get("href"), document)
        if not url or _NO_EVENTS.search(url) or "comment" in title.lower():
            continue
        if kind in _CALENDARS:
            yield Lead(url, "announced as the page's calendar", Rank.ANNOUNCED)
        elif kind in _JSON:
            yield Lead(url, "announced as the page's data", Rank.ANNOUNCED)
        elif kind in _FEEDS:
            yield Lead(url, "announced as the page's feed", Rank.FEED)


def _embedded(document: Document) -> Iterator[Lead]:
    """Calendars of platforms in frames, and links to such calendars."""
    for node in document.tree.css("iframe, a[href]")[:MOST_LINKS]:
        attributes = node.attributes
        for name in ("src", "data-src", "data-lazy-src", "href"):
            url = _absolute(attributes.get(name), document)
            for platform, feed in platforms.by_address(url) if url else ():
                framed = node.tag == "iframe"
                why = f"the calendar of {platform} {'shown on' if framed else 'linked from'} the page"
                yield Lead(feed, why, Rank.PLATFORM if framed else Rank.LINKED)


def _linked(document: Document) -> Iterator[Lead]:
    """Links to calendar files. Many of one kind are those of single events: only the first of them is tried."""
    found: dict[str, None] = {}
    for node in document.tree.css("a[href], link[href]")[:MOST_LINKS]:
        href = (node.attributes.get("href") or "").strip()
        if _CALENDAR_LINK.search(href) and "outlook-ical" not in href:
            found.setdefault(_absolute(href, document))
    kinds = Counter(_kind(url) for url in found if url)
    tried: set[str] = set()
    for url in sorted(filter(None, found), key=lambda url: (kinds[_kind(url)] > 2, len(url))):
        kind = _kind(url)
        if kinds[kind] <= 2 or kind not in tried:
            tried.add(kind)
            single = kinds[kind] > 2
            yield Lead(url, "linked as a calendar file", Rank.GUESSED if single else Rank.LINKED)


def _guessed(document: Document) -> Iterator[Lead]:
    """WordPress plugins that leave no mark answer to this all the same."""
    parts = urlsplit(document.url)
    if "/wp-content/" in document.text and _names_events(document.url):
        yield Lead(
            parts._replace(query="ical=1", fragment="").geturl(), "what calendars of WordPress answer to", Rank.GUESSED
        )


def _pages(document: Document) -> Iterator[Lead]:
    """Up to three pages of the same site whose name or link promises a list of events."""
    host = urlsplit(document.url).netloc
    found: dict[str, int] = {}
    for node in document.tree.css("a[href]")[:MOST_LINKS]:
        url = _absolute(node.attributes.get("href"), document)
        if not url or urlsplit(url).netloc != host or _CALENDAR_LINK.search(url) or _NO_EVENTS.search(url):
            continue
        named, said = _names_events(url), fold(node.text())[:60] in _EVENT_WORDS
        if named or said:
            found[url] = min(found.get(url, 9), 2 - named - said)
    best = sorted(found, key=lambda url: (found[url], url.count("/"), len(url)))
    yield from (Lead(url, "linked as a page of events", Rank.PAGE) for url in best[:3])


def _names_events(url: str) -> bool:
    """Whether the last part of the path is a word for events, as in /en/events/ or /whats-on.html."""
    words = _words_of(url)
    return bool(words) and words[-1] in _EVENT_WORDS


def _words_of(url: str) -> list[str]:
    parts = (part for part in urlsplit(url).path.split("/") if part)
    return [fold(re.sub(r"\.\w{2,5}$", "", part)) for part in parts]


def _kind(url: str) -> str:
    """The form of an address: links to single events differ in the words and numbers of one part only."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/").split("/")
    query = re.sub(r"=[^&]*", "=", parts.query)
    return f"{parts.netloc}{'/'.join(path[:-1])}/{'.ics' if path[-1].endswith('.ics') else ''}?{query}"


def _absolute(href: str | None, document: Document) -> str:
    """The http address that a link means; "" for what is none."""
    href = (href or "").strip()
    if match := re.match(r"webcals?://([^/?#]*)", href, re.I):
        here = urlsplit(document.url)
        scheme = here.scheme if match[1].lower() == here.netloc.lower() else "https"
        href = f"{scheme}:{href.partition(':')[2]}"
    return urldefrag(link(href, document.url))[0] if href else ""
