"""schema.org events in a page's own elements: microdata and RDFa Lite, which say the same with other attributes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from events.drafts import EventDraft, Problem
from scraping.extractors import Document, Window
from scraping.linked import Item, linked
from scraping.schema import Reader, is_event, walk

MAX_DEPTH = 30
# A referenced part of a page that is longer holds more than a place.
MAX_REFERENCED = 20_000
_ID = re.compile(r"[\w:.-]+")
# Elements whose value is an address.
_URLS = {"a": "href", "area": "href", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


@dataclass(frozen=True, slots=True)
class Syntax:
    """The attributes that name a type, a property and a value."""

    type: str
    property: str
    scope: str


@dataclass(slots=True)
class _Page:
    """The document's address, the places that hold events, and how many more references are followed in it."""

    base: str
    places: dict[int, Item] = field(default_factory=dict)
    references: int = 200


MICRODATA = Syntax("itemtype", "itemprop", "itemscope")
RDFA = Syntax("typeof", "property", "typeof")


def claims(document: Document) -> bool:
    text = document.text
    return ("itemtype" in text or "typeof" in text) and "vent" in text and "<" in document.head[:200]


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    items: list[Item] = []
    page = _Page(document.url)
    for syntax in (MICRODATA, RDFA):
        nodes = (node for node in document.tree.css(f"[{syntax.scope}]") if is_event({"@type": _types(node, syntax)}))
        items += [_with_place(node, syntax, page) for node in nodes if not _is_part(node, syntax)]
    yield from Reader(document, window, [item for item in walk(linked(items)) if is_event(item)]).drafts()


def _with_place(node: LexborNode, syntax: Syntax, page: _Page) -> Item:
    """The event, with the place around it that has it as its event."""
    item = _item(node, syntax, page)
    if node.attributes.get(syntax.property) not in ("event", "events"):
        return item
    parent = node.parent
    while parent is not None and syntax.scope not in parent.attributes:
        parent = parent.parent
    if parent is None:
        return item
    if parent.mem_id not in page.places:
        place = _item(parent, syntax, page)
        page.places[parent.mem_id] = {name: part for name, part in place.items() if name not in ("event", "events")}
    return linked({**page.places[parent.mem_id], "event": item})["event"]


def _types(node: LexborNode, syntax: Syntax) -> list[str]:
    return (node.attributes.get(syntax.type) or "").split()


def _is_part(node: LexborNode, syntax: Syntax) -> bool:
    """Is it told as part of another event? Then that one's item holds it."""
    if not node.attributes.get(syntax.property):
        return False
    parent = node.parent
    while parent is not None:
        if syntax.scope in parent.attributes:
            return is_event({"@type": _types(parent, syntax)})
        parent = parent.parent
    return False


def _item(node: LexborNode, syntax: Syntax, page: _Page, depth: int = 0) -> Item:
    item: Item = {"@type": _types(node, syntax)}
    if name := node.attributes.get("itemid") or (node.attributes.get("resource") if syntax is RDFA else ""):
        item["@id"] = name
    _fill(item, node, syntax, page, depth)
    for name in (node.attributes.get("itemref") or "").split() if not depth else ():
        page.references -= 1
        if page.references < 0 or not _ID.fullmatch(name):
            break
        other = node.parser.css_first(f'[id="{name}"]')
        if other is not None and len(other.html or "") < MAX_REFERENCED:
            _add(item, other, syntax, page, depth)
    return item


def _fill(item: Item, node: LexborNode, syntax: Syntax, page: _Page, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    for child in node.iter():
        _add(item, child, syntax, page, depth)


def _add(item: Item, node: LexborNode, syntax: Syntax, page: _Page, depth: int) -> None:
    """What an element says of the item, itself and with those in it."""
    names = (node.attributes.get(syntax.property) or "").split()
    if names:
        value = _value(node, syntax, page, depth)
        for name in names:
            item.setdefault(name.rpartition(":")[2].rpartition("/")[2], []).append(value)
    if syntax.scope not in node.attributes:
        _fill(item, node, syntax, page, depth + 1)


def _value(node: LexborNode, syntax: Syntax, page: _Page, depth: int) -> Any:
    attributes = node.attributes
    if syntax.scope in attributes:
        return _item(node, syntax, page, depth + 1)
    if "content" in attributes:
        return attributes["content"] or ""
    if value := attributes.get("datetime") or (
        attributes.get("value") if node.tag in ("data", "meter", "time") else ""
    ):
        return value
    if (name := _URLS.get(node.tag or "")) and (address := attributes.get(name)):
        return _absolute(page.base, address)
    return node.text(separator=" ", strip=True)


def _absolute(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return ""
