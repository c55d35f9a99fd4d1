"""Which format is it, and what does it say? The content decides, not the suffix and not the header."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from events.drafts import EventDraft, Problem
from scraping.extractors import (
    MAX_DRAFTS,
    Document,
    Window,
    dice,
    eventbrite,
    feeds,
    ics,
    jsonld,
    meetup,
    microdata,
    microformats,
    objects,
    pagedata,
    tickettailor,
    xcal,
)

log = logging.getLogger(__name__)


class Extractor(Protocol):
    """A module of scraping.extractors."""

    __name__: str

    def claims(self, document: Document) -> bool: ...
    def extract(self, document: Document, window: Window) -> Iterator[EventDraft | Problem]: ...


# In this order: a platform's own data before general markup. The first that finds an event is the one that is read.
EXTRACTORS: tuple[Extractor, ...] = (
    ics,
    xcal,
    feeds,
    dice,
    eventbrite,
    meetup,
    tickettailor,
    jsonld,
    objects,
    microdata,
    microformats,
    pagedata,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document says: drafts that overlap the window or have no readable date, and Problems of no draft.

    `format` is the extractor's name, "" where no extractor knows the document; then a Problem says so.
    """

    drafts: tuple[EventDraft, ...] = ()
    problems: tuple[Problem, ...] = ()
    format: str = ""


def read(document: Document, window: Window) -> Reading:
    """Read a document with the first extractor that claims it and finds events. Never raises for what it holds."""
    if not document.body.strip():
        return _unknown("The document is empty.")
    best = Reading()
    for extractor in EXTRACTORS:
        reading = _read(extractor, document, window)
        if reading and any(draft.when for draft in reading.drafts):
            return reading
        if reading and (not best.format or (reading.drafts and not best.drafts)):
            best = reading
    if best.format:
        return best
    if document.head.startswith("<"):
        return _page(document)
    return _unknown("The document is in no format that Nocturne reads.")


def _read(extractor: Extractor, document: Document, window: Window) -> Reading | None:
    """None where the extractor does not claim the document."""
    name = extractor.__name__.rpartition(".")[2]
    drafts: list[EventDraft] = []
    problems: list[Problem] = []
    try:
        if not extractor.claims(document):
            return None
        for item in extractor.extract(document, window):
            if isinstance(item, Problem):
                problems.append(item)
            elif item.when is None or window.holds(item.when):
                drafts.append(item)
            if len(drafts) >= MAX_DRAFTS:
                problems.append(Problem(code="document.cut", message=f"Only the first {MAX_DRAFTS} events were read."))
                break
    except Exception as error:  # a fault of ours, or bytes that nobody foresaw: what was read so far stays
        log.exception("%s cannot read %s", name, document.url)
        problems.append(Problem(code="document.fault", message=f"Reading stopped: {type(error).__name__}."))
    return Reading(drafts=tuple(drafts), problems=tuple(problems), format=name)


def _page(document: Document) -> Reading:
    """A page without events in it."""
    if document.tree.css_first('input[type="password"]') and len(document.tree.css("article, main li")) == 0:
        return _unknown("The address answers with a page that asks to sign in.")
    return Reading(format="html")


def _unknown(message: str) -> Reading:
    return Reading(problems=(Problem(code="format.unknown", message=message),))
