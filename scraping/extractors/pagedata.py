"""The data that a page is drawn from: JSON that Next.js and its like leave in a script.

Where the page has markup for search engines, that is what is read; the data then tells what the markup leaves out, as
DICE's "sold out" and prices. Without markup the data itself is read, in the ways of the platforms that we know.
"""

import re
from collections.abc import Iterator
from typing import Any

from events.drafts import EventDraft, Price, Problem
from events.text import fold
from scraping.extractors import Document, Window, dice, eventbrite, meetup, objects, tickettailor
from scraping.lenient import loads
from scraping.normalise import link

MAX_DEPTH = 12
_MARKS = ("__NEXT_DATA__", "__SERVER_DATA__", "__INITIAL_STATE__", "__APOLLO_STATE__", "__PRELOADED_STATE__")
_ASSIGNED = re.compile(rf"(?:{'|'.join(_MARKS)})(?:[\"']\s*\])?\s*=\s*(?=[{{\[])")
_PLATFORMS = (dice, eventbrite, meetup, tickettailor, objects)


def claims(document: Document) -> bool:
    return "<" in document.head[:200] and any(mark in document.text for mark in _MARKS)


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    """Events that say where and at what time, or until when: less may be anything that has a name and a date."""
    for draft in drafts(document, window):
        where, when = draft.where, draft.when
        placed = where.venue or where.address or where.online
        if when and (when.end or (placed and when.time_known)):
            yield draft


def drafts(document: Document, window: Window) -> Iterator[EventDraft]:
    for data in _data(document):
        inner = Document(url=document.url, body=b"")
        inner.__dict__.update(text=data[0], head=data[0][:200].lower(), json=data[1])
        platform = next(each for each in _PLATFORMS if each.claims(inner))
        yield from (found for found in platform.extract(inner, window) if isinstance(found, EventDraft))


def completed(found: list[EventDraft], document: Document, window: Window) -> list[EventDraft]:
    """The events of a page's markup with what its data says of them besides."""
    if not found or not claims(document):
        return found
    known: dict[tuple[str, ...], EventDraft] = {}
    for draft in drafts(document, window):
        for key in _keys(draft, document.url):
            known.setdefault(key, draft)
    return [_with(draft, next((known[k] for k in _keys(draft, document.url) if k in known), None)) for draft in found]


def _keys(draft: EventDraft, base: str) -> Iterator[tuple[str, ...]]:
    """What tells that two descriptions are of one event: address and day, else title and day."""
    day = str(draft.when.start.date()) if draft.when else ""
    if address := link(draft.url, base):
        yield "url", address.partition("?")[0].rstrip("/"), day
    if day:
        yield "title", fold(draft.title), day


def _with(draft: EventDraft, more: EventDraft | None) -> EventDraft:
    """The draft, its gaps filled from another description of the same event; what it says itself stays."""
    if more is None:
        return draft
    changes: dict[str, Any] = {
        name: getattr(more, name)
        for name in ("organizer", "image_url", "description", "performers", "url")
        if not getattr(draft, name)
    }
    if more.when and more.when.time_known and (draft.when is None or not draft.when.time_known):
        changes["when"] = more.when
    if draft.price == Price() or (draft.price.minimum is None and not draft.price.is_free):
        changes["price"] = more.price
    if draft.status == "scheduled":
        changes["status"] = more.status
    if not draft.where.venue and not draft.where.address:
        changes["where"] = more.where
    return draft.replace(**changes)


def _data(document: Document) -> Iterator[tuple[str, Any]]:
    """The texts and values of the page's data, references in them put in place."""
    for node in document.tree.css("script"):
        text = node.text()
        if not any(mark in text or mark == node.attributes.get("id") for mark in _MARKS):
            continue
        match = _ASSIGNED.search(text)
        body = text[match.end() :] if match else text
        if not body.lstrip().startswith(("{", "[")):
            continue
        try:
            value = loads(_object(body))
        except ValueError:
            continue
        if isinstance(value, (dict, list)):
            yield text, _linked(value)


def _object(text: str) -> str:
    """The JSON that a script assigns, without the statements behind it."""
    end = text.find("</script")
    text = text if end < 0 else text[:end]
    last = max(text.rfind("}"), text.rfind("]"))
    return text[: last + 1]


def _linked(value: Any) -> Any:
    """Apollo keeps each object once, by its id, and refers to it; here it stands where it is meant."""
    cache = next((found for found in _caches(value, 0)), None)
    return _placed(cache, cache, 0) if cache is not None else value


def _caches(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and depth < 5:
        if "ROOT_QUERY" in value:
            yield value
        for part in value.values():
            yield from _caches(part, depth + 1)


def _placed(value: Any, cache: dict[str, Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_placed(part, cache, depth + 1) for part in value]
    if isinstance(value, dict):
        name = value.get("__ref")
        if isinstance(name, str):  # one step, so that a circle ends; an event stands in the store itself
            found = cache.get(name)
            if not isinstance(found, dict) or str(found.get("__typename")).endswith("Event"):
                return None
            return {key: part for key, part in found.items() if not _refers(part)}
        return {key: _placed(part, cache, depth + 1) for key, part in value.items() if key != "ROOT_QUERY"}
    return value


def _refers(value: Any) -> bool:
    return any(isinstance(part, dict) and "__ref" in part for part in (value if isinstance(value, list) else [value]))
