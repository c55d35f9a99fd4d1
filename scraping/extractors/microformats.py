"""h-event and hCalendar: events in a page's class names."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from events.drafts import EventDraft, Problem
from scraping.extractors import Document, Window
from scraping.linked import Item
from scraping.schema import Reader

MAX_DEPTH = 30
_ROOTS = frozenset(("h-event", "vevent"))
# Objects of their own: what they say of their name is not the event's.
_CARDS = frozenset("h-card h-entry h-cite h-feed h-item h-adr h-geo h-review h-product vcard hentry".split())
# Class names of microformats 2 and 1, by the property of schema.org that they mean.
_PROPERTIES = {
    "p-name": "name",
    "summary": "name",
    "dt-start": "startDate",
    "dtstart": "startDate",
    "dt-end": "endDate",
    "dtend": "endDate",
    "dt-duration": "duration",
    "duration": "duration",
    "p-location": "location",
    "location": "location",
    "u-url": "url",
    "url": "url",
    "u-uid": "@id",
    "uid": "@id",
    "e-content": "description",
    "e-description": "description",
    "p-description": "description",
    "description": "description",
    "p-summary": "description",
    "p-category": "keywords",
    "category": "keywords",
    "u-photo": "image",
    "u-featured": "image",
    "photo": "image",
    "p-organizer": "organizer",
    "organizer": "organizer",
    "p-performer": "performer",
    "status": "eventStatus",
    "p-status": "eventStatus",
}
_PLACE = {
    "p-name": "name",
    "fn": "name",
    "org": "name",
    "p-org": "name",
    "p-street-address": "streetAddress",
    "street-address": "streetAddress",
    "p-locality": "addressLocality",
    "locality": "addressLocality",
    "p-region": "addressRegion",
    "region": "addressRegion",
    "p-country-name": "addressCountry",
    "country-name": "addressCountry",
    "p-latitude": "latitude",
    "latitude": "latitude",
    "p-longitude": "longitude",
    "longitude": "longitude",
}


def claims(document: Document) -> bool:
    return "<" in document.head[:200] and ("h-event" in document.text or "vevent" in document.text)


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    yield from Reader(document, window, list(items(document.tree))).drafts()


def items(tree: LexborHTMLParser) -> Iterator[Item]:
    """The events of a page as objects of schema.org; those without any start are a layout's class names only."""
    for root in tree.css(".h-event, .vevent"):
        item: Item = {"@type": "Event"}
        _fill(item, root, 0)
        if item.get("startDate"):
            yield item


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _fill(item: Item, node: LexborNode, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    for child in node.iter():
        classes = _classes(child)
        if not _ROOTS.isdisjoint(classes):
            continue  # an event of its own
        found = False
        for name in dict.fromkeys(_PROPERTIES[name] for name in classes if name in _PROPERTIES):
            if name == "keywords":
                item.setdefault(name, []).append(_stated(child) or _text(child))
            elif not item.get(name):
                item[name] = _value(child, name)
            found = found or name in ("location", "organizer", "performer")
        if not found and _CARDS.isdisjoint(classes):
            _fill(item, child, depth + 1)


def _value(node: LexborNode, name: str) -> object:
    if name == "location":
        return _place(node)
    if name in ("startDate", "endDate", "duration"):
        return _time(node)
    if name in ("url", "image"):
        address = node.attributes.get("href") or node.attributes.get("src")
        return address or _text(node)
    if name == "description":
        return node.inner_html or ""
    return _stated(node) or _text(node)


def _stated(node: LexborNode) -> str:
    """The text that an element has in an attribute: of data its value, of a picture what is read instead of it."""
    name = {"data": "value", "input": "value", "img": "alt", "area": "alt", "abbr": "title"}.get(node.tag or "", "")
    return (node.attributes.get(name) or "").strip() if name else ""


def _time(node: LexborNode) -> str:
    """The value-class pattern, then what is there for programs, then the text."""
    values = node.css(".value, .value-title")
    if values:
        return " ".join(_attribute(value) or value.text(strip=True) for value in values)
    inner = node.css_first("time[datetime], abbr[title]")
    return _attribute(node) or (_attribute(inner) if inner is not None else "") or _text(node)


def _attribute(node: LexborNode) -> str:
    attributes = node.attributes
    return (attributes.get("datetime") or attributes.get("title") or attributes.get("value") or "").strip()


def _place(node: LexborNode) -> object:
    """A card's parts; plain text where there are none."""
    place: Item = {"@type": "Place"}
    address: Item = {"@type": "PostalAddress"}
    for child in node.css("*"):
        for name in _classes(child):
            if name not in _PLACE:
                continue
            part = _PLACE[name]
            target = place if part in ("name", "latitude", "longitude") else address
            if not target.get(part):
                target[part] = (child.attributes.get("title") or child.attributes.get("value") or _text(child)).strip()
    if len(address) == 1 and len(place) == 1:
        return _text(node)
    return {**place, "address": address}


def _text(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ").split())
