"""DICE's page data: events with their times under `dates` and prices in cents."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from events.drafts import EventDraft, Price, Problem
from scraping.extractors import Document, Window, objects
from scraping.prices import currency_code


def claims(document: Document) -> bool:
    return document.json is not None and '"perm_name"' in document.text and '"event_start_date"' in document.text


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    for fields, around in objects.events(document.json):
        draft = objects.draft_of(fields, around, window)
        name = fields.get("permname")
        yield draft.replace(
            price=_price(fields.get("price")),
            url=f"https://dice.fm/event/{name}" if isinstance(name, str) else draft.url,
        )


def _price(value: Any) -> Price:
    """`amount` is what the cheapest ticket costs with fees; `amount_from` where there are several."""
    if not isinstance(value, dict):
        return Price()
    cents = [value[name] for name in ("amount_from", "amount", "amount_to") if isinstance(value.get(name), int)]
    if not cents:
        return Price()
    low, high = (Decimal(part) / 100 for part in (min(cents), max(cents)))
    return Price(minimum=low, maximum=high, currency=currency_code(value.get("currency")), is_free=not high)
