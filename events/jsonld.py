"""schema.org JSON-LD of an event, for search engines."""

import json
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from events.dates import machine_end, machine_start
from events.models import Event
from events.publishers import web_address
from nocturne.origin import absolute

SCHEMA = "https://schema.org/"
# Sold out is a matter of offers; of what is no longer listed nothing is known.
_STATUSES = {Event.Status.CANCELLED: "EventCancelled", Event.Status.POSTPONED: "EventPostponed"}
# As in Django's json_script: nothing in a string can end the script element.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def event_script(event: Event) -> SafeString:
    """The text of the script element."""
    text = json.dumps(event_data(event), ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPES))


def event_data(event: Event) -> dict[str, Any]:
    url = absolute(event.get_absolute_url())
    data = {
        "@context": SCHEMA.rstrip("/"),
        "@type": "Event",
        "@id": url,
        "url": url,
        "name": event.title,
        "startDate": machine_start(event),
        "endDate": machine_end(event),
        "eventStatus": SCHEMA + _STATUSES.get(Event.Status(event.status), "EventScheduled"),
        "eventAttendanceMode": f"{SCHEMA}{'Online' if _online(event) else 'Offline'}EventAttendanceMode",
        "location": _location(event),
        "description": event.description[:5000],
        "organizer": {"@type": "Organization", "name": event.organizer} if event.organizer else None,
        "performer": [{"@type": "PerformingGroup", "name": name} for name in event.performers],
        "isAccessibleForFree": event.is_free,
        "offers": _offers(event),
    }
    return _without_empty(data)


def _online(event: Event) -> bool:
    return event.online and event.venue is None


def _location(event: Event) -> dict[str, Any]:
    if _online(event):
        link = web_address(event.url) or absolute(event.get_absolute_url())
        return {"@type": "VirtualLocation", "url": link}
    geo = None
    if event.latitude is not None and event.longitude is not None:
        geo = {"@type": "GeoCoordinates", "latitude": event.latitude, "longitude": event.longitude}
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
