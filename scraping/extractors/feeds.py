"""RSS, Atom and JSON Feed whose entries are events.

A post's date is not an event's: only what names a start counts, as an element of an event namespace, as markup in the
content, as a labelled line, or as an unambiguous date in the title. A blog gives no events.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborHTMLParser

from events.drafts import EventDraft, Price, Problem
from scraping import times
from scraping.admission import admission
from scraping.entries import stated_time, told_place, told_time
from scraping.extractors import Document, Window, microformats
from scraping.fields import is_true, named, text_of
from scraping.places import place_of
from scraping.plain import plain_line
from scraping.prices import price_of
from scraping.schema import Reader
from scraping.titles import dated_title
from scraping.xml import blocks, parse, whole_text
from scraping.zones import iana

_PLACES = ("location", "venue", "place", "eventlocation", "where", "venuename")
_PRICES = ("price", "cost", "ticketprice", "eventprice")


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a feed: its elements' texts by local name in lower case, the first of each."""

    fields: dict[str, str]
    categories: tuple[str, ...] = ()
    link: str = ""
    image: str = ""
    content: str = ""

    def first(self, names: tuple[str, ...]) -> str:
        return next((value for name in names if (value := self.fields.get(name, ""))), "")


def claims(document: Document) -> bool:
    head = document.head
    if "<rss" in head or "<rdf:rdf" in head or ("<feed" in head and "<html" not in head):
        return True
    data = document.json
    return isinstance(data, dict) and "jsonfeed.org" in str(data.get("version"))


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    entries = _json_entries(document.json) if document.json is not None else _xml_entries(document.text)
    for entry in entries:
        if isinstance(entry, Problem):
            yield entry
        elif draft := _draft(entry, document, window):
            yield draft


def _xml_entries(text: str) -> Iterator[Entry | Problem]:
    for block in blocks(text, "item", "entry"):
        try:
            yield _xml_entry(parse(block))
        except ValueError as error:
            yield Problem(code="item.unreadable", message=f"An entry cannot be read: {error}.")


def _xml_entry(node: Element) -> Entry:
    fields: dict[str, str] = {}
    categories, link, image = [], "", ""
    for child in node:
        name = child.tag.lower().rpartition("-")[2].replace("_", "")
        if name == "category":
            categories.append(child.get("term") or child.get("label") or whole_text(child))
        elif name == "link" and child.get("rel", "alternate") == "alternate":
            link = link or child.get("href") or whole_text(child)
        elif name in ("enclosure", "thumbnail", "content") and child.get("url"):
            kind = f"{child.get('type', '')} {child.get('medium', '')}"
            image = image or (child.get("url") or "") if "image" in kind or name == "thumbnail" else image
        elif name == "when" and child.get("startTime"):  # Google's calendar feeds
            fields |= {"start": child.get("startTime", ""), "end": child.get("endTime", "")}
        else:
            parts = [text for part in child if (text := whole_text(part))] if name in _PLACES else []
            value = ", ".join(parts) or whole_text(child) or child.get("valueString", "") or child.get("content", "")
            fields.setdefault(name, value)
    content = max((fields.get(name, "") for name in ("encoded", "content", "description", "summary")), key=len)
    return Entry(fields, tuple(categories), link, image, content)


def _json_entries(data: Any) -> Iterator[Entry | Problem]:
    items = data.get("items")
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        fields = {name: text for name, value in named(item).items() if (text := text_of(value))}
        for extension in item.values():  # "_event": {"start": …}
            if isinstance(extension, dict):
                fields = {name: text for name, value in named(extension).items() if (text := text_of(value))} | fields
        fields.setdefault("pubdate", fields.get("datepublished", ""))
        content = fields.get("contenthtml") or fields.get("contenttext") or fields.get("summary", "")
        tags = tuple(str(tag) for tag in item.get("tags") or () if isinstance(tag, str))
        yield Entry(fields, tags, fields.get("url", ""), fields.get("image", ""), content)


def _draft(entry: Entry, document: Document, window: Window) -> EventDraft | None:
    """None where the entry names no start of an event."""
    title = plain_line(entry.fields.get("title", ""))
    base = EventDraft(
        title=title,
        when=None,
        external_id=entry.first(("guid", "id", "uid", "identifier")),
        url=entry.link or entry.first(("guid",)),
        where=place_of(entry.first(_PLACES)),
        price=_price(entry, window.timezone),
        description=entry.content,
        image_url=entry.image,
        organizer=plain_line(entry.first(("organizer", "host"))),
        categories=entry.categories,
        status=_status(entry.fields),
    )
    if when := stated_time(entry.fields, window.timezone):
        return dataclasses.replace(base, when=when)
    if marked := _marked(entry, document, window):
        where = base.where if base.where.venue or base.where.address else marked.where
        return dataclasses.replace(base, title=title or marked.title, when=marked.when, where=where)
    hint = times.day_comes_first(window.timezone)
    published = _published(entry)
    if found := dated_title(title[:300], published=published, day_first=hint):
        where = base.where if base.where.venue else place_of(found.place)
        return dataclasses.replace(base, title=found.title, when=found.when, where=where)
    if when := told_time(entry.content, window.timezone, published):
        where = base.where if base.where.venue or base.where.address else place_of(told_place(entry.content))
        return dataclasses.replace(base, when=when, where=where)
    return None


def _status(fields: dict[str, str]) -> str:
    said = fields.get("status", "") or fields.get("eventstatus", "")
    flagged = any(is_true(fields.get(name)) for name in ("iscancelled", "iscanceled", "cancelled", "canceled"))
    return "cancelled" if flagged or said.lower().startswith("cancel") else "scheduled"


def _price(entry: Entry, timezone: str) -> Price:
    said = entry.first(_PRICES)
    return price_of(said, timezone=timezone) if said else admission(entry.content, timezone=timezone)


def _marked(entry: Entry, document: Document, window: Window) -> EventDraft | None:
    """The one event that the entry's content marks up."""
    if not any(mark in entry.content for mark in ("vevent", "h-event", "data-start", "date-display-s")):
        return None
    tree = LexborHTMLParser(entry.content)
    found = list(Reader(document, window, list(microformats.items(tree))).drafts())
    if len(found) == 1 and found[0].when:
        return found[0]
    if drupal := tree.css_first(".date-display-single[content], .date-display-start[content]"):
        ending = tree.css_first(".date-display-end[content]")
        begin = times.moment(drupal.attributes.get("content") or "")
        over = times.moment(ending.attributes.get("content") or "") if ending else None
        return EventDraft(title="", when=times.when(begin, over)) if begin else None
    node = tree.css_first("[data-start]")
    start = times.moment(node.attributes.get("data-start") or "") if node is not None else None
    if node is None or start is None:
        return None
    attributes = node.attributes
    end = times.moment(attributes.get("data-end") or "")
    when = times.when(start, end, zone=iana(attributes.get("data-timezone") or ""))
    return EventDraft(title="", when=when, where=place_of(attributes.get("data-location") or ""))


def _published(entry: Entry) -> dt.date | None:
    said = entry.first(("pubdate", "published", "date", "updated"))
    found = times.rfc2822(said) or times.moment(said)
    return found.day if found else None
