"""schema.org events in JSON-LD, as sites write it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from events.drafts import EventDraft, Problem
from scraping.extractors import Document, Window, pagedata
from scraping.lenient import loads
from scraping.linked import Item, linked
from scraping.schema import Reader, is_event, walk

_BEFORE = re.compile(
    r"(?:\s++|<!--(?:(?!-->).)*+-->|//[^\n]*+\n|(?:(?:var|let|const)\s++)?[\w.$]{1,60}+\s*+=)*+(?=[{\[])"
)


def claims(document: Document) -> bool:
    if "ld+json" in document.text:
        return True
    return document.json is not None and '"@type"' in document.text and "schema.org" in document.text


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    items = list(_items(document))
    problems = [item for item in items if isinstance(item, Problem)]
    events = [item for item in items if not isinstance(item, Problem)]
    yield from problems
    yield from pagedata.completed(list(Reader(document, window, events).drafts()), document, window)


def _items(document: Document) -> Iterator[Item | Problem]:
    """The event objects of all blocks of the page, or of a file that is JSON-LD itself."""
    if document.json is not None:
        yield from (item for item in walk(linked(document.json)) if is_event(item))
        return
    blocks = []
    for node in document.tree.css("script"):
        if "ld+json" not in (node.attributes.get("type") or "").lower():
            continue
        text = node.text().strip()
        try:
            blocks.append(_block(text) if text else None)
        except ValueError as error:
            if "vent" in text:
                yield Problem(code="jsonld.unreadable", message=f"A JSON-LD block cannot be read: {error}.")
    yield from (item for item in walk(linked(blocks)) if is_event(item))


def _block(text: str) -> Any:
    """The value of a block; some are JSON in a string of JSON, some have a comment or an assignment before it."""
    if text.startswith('"'):
        inner = json.loads(text)
        return loads(inner) if isinstance(inner, str) else None
    before = _BEFORE.match(text)
    return loads(text[before.end() :] if before else text)
