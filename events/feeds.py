"""Feeds of events: Atom (RFC 4287) and JSON Feed 1.1. What is listed stands in the order of the list, soonest first."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from events.cards import status_words
from events.categories import category_label
from events.dates import machine_end, machine_start, when_words
from events.images import picture
from events.maps import coordinates
from events.models import Event
from events.prices import event_price
from events.publishers import Told
from nocturne.origin import absolute, host

ATOM = "application/atom+xml; charset=utf-8"
JSON = "application/feed+json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`page` is the address of what the feed is a form of, `address` its own; both without the origin. `entries` are
    what `atom_entry` or `json_entry` wrote of its events, `updated_at` when the last of them was updated."""

    title: str
    page: str
    address: str
    entries: Sequence[str]
    updated_at: dt.datetime | None
    description: str = ""

    def atom(self) -> str:
        feed = _Atom(
            title=self.title,
            link=absolute(self.page),
            description="",
            subtitle=self.description or None,
            language=get_language(),
            feed_url=absolute(self.address),
            author_name=settings.SITE_NAME,
        )
        feed.entries, feed.updated_at = self.entries, self.updated_at
        return feed.writeString("utf-8")

    def json(self) -> str:
        data: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.title,
            "home_page_url": absolute(self.page),
            "feed_url": absolute(self.address),
            "authors": [{"name": settings.SITE_NAME, "url": absolute("/")}],
            "items": [],
        }
        # before what may follow, which is the description alone
        head, tail = _json(data)[:-2], f",{_json({'description': self.description})[1:]}" if self.description else "}"
        return f"{head}{','.join(self.entries)}]{tail}"


class _Atom(Atom1Feed):
    """Django's, with entries that are written already."""

    entries: Sequence[str] = ()
    updated_at: dt.datetime | None = None

    def write_items(self, handler: Any) -> None:
        super().write_items(handler)
        handler.ignorableWhitespace("".join(self.entries))  # as it is

    def latest_post_date(self) -> dt.datetime:
        return self.updated_at or super().latest_post_date()


def atom_entry(event: Event, told: Sequence[Told]) -> str:
    """`told` are the pages of publishers."""
    feed = _Atom(title="", link="", description="")
    feed.add_item(
        title=_title(event),
        link=absolute(event.get_absolute_url()),
        description=_html(event, told),
        unique_id=_id(event),
        pubdate=event.created_at,
        updateddate=event.updated_at,
        categories=[category_label(event.category)] if event.category else [],
    )
    text = StringIO()
    feed.write_items(SimplerXMLGenerator(text, "utf-8", short_empty_elements=True))
    return text.getvalue()


def json_entry(event: Event, told: Sequence[Told]) -> str:
    return _json(_item(event, told))


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _item(event: Event, told: Sequence[Told]) -> dict[str, Any]:
    """`_event` is our extension, with what a program wants to know."""
    point = coordinates(event)
    facts = {
        "starts_at": machine_start(event),
        "ends_at": machine_end(event) or None,
        "timezone": event.timezone,
        "night": event.night.isoformat(),
        "status": event.status,
        "venue": event.venue.name if event.venue else None,
        "address": event.address or (event.venue.address if event.venue else "") or None,
        "latitude": point[0] if point else None,
        "longitude": point[1] if point else None,
        "online": event.online,
        "category": event.category or None,
        "price_min": float(event.price_min) if event.price_min is not None else None,
        "price_max": float(event.price_max) if event.price_max is not None else None,
        "currency": event.currency or None,
        "is_free": event.is_free,
        "sources": [{"name": one.name, "url": one.url} for one in told],
    }
    image = picture(event)
    return {
        **({"image": image.large} if image else {}),
        "id": _id(event),
        "url": absolute(event.get_absolute_url()),
        "title": _title(event),
        "content_html": _html(event, told),
        "date_published": _stamp(event.created_at),
        "date_modified": _stamp(event.updated_at),
        "tags": [category_label(event.category)] if event.category else [],
        "_event": facts,
    }


def _id(event: Event) -> str:
    """The same for the life of the event, whatever becomes of its address (RFC 4151)."""
    return f"tag:{host()},{event.created_at:%Y-%m-%d}:event-{event.root_id}"


def _title(event: Event) -> str:
    words = status_words(event)
    return f"{words}: {event.title}" if words else event.title


def _html(event: Event, told: Sequence[Told]) -> str:
    place = event.venue.name if event.venue else _("Online") if event.online else event.address
    lines = [when_words(event), place, event_price(event), event.description[:500]]
    sources = format_html_join(", ", '<a href="{}">{}</a>', ((one.url, one.name) for one in told))
    if sources:
        lines.append(format_html(_("Listed by {}"), sources))
    return format_html_join("", "<p>{}</p>", ((line,) for line in lines if line))


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")
