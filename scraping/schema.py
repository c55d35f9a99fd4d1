"""schema.org's Event and its kin as drafts; JSON-LD and microdata give the same objects, with plain values or lists."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from events.drafts import EventDraft, Price, Problem, When, Where
from scraping import times
from scraping.extractors import Document, Window
from scraping.places import place_of
from scraping.plain import plain_line
from scraping.prices import currency_code, merged, price_between, price_of
from scraping.schedules import dates_of_schedule

Item = dict[str, Any]

MAX_DEPTH = 12
_EVENT = re.compile(r"(?:Event|Festival|Hackathon|CourseInstance|EventSeries)$")
_NO_EVENT = re.compile(r"(?:Publication|Broadcast|OnDemand|Delivery|User\w*)Event$")
_STATUSES = (
    ("cancel", "cancelled"),
    ("postponed", "postponed"),
    ("soldout", "sold_out"),
)
# Where events nest in other objects. Anything else (a performer's other events, reviews) is not this page's matter.
_NESTS = (
    "@graph itemListElement item mainEntity mainEntityOfPage subEvent subEvents event events about hasPart "
    "about makesOffer "
    "itemOffered superEvent dataFeedElement workFeatured workPerformed"
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
            yield from texts(value.get("@value") or value.get("name") or value.get("@id") or value.get("url"))


def text(value: Any) -> str:
    """The first text that is not empty."""
    return next((found for part in texts(value) if (found := part.strip())), "")


def objects(value: Any) -> Iterator[Item]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part


def types(item: Item) -> list[str]:
    found = item.get("@type") or item.get("type") or []
    return [
        part.rpartition("/")[2].rpartition(":")[2]
        for part in (found if isinstance(found, list) else [found])
        if isinstance(part, str)
    ]


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
        language = ""
        if document.json is None and (root := document.tree.css_first("html")):
            language = root.attributes.get("lang") or ""
        self.language = language
        dates = (part for item in items for name in ("startDate", "endDate") for part in texts(item.get(name)))
        self.day_first = times.learn_day_first(dates, times.day_comes_first(window.timezone, language))

    def drafts(self) -> Iterator[EventDraft]:
        seen: list[Item] = []
        for item in self.items:
            # Tabs and pagination print the same block again.
            if len(item) < 2 or item in seen:
                continue
            seen.append(item)
            yield from self._events(item)

    def _events(self, item: Item) -> Iterator[EventDraft]:
        parts = [part for name in ("subEvent", "subEvents") for part in objects(item.get(name)) if is_event(part)]
        spans = list(self._spans(item))
        if parts and ("EventSeries" in types(item) or not spans):
            return  # the series is its dates
        for key, (when, problem) in enumerate(spans or [(None, self._no_date(item))]):
            if when is None and not text(item.get("name")):
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
            if dates := dates_of_schedule(schedule, self.window, self.day_first):
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
            yield times.when(start, end or self._after(start, item)), None

    def _read(self, said: str) -> tuple[times.Moment, times.Moment | None] | None:
        return times.span(said, day_first=self.day_first)

    def _moment(self, said: str, clock: Any) -> times.Moment | None:
        found = self._read(said)
        if not found:
            return None
        if found[0].clock is None and (more := text(clock)):
            return times.moment(f"{found[0].day} {more}") or found[0]
        return found[0]

    def _after(self, start: times.Moment, item: Item) -> times.Moment | None:
        if start.clock is None or not (length := times.duration(text(item.get("duration")))):
            return None
        end = start.local + length
        return times.Moment(end.date(), end.time(), start.zone)

    def _draft(self, item: Item, when: When | None, problem: Problem | None, instance: str) -> EventDraft:
        address = text(item.get("url")) or text(item.get("mainEntityOfPage")) or _offer_url(item)
        name = text(item.get("@id")) or text(item.get("identifier"))
        return EventDraft(
            title=text(item.get("name")) or text(item.get("headline")),
            when=when,
            external_id=name if not name.startswith("_:") else "",
            series_key=name if instance else "",
            instance=instance,
            part_of_key=self._part_of(item),
            url=address,
            where=where_of(item),
            price=price_of_item(item, self.window.timezone),
            status=_status(item),
            description=text(item.get("description")),
            image_url=_image(item.get("image")),
            organizer=text(item.get("organizer")),
            performers=tuple(texts(item.get("performer") or item.get("performers"))),
            categories=(*types(item), *texts(item.get("eventType")), *_keywords(item.get("keywords"))),
            language=text(item.get("inLanguage")) or self.language,
            problems=(problem,) if problem else (),
        )

    def _part_of(self, item: Item) -> str:
        """The id of the festival that has this among its parts."""
        for parent in objects(item.get("superEvent")):
            if "EventSeries" not in types(parent):
                return text(parent.get("@id")) or text(parent.get("identifier"))
        for parent in self.items:
            if (
                parent is not item
                and "EventSeries" not in types(parent)
                and any(part is item for key in ("subEvent", "subEvents") for part in objects(parent.get(key)))
            ):
                return text(parent.get("@id")) or text(parent.get("identifier"))
        return ""


def _status(item: Item) -> str:
    said = text(item.get("eventStatus")).replace(" ", "").lower()
    for word, status in _STATUSES:
        if word in said:
            return status
    offers = [text(offer.get("availability")).lower() for offer in objects(item.get("offers"))]
    return "sold_out" if offers and all(said.endswith("soldout") for said in offers) else "scheduled"


def where_of(item: Item) -> Where:
    """The first physical place of an item; `online` where it says that it can be joined from afar."""
    mode = text(item.get("eventAttendanceMode")).lower()
    online = mode.endswith(("onlineeventattendancemode", "mixedeventattendancemode")) or mode in ("online", "mixed")
    place = item.get("location")
    virtual = [part for part in objects(place) if "VirtualLocation" in types(part)]
    physical = [part for part in objects(place) if "VirtualLocation" not in types(part)]
    if physical:
        where = _where(physical[0])
    else:
        where = (
            place_of(
                next(
                    (part for part in ([place] if isinstance(place, str) else place or []) if isinstance(part, str)), ""
                )
            )
            if isinstance(place, (str, list))
            else Where()
        )
    return Where(
        **{
            **{name: getattr(where, name) for name in Where.__slots__},
            "online": online or where.online or bool(virtual and not physical),
        }
    )


def _where(place: Item) -> Where:
    address = place.get("address") if "PostalAddress" not in types(place) else place
    name = text(place.get("name")) if isinstance(place.get("name"), (str, list)) else ""
    latitude, longitude = _coordinates(place)
    found = Where()
    if isinstance(address, list):
        address = next(iter(objects(address)), next(texts(address), ""))
    if isinstance(address, dict):
        found = Where(
            address=", ".join(part for key in ("streetAddress",) if (part := ", ".join(texts(address.get(key))))),
            locality=text(address.get("addressLocality")),
            region=text(address.get("addressRegion")),
            country=text(address.get("addressCountry")),
        )
        name = name or text(address.get("name"))
    elif line := text(address):
        split = place_of(f"-, {line}") if "," in line else Where()
        found = Where(address=line, locality=split.locality, region=split.region, country=split.country)
    if not name and not found.address:
        return place_of(text(place.get("@id")) if "://" not in text(place.get("@id")) else "")
    online = place_of(name).online if name and not found.address else False
    return Where(
        venue=name,
        address=found.address,
        locality=found.locality,
        region=found.region,
        country=found.country,
        latitude=latitude,
        longitude=longitude,
        online=online,
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
    return price


def _offer_price(offer: Item, timezone: str) -> Price:
    currency = currency_code(text(offer.get("priceCurrency")))
    low, high = text(offer.get("lowPrice")), text(offer.get("highPrice"))
    if low or high:
        return price_between(low or None, high or None, currency)
    specification = [_offer_price(part, timezone) for part in objects(offer.get("priceSpecification"))]
    single = merged(price_of(said, currency, timezone=timezone) for said in texts(offer.get("price")))
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
