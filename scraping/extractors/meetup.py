"""Meetup's API: how long an event lasts in milliseconds, and a fee."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from events.drafts import EventDraft, Price, Problem, When
from scraping.extractors import Document, Window, objects
from scraping.fields import inner
from scraping.prices import currency_code, price_between


def claims(document: Document) -> bool:
    return document.json is not None and '"event_url"' in document.text and "meetup.com/" in document.text


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    for fields, around in objects.events(document.json):
        draft = objects.draft_of(fields, around, window)
        fee = inner(fields, "fee")
        yield draft.replace(
            when=_lasting(draft.when, fields.get("duration")),
            price=price_between(fee.get("amount"), None, currency_code(fee.get("currency"))) if fee else Price(),
        )


def _lasting(when: When | None, milliseconds: Any) -> When | None:
    if when is None or when.end or not isinstance(milliseconds, int) or not 0 < milliseconds < 10**11:
        return when
    return When(
        start=when.start,
        end=when.start + dt.timedelta(milliseconds=milliseconds),
        timezone=when.timezone,
        time_known=when.time_known,
    )
