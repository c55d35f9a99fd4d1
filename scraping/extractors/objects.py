"""JSON of APIs and platforms: whatever object has a title and a start is an event.

The names of the fields differ, the shape hardly: Eventbrite, SeatGeek, Squarespace, The Events Calendar, Gancio,
Mobilizon and others all read by one table of names. What a platform means in its own way (prices in cents) is read
by its own extractor, which comes first.
"""

from collections.abc import Iterator
from typing import Any

from events.drafts import EventDraft, Price, Problem
from scraping.extractors import Document, Window
from scraping.fields import Fields, first_text, inner, is_true, named, names_of, text_of
from scraping.prices import currency_code, merged, price_between, price_of
from scraping.spots import PLACE_NAMES, PLACES, where_of
from scraping.starts import states_start, when_of

MAX_DEPTH = 14
# Names of fields, in lower case without punctuation; the first that has a value counts.
_TITLES = (
    "name title eventname eventtitle headline summary nombre nombreevento titre titel titulo titolo subject "
    "displayname eventbodyname"
).split()
_URLS = (
    "url eventurl link permalink htmllink contenturl fullurl website publicurl shareurl eventinsiteurl linktotickets "
    "ticketsurl localisturl weblink uri absoluteurl"
).split()
_IDS = "id uid uuid eventid apiid".split()
_IMAGES = (
    "imageurl image coverurl coverimage images logo photo photourl banner asseturl flyerfront picture thumbnail media "
    "poster"
).split()
_TEXTS = "description content body about details longdescription shortdescription excerpt summary".split()
_HOSTS = (
    "organizer organiser primaryorganizer host hosts organization group promoter promoters calendar presentedby "
    "attributedto"
).split()
_ACTS = "performers artists lineup performer acts attractions summarylineup".split()
_KINDS = "categories category tags genres genre type eventtype tag classifications taxonomies".split()
_PRICES = "price cost ticketprice startingticketpricecta prices entryfee entryprice admission".split()
_PICTURES = "url original src header landscape square thumbnail".split()
# Lists of the dates of one event, each with a start of its own.
_DATES = (
    "eventdates dates sessions occurrences performances showtimes shows instances eventinstances timings schedule "
    "fechas funciones"
).split()
_DRAFTS = frozenset(("draft", "private", "unlisted", "deleted", "trash"))


def claims(document: Document) -> bool:
    return isinstance(document.json, (dict, list))


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    for fields, around in events(document.json):
        yield draft_of(fields, around, window)


def events(data: Any, around: Fields | None = None, depth: int = 0) -> Iterator[tuple[Fields, Fields]]:
    """The objects that are events, with the nearest object around them that is a place (empty where there is none)."""
    if depth > MAX_DEPTH:
        return
    if isinstance(data, list):
        for part in data:
            yield from events(part, around, depth + 1)
        return
    if not isinstance(data, dict):
        return
    fields = _whole(named(data))
    if is_event(fields):
        yield fields, around or {}
        return
    if dates := _dates(fields):
        yield from ((date, around or {}) for date in dates)
        return
    if first_text(fields, PLACE_NAMES) and ("address" in fields or "city" in fields):
        around = fields
    beside = next((place for name in PLACES if (place := inner(fields, name))), None)
    for value in data.values():
        if isinstance(value, (dict, list)):
            yield from events(value, around or beside, depth + 1)


def _whole(fields: Fields) -> Fields:
    """With the fields that WordPress keeps apart, those of its plugins."""
    return {**inner(fields, "acf"), **inner(fields, "meta"), **fields}


def is_event(fields: Fields) -> bool:
    """Has it a title and a start? A post has a date, too: "date" counts only with a place or a time beside it."""
    if not first_text(fields, _TITLES) or _is_draft(fields):
        return False
    return states_start(fields, certain=not fields.keys().isdisjoint((*PLACES, "time", "venuename")))


def _is_draft(fields: Fields) -> bool:
    return str(fields.get("status", "")).lower() in _DRAFTS or fields.get("active") is False


def _dates(fields: Fields) -> list[Fields]:
    """The dates of an event that tells them in a list: each is the event with the fields of its own."""
    if not first_text(fields, _TITLES) or fields.keys().isdisjoint((*PLACES, *_URLS, *_TEXTS, "venuename")):
        return []
    lists = (fields[name] for name in _DATES if isinstance(fields.get(name), list))
    found: list[Any] = next(filter(None, lists), [])
    rest = {name: value for name, value in fields.items() if name not in _DATES}
    placed = not fields.keys().isdisjoint((*PLACES, "venuename"))
    dates = [_unwrapped(named(part)) if isinstance(part, dict) else {"start": part if placed else ""} for part in found]
    if _is_draft(fields) or any(first_text(date, _TITLES) for date in dates):
        return []
    return [{**rest, **date} for date in dates if states_start({**rest, **date}, certain=True)]


def _unwrapped(fields: Fields) -> Fields:
    """The object inside one that does nothing but name it: {"event_instance": {…}}."""
    only = next(iter(fields.values())) if len(fields) == 1 else None
    return named(only) if isinstance(only, dict) else fields


def draft_of(fields: Fields, around: Fields, window: Window) -> EventDraft:
    when, problem = when_of(fields, window, [inner(fields, name) for name in PLACES])
    address = first_text(fields, _URLS)
    titled = next(name for name in _TITLES if text_of(fields.get(name)))
    return EventDraft(
        title=text_of(fields[titled]),
        when=when,
        external_id=first_text(fields, _IDS),
        url=address if "://" in address or address.startswith(("/", "www.")) else "",
        where=where_of(fields, around),
        price=_price(fields, (when and when.timezone) or window.timezone),
        status=_status(fields),
        description=first_text(fields, [name for name in _TEXTS if name != titled]),
        image_url=_image(fields),
        organizer=next(names_of(fields, _HOSTS), ""),
        performers=tuple(names_of({**inner(fields, "embedded"), **fields}, _ACTS)),
        categories=tuple(names_of(fields, _KINDS)),
        language=first_text(fields, ("language", "locale", "inlanguage")),
        problems=(problem,) if problem else (),
    )


def _price(fields: Fields, timezone: str) -> Price:
    currency = currency_code(first_text(fields, ("currency", "currencycode", "pricecurrency")))
    currency = currency or currency_code(first_text(inner(fields, "costdetails"), ("currencycode",)))
    ranges = fields.get("priceranges")
    price = (
        merged(_range(named(part), currency) for part in ranges or () if isinstance(part, dict))
        if isinstance(ranges, list)
        else Price()
    )
    if price.minimum is None:
        price = merged([_range(fields, currency), _range(inner(fields, "pricing"), currency)])
    if price.minimum is None:
        values = (fields.get(name) for name in _PRICES)
        said = [text for value in values if not isinstance(value, (dict, list)) and (text := text_of(value))]
        price = price_of(said[0], currency, timezone=timezone) if said else Price()
    if price.minimum is None and (is_true(fields.get("isfree")) or is_true(fields.get("free"))):
        return Price(is_free=True)
    return price if price.minimum is not None else Price()


def _range(fields: Fields, currency: str) -> Price:
    low = first_text(
        fields, ("min", "pricemin", "minprice", "minimumprice", "lowprice", "preciominimo", "minticketprice")
    )
    high = first_text(
        fields, ("max", "pricemax", "maxprice", "maximumprice", "highprice", "preciomaximo", "maxticketprice")
    )
    return price_between(low or None, high or None, first_text(fields, ("currency", "currencycode")) or currency)


def _status(fields: Fields) -> str:
    nested = inner(inner(fields, "dates"), "status")
    said = " ".join(text_of(value) for value in (fields.get("status"), fields.get("eventstatus"), nested.get("code")))
    said = said.lower().replace("-", "").replace(" ", "")
    flags = [name for name, value in fields.items() if value and is_true(value)]
    if "cancel" in said or any(name.removeprefix("is") in ("cancelled", "canceled") for name in flags):
        return "cancelled"
    if "postponed" in said:
        return "postponed"
    return "sold_out" if "soldout" in said or any(n.removeprefix("is") == "soldout" for n in flags) else "scheduled"


def _image(fields: Fields) -> str:
    for name in _IMAGES:
        value = fields.get(name)
        part = value[0] if isinstance(value, list) and value else value
        if isinstance(part, dict):
            part = first_text(named(part), _PICTURES)
        if isinstance(part, str) and ("://" in part or part.startswith("/")):
            return part
    return ""
