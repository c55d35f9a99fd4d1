"""A link that a visitor pastes: a worker reads that one page, and offers the events on it to be chosen."""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from events.models import City, Source
from events.places import Atlas
from scraping.adoption import Identified
from scraping.assess import Item, assess
from scraping.detect import read
from scraping.discover import Candidate, Look, given
from scraping.identity import settle
from scraping.normalise import normalise
from scraping.outlook import window
from scraping.prospects import foreseen

log = logging.getLogger(__name__)

# Events that are offered, the next first; a page of more is a calendar, which editors add as a source.
MOST = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """An event of the page: its draft as JSON, the city that it says, and the event that it is, if that is known."""

    draft: dict[str, Any]
    city: int | None
    event: int | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Offered:
    looks: list[Look] = field(default_factory=list)
    found: list[Offer] = field(default_factory=list)
    message: str = ""


def offer(
    text: str, *, city: City | None, now: dt.datetime, report: Callable[[list[Look]], None] = lambda looks: None
) -> Offered:
    """Read the address, and nothing that it leads to. Raises ValueError for a text that is no address of the web."""
    found, looks, answered = given(text, now=now, report=report)
    offers = _offers(found, city, now) if found else []
    return Offered(looks, offers, "" if offers else _advice(answered=answered))


def _offers(found: Candidate, city: City | None, now: dt.datetime) -> list[Offer]:
    """What is still to come, once each; times without a zone are those of the city."""
    reading = read(found.document, window(now, city.timezone)) if city else found.reading
    drafts = settle(normalise(draft, base_url=found.document.url) for draft in reading.drafts)
    dated = [Identified(draft, None) for draft in drafts if draft.when and draft.title]
    items = sorted(assess(dated, Source(city=city), Atlas(), now), key=_start)[:MOST]
    seen = foreseen([item for item in items if item.city])
    return [_offer(item, found.document.url, getattr(seen.get(id(item)), "event_id", None)) for item in items]


def _offer(item: Item, url: str, event_id: int | None) -> Offer:
    draft = item.draft if item.draft.url else item.draft.replace(url=url)
    return Offer(draft.replace(problems=()).to_json(), item.city.pk if item.city else None, event_id)


def _start(item: Item) -> dt.datetime:
    assert item.draft.when is not None
    return item.draft.when.start


def _advice(*, answered: bool) -> str:
    if answered:
        return _("No event that is still to come can be read there. Paste the page of the event itself, or type it.")
    return _("That page could not be read: its site does not answer, or does not want programs to read it.")
