"""Who lists the shows, and how each of them gets it wrong: the demo's sources.

Formats: `google` (a venue's calendar with weekly series), `page` (a venue's page with JSON-LD), `floating` (a
club's calendar with times of no zone), `tribe` (a city magazine's calendar), `graph` (an aggregator's page with
JSON-LD) and `utc` (a promoter's calendar with instants).
"""

import datetime as dt
import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from events.text import slugify
from nocturne.dev.demo.program import Show, Town, Venue, number, program, towns

VENUE_FORMATS = ("google", "page", "floating")
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, eq=False)
class Publisher:
    town: Town
    key: str
    name: str
    format: str
    path: str
    trust: int
    venues: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    share: int = 100

    @property
    def home(self) -> str:
        return f"/{self.town.slug}/{self.key}/"

    @property
    def feed(self) -> str:
        return self.home + self.path

    def covers(self, show: Show) -> bool:
        if (self.venues and show.venue.key not in self.venues) or (self.kinds and show.kind not in self.kinds):
            return False
        return is_headline(self.town, show) or number(self.key, show.key) % 100 < self.share


@dataclass(frozen=True)
class Item:
    """A show as a publisher lists it; `when_text` stands where the date should, `text` may be HTML.

    `picture` is the path of its poster, or of the publisher's logo.
    """

    id: str
    path: str
    title: str
    show: Show
    start: dt.datetime
    end: dt.datetime | None
    place: str
    text: str
    prices: tuple[str, ...] = ()
    status: str = "scheduled"
    when_text: str = ""
    link: str = ""
    picture: str = ""


@cache
def publishers() -> tuple[Publisher, ...]:
    return tuple(_publisher(town, row) for town in towns().values() for row in town.facts["publishers"])


def _publisher(town: Town, row: dict[str, Any]) -> Publisher:
    lists = {name: tuple(row.get(name, ())) for name in ("venues", "kinds")}
    return Publisher(town, **row | lists)


def is_headline(town: Town, show: Show) -> bool:
    """The nightly concert that everybody lists, at the town's first venue."""
    return show.kind == "concert" and show.venue.key == next(iter(town.venues))


@lru_cache(maxsize=200)
def items(publisher: Publisher, tonight: dt.date) -> tuple[Item, ...]:
    listed = [_listed(publisher, show) for show in program(publisher.town, tonight) if publisher.covers(show)]
    return (*listed, *_oddities(publisher, tonight))


def _listed(publisher: Publisher, show: Show) -> Item:
    item = Item(
        id=_id(publisher, show),
        path=_path(publisher, show),
        title=show.title,
        show=show,
        start=show.start,
        end=show.end,
        place=show.venue.name,
        text=_text(publisher.town, show),
        prices=tuple(show.price.split()),
        status=show.status,
        picture=_picture(publisher, show),
    )
    chance = number(publisher.key, show.key, "dirt")
    match publisher.format:
        case "tribe":
            return _in_magazine(publisher, item, chance)
        case "graph":
            return _at_aggregator(publisher, item, chance)
        case "utc":
            return _by_promoter(publisher, item, chance)
        case "google":
            return _by_venue(publisher, item, chance)
    return item


def _id(publisher: Publisher, show: Show) -> str:
    return f"{number(publisher.town.slug, publisher.key, show.key):012x}"


def _path(publisher: Publisher, show: Show) -> str:
    return f"{publisher.home}{slugify(show.title, length=40)}-{_id(publisher, show)}"


def _picture(publisher: Publisher, show: Show) -> str:
    """Every other act has a poster, the same at every publisher; an aggregator shows its logo for the rest."""
    seed = number(publisher.town.slug, show.kind, show.headliner or show.title)
    if publisher.format in ("page", "tribe", "graph") and seed % 2:
        return f"{publisher.home}posters/{show.kind}-{seed:012x}.jpg"
    return f"{publisher.home}posters/logo.jpg" if publisher.format == "graph" else ""


def _text(town: Town, show: Show) -> str:
    words = town.words
    parts = [show.text]
    if show.support:
        parts.append(words["with"].format(support=show.support))
    if show.kind == "concert":
        parts.append(words["doors"].format(time=f"{show.start - HOUR:%H:%M}"))
    return " ".join(part for part in (*parts, price_text(town, show.price.split())) if part)


def price_text(town: Town, prices: list[str]) -> str:
    if not prices:
        return ""
    if prices == ["0"]:
        return town.words["free"]
    return town.words["price" if len(prices) > 1 else "one_price"].format(*prices)


def _spelling(venue: Venue, chance: int) -> str:
    names = (venue.name, *venue.also)
    return names[chance % len(names)]


def _by_venue(publisher: Publisher, item: Item, chance: int) -> Item:
    """A shared calendar has no field for it: what is off is told in the title."""
    word = publisher.town.words.get(item.status)
    text = item.text.replace(". ", ".<br>", 1) if chance % 3 == 0 else item.text
    title = f"{item.title} – {word}" if word and item.show.series is None else item.title
    return replace(item, title=title, text=text, end=None if chance % 11 == 0 else item.end)


def _in_magazine(publisher: Publisher, item: Item, chance: int) -> Item:
    words, show = publisher.town.words, item.show
    place = _spelling(show.venue, chance)
    title = [item.title, show.headliner, f"{item.title} {words['at']} {place}", item.title][chance % 4]
    title = show.title if show.kind == "comedy" else title
    if item.status != "scheduled":
        title = f"{words[item.status]}: {title}"
    early = HOUR if chance % 9 == 4 and not show.all_day else dt.timedelta()
    knows_price = chance % 3 > 0
    text = f"<p>{html.escape(item.text)}</p>\n<p><em>{html.escape(publisher.name)}</em> &#8211; {place}</p>"
    if not knows_price:
        text = text.replace(html.escape(price_text(publisher.town, show.price.split())), "")
    return replace(
        item,
        title=html.escape(title, quote=False) if chance % 2 else title,
        start=item.start - early,  # the doors, not the show
        place=place,
        text=text,
        prices=item.prices if knows_price else (),
    )


def _at_aggregator(publisher: Publisher, item: Item, chance: int) -> Item:
    words, show, start, end = publisher.town.words, item.show, item.start, item.end
    name = show.headliner if show.kind == "comedy" else show.title  # without "early" or "late"
    title = [
        f"{show.headliner} {words['live']}" if show.kind == "concert" else name,
        f"{name} | {show.venue.name}",
        f"{name} – {words['tickets']}",
        name,
    ][chance % 4]
    if not is_headline(publisher.town, show):
        if show.kind == "talk" and start.weekday() < 3:
            title = words["button"]
        if show.kind == "film" and show.night.toordinal() % 4 == 2:  # 8 in the evening became 8 in the morning
            start, end = start - 12 * HOUR, None
    hosts = [p for p in publishers() if p.format in VENUE_FORMATS and p.town == publisher.town and p.covers(show)]
    tracking = f"?utm_source={publisher.key}&utm_medium=listing&utm_campaign=tonight&fbclid=IwAR{chance:x}"
    return replace(
        item,
        title=title,
        start=start,
        end=end,
        place=_spelling(show.venue, chance // 4),
        text=f"{show.text[:60]}… {words['more']}" if chance % 7 == 2 else item.text,
        prices=() if chance % 4 == 1 else item.prices,
        link=(_path(hosts[0], show) if hosts else item.path) + tracking,
    )


def _by_promoter(publisher: Publisher, item: Item, chance: int) -> Item:
    show, words = item.show, publisher.town.words
    title = [
        show.title.upper(),
        f"{publisher.name} {words['presents']}: {show.title}",
        f"{show.headliner} (live)" if show.kind == "concert" else show.title,
    ][chance % 3]
    return replace(item, title=title, place=_spelling(show.venue, chance), text=show.text)


def _oddities(publisher: Publisher, tonight: dt.date) -> Iterator[Item]:
    """What is in a feed and is no event that anybody could go to."""
    town, words = publisher.town, publisher.town.words
    venue = town.venues[(publisher.venues or tuple(town.venues))[0]]
    monday = tonight - dt.timedelta(days=tonight.weekday())
    for week in range(4):
        start = dt.datetime.combine(monday + dt.timedelta(days=7 * week + 1), dt.time(15))
        show = Show(f"{start.date()}-tba", "", "", venue, words["tba"], start, start + 3 * HOUR)
        if publisher.format == "google" and start.date() >= tonight:
            yield replace(_listed(publisher, show), text=words["tba_text"])
    yield from _markets(publisher, monday, tonight)
    if publisher.format in ("page", "floating"):
        start = dt.datetime.combine(tonight, dt.time(20))
        show = Show("undated", "family", "Community", venue, words["undated"], start, start + HOUR)
        yield replace(_listed(publisher, show), when_text=words["undated_when"])


def _markets(publisher: Publisher, monday: dt.date, tonight: dt.date) -> Iterator[Item]:
    """Every other Sunday a venue has a market; the magazine has it from a reader, under a shorter name, and does not
    know where it is or when it really begins. Whether the two are one only a person can tell."""
    name = {"google": "market", "tribe": "tip"}.get(publisher.format, "")
    words, town = publisher.town.words, publisher.town
    hosts = [p for p in publishers() if p.town == town and p.format == "google"]
    for week in range(4) if name else ():
        start = dt.datetime.combine(monday + dt.timedelta(days=7 * week + 6), dt.time(11))
        if start.date() < tonight or start.toordinal() // 7 % 2:
            continue
        venue = town.venues[hosts[0].venues[0]]
        show = Show(f"{start.date()}-market", "", "Community", venue, words["market"], start, start + 4 * HOUR)
        item = replace(_listed(publisher, show), title=words[name], text=words[f"{name}_text"])
        later = HOUR if name == "tip" else dt.timedelta()
        yield replace(item, start=start + later, place="" if name == "tip" else venue.name)


def sources(base_url: str) -> list[dict[str, Any]]:
    """What the table of sources needs to know of each feed; `city` is a city's code."""
    base = base_url.rstrip("/")
    return [
        {
            "name": f"{publisher.name} ({publisher.town.facts['name']})",
            "publisher": publisher.name,
            "url": base + publisher.feed,
            "homepage": base + publisher.home,
            "city": publisher.town.facts["code"],
            "timezone": publisher.town.timezone,
            "trust": publisher.trust,
        }
        for publisher in publishers()
    ]
