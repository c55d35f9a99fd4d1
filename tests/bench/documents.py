"""Valid documents of every format that is read, made from a seed, and what mutation makes of them.

Own inventions in the shapes that the formats have: nothing here was published by anybody.
"""

# ruff: noqa: E501

import html
import json
import random
from collections.abc import Callable

TITLES = (
    "Nachtmusik im Hof", "The Paper Lanterns", "Dílna & Kafe", "Rumba für Anfänger", "Stand-Up: Late Show", "Ταινία στο λιμάνι",
    "Lesung – “Das Boot”", "Open Mic (free)", "Ciné-club: L’été", "Techno / House <all night>", "Marché de Noël",
)  # fmt: skip
VENUES = (
    "Klub Null, Gasse 1, 10115 Berlin",
    "The Boiler Room, 12 Dock St, Portland, OR 97205, USA",
    "Halle 7",
    "Online",
)
PRICES = ("12 EUR", "€10–15", "free", "VVK 12,50 / AK 15 €", "$20", "donation", "0")
RULES = (
    "FREQ=WEEKLY;BYDAY=TH", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=6", "FREQ=DAILY;INTERVAL=3;UNTIL=20270201T000000Z",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "FREQ=MONTHLY;BYSETPOS=2;BYDAY=MO,TU,WE",
)  # fmt: skip

Facts = dict[str, str]


def facts(rng: random.Random, number: int) -> Facts:
    """What one event says, its times as ISO 8601 without a zone."""
    day, hour = rng.randint(1, 28), rng.randint(9, 22)
    month = rng.choice(("2026-12", "2027-01", "2027-02"))
    return {
        "id": f"e{number}-{rng.randrange(10**6)}",
        "title": rng.choice(TITLES),
        "start": f"{month}-{day:02}T{hour:02}:{rng.choice(('00', '30'))}:00",
        "end": f"{month}-{day:02}T{hour + 1:02}:45:00",
        "place": rng.choice(VENUES),
        "price": rng.choice(PRICES),
        "text": f"<p>{rng.choice(TITLES)} &amp; friends</p><ul><li>Doors {hour}:00</li></ul> https://klub.example/{number}",
        "url": f"https://klub.example/events/{number}?ref=x&lang=de",
    }


def _ics(all_facts: list[Facts], rng: random.Random) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Klub//EN", "X-WR-TIMEZONE:Europe/Berlin"]
    lines += ["BEGIN:VTIMEZONE", "TZID:Klub Time", "BEGIN:STANDARD", "DTSTART:19701025T030000", "TZOFFSETFROM:+0200"]
    lines += ["TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE"]
    for one in all_facts:
        stamp, end = (one[name].replace("-", "").replace(":", "") for name in ("start", "end"))
        zone = rng.choice(("TZID=Europe/Berlin:", "TZID=Klub Time:", "TZID=W. Europe Standard Time:"))
        lines += ["BEGIN:VEVENT", f"UID:{one['id']}@klub.example", f"DTSTART;{zone}{stamp}", f"DTEND;{zone}{end}"]
        lines += ["SUMMARY:" + one["title"].replace(",", "\\,"), "LOCATION:" + one["place"].replace(",", "\\,")]
        lines += [
            f"DESCRIPTION:{one['text']}\\n\\nmore",
            f"URL:{one['url']}",
            "CATEGORIES:Music,Jazz",
            "GEO:52.53;13.38",
        ]
        if rng.random() < 0.4:
            lines += [f"RRULE:{rng.choice(RULES)}", f"EXDATE;{zone}{stamp}"]
        lines += ['ORGANIZER;CN="Klub Null":mailto:a@klub.example', "STATUS:CONFIRMED", "X-COST:12 EUR", "END:VEVENT"]
        if rng.random() < 0.2:
            lines += [
                "BEGIN:VEVENT",
                f"UID:{one['id']}@klub.example",
                f"RECURRENCE-ID;{zone}{stamp}",
                f"DTSTART;{zone}{end}",
            ]
            lines += ["SUMMARY:Moved", "SEQUENCE:2", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _xcal(all_facts: list[Facts], rng: random.Random) -> str:
    body = "".join(
        f"<vevent><properties><uid><text>{one['id']}</text></uid><dtstart><parameters><tzid><text>Europe/Berlin</text></tzid>"
        f"</parameters><date-time>{one['start']}</date-time></dtstart><summary><text>{html.escape(one['title'])}</text></summary>"
        f"<rrule><recur><freq>WEEKLY</freq><until>2027-02-01</until></recur></rrule>"
        f"<location><text>{one['place']}</text></location></properties></vevent>"
        for one in all_facts
    )
    return f'<?xml version="1.0"?><icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><components>{body}</components></vcalendar></icalendar>'


def _rss(all_facts: list[Facts], rng: random.Random) -> str:
    items = "".join(
        f"<item><title>{html.escape(one['title'])} - Sat, 5 December 2026</title><link>{html.escape(one['url'])}</link><guid>{one['id']}</guid>"
        f"<ev:startdate>{one['start']}</ev:startdate><ev:enddate>{one['end']}</ev:enddate><ev:location>{one['place']}</ev:location>"
        f"<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate><category>Music</category>"
        f"<content:encoded><![CDATA[{one['text']}<br>When: 5 December 2026, 8pm]]></content:encoded></item>"
        for one in all_facts
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:ev="http://purl.org/rss/1.0/modules/event/" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Klub</title>{items}</channel></rss>'
    )


def _atom(all_facts: list[Facts], rng: random.Random) -> str:
    entries = "".join(
        f'<entry><title type="html">{html.escape(one["title"])}: 5 December 2026 20:00</title><id>{one["id"]}</id>'
        f'<link rel="alternate" href="{html.escape(one["url"])}"/><updated>2026-11-20T10:00:00Z</updated>'
        f'<content type="html">{html.escape(one["text"])} &lt;div class="h-event"&gt;&lt;time class="dt-start" '
        f'datetime="{one["start"]}"&gt;&lt;/time&gt;&lt;b class="p-name"&gt;x&lt;/b&gt;&lt;/div&gt;</content></entry>'
        for one in all_facts
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Klub</title>{entries}</feed>'


def _json_feed(all_facts: list[Facts], rng: random.Random) -> str:
    items = [
        {"id": one["id"], "url": one["url"], "title": one["title"], "content_html": one["text"], "tags": ["music"],
         "_event": {"start": one["start"], "end": one["end"], "location": one["place"]}}
        for one in all_facts
    ]  # fmt: skip
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "Klub", "items": items}, ensure_ascii=False
    )


def _json_ld(all_facts: list[Facts], rng: random.Random) -> str:
    items = [
        {
            "@type": rng.choice(("MusicEvent", "Event", ["Event", "Festival"])),
            "@id": one["id"],
            "name": one["title"],
            "startDate": one["start"] + rng.choice(("", "+01:00", "Z")),
            "endDate": one["end"],
            "location": {
                "@type": "Place",
                "name": one["place"].partition(",")[0],
                "address": {
                    "@type": "PostalAddress",
                    "streetAddress": "Gasse 1",
                    "addressLocality": "Berlin",
                    "addressCountry": "DE",
                },
                "geo": {"latitude": 52.5, "longitude": "13,4"},
            },
            "offers": [{"price": "12.50", "priceCurrency": "EUR"}, {"lowPrice": 10, "highPrice": 20}],
            "description": one["text"],
            "image": [{"url": "/a.jpg"}],
            "performer": [{"name": "Ada"}, "Bo"],
            "keywords": "jazz, live",
            "eventSchedule": {
                "repeatFrequency": "P1W",
                "byDay": "https://schema.org/Friday",
                "startDate": "2026-12-04",
                "startTime": "20:00",
            }
            if rng.random() < 0.3
            else None,
            "subEvent": [{"@type": "Event", "name": "Part", "startDate": one["end"]}] if rng.random() < 0.3 else [],
        }
        for one in all_facts
    ]
    block = json.dumps({"@context": "https://schema.org", "@graph": items}, ensure_ascii=False, indent=1).replace(
        "</", "<\\/"
    )
    return f'<!doctype html><html lang="de"><head><title>Klub</title><script type="application/ld+json">{block}</script></head><body><p>x</body></html>'


def _microdata(all_facts: list[Facts], rng: random.Random) -> str:
    body = "".join(
        f'<div itemscope itemtype="https://schema.org/MusicEvent"><h2 itemprop="name">{html.escape(one["title"])}</h2>'
        f'<time itemprop="startDate" datetime="{one["start"]}">5.12.</time><a itemprop="url" href="/{one["id"]}">more</a>'
        f'<span itemprop="location" itemscope itemtype="https://schema.org/Place"><b itemprop="name">{one["place"]}</b></span>'
        f'<div itemprop="offers" itemscope><meta itemprop="price" content="{html.escape(one["price"])}"></div></div>'
        f'<div vocab="https://schema.org/" typeof="Event"><b property="name">R</b><i property="startDate" content="{one["start"]}"></i></div>'
        for one in all_facts
    )
    return f"<html><body>{body}</body></html>"


def _microformats(all_facts: list[Facts], rng: random.Random) -> str:
    body = "".join(
        f'<div class="h-event"><h2 class="p-name">{html.escape(one["title"])}</h2><time class="dt-start" datetime="{one["start"]}">x</time>'
        f'<span class="p-location h-card"><b class="p-name">{one["place"]}</b><i class="p-locality">Berlin</i></span>'
        f'<a class="u-url" href="{html.escape(one["url"])}">more</a><div class="e-content">{one["text"]}</div></div>'
        f'<div class="vevent"><b class="summary">V</b><abbr class="dtstart" title="{one["start"]}">x</abbr></div>'
        for one in all_facts
    )
    return f"<html><body>{body}</body></html>"


def _objects(all_facts: list[Facts], rng: random.Random) -> str:
    events = [
        {"id": one["id"], "name": {"text": one["title"]}, "start": {"local": one["start"], "timezone": "Europe/Berlin"},
         "end": {"utc": one["end"] + "Z"}, "url": one["url"], "description": {"html": one["text"]}, "is_free": False,
         "ticket_price": one["price"], "venue": {"name": one["place"], "address": {"city": "Berlin", "country": "DE"}, "lat": 52.5, "lng": 13.4},
         "tags": [{"name": "jazz"}], "images": [{"url": "https://klub.example/a.png"}], "status": "live"}
        for one in all_facts
    ]  # fmt: skip
    return json.dumps({"pagination": {"page": 1}, "data": {"events": events}}, ensure_ascii=False)


def _cents(all_facts: list[Facts], rng: random.Random) -> str:
    """The two platforms that state prices in cents."""
    if rng.random() < 0.5:
        events = [
            {"perm_name": one["id"], "name": one["title"], "dates": {"event_start_date": one["start"] + "Z", "timezone": "Europe/Berlin"},
             "price": {"amount": 1250, "amount_from": 1000, "currency": "EUR"}, "venue": one["place"]}
            for one in all_facts
        ]  # fmt: skip
        return json.dumps({"props": {"pageProps": {"events": events}}}, ensure_ascii=False)
    events = [
        {"id": one["id"], "name": one["title"], "start": {"iso": one["start"] + "+01:00", "unix": 1796500800}, "currency": "eur",
         "url": "https://www.tickettailor.com/" + one["id"], "ticket_types": [{"price": 1250}, {"price": 0}], "tickets_available": "false"}
        for one in all_facts
    ]  # fmt: skip
    return json.dumps({"data": events}, ensure_ascii=False)


FORMATS: dict[str, Callable[[list[Facts], random.Random], str]] = {
    "ics": _ics,
    "xcal": _xcal,
    "rss": _rss,
    "atom": _atom,
    "json feed": _json_feed,
    "json-ld": _json_ld,
    "microdata": _microdata,
    "microformats": _microformats,
    "objects": _objects,
    "cents": _cents,
}

# What readers of dates, numbers, markup and rules stumble over.
DICTIONARY = (
    b"\0", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\r", b"\n", b"\n ",
    b"\\", b'"', b"'", b"<", b">", b"&", b"&#x110000;", b"&#0;", b"&amp;lt;", b"]]>", b"<![CDATA[", b"-->", b"<!--", b"</script>", b"<script>",
    b"<!DOCTYPE x [<!ENTITY a \"b\">]>", b"&a;", b"{", b"}", b"[", b"]", b",", b":", b";", b"null", b"true", b"NaN", b"1e999", b"-1",
    b"9" * 30, b"9" * 5000, b"0x41", b"00000000T000000", b"00010101T000000Z", b"99991231T235959Z", b"20270328T023000", b"2026-02-30",
    b"0001-01-01T00:00:00-15:00", b"9999-12-31T23:59:59+15:00", b"24:00", b"25:61", b"P999999999W", b"PT1S", b"FREQ=SECONDLY", b"COUNT=1000000",
    b"BYDAY=+53SU", b"BYSETPOS=-366", b"BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11", b"INTERVAL=0", b"INTERVAL=99999999999999999999", b"UNTIL=00000000",
    b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"BEGIN:VCALENDAR\r\n", b"BEGIN:VALARM\r\n", b"RRULE:", b"RDATE:", b"EXDATE:", b"RECURRENCE-ID:",
    b"RANGE=THISANDFUTURE", b"TZID=", b"VALUE=DATE", b"Etc/GMT+14", b"../../etc/passwd", b"UTC+99", b"javascript:alert(1)", b"data:text/html,x",
    b"http://[::1", b"http://%zz/", b"//", b"charset=punycode", b"charset=utf-7", b"encoding=\"unicode_escape\"", b"itemscope ", b"itemprop=\"startDate\" ",
    b"class=\"h-event\" ", b"\"@id\":", b"\"@type\":\"Event\",", b"\"subEvent\":[", b"\"startDate\":", b"\xc2\xb2", b"\xd9\xa3", b"\xe2\x85\xa7",
)  # fmt: skip


def valid(seed: int) -> tuple[str, bytes]:
    """The name of a format, and a document of it with up to six events."""
    rng = random.Random(seed)
    name = rng.choice(list(FORMATS))
    text = FORMATS[name]([facts(rng, number) for number in range(rng.randint(1, 6))], rng)
    return name, text.encode(rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "cp1252")), "replace")


def mutated(body: bytes, rng: random.Random, *, growth: int = 200_000) -> bytes:
    """A document with one to eight faults; it grows by no more than `growth` bytes a fault."""
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        at = rng.randrange(len(body) + 1)
        size = rng.choice((1, 2, 8, 40, 300))
        piece = body[at : at + size]
        match rng.randrange(9):
            case 0:
                body = body[:at] + body[at + size :]
            case 1:
                body = body[:at] + rng.choice(DICTIONARY) + body[at:]
            case 2:
                body = body[:at] + rng.choice(DICTIONARY) + body[at + size :]
            case 3:
                body = body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]
            case 4:  # the same piece again and again
                times = rng.choice((2, 10, 200, growth // max(1, len(piece))))
                body = body[:at] + piece * min(times, growth // max(1, len(piece))) + body[at:]
            case 5:  # a piece from somewhere else in it
                other = rng.randrange(len(body) + 1)
                body = body[:at] + body[other : other + size] + body[at:]
            case 6:  # cut off
                body = body[:at] if rng.random() < 0.3 else body[at:] or body
            case 7:  # one thing in the place of each of its likes
                if piece.strip():
                    body = body.replace(piece[:8], rng.choice(DICTIONARY), rng.choice((1, 3, 1000)))
            case _:  # a long run of one thing
                run = rng.choice(DICTIONARY)
                body = body[:at] + run * min(rng.choice((5, 100, growth)), growth // len(run)) + body[at:]
    return body
