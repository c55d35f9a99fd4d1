"""iCalendar (RFC 5545) as programs really write it.

A tolerant reader of lines instead of a strict parser: strict ones lose a whole feed to one odd line, and take
most of their time for what no event needs. Series are expanded to the window.
"""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import unquote

from events.drafts import EventDraft, Price, Problem, Where
from scraping.contentlines import Component, calendars, unescape
from scraping.extractors import Document, Window
from scraping.places import place_of
from scraping.prices import price_of
from scraping.recurrence import Budget
from scraping.series import Instance, instances
from scraping.stamps import MAX_STEPS, Clock

_URL = re.compile(r"https?://[^\s<>\"'\\]+", re.I)
_GEO = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*\\?[;,]\s*(-?\d+(?:\.\d+)?)")
_COMMA = re.compile(r"(?<!\\),")
_IMAGE = re.compile(r"\.(?:jpe?g|png|webp|gif)(?:\?|$)", re.I)
_STATUSES = {"CANCELLED": "cancelled", "CANCELED": "cancelled", "POSTPONED": "postponed"}
_COSTS = ("X-COST", "X-LIVEWHALE-COST", "X-TICKET-PRICE", "X-PRICE")
_IMAGES = ("IMAGE", "ATTACH", "X-WP-IMAGES-URL", "X-LIVEWHALE-IMAGE", "X-BEDEWORK-IMAGE", "X-TKF-FEATURED-IMAGE")


def claims(document: Document) -> bool:
    return "begin:vcalendar" in document.head or "begin:vevent" in document.head


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    budget = Budget(MAX_STEPS)
    for calendar in calendars(document.body, document.content_type):
        yield from drafts(calendar, window, budget)


def drafts(calendar: Component, window: Window, budget: Budget) -> Iterator[EventDraft | Problem]:
    """The events of one calendar inside the window, those of one UID together; all series may take `budget`."""
    clock = Clock(calendar, window.timezone, budget=budget)
    families: dict[str, list[Component]] = defaultdict(list)
    for number, event in enumerate(calendar.children("VEVENT")):
        if not event.complete:
            yield Problem(code="item.cut", message=f"“{event.text('SUMMARY')[:80]}” is cut off: it has no end.")
            continue
        families[event.text("UID") or f"\0{number}"].append(event)
    for uid, events in families.items():
        for found in instances(events, clock, window):
            yield _draft(uid.partition("\0")[0], found, clock.fallback)


def _draft(uid: str, found: Instance, timezone: str) -> EventDraft:
    event = found.event
    description, location = event.text("DESCRIPTION"), event.text("LOCATION")
    return EventDraft(
        title=event.text("SUMMARY"),
        when=found.when,
        external_id=uid,
        series_key=uid if found.instance else "",
        instance=found.instance,
        url=_url(event, description, location),
        where=_where(event, location),
        price=next((price_of(text, timezone=timezone) for name in _COSTS if (text := event.text(name))), Price()),
        status=_STATUSES.get(event.text("STATUS").upper(), "scheduled"),
        description=description or event.text("X-ALT-DESC"),
        image_url=_image(event),
        organizer=_organizer(event),
        categories=tuple(
            word
            for line in event.properties.get("CATEGORIES", ())
            for part in _COMMA.split(line.value)
            if (word := unescape(part))
        ),
        language=(line.parameter("LANGUAGE") if (line := event.first("SUMMARY")) else ""),
        problems=found.problems,
    )


def _url(event: Component, description: str, location: str) -> str:
    """The event's page: URL, else the one link that stands in the place or first in the text."""
    for text in (event.text("URL"), event.text("X-ORIGINAL-URL"), location, description):
        if match := _URL.search(text):
            return match[0].rstrip(".,;:!?)]}*")
    return ""


def _where(event: Component, location: str) -> Where:
    where = place_of(location)
    line = event.first("GEO")
    if match := _GEO.match(line.value) if line else None:
        where = dataclasses.replace(where, latitude=float(match[1]), longitude=float(match[2]))
    if "CONFERENCE" in event.properties and not location:
        where = dataclasses.replace(where, online=True)
    return where


def _image(event: Component) -> str:
    for name in _IMAGES:
        for line in event.properties.get(name, ()):
            if line.parameter("FMTTYPE").lower().startswith("image/") or _IMAGE.search(line.value):
                return unescape(line.value)
    return ""


def _organizer(event: Component) -> str:
    """The organiser's name; an address for mail is not a name."""
    line = event.first("ORGANIZER")
    name = unquote(line.parameter("CN")) if line else ""
    if line and not name and not line.value.lower().startswith("mailto:"):
        name = unescape(line.value)
    return "" if "@" in name or "://" in name else name
