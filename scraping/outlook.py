"""What a document would become if it were a source: the same functions as a reading, and nothing is written.

Matching is foreseen by its pure parts over what is read, not tried in a transaction that is rolled back: a preview
holds no lock that a reading waits for.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings

from events.drafts import EventDraft, instant
from events.models import City, Event, Source
from events.places import Atlas
from events.prices import price_words
from quality import rules
from quality.foresight import Foreseen

from .adoption import Identified
from .assess import Item, assess
from .details import lacking
from .detect import Reading, read
from .extractors import Document, Window
from .identity import settle
from .imprint import Imprint, imprint
from .normalise import normalise
from .prospects import foreseen, local_start
from .times import LAST_YEAR

ROWS = 10
# Events that are compared with what is there; enough to see how a source overlaps with others.
COMPARED = 300
_SENTENCES = {rule.code: rule.sentence for rule in rules.RULES}


@dataclass(slots=True, kw_only=True)
class Outlook:
    """What an address would bring, as JSON keeps it.

    `count` events are to come, `undated` items have no readable date. `facts` says how many state a time, a place, a
    price, a picture, `followed` how many lack a time or place that their own pages may tell. `places` counts by city,
    None where no active city is near, and `elsewhere` names what those say. `reasons` are (what is asked for, how many
    break it, an example) of the held ones, what weighs most first. Of the `compared` events, the first that have a
    city, some are `known`, some `unsure`. `city` is the id of the city given or, without one, of the one suggested.
    """

    url: str
    format: str
    name: str
    homepage: str
    city: int | None
    count: int
    undated: int
    first: str = ""
    last: str = ""
    facts: dict[str, int] = field(default_factory=dict)
    followed: int = 0
    places: list[tuple[str | None, int]] = field(default_factory=list)
    elsewhere: list[tuple[str, int]] = field(default_factory=list)
    held: int = 0
    reasons: list[tuple[str, int, str]] = field(default_factory=list)
    compared: int = 0
    known: int = 0
    unsure: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def new(self) -> int:
        return self.compared - self.known - self.unsure

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def window(now: dt.datetime, timezone: str) -> Window:
    """What a first reading takes in."""
    return Window(
        start=now - dt.timedelta(days=1),
        end=dt.datetime(LAST_YEAR, 1, 1, tzinfo=dt.UTC),
        horizon=now + dt.timedelta(days=settings.SERIES_HORIZON_DAYS),
        timezone=timezone,
    )


def facts_of(drafts: Sequence[EventDraft]) -> dict[str, int]:
    """How many of the drafts state a time, a place, a price and a picture."""
    return {
        "time": sum(1 for d in drafts if d.when and d.when.time_known and not d.when.all_day),
        "place": sum(1 for d in drafts if d.where.venue or d.where.address),
        "price": sum(1 for d in drafts if d.price.minimum is not None or d.price.is_free is not None),
        "picture": sum(1 for d in drafts if d.image_url),
    }


def outlook(document: Document, reading: Reading, *, city: City | None, atlas: Atlas, now: dt.datetime) -> Outlook:
    """The outlook of a document that was read in UTC; it is read again in the zone of the city, given or found."""
    said = imprint(document)
    drafts = _drafts(document, reading)
    city = city or suggest(drafts, said, atlas)
    if city and city.timezone != "UTC":
        reading = read(document, window(now, city.timezone))
        drafts = _drafts(document, reading)
    items = assess([Identified(draft, None) for draft in drafts], Source(city=city), atlas, now)
    dated = sorted((item for item in items if item.draft.when), key=_start)
    seen = foreseen(dated[:COMPARED])
    outcomes = Counter(one.outcome for one in seen.values())
    held = [item for item in items if _is_held(item)]
    return Outlook(
        url=document.url,
        format=reading.format,
        name=said.name,
        homepage=said.homepage,
        city=city.pk if city else None,
        count=len(dated),
        undated=len(items) - len(dated),
        first=dated[0].draft.when.start.date().isoformat() if dated and dated[0].draft.when else "",
        last=dated[-1].draft.when.start.date().isoformat() if dated and dated[-1].draft.when else "",
        facts=facts_of([item.draft for item in dated]),
        followed=len(lacking(drafts, document.url, format=reading.format)),
        places=Counter(item.city.name if item.city else None for item in dated).most_common(),
        elsewhere=_elsewhere(dated),
        held=len(held),
        reasons=_reasons(held),
        compared=len(seen),
        known=outcomes["known"],
        unsure=outcomes["unsure"],
        rows=_rows(dated[:ROWS], seen),
        problems=list(dict.fromkeys(problem.message for problem in reading.problems))[:5],
    )


def suggest(drafts: Sequence[EventDraft], said: Imprint, atlas: Atlas) -> City | None:
    """The city in which most of the events that say so are, else the only active one in the zone of their times."""
    dated = [draft for draft in drafts if draft.when]
    here = Counter(city.pk for draft in dated if (city := atlas.locate(draft.where)))
    for city_id, count in here.most_common(1):
        if count * 2 > here.total() and count * 4 >= len(dated):
            return atlas.active[city_id]
    zones = Counter(zone for draft in dated if draft.when and (zone := draft.when.timezone) not in (None, "UTC"))
    zone = zones.most_common(1)[0][0] if zones else said.timezone
    cities = [city for city in atlas.active.values() if city.timezone == zone]
    return cities[0] if len(cities) == 1 else None


def _drafts(document: Document, reading: Reading) -> list[EventDraft]:
    return settle(normalise(draft, base_url=document.url) for draft in reading.drafts)


def _start(item: Item) -> dt.datetime:
    assert item.draft.when is not None
    return instant(item.draft.when.start, item.timezone or "UTC")


def _is_held(item: Item) -> bool:
    return not item.placed or item.score < settings.QUALITY_PUBLISH_SCORE


def _why(item: Item) -> list[str]:
    """The sentences of the rules that an item breaks, what weighs most first."""
    return [found.message for found in sorted(item.found, key=lambda found: -found.weight) if found.weight]


def _elsewhere(items: Sequence[Item]) -> list[tuple[str, int]]:
    """What the events without a city say about their place, the most frequent first."""
    said = Counter(
        item.draft.where.locality or item.draft.where.address or item.draft.where.venue
        for item in items
        if item.city is None
    )
    return [(place, count) for place, count in said.most_common(5) if place]


def _reasons(held: Sequence[Item]) -> list[tuple[str, int, str]]:
    broken: dict[str, list[tuple[Item, rules.Found]]] = defaultdict(list)
    for item in held:
        for found in item.found:
            if found.weight:
                broken[found.rule].append((item, found))
    rows = []
    for code, cases in sorted(broken.items(), key=lambda pair: -sum(found.weight for _, found in pair[1])):
        item, found = cases[0]
        rows.append((_SENTENCES.get(code, found.message), len(cases), f"{item.draft.title[:80]}: {found.message}"))
    return rows


def _rows(items: Sequence[Item], seen: dict[int, Foreseen]) -> list[dict[str, Any]]:
    events = Event.objects.in_bulk([one.event_id for one in seen.values() if one.event_id])
    return [_row(item, seen.get(id(item)), events) for item in items]


def _row(item: Item, seen: Foreseen | None, events: dict[int, Event]) -> dict[str, Any]:
    """An event as it would appear: its local time in the city's zone, ISO 8601."""
    draft, when = item.draft, item.draft.when
    assert when is not None
    local = local_start(item) if item.city else when.start
    price = draft.price
    event = events.get(seen.event_id) if seen and seen.event_id else None
    return {
        "start": local.isoformat(timespec="minutes"),
        "timed": when.time_known and not when.all_day,
        "title": draft.title,
        "venue": draft.where.venue or draft.where.address,
        "city": item.city.name if item.city else None,
        "price": price_words(
            minimum=price.minimum, maximum=price.maximum, currency=price.currency, is_free=price.is_free
        ),
        "status": draft.status,
        "url": draft.url,
        "held": _why(item) if _is_held(item) else [],
        "outcome": seen.outcome if seen else "",
        "event": event.pk if event else None,
        "event_title": event.title if event else "",
    }
