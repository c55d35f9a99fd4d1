"""Issues for tests: a city with events, a Monday, and what arrived."""

import datetime as dt
from email.message import EmailMessage
from typing import Any

from events.models import City, Event
from subscriptions import digests
from subscriptions.models import Digest
from tests.factories import make_city, make_event, make_venue

MONDAY = dt.date(2026, 11, 30)
NINE = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)  # in Berlin
EARLIER = NINE - dt.timedelta(days=3)


def make_night(title: str, day: int, **columns: Any) -> Event:
    """An event at 20:00 so many days after the Monday, known for long, at a venue of its own unless told otherwise."""
    local = f"{MONDAY + dt.timedelta(days=day)}T20:00"
    columns.setdefault("created_at", EARLIER)
    if "venue" not in columns:
        columns["venue"] = make_venue(f"House of {title}", city=columns.get("city"))
    return make_event(title, **{"local": local, **columns})


def make_week(count: int = 3, *, city: City | None = None) -> list[Event]:
    return [make_night(f"Evening {n}", n % 7, city=city or make_city()) for n in range(count)]


def released(city: City | None = None, *, now: dt.datetime = NINE) -> Digest:
    digest = digests.draft(city or make_city(), now=now)
    assert digests.release(digest, now=now)
    return digest


def body(message: EmailMessage, kind: str = "plain") -> str:
    part: Any = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n")
