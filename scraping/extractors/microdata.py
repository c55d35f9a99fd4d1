"""schema.org events in a page's own elements: microdata and RDFa Lite, which say the same with other attributes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from events.drafts import EventDraft, Problem
from scraping.extractors import Document, Window
from scraping.linked import Item, linked
from scraping.schema import Reader, is_event, walk

MAX_DEPTH = 30
# Elements whose value is an address.
_URLS = {"a": "href", "area": "href", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


@dataclass(frozen=True, slots=True)
class Syntax:
    """The attributes that name a type, a property and a value."""

    type: str
    property: str
    scope: str


MICRODATA = Syntax("itemtype", "itemprop", "itemscope")
RDFA = Syntax("typeof", "property", "typeof")


def claims(document: Document) -> bool:
    text = document.text
    return ("itemtype" in text or "typeof" in text) and "vent" in text and "<" in document.head[:200]


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    items: list[Item] = []
    for syntax in (MICRODATA, RDFA):
        nodes = (node for node in document.tree.css(f"[{syntax.scope}]") if is_event({"@type": _types(node, syntax)}))
        items += [_item(node, syntax, document.url) for node in nodes if not _is_part(node, syntax)]
    yield from Reader(document, window, [item for item in walk(linked(items)) if is_event(item)]).drafts()


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


def _item(node: LexborNode, syntax: Syntax, base: str, depth: int = 0) -> Item:
    item: Item = {"@type": _types(node, syntax)}
    if name := node.attributes.get("itemid") or (node.attributes.get("resource") if syntax is RDFA else ""):
        item["@id"] = name
    _fill(item, node, syntax, base, depth)
    return item


def _fill(item: Item, node: LexborNode, syntax: Syntax, base: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    for child in node.iter():
        names = (child.attributes.get(syntax.property) or "").split()
        if names:
            value = _value(child, syntax, base, depth)
            for name in names:
                item.setdefault(name.rpartition(":")[2].rpartition("/")[2], []).append(value)
        if syntax.scope not in child.attributes:
            _fill(item, child, syntax, base, depth + 1)


def _value(node: LexborNode, syntax: Syntax, base: str, depth: int) -> Any:
    attributes = node.attributes
    if syntax.scope in attributes:
        return _item(node, syntax, base, depth + 1)
    if "content" in attributes:
        return attributes["content"] or ""
    if node.tag in ("time", "data", "meter") and (value := attributes.get("datetime") or attributes.get("value")):
        return value
    if (name := _URLS.get(node.tag or "")) and (address := attributes.get(name)):
        return _absolute(base, address)
    return node.text(separator=" ", strip=True)


def _absolute(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return ""
