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
from scraping.admission import admission
from scraping.contentlines import Component, calendars, unescape
from scraping.extractors import Document, Window
from scraping.places import place_of
from scraping.prices import price_of
from scraping.recurrence import Budget
from scraping.series import instances
from scraping.stamps import MAX_STEPS, Clock

_URL = re.compile(r"https?://[^\s<>\"'\\]+", re.I)
# Links that lead to a meeting, a map or a way out, and not to the event.
_NO_PAGE = re.compile(
    r"https?://(?:[\w-]+\.)*(?:zoom\.us|meet\.google\.com|teams\.microsoft\.com|teams\.live\.com|webex\.com|meet\.jit\.si|"
    r"maps\.(?:google|apple)\.com|maps\.app\.goo\.gl|goo\.gl/maps|google\.[a-z.]+/maps|openstreetmap\.org)",
    re.I,
)
_GEO = re.compile(r"\s*(?:geo:)?(-?\d+(?:\.\d+)?)\s*\\?[;,]\s*(-?\d+(?:\.\d+)?)")
_BEHIND_LINK = ".,;:!?)]}*"
_COMMA = re.compile(r"(?<!\\),")
_IMAGE = re.compile(r"\.(?:jpe?g|png|webp|gif)(?:[?;]|$)", re.I)
_STATUSES = {"CANCELLED": "cancelled", "CANCELED": "cancelled", "POSTPONED": "postponed"}
_COSTS = ("X-COST", "X-LIVEWHALE-COST", "X-TICKET-PRICE", "X-PRICE", "X-COST-TYPE")
_COST_FIELDS = frozenset(("cost", "price", "admission", "ticket price", "fee", "event cost", "event fee"))
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
    withdrawn = calendar.text("METHOD").upper() == "CANCEL"
    for uid, events in families.items():
        of, draft = None, EventDraft(title="", when=None)
        for found in instances(events, clock, window):
            if found.event is not of:  # the dates of a series say the same, and share it
                of, draft = found.event, _draft(uid.partition("\0")[0], found.event, clock.fallback)
                draft = draft.replace(status="cancelled") if withdrawn else draft
            yield draft.replace(
                when=found.when,
                series_key=draft.external_id if found.instance else "",
                instance=found.instance,
                problems=found.problems,
            )


def _draft(uid: str, event: Component, timezone: str) -> EventDraft:
    """What an event says of all its dates."""
    description, location = event.text("DESCRIPTION"), event.text("LOCATION")
    return EventDraft(
        title=event.text("SUMMARY"),
        when=None,
        external_id=uid,
        url=_url(event, description, location),
        where=_where(event, location),
        price=_price(event, description, timezone),
        status=_STATUSES.get(event.text("STATUS").upper(), "scheduled"),
        description=description or event.text("X-ALT-DESC"),
        image_url=_image(event),
        organizer=_organizer(event),
        categories=tuple(
            word
            for name in ("CATEGORIES", "X-TAGS")
            for line in event.properties.get(name, ())
            for part in _COMMA.split(line.value)
            if (word := unescape(part))
        ),
        language=(line.parameter("LANGUAGE") if (line := event.first("SUMMARY")) else ""),
    )


def _url(event: Component, description: str, location: str) -> str:
    """The event's page: URL, else the link that stands in the place or the first in the text that may be one."""
    stated = (event.text(name) for name in ("URL", "X-ORIGINAL-URL", "X-TRUMBA-LINK"))
    if match := next((match for text in stated if (match := _URL.search(text))), None):
        return match[0].rstrip(_BEHIND_LINK)
    for text in (location, description):
        if found := next((link[0] for link in _URL.finditer(text) if not _NO_PAGE.match(link[0])), ""):
            return found.rstrip(_BEHIND_LINK)
    return ""


def _price(event: Component, description: str, timezone: str) -> Price:
    """The price in a field of its own, else the one that the text states in so many words."""
    said = [text for name in _COSTS if (text := event.text(name))]
    fields = event.properties.get("X-TRUMBA-CUSTOMFIELD", ())
    said += [unescape(line.value) for line in fields if line.parameter("NAME").lower() in _COST_FIELDS]
    for text in said:
        price = price_of(text, timezone=timezone)
        if price.minimum is not None or price.is_free:
            return price
    return admission(description, timezone=timezone)


def _where(event: Component, location: str) -> Where:
    where = place_of(location)
    apple = event.first("X-APPLE-STRUCTURED-LOCATION")
    if apple and not location:
        where = place_of(f"{apple.parameter('X-TITLE')}\n{unescape(apple.parameter('X-ADDRESS'))}")
    for line in (event.first("GEO"), apple):
        if line and (match := _GEO.match(line.value)):
            where = dataclasses.replace(where, latitude=float(match[1]), longitude=float(match[2]))
            break
    if not location and not event.properties.keys().isdisjoint(("CONFERENCE", "X-GOOGLE-CONFERENCE")):
        where = dataclasses.replace(where, online=True)
    return where


def _image(event: Component) -> str:
    for name in _IMAGES:
        for line in event.properties.get(name, ()):
            if line.parameter("FMTTYPE").lower().startswith("image/") or _IMAGE.search(line.value):
                address = _URL.search(unescape(line.value))  # "medium;https://…;300;200" has more beside it
                return address[0].partition(";")[0] if address else ""
    return ""


def _organizer(event: Component) -> str:
    """The organiser's name; an address for mail is not a name."""
    line = event.first("ORGANIZER")
    name = unquote(line.parameter("CN")) if line else ""
    if line and not name and not line.value.lower().startswith("mailto:"):
        name = unescape(line.value)
    return "" if "@" in name or "://" in name else name
