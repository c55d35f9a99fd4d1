"""What a document says about itself: its name, its publisher's page, the zone of its times."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scraping.contentlines import calendars
from scraping.extractors import Document
from scraping.fields import first_text, inner, named
from scraping.normalise import link
from scraping.plain import plain_line
from scraping.zones import iana

LONGEST_NAME = 200
# Enough of a feed or page to hold what it says about itself.
_HEAD = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Empty is what the document does not say. `homepage` is an absolute http(s) address, `timezone` an IANA name."""

    name: str = ""
    homepage: str = ""
    timezone: str = ""


def imprint(document: Document) -> Imprint:
    if "begin:vcalendar" in document.head:
        return _of_calendar(document)
    if isinstance(document.json, dict):
        return _of_json(document)
    if "<rss" in document.head or "<feed" in document.head or "<rdf:rdf" in document.head:
        return _of_feed(document)
    return _of_page(document)


def host_of(url: str) -> str:
    """The host, for want of a name."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _of_calendar(document: Document) -> Imprint:
    calendar = next(iter(calendars(document.body, document.content_type)), None)
    if calendar is None:
        return Imprint()
    return Imprint(
        name=_name(calendar.text("X-WR-CALNAME") or calendar.text("NAME")),
        homepage=link(calendar.text("URL") or calendar.text("X-ORIGINAL-URL")),
        timezone=iana(calendar.text("X-WR-TIMEZONE")) or "",
    )


def _of_json(document: Document) -> Imprint:
    fields: dict[str, Any] = named(document.json)
    site = inner(fields, "website")
    name = first_text(site, ("sitetitle",)) or first_text(fields, ("title", "name"))
    home = first_text(site, ("baseurl",)) or first_text(fields, ("homepageurl",))
    return Imprint(name=_name(name), homepage=link(home, document.url))


def _of_feed(document: Document) -> Imprint:
    head = document.text[:_HEAD]
    cut = min((at for mark in ("<item", "<entry") if (at := head.find(mark)) > 0), default=len(head))
    tree = LexborHTMLParser(head[:cut].replace("<![CDATA[", "").replace("]]>", ""))
    title = tree.css_first("title")
    return Imprint(name=_name(title.text() if title is not None else ""))


def _of_page(document: Document) -> Imprint:
    tree = document.tree
    node = tree.css_first('meta[property="og:site_name"]')
    name = (node.attributes.get("content") or "") if node is not None else ""
    title = tree.css_first("title")
    name = name or (title.text() if title is not None else "")
    return Imprint(name=_name(name), homepage=link(document.url))


def _name(text: str) -> str:
    return plain_line(text)[:LONGEST_NAME]
