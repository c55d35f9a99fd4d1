"""schema.org's Event and its kin as drafts; JSON-LD and microdata give the same objects, with plain values or lists."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

from events.drafts import EventDraft, Price, Problem, When, Where
from scraping import times
from scraping.extractors import Document, Window
from scraping.linked import Item, types
from scraping.places import place_of
from scraping.plain import plain_line
from scraping.prices import currency_code, dollar, merged, price_between, price_of
from scraping.recurrence import Budget
from scraping.schedules import dates_of_schedule

MAX_DEPTH = 12
# Steps that all schedules of a document may take together.
MAX_STEPS = 1_000_000
_EVENT = re.compile(r"(?:Event|Festival|Hackathon|CourseInstance|EventSeries)$", re.I)
_NO_EVENT = re.compile(r"(?:Publication|Broadcast|OnDemand|Delivery|User\w*)Event$", re.I)
_ENDS = (("low", "min"), ("high", "max"))
# What plugins write as the performer where none is known.
_DEFAULTS = frozenset(("Organization", "Person", "PerformingGroup", "MusicGroup"))
_REFERENCE = re.compile(r"#|_:|\w+://")
_STATUSES = (
    ("cancel", "cancelled"),
    ("postponed", "postponed"),
    ("soldout", "sold_out"),
)
# Where events nest in other objects. Anything else (a performer's other events, reviews) is not this page's matter.
_NESTS = (
    "@graph itemListElement item mainEntity mainEntityOfPage subEvent subEvents event events hasPart "
    "about makesOffer "
    "itemOffered superEvent dataFeedElement workFeatured workPerformed hasCourseInstance"
).split()


def texts(value: Any) -> Iterator[str]:
    """The texts of a value: of a list all, of an object its @value or name."""
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case int() | float():
            yield str(value)
        case list():
            for part in value:
                yield from texts(part)
        case dict():
            if isinstance(value.get("date"), str):  # as PHP prints its dates
                yield f"{value['date']} {value.get('timezone') or ''}"
                return
            yield from texts(value.get("@value") or value.get("name") or value.get("@id") or value.get("url"))


def text(value: Any) -> str:
    """The first text that is not empty."""
    return next((found for part in texts(value) if (found := part.strip())), "")


def names(value: Any) -> Iterator[str]:
    """The texts of a value that are names: not addresses and not references within the document."""
    return (found for part in texts(value) if (found := part.strip()) and not _REFERENCE.match(found))


def objects(value: Any) -> Iterator[Item]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part


def is_event(item: Item) -> bool:
    return any(_EVENT.search(name) and not _NO_EVENT.search(name) for name in types(item))


def walk(value: Any, depth: int = 0) -> Iterator[Item]:
    """All objects of a document in which events stand, outer ones first."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for part in value:
            yield from walk(part, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in _NESTS:
            if isinstance(value.get(name), (dict, list)):
                if name == "superEvent" and is_event(value):
                    continue  # told in full on its own page
                yield from walk(value[name], depth + 1)


class Reader:
    """Turns the event objects of one document into drafts."""

    def __init__(self, document: Document, window: Window, items: Sequence[Item]) -> None:
        self.window = window
        self.items = items
        self.known = {item["@id"]: item for item in items if isinstance(item.get("@id"), str)}
        self.budget = Budget(MAX_STEPS)
        self.parents = {
            id(part): parent
            for parent in reversed(items)
            if "EventSeries" not in types(parent)
            for key in ("subEvent", "subEvents")
            for part in objects(parent.get(key))
            if part is not parent
        }
        language = ""
        if document.json is None and (root := document.tree.css_first("html")):
            language = root.attributes.get("lang") or ""
        self.language = language
        dates = (part for item in items for name in ("startDate", "endDate") for part in texts(item.get(name)))
        self.day_first = times.learn_day_first(dates, times.day_comes_first(window.timezone, language))

    def drafts(self) -> Iterator[EventDraft]:
        seen: set[str] = set()
        for item in self.items:
            # Tabs and pagination print the same block again.
            if len(item) < 2 or (content := repr(item)) in seen:
                continue
            seen.add(content)
            yield from self._events(item)

    def _events(self, item: Item) -> Iterator[EventDraft]:
        parts = [part for name in ("subEvent", "subEvents") for part in objects(item.get(name)) if is_event(part)]
        spans = list(self._spans(item))
        if parts and ("EventSeries" in types(item) or not spans):
            return  # the series is its dates
        for key, (when, problem) in enumerate(spans or [(None, self._no_date(item))]):
            if when is None and not _title(item):
                continue
            instance = when.start.date().isoformat() if when and len(spans) > 1 else ""
            yield self._draft(item, when, problem, instance if key or instance else "")

    def _no_date(self, item: Item) -> Problem:
        said = text(item.get("startDate"))
        sentence = f"“{said[:80]}” is not a date that can be read." if said else "It has no startDate."
        return Problem(code="date.unreadable", message=sentence)

    def _spans(self, item: Item) -> Iterator[tuple[When | None, Problem | None]]:
        """The times of an item: one, or as many as its lists or its schedule name."""
        starts, ends = list(texts(item.get("startDate"))), list(texts(item.get("endDate")))
        for schedule in objects(item.get("eventSchedule")):
            if dates := dates_of_schedule(schedule, self.window, self.day_first, self.budget):
                yield from ((when, None) for when in dates)
                return
        if len(starts) == 1 and not ends and (both := self._read(starts[0])) and both[1]:
            yield times.when(both[0], both[1]), None
            return
        for number, said in enumerate(starts):
            start = self._moment(said, item.get("startTime") or item.get("doorTime") if len(starts) == 1 else None)
            if start is None:
                yield None, Problem(code="date.unreadable", message=f"“{said[:80]}” is not a date that can be read.")
                continue
            end = self._moment(ends[number], item.get("endTime")) if number < len(ends) else None
            end = end or (self._same_day(start, ends[number]) if number < len(ends) else None)
            yield times.when(start, end or self._after(start, item)), None

    def _read(self, said: str) -> tuple[times.Moment, times.Moment | None] | None:
        return times.span(said, day_first=self.day_first)

    def _moment(self, said: str, clock: Any) -> times.Moment | None:
        found = self._read(said)
        if not found:
            return None
        if found[0].clock is None and (more := text(clock)):
            stated = times.moment(more, day_first=self.day_first) or times.moment(f"{found[0].day} {more}")
            return stated if stated and abs(stated.day - found[0].day).days < 2 else found[0]
        return found[0]

    def _same_day(self, start: times.Moment, said: str) -> times.Moment | None:
        """The end that is a mere time of day, as "23:00"; before the start it is of the next day."""
        found = times.moment(f"{start.day} {said}") if start.clock else None
        if found is None or found.clock is None:
            return None
        found = times.Moment(found.day, found.clock, start.zone)
        return (
            found
            if found.local > start.local
            else times.Moment(start.day + dt.timedelta(days=1), found.clock, found.zone)
        )

    def _after(self, start: times.Moment, item: Item) -> times.Moment | None:
        if start.clock is None or not (length := times.duration(text(item.get("duration")))):
            return None
        end = start.local + length
        return times.Moment(end.date(), end.time(), start.zone)

    def _draft(self, item: Item, when: When | None, problem: Problem | None, instance: str) -> EventDraft:
        address = text(item.get("url")) or text(item.get("mainEntityOfPage")) or _offer_url(item)
        name = text(item.get("@id")) or text(item.get("identifier"))
        return EventDraft(
            title=_title(item),
            when=when,
            external_id=name if not name.startswith("_:") else "",
            series_key=name if instance else "",
            instance=instance,
            part_of_key=self._part_of(item),
            url=address,
            where=where_of(item),
            price=price_of_item(item, self.window.timezone),
            status=_status(item),
            description=text(item.get("description")).replace("\\n", "\n"),  # some escape their newlines twice
            image_url=_image(item.get("image")),
            organizer=next(names(item.get("organizer")), ""),
            performers=tuple(
                name for name in names(item.get("performer") or item.get("performers")) if name not in _DEFAULTS
            ),
            categories=(*types(item), *texts(item.get("eventType")), *_keywords(item.get("keywords"))),
            language=text(item.get("inLanguage")) or self.language,
            problems=(problem,) if problem else (),
        )

    def _part_of(self, item: Item) -> str:
        """The id of the festival that has this among its parts."""
        for parent in objects(item.get("superEvent")):
            if "EventSeries" not in types(parent):
                return text(parent.get("@id")) or text(parent.get("identifier"))
        holder = self.parents.get(id(item), {})
        return text(holder.get("@id")) or text(holder.get("identifier"))


def _title(item: Item) -> str:
    """The name; of a game without one the names of those who play."""
    found = text(item.get("name")) or text(item.get("headline")) or text(item.get("summary"))
    players = [text(item.get(name)) for name in ("homeTeam", "awayTeam")]
    return found or (" – ".join(players) if all(players) else "")


def _status(item: Item) -> str:
    said = " ".join(texts(item.get("eventStatus"))).replace(" ", "").lower()
    for word, status in _STATUSES:
        if word in said:
            return status
    offers = [text(offer.get("availability")).lower() for offer in objects(item.get("offers"))]
    return "sold_out" if offers and all(said.endswith(("soldout", "outofstock")) for said in offers) else "scheduled"


def where_of(item: Item) -> Where:
    """The first physical place of an item; `online` where it says that it can be joined from afar."""
    mode = text(item.get("eventAttendanceMode")).lower()
    moved = any("movedonline" in said.lower() for said in texts(item.get("eventStatus")))
    online = mode.endswith(("onlineeventattendancemode", "mixedeventattendancemode")) or mode in ("online", "mixed")
    place = item.get("location")
    virtual = [part for part in objects(place) if "VirtualLocation" in types(part)]
    physical = [part for part in objects(place) if "VirtualLocation" not in types(part)]
    if physical:
        where = _where(physical[0])
    else:
        said = [part for part in (place if isinstance(place, list) else [place]) if isinstance(part, str)]
        where = place_of(next(iter(said), ""))
    return dataclasses.replace(where, online=online or moved or where.online or bool(virtual and not physical))


def _where(place: Item) -> Where:
    address = place if "PostalAddress" in types(place) else place.get("address")
    if not address:
        address = next(
            (part["address"] for part in objects(place.get("containedInPlace")) if part.get("address")), None
        )
    if isinstance(address, list):
        address = next(iter(objects(address)), next(texts(address), ""))
    latitude, longitude = _coordinates(place)
    name = text(place.get("name")) if isinstance(place.get("name"), (str, list)) else ""
    found = Where()
    if isinstance(address, dict):
        line = ", ".join(texts(address.get("streetAddress")))
        found = Where(
            address=line,
            locality=text(address.get("addressLocality")),
            region=text(address.get("addressRegion")),
            country=text(address.get("addressCountry")),
        )
        name = name or text(address.get("name"))
    else:
        line = text(address)
        found = Where(address=line)
    if not name and not found.address and not found.locality:
        return dataclasses.replace(place_of(next(names(place.get("@id")), "")), latitude=latitude, longitude=longitude)
    split = place_of(f"-, {line}") if "," in line else Where()
    if name and "," in name and (not line or line.startswith(name)):
        whole = place_of(name)
        if whole.venue and (whole.locality or whole.country):  # the name is the whole address
            name, line, split = whole.venue, whole.address, whole
    return Where(
        venue=name,
        address=line,
        locality=found.locality or split.locality,
        region=found.region or (split.region if not found.locality else ""),
        country=found.country or split.country,
        online=place_of(name).online if name and not line else False,
        latitude=latitude,
        longitude=longitude,
    )


def _coordinates(place: Item) -> tuple[float | None, float | None]:
    geo = next(objects(place.get("geo")), place)
    try:
        return float(text(geo.get("latitude")).replace(",", ".")), float(text(geo.get("longitude")).replace(",", "."))
    except ValueError:
        return None, None


def price_of_item(item: Item, timezone: str) -> Price:
    """The range of all offers; free where the item says so (isAccessibleForFree) and no offer costs anything."""
    prices = [_offer_price(offer, timezone) for offer in objects(item.get("offers"))]
    price = merged(prices)
    said = text(item.get("isAccessibleForFree")).lower() or str(item.get("isAccessibleForFree")).lower()
    free = said.rpartition("/")[2] in ("true", "yes", "1")
    if price.minimum is None and free:
        return Price(is_free=True)
    if price.is_free and said.rpartition("/")[2] in ("false", "no"):
        return Price(currency=price.currency)  # 0 is what the program writes for a price that it does not know
    return price


def _offer_price(offer: Item, timezone: str) -> Price:
    code = text(offer.get("priceCurrency"))
    currency = dollar(timezone) if code == "$" else currency_code(code)
    low, high = (text(offer.get(f"{end}Price")) or text(offer.get(f"{other}Price")) for end, other in _ENDS)
    if low or high:
        return price_between(low or None, high or None, currency)
    specification = [_offer_price(part, timezone) for part in objects(offer.get("priceSpecification"))]
    stated = [said for name in ("price", "priceRange") for said in texts(offer.get(name))]
    single = merged(price_of(said, currency, timezone=timezone) for said in stated)
    price = merged([single, *specification])
    if price.minimum is None:
        price = merged(_offer_price(part, timezone) for part in objects(offer.get("offers")))
    if price.minimum is not None and not price.currency:
        return price_between(price.minimum, price.maximum, currency)
    return price


def _offer_url(item: Item) -> str:
    return next((found for offer in objects(item.get("offers")) if (found := text(offer.get("url")))), "")


def _image(value: Any) -> str:
    for part in value if isinstance(value, list) else [value]:
        found = (
            text(part.get("url") or part.get("contentUrl") or part.get("@id")) if isinstance(part, dict) else text(part)
        )
        if found:
            return found
    return ""


def _keywords(value: Any) -> Iterator[str]:
    for part in texts(value):
        yield from (plain_line(word) for word in part.split(","))
