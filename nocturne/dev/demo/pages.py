"""The demo's web pages: listings with schema.org JSON-LD, a page for each item, and the index of the feeds."""

import datetime as dt
import html
import json
from typing import Any
from zoneinfo import ZoneInfo

from nocturne.dev.demo.program import number
from nocturne.dev.demo.publishers import Item, Publisher

TYPES = {
    "concert": "MusicEvent",
    "party": "MusicEvent",
    "late": "MusicEvent",
    "comedy": "ComedyEvent",
    "play": "TheaterEvent",
    "film": "ScreeningEvent",
    "talk": "LiteraryEvent",
    "family": "ChildrensEvent",
    "festival": "Festival",
    "exhibition": "ExhibitionEvent",
    "community": "SocialEvent",
    "nightlife": "DanceEvent",
    "food": "FoodEvent",
    "music": "MusicEvent",
    "festivals": "Festival",
}
SCHEMA = "https://schema.org"


def _page(title: str, body: str, *, language: str = "en") -> bytes:
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(title)}</title>\n</head>\n<body>\n<h1>{html.escape(title)}</h1>\n{body}\n"
        "</body>\n</html>\n"
    ).encode()


def _script(text: str) -> str:
    return f'<script type="application/ld+json">\n{text.replace("</", "<\\/")}\n</script>'


def _stated(publisher: Publisher, time: dt.datetime | None) -> str | None:
    return time.replace(tzinfo=ZoneInfo(publisher.town.timezone)).isoformat() if time else None


def event(publisher: Publisher, item: Item, base: str) -> dict[str, Any]:
    show, venue, facts = item.show, item.show.venue, publisher.town.facts
    last = show.end.date() - dt.timedelta(days=1)
    data: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": TYPES.get(show.kind, "Event"),
        "@id": f"{base}{item.path}#event",
        "name": item.title,
        "url": base + (item.link or item.path),
        "description": item.text,
        "startDate": str(show.start.date()) if show.all_day else _stated(publisher, item.start),
        "endDate": str(last) if show.all_day else _stated(publisher, item.end),
        "eventStatus": f"{SCHEMA}/Event{'Cancelled' if item.status == 'cancelled' else 'Scheduled'}",
        "eventAttendanceMode": f"{SCHEMA}/OfflineEventAttendanceMode",
        "location": {
            "@type": "Place",
            "name": item.place,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": venue.street,
                "addressLocality": venue.locality,
                "addressRegion": facts["region"],
                "postalCode": venue.postcode,
                "addressCountry": facts["country"],
            },
        },
        "image": base + item.picture if item.picture else None,
        "inLanguage": facts["language"],
        "offers": offers(publisher, item, base),
    }
    if show.kind in ("concert", "comedy"):
        data["performer"] = [{"@type": "PerformingGroup", "name": show.headliner}]
    if publisher.format == "graph":
        geo = {"@type": "GeoCoordinates", "latitude": str(venue.latitude), "longitude": str(venue.longitude)}
        data["location"]["geo"] = geo
    if item.when_text:
        data |= {"startDate": item.when_text, "endDate": None}
    return {name: value for name, value in data.items() if value not in (None, [])}


def offers(publisher: Publisher, item: Item, base: str) -> Any:
    availability = f"{SCHEMA}/{'SoldOut' if item.status == 'sold_out' else 'InStock'}"
    common = {
        "priceCurrency": publisher.town.facts["currency"],
        "availability": availability,
        "url": base + (item.link or item.path),
    }
    prices = [price.replace(",", ".") for price in item.prices]
    if len(prices) > 1 and publisher.format == "graph":
        return {"@type": "AggregateOffer", "lowPrice": prices[0], "highPrice": prices[-1], **common}
    if not prices and item.status == "sold_out":
        return [{"@type": "Offer", "availability": availability}]
    return [{"@type": "Offer", "price": f"{float(price):.2f}", **common} for price in prices]


def listing(publisher: Publisher, listed: tuple[Item, ...], *, base: str) -> bytes:
    rows = "\n".join(
        f'<li><a href="{html.escape(base + (item.link or item.path))}">{html.escape(item.title)}</a>, '
        f"{html.escape(item.place)}</li>"
        for item in listed
    )
    if publisher.format == "graph":
        scripts = [_script(json.dumps(_graph(publisher, listed, base), ensure_ascii=False))]
    else:
        scripts = [_script(_by_hand(event(publisher, item, base), number(item.id))) for item in listed]
    body = "\n".join((*scripts, f"<ul>\n{rows}\n</ul>"))
    return _page(publisher.name, body, language=publisher.town.facts["language"])


def _graph(publisher: Publisher, listed: tuple[Item, ...], base: str) -> dict[str, Any]:
    entries = [
        {
            "@type": "ListItem",
            "position": place,
            "item": {k: v for k, v in event(publisher, item, base).items() if k != "@context"},
        }
        for place, item in enumerate(listed, 1)
    ]
    organization = {"@type": "Organization", "name": publisher.name, "url": base + publisher.home}
    return {
        "@context": SCHEMA,
        "@graph": [organization, {"@type": "ItemList", "name": publisher.name, "itemListElement": entries}],
    }


def _by_hand(data: dict[str, Any], chance: int) -> str:
    """JSON as a template pastes it together: a line break inside a text, a comma too many, a zone forgotten."""
    if chance % 4 == 1 and "T" in data["startDate"]:
        data = data | {"startDate": data["startDate"][:16]}
        data.pop("endDate", None)
    if chance % 4 == 2:
        data = data | {"description": data["description"].replace(". ", ".\n", 1)}
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if chance % 4 == 2:
        text = text.replace("\\n", "\n")
    if chance % 4 == 3:
        text = text.removesuffix("\n}") + ",\n}"
    return text


def detail(publisher: Publisher, item: Item, *, base: str) -> bytes:
    """An item's own page, where the links of the listings lead."""
    when = item.when_text or f"{item.start:%Y-%m-%d}" + ("" if item.show.all_day else f" {item.start:%H:%M}")
    data = event(publisher, item, base) | {"url": base + item.path}
    text = item.text if publisher.format in ("tribe", "google") else html.escape(item.text)
    body = f"{_script(json.dumps(data, ensure_ascii=False))}\n<p>{when}, {html.escape(item.place)}</p>\n{text}"
    return _page(item.title, body, language=publisher.town.facts["language"])


def home(publisher: Publisher, *, base: str) -> bytes:
    feed = html.escape(base + publisher.feed)
    return _page(publisher.name, f'<p>{publisher.town.facts["name"]}. <a href="{feed}">{feed}</a></p>')


def index(sources: list[dict[str, Any]]) -> bytes:
    rows = "\n".join(
        f'<li><a href="{html.escape(source["url"])}">{html.escape(source["name"])}</a></li>' for source in sources
    )
    return _page("Demo feeds", f"<p>Invented, as are all that they list.</p>\n<ul>\n{rows}\n</ul>")
