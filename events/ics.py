"""iCalendar (RFC 5545): events as text that calendars subscribe to.

Written by hand: the same rows always give the same bytes, and a library takes twenty times as long.
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from events.categories import category_label
from events.dates import last_day
from events.models import Event
from events.text import fold
from nocturne.origin import absolute, host

CONTENT_TYPE = "text/calendar; charset=utf-8"
REFRESH = "PT4H"
MAX_DESCRIPTION = 2000
_STATUSES = {
    Event.Status.SCHEDULED: "CONFIRMED",
    Event.Status.SOLD_OUT: "CONFIRMED",
    Event.Status.POSTPONED: "TENTATIVE",
    Event.Status.NOT_LISTED: "TENTATIVE",
    Event.Status.CANCELLED: "CANCELLED",
}


def calendar(events: Iterable[Event], *, name: str = "") -> str:
    """A calendar of events that come with city and venue loaded; `name` for one that is subscribed to."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nocturne//Events//EN", "CALSCALE:GREGORIAN"]
    lines.append("METHOD:PUBLISH")
    if name:
        lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}", f"X-PUBLISHED-TTL:{REFRESH}"]
    for event in events:
        lines += _event(event)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _event(event: Event) -> Iterator[str]:
    changed = _instant(event.updated_at)
    url = absolute(event.get_absolute_url())
    yield "BEGIN:VEVENT"
    yield f"UID:event-{event.root_id}@{host()}"
    # the row's own time, not now: the same event must give the same bytes
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"STATUS:{_STATUSES[Event.Status(event.status)]}"
    yield from _times(event)
    yield f"SUMMARY:{_text(event.title)}"
    if place := place_words(event):
        yield f"LOCATION:{_text(place)}"
    if event.latitude is not None and event.longitude is not None:
        yield f"GEO:{event.latitude:.6f};{event.longitude:.6f}"
    if event.category:
        yield f"CATEGORIES:{_text(category_label(event.category))}"
    yield f"DESCRIPTION:{_text(_description(event, url))}"
    yield f"URL:{url}"
    yield "END:VEVENT"


def _times(event: Event) -> Iterator[str]:
    """Instants in UTC; days where the source speaks of days or gives no time, with the exclusive end."""
    if event.all_day or not event.time_known:
        yield f"DTSTART;VALUE=DATE:{event.local_start:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{last_day(event) + dt.timedelta(days=1):%Y%m%d}"
        return
    yield f"DTSTART:{_instant(event.starts_at)}"
    if event.ends_at and event.ends_at > event.starts_at:
        yield f"DTEND:{_instant(event.ends_at)}"


def place_words(event: Event) -> str:
    """Venue, address and city, each once; Online where there is no place."""
    if event.online and not event.venue:
        return "Online"
    address = event.address or (event.venue.address if event.venue else "")
    parts = [event.venue.name if event.venue else "", address]
    if f" {fold(event.city.name)} " not in f" {fold(address)} ":
        parts.append(event.city.name)
    return ", ".join(part for part in dict.fromkeys(parts) if part)


def _description(event: Event, url: str) -> str:
    words = {Event.Status.SOLD_OUT: "Sold out.", Event.Status.NOT_LISTED: "No longer listed by its source."}
    parts = [words.get(Event.Status(event.status), ""), event.description[:MAX_DESCRIPTION], url]
    return "\n\n".join(part for part in parts if part)


def _instant(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """TEXT, escaped; control characters, which a calendar may not hold, are left out."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = "".join(c for c in value if c in "\n\t" or (c >= " " and c != "\x7f"))
    for plain in ("\\", ";", ","):
        value = value.replace(plain, f"\\{plain}")
    return value.replace("\n", "\\n")


def _fold(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, a space before each continuation, no character torn apart."""
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > 75:
            yield piece
            piece, size = " ", 1
        piece += character
        size += octets
    yield piece
