"""Eventbrite's API and the data of its search: prices under the availability of tickets or their classes."""

from collections.abc import Iterator
from typing import Any

from events.drafts import EventDraft, Price, Problem
from scraping.extractors import Document, Window, objects
from scraping.fields import Fields, inner, is_true, named, text_of
from scraping.prices import currency_code, merged, price_between

_MARKS = ('"ticket_availability"', '"ticket_classes"', "eventbriteapi.com", '"destination_event"')


def claims(document: Document) -> bool:
    return document.json is not None and any(mark in document.text for mark in _MARKS)


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    for fields, around in objects.events(document.json):
        draft = objects.draft_of(fields, around, window)
        available = inner(fields, "ticketavailability")
        sold_out = is_true(available.get("issoldout")) and draft.status == "scheduled"
        yield draft.replace(price=_price(fields, available), status="sold_out" if sold_out else draft.status)


def _price(fields: Fields, available: Fields) -> Price:
    """What the tickets cost; unknown where it is 0 and said not to be free: that is paid otherwise, as by donation."""
    flags = [value for value in (available.get("isfree"), fields.get("isfree")) if value is not None]
    classes = fields.get("ticketclasses")
    if isinstance(classes, list) and classes:
        price = merged(_of_class(named(part)) for part in classes if isinstance(part, dict))
    else:
        low, high = (inner(available, f"{end}ticketprice") for end in ("minimum", "maximum"))
        currency = currency_code(low.get("currency") or high.get("currency") or fields.get("currency"))
        price = price_between(_amount(low), _amount(high), currency)
    if any(is_true(flag) for flag in flags) and not price.maximum:
        return Price(minimum=price.minimum, maximum=price.maximum, currency=price.currency, is_free=True)
    if price.is_free and not (isinstance(classes, list) and classes):
        return Price(currency=price.currency)
    return price


def _of_class(kind: Fields) -> Price:
    if is_true(kind.get("donation")) or is_true(kind.get("hidden")):
        return Price()
    cost = inner(kind, "cost")
    if is_true(kind.get("free")):
        return price_between(0, 0, "")
    return price_between(_amount(cost), None, currency_code(cost.get("currency")))


def _amount(money: Fields) -> Any:
    return text_of(money.get("majorvalue")) or None
