"""Ticket Tailor's API: events whose ticket types have prices in cents."""

from collections.abc import Iterator
from decimal import Decimal

from events.drafts import EventDraft, Price, Problem
from scraping.extractors import Document, Window, objects
from scraping.prices import currency_code


def claims(document: Document) -> bool:
    return document.json is not None and '"ticket_types"' in document.text and "tickettailor.com" in document.text


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    for fields, around in objects.events(document.json):
        draft = objects.draft_of(fields, around, window)
        yield draft.replace(
            price=_price(fields),
            status="sold_out" if fields.get("ticketsavailable") == "false" else draft.status,
        )


def _price(fields: objects.Fields) -> Price:
    types = fields.get("tickettypes")
    prices = [
        Decimal(kind["price"]) / 100
        for kind in (types if isinstance(types, list) else ())
        if isinstance(kind, dict) and isinstance(kind.get("price"), int)
    ]
    if not prices:
        return Price()
    currency = currency_code(fields.get("currency"))
    return Price(minimum=min(prices), maximum=max(prices), currency=currency, is_free=not max(prices))
