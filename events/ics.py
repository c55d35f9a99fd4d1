"""iCalendar (RFC 5545): events as text that calendars subscribe to.

Written by hand: the same rows always give the same bytes, and a library takes twenty times as long.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from events.categories import category_label
from events.dates import last_day
from events.maps import coordinates
from events.models import Event
from events.publishers import Told
from events.text import fold
from events.vtimezone import vtimezone
from nocturne.origin import absolute, host

CONTENT_TYPE = "text/calendar; charset=utf-8"
REFRESH = "PT4H"
MAX_DESCRIPTION = 2000
UTC = frozenset({"UTC", "Etc/UTC"})
_STATUSES = {
    Event.Status.SCHEDULED: "CONFIRMED",
    Event.Status.SOLD_OUT: "CONFIRMED",
    Event.Status.POSTPONED: "TENTATIVE",
    Event.Status.NOT_LISTED: "TENTATIVE",
    Event.Status.CANCELLED: "CANCELLED",
}


def calendar(
    events: Sequence[Event],
    *,
    name: str = "",
    description: str = "",
    page: str = "",
    told: Mapping[int, Sequence[Told]] | None = None,
    maybe: Collection[int] | None = None,
) -> str:
    """A calendar of events that come with city and venue loaded; `name` for one that is subscribed to, with the
    address of the `page` that lists the same. `told` are the pages of publishers by the event's root id.

    With `maybe` it is the calendar of one who goes there, and is busy, save to those root events where it is not sure.
    """
    entries = []
    for event in events:
        unsure = maybe is not None and event.root_id in maybe
        free = bool(name) if maybe is None else unsure
        entries.append(entry(event, (told or {}).get(event.root_id, ()), free=free, unsure=unsure))
    return calendar_of(entries, name=name, description=description, page=page)


def calendar_of(entries: Sequence[str], *, name: str = "", description: str = "", page: str = "") -> str:
    """The calendar of what `entry` wrote of its events."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nocturne//Events//EN", "CALSCALE:GREGORIAN"]
    lines.append("METHOD:PUBLISH")
    if name:
        lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}", f"X-PUBLISHED-TTL:{REFRESH}"]
    if description:
        lines += [f"DESCRIPTION:{_text(description)}", f"X-WR-CALDESC:{_text(description)}"]
    if page:
        lines.append(f"URL:{page}")
    parts = [one.partition("\n") for one in entries]
    zones: dict[str, set[int]] = defaultdict(set)
    for head in filter(None, {part[0] for part in parts}):
        zone, *years = head.split()
        zones[zone].update(map(int, years))
    for zone, of_zone in sorted(zones.items()):
        lines += vtimezone(zone, min(of_zone), max(of_zone))
    return f"{_folded(lines)}{''.join([part[2] for part in parts])}END:VCALENDAR\r\n"


def entry(event: Event, told: Sequence[Told], *, free: bool = False, unsure: bool = False) -> str:
    """An event as text of a calendar, behind a line that says in which zone its times are and of which years."""
    zone = ""
    if _is_timed(event) and _in_zone(event):
        years = {moment.year for moment in (event.local_start, event.local_end) if moment}
        zone = " ".join(map(str, (event.timezone, *sorted(years))))
    return f"{zone}\n{_folded(_event(event, told=told, free=free, unsure=unsure))}"


def _event(event: Event, *, told: Sequence[Told], free: bool, unsure: bool) -> Iterator[str]:
    changed = _instant(event.updated_at)
    url = absolute(event.get_absolute_url())
    yield "BEGIN:VEVENT"
    # of what was merged only the root is listed, so that the id that is known stays; undone, the other comes back
    yield f"UID:event-{event.root_id}@{host()}"
    # the row's own time, not now: the same event must give the same bytes
    yield f"DTSTAMP:{changed}"
    yield f"CREATED:{_instant(event.created_at)}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{event.sequence}"
    status = _STATUSES[Event.Status(event.status)]
    yield f"STATUS:{'TENTATIVE' if unsure and status == 'CONFIRMED' else status}"
    if free:
        yield "TRANSP:TRANSPARENT"  # whoever follows a city is not busy all night
    yield from _times(event)
    yield f"SUMMARY:{_text(event.title)}"
    if place := place_words(event):
        yield f"LOCATION:{_text(place)}"
    if point := coordinates(event):
        yield "GEO:{:.6f};{:.6f}".format(*point)
    if event.category:
        yield f"CATEGORIES:{_text(category_label(event.category))}"
    yield f"DESCRIPTION:{_text(_description(event, url, told))}"
    yield f"URL:{url}"
    yield "END:VEVENT"


def _times(event: Event) -> Iterator[str]:
    """The clock's time with its zone; days where the source speaks of days or gives no time, with the exclusive end."""
    if not _is_timed(event):
        yield f"DTSTART;VALUE=DATE:{event.local_start:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{last_day(event) + dt.timedelta(days=1):%Y%m%d}"
        return
    yield _moment("DTSTART", event.starts_at, event)
    if event.ends_at and event.ends_at > event.starts_at:
        yield _moment("DTEND", event.ends_at, event)


def _moment(name: str, moment: dt.datetime, event: Event) -> str:
    if _in_zone(event):
        return f"{name};TZID={event.timezone}:{moment.astimezone(event.zone):%Y%m%dT%H%M%S}"
    return f"{name}:{_instant(moment)}"


def _is_timed(event: Event) -> bool:
    return event.time_known and not event.all_day


def _in_zone(event: Event) -> bool:
    """Not in UTC, as what is there already; nor what falls into the hour that the clock shows twice in autumn, of
    which a local time can only name the first."""
    ends = event.local_end
    return event.timezone not in UTC and not event.local_start.fold and not (ends and ends.fold)


def place_words(event: Event) -> str:
    """Venue, address and city, each once; that it is online where there is no place."""
    if event.online and not event.venue:
        return _("Online")
    address = event.address or (event.venue.address if event.venue else "")
    parts = [event.venue.name if event.venue else "", address]
    if f" {fold(event.city.name)} " not in f" {fold(address)} ":
        parts.append(event.city.name)
    return ", ".join(part for part in dict.fromkeys(parts) if part)


def _description(event: Event, url: str, told: Sequence[Told]) -> str:
    words = {Event.Status.SOLD_OUT: _("Sold out."), Event.Status.NOT_LISTED: _("No longer listed by its source.")}
    parts = [words.get(Event.Status(event.status), ""), event.description[:MAX_DESCRIPTION]]
    parts.append("\n".join(f"{one.name}: {one.url}" for one in told))
    return "\n\n".join(part for part in (*parts, url) if part)


def _instant(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """TEXT, escaped; control characters, which a calendar may not hold, are left out."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = "".join(c for c in value if c in "\n\t" or (c >= " " and c != "\x7f"))
    for plain in ("\\", ";", ","):
        value = value.replace(plain, f"\\{plain}")
    return value.replace("\n", "\\n")


def _folded(lines: Iterable[str]) -> str:
    """Lines of at most 75 octets, a space before each continuation, no character torn apart."""
    return "".join(f"{line if len(line) < 19 else _fold(line)}\r\n" for line in lines)


def _fold(line: str) -> str:
    octets = line.encode()
    cuts, room = [0], 75
    while len(octets) - cuts[-1] > room:
        cut = cuts[-1] + room
        while octets[cut] & 0xC0 == 0x80:  # within a character
            cut -= 1
        cuts.append(cut)
        room = 74
    return b"\r\n ".join(octets[i:j] for i, j in pairwise((*cuts, len(octets)))).decode()
