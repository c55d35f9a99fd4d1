"""A submission as visitors would see it, before anything of it is in a listing."""

import datetime as dt
from typing import Any

from events.categories import category_label
from events.dates import when_words
from events.models import Event, Listing
from events.prices import event_price
from events.publishers import web_address

from .listing import as_event, item_of
from .model import Submission


def unsaved(submission: Submission, now: dt.datetime) -> tuple[Event, Listing]:
    """The event and the listing that it would be if nobody else listed it; neither has a row."""
    return as_event(item_of(submission, now), now)


def summary(submission: Submission, now: dt.datetime) -> dict[str, Any]:
    """What is wanted, in the words of an event's page."""
    event, _ = unsaved(submission, now)
    return {
        "title": event.title,
        "when": when_words(event, year=submission.city.tonight(now).year),
        "venue": event.venue.name if event.venue else "",
        "address": event.address,
        "price": event_price(event),
        "category": category_label(event.category) if event.category else "",
        "organizer": event.organizer,
        "link": web_address(event.url),
        "description": event.description,
    }
