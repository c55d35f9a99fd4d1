"""What the tests of reading share: documents out of strings and the usual window."""

import datetime as dt
from zoneinfo import ZoneInfo

from events.drafts import EventDraft
from scraping.detect import Reading, read
from scraping.extractors import Document, Window

BERLIN = ZoneInfo("Europe/Berlin")


def window(start: str = "2026-12-01", end: str = "2027-06-01", timezone: str = "Europe/Berlin") -> Window:
    days = (dt.datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(timezone)) for day in (start, end))
    return Window(start=next(days), end=next(days), timezone=timezone)


def document(text: str | bytes, url: str = "https://venue.example/calendar") -> Document:
    return Document(url=url, body=text.encode() if isinstance(text, str) else text)


def reading(text: str | bytes, **options: str) -> Reading:
    return read(document(text), window(**options))


def drafts(text: str | bytes, **options: str) -> tuple[EventDraft, ...]:
    return reading(text, **options).drafts


def starts(found: tuple[EventDraft, ...]) -> list[str]:
    return [draft.when.start.isoformat(timespec="minutes") for draft in found if draft.when]
