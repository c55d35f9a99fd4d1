"""The demo's iCalendar feeds, each in the dialect of the software that such publishers use."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from nocturne.dev.demo.program import Series, Town, number
from nocturne.dev.demo.publishers import Item, Publisher, price_text

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar(publisher: Publisher, listed: tuple[Item, ...], *, base: str, tonight: dt.date) -> bytes:
    head, event = {
        "google": (_google_head, _google_event),
        "tribe": (_tribe_head, _tribe_event),
        "floating": (_plain_head, _floating_event),
        "utc": (_plain_head, _utc_event),
    }[publisher.format]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head(publisher)]
    singles = [item for item in listed if publisher.format != "google" or item.show.series is None]
    stamp = f"DTSTAMP:{dt.datetime.combine(tonight, dt.time()):%Y%m%dT%H%M%SZ}"
    for item in singles:
        lines += ["BEGIN:VEVENT", *event(publisher, item, base), stamp, "END:VEVENT"]
    if publisher.format == "google":
        for series in publisher.town.series:
            lines += _series(publisher, series, [item for item in listed if item.show.series == series], stamp)
    return "".join(_folded(line) for line in (*lines, "END:VCALENDAR")).encode()


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, as RFC 5545 wants it."""
    pieces, size = [""], 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > 74:
            pieces.append("")
            size = 0
        pieces[-1] += letter
        size += octets
    return "\r\n ".join(pieces) + "\r\n"


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _local(time: dt.datetime) -> str:
    return f"{time:%Y%m%dT%H%M%S}"


def _utc(town: Town, time: dt.datetime) -> str:
    return f"{time.replace(tzinfo=ZoneInfo(town.timezone)).astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _times(item: Item, *, zone: str = "") -> Iterator[str]:
    parameter = f";TZID={zone}" if zone else ""
    for name, time in (("DTSTART", item.start), ("DTEND", item.end)):
        if time and item.show.all_day:
            yield f"{name};VALUE=DATE:{time:%Y%m%d}"
        elif time:
            yield f"{name}{parameter}:{_local(time)}"


def _address(publisher: Publisher, item: Item) -> str:
    venue, facts = item.show.venue, publisher.town.facts
    if facts["country"] == "DE":
        return f"{item.place}, {venue.street}, {venue.postcode} {venue.locality}, Deutschland"
    region = f"{venue.locality}, {facts['region']} {venue.postcode}"
    if facts["country"] == "AU":
        region = f"{venue.locality} {facts['region']} {venue.postcode}"
    return f"{item.place}, {venue.street}, {region}, {'USA' if facts['country'] == 'US' else 'Australia'}"


def _category(publisher: Publisher, item: Item) -> str:
    """The publisher's own word, in its language."""
    return publisher.town.facts.get("categories", {}).get(item.show.category, item.show.category)


def _zone(town: Town) -> list[str]:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{town.timezone}"]
    for part in ("daylight", "standard"):
        name, to, since, start, month, day = town.facts[part].split()
        lines += [
            f"BEGIN:{part.upper()}",
            f"TZOFFSETFROM:{since}",
            f"TZOFFSETTO:{to}",
            f"TZNAME:{name}",
            f"DTSTART:{start}",
            f"RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={day}",
            f"END:{part.upper()}",
        ]
    return [*lines, "END:VTIMEZONE"]


def _google_head(publisher: Publisher) -> list[str]:
    return [
        "PRODID:-//Google Inc//Google Calendar 70.9054//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(publisher.name)}",
        f"X-WR-TIMEZONE:{publisher.town.timezone}",
        *_zone(publisher.town),
    ]


def _google_event(publisher: Publisher, item: Item, base: str) -> list[str]:
    times = _times(item) if item.show.all_day else iter(())
    return [
        *times,
        f"DTSTART:{_utc(publisher.town, item.start)}",
        *([f"DTEND:{_utc(publisher.town, item.end)}"] if item.end else []),
        f"UID:{item.id}@google.com",
        "CREATED:20250904T101500Z",
        f"DESCRIPTION:{_text(item.text)}",
        f"LOCATION:{_text(_address(publisher, item))}",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        f"SUMMARY:{_text(item.title)}",
        "TRANSP:OPAQUE",
    ]


def _series(publisher: Publisher, series: Series, listed: list[Item], stamp: str) -> list[str]:
    """The rule with its exceptions, then the instances that were moved or called off."""
    zone = publisher.town.timezone
    uid = f"UID:{number(publisher.town.slug, series.key):016x}@google.com"
    first = series.first()
    place = f"LOCATION:{_text(series.venue.name)}"
    text = f"{series.text}<br>{price_text(publisher.town, [series.price])}"
    lines = [
        "BEGIN:VEVENT",
        f"DTSTART;TZID={zone}:{_local(first)}",
        f"DTEND;TZID={zone}:{_local(first + dt.timedelta(minutes=series.minutes))}",
        f"RRULE:FREQ=WEEKLY;WKST=MO;BYDAY={DAYS[series.day]}",
    ]
    days = sorted(item.show.original.date() for item in listed if item.show.original)
    for offset in range(-28, 60):
        day = days[0] + dt.timedelta(days=offset)
        if day.weekday() == series.day and series.state(day) == "none":
            lines.append(f"EXDATE;TZID={zone}:{_local(dt.datetime.combine(day, series.time))}")
    about = [
        uid,
        f"SUMMARY:{_text(series.title)}",
        place,
        f"DESCRIPTION:{_text(text)}",
        stamp,
        "SEQUENCE:2",
    ]
    lines += [*about, "STATUS:CONFIRMED", "END:VEVENT"]
    for item in listed:
        if item.show.original and (item.start != item.show.original or item.status == "cancelled"):
            lines += [
                "BEGIN:VEVENT",
                *_times(item, zone=zone),
                f"RECURRENCE-ID;TZID={zone}:{_local(item.show.original)}",
                *about,
                f"STATUS:{'CANCELLED' if item.status == 'cancelled' else 'CONFIRMED'}",
                "END:VEVENT",
            ]
    return lines


def _tribe_head(publisher: Publisher) -> list[str]:
    return [
        f"PRODID:-//{publisher.name} - ECPv6.15.12//NONSGML v1.0//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(publisher.name)}",
        f"X-WR-CALDESC:{_text(publisher.name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-Robots-Tag:noindex",
        "X-PUBLISHED-TTL:PT1H",
        *_zone(publisher.town),
    ]


def _tribe_event(publisher: Publisher, item: Item, base: str) -> list[str]:
    venue = item.show.venue
    zone = "" if item.show.all_day else publisher.town.timezone
    return [
        *_times(item, zone=zone),
        "CREATED:20251002T081100Z",
        f"UID:{10_000_000 + int(item.id, 16) % 9_000_000}-{item.id}@{publisher.key}.example",
        f"SUMMARY:{_text(item.title)}",
        f"DESCRIPTION:{_text(item.text)}",
        f"URL:{base}{item.path}",
        f"CATEGORIES:{_text(_category(publisher, item))}",
        *([f"ATTACH;FMTTYPE=image/jpeg:{base}{item.picture}"] if item.picture else []),
        *(
            [
                f"LOCATION:{_text(_address(publisher, item))}",
                f"GEO:{venue.latitude};{venue.longitude}",
                f'ORGANIZER;CN="{venue.name}":MAILTO:hello@{publisher.key}.example',
            ]
            if item.place
            else []
        ),
    ]


def _plain_head(publisher: Publisher) -> list[str]:
    return [f"PRODID:-//{publisher.name}//Calendar 2.3//EN", f"NAME:{_text(publisher.name)}"]


def _floating_event(publisher: Publisher, item: Item, base: str) -> list[str]:
    return [
        *([f"DTSTART:{_text(item.when_text)}"] if item.when_text else _times(item)),
        f"UID:{item.id}@{publisher.key}.example",
        f"SUMMARY:{_text(item.title)}",
        f"DESCRIPTION:{_text(item.text)}",
        f"LOCATION:{_text(item.place)}",
        f"URL:{base}{item.path}",
        f"CATEGORIES:{_text(_category(publisher, item))}",
        f"STATUS:{'CANCELLED' if item.status == 'cancelled' else 'CONFIRMED'}",
    ]


def _utc_event(publisher: Publisher, item: Item, base: str) -> list[str]:
    return [
        f"DTSTART:{_utc(publisher.town, item.start)}",
        "DURATION:PT2H30M",
        f"UID:{item.id}-{publisher.key}",
        f"SUMMARY:{_text(item.title)}",
        f"DESCRIPTION:{_text(item.text)}",
        f"LOCATION:{_text(_address(publisher, item))}",
        f"URL;VALUE=URI:{base}{item.path}",
        f"STATUS:{'CANCELLED' if item.status == 'cancelled' else 'CONFIRMED'}",
    ]
