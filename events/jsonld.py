"""schema.org JSON-LD of an event, for search engines: what Google asks for in its guide for events."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from events.dates import machine_end, machine_start
from events.images import picture
from events.maps import coordinates
from events.models import City, Event, EventChange
from events.publishers import web_address
from nocturne.origin import absolute

SCHEMA = "https://schema.org/"
# Sold out is a matter of offers; of what is no longer listed nothing is known.
_STATUSES = {Event.Status.CANCELLED: "EventCancelled", Event.Status.POSTPONED: "EventPostponed"}
# As in Django's json_script: nothing in a string can end the script element.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def script_text(data: dict[str, Any]) -> SafeString:
    """The text of the script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPES))


def breadcrumbs(city: City, name: str, path: str) -> dict[str, Any]:
    """The way from the home page to a page of a city."""
    way = ((settings.SITE_NAME, reverse("events:home")), (city.name, city.get_absolute_url()), (name, path))
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
        for number, (name, path) in enumerate(way, 1)
    ]
    return {"@context": SCHEMA.rstrip("/"), "@type": "BreadcrumbList", "itemListElement": items}


def event_data(event: Event, changes: Iterable[EventChange] = ()) -> dict[str, Any]:
    """`changes` are those of its history, the latest first."""
    url = absolute(event.get_absolute_url())
    status, moved_from = _STATUSES.get(Event.Status(event.status), "EventScheduled"), ""
    if status == "EventScheduled" and (moved_from := _moved_from(event, changes)):
        status = "EventRescheduled"
    image = picture(event)
    data = {
        "@context": SCHEMA.rstrip("/"),
        "@type": "Event",
        "@id": url,
        "url": url,
        "name": event.title,
        "startDate": machine_start(event),
        "endDate": machine_end(event),
        "previousStartDate": moved_from,
        "eventStatus": SCHEMA + status,
        "eventAttendanceMode": f"{SCHEMA}{_attendance(event)}EventAttendanceMode",
        "location": _location(event),
        "image": [image.large] if image else None,
        "description": event.description[:5000],
        "organizer": {"@type": "Organization", "name": event.organizer} if event.organizer else None,
        "performer": [{"@type": "PerformingGroup", "name": name} for name in event.performers],
        "isAccessibleForFree": event.is_free,
        "offers": _offers(event),
    }
    return _without_empty(data)


def _moved_from(event: Event, changes: Iterable[EventChange]) -> str:
    """The start before the event was moved the last time, "" if it never was. A time that became known is no move."""
    for row in changes:
        if not row.before.get("starts_at"):
            continue
        old = dt.datetime.fromisoformat(row.before["starts_at"]).astimezone(event.zone)
        was_timed = row.before.get("time_known", event.time_known) and not row.before.get("all_day", event.all_day)
        if was_timed and event.time_known and not event.all_day:
            moved = old != event.starts_at
        else:
            moved = old.date() != event.local_start.date()
        if moved:
            return old.isoformat(timespec="minutes") if was_timed else old.date().isoformat()
    return ""


def _attendance(event: Event) -> str:
    if not event.online:
        return "Offline"
    return "Mixed" if event.venue else "Online"


def _location(event: Event) -> dict[str, Any] | list[dict[str, Any]]:
    """Where one goes, where one watches, or both."""
    if not event.online:
        return _place(event)
    stream = {"@type": "VirtualLocation", "url": web_address(event.url) or absolute(event.get_absolute_url())}
    return [_place(event), stream] if event.venue else stream


def _place(event: Event) -> dict[str, Any]:
    point = coordinates(event)
    geo = {"@type": "GeoCoordinates", "latitude": point[0], "longitude": point[1]} if point else None
    return _without_empty(
        {
            "@type": "Place",
            "name": event.venue.name if event.venue else event.city.name,
            "geo": geo,
            "address": _without_empty(
                {
                    "@type": "PostalAddress",
                    "streetAddress": event.address or (event.venue.address if event.venue else ""),
                    "addressLocality": event.city.name,
                    "addressRegion": event.city.region,
                    "addressCountry": event.city.country,
                }
            ),
        }
    )


def _offers(event: Event) -> dict[str, Any] | None:
    """What is known of the price; without a price and a currency only that it is sold out."""
    offer: dict[str, Any] = {"@type": "Offer", "url": web_address(event.url)}
    if event.status == Event.Status.SOLD_OUT:
        offer["availability"] = f"{SCHEMA}SoldOut"
    if event.is_free:
        offer |= {"price": "0", "priceCurrency": event.currency or event.city.currency}
    elif event.price_min is not None and event.currency:
        offer |= {"price": str(event.price_min), "priceCurrency": event.currency}
    return _without_empty(offer) if offer.keys() & {"price", "availability"} else None


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", [], {})}
