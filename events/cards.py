"""Cards: what a list shows of an event, worked out before the template, and lists of them by night."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.categories import category_label
from events.covers import Cover, cover, moon_phase
from events.dates import clock_words, day_words, machine_end, machine_start, night_words, span_words
from events.images import Picture, picture
from events.models import Event
from events.prices import event_price
from events.publishers import STATUS_WORDS


@dataclass(frozen=True, slots=True)
class Card:
    """`clock` is what stands in the time column, `aside` the true date where it is not the night's.

    `ends` is when an event of tonight is over, if a source says so: the reader's browser compares it with its clock.
    `name` is the title as it is, where a search has marked its words in `title`. `answer` is the reader's own, on pages
    of one reader only; `is_open` says whether one can be given.
    """

    id: int
    url: str
    title: str
    name: str
    clock: str
    timed: bool
    aside: str
    datetime: str
    ends: str
    venue: str
    venue_url: str
    price: str
    sources: int
    category: str
    status: str
    status_words: str
    city: str
    cover: Cover
    image: Picture | None
    going: int
    interested: int
    answer: str
    is_open: bool

    @property
    def cancelled(self) -> bool:
        return self.status == Event.Status.CANCELLED


@dataclass(frozen=True, slots=True)
class Night:
    """`cards` are Cards, or what events/drawn.py has made of them."""

    date: dt.date
    name: str
    day: str
    moon: int
    cards: tuple[Any, ...]


def card(event: Event, *, tonight: dt.date) -> Card:
    if event.venue and event.venue.city_id == event.city_id:
        event.venue.city = event.city  # its address needs no query
    timed = event.time_known and not event.all_day
    return Card(
        id=event.pk,
        url=event.get_absolute_url(),
        title=event.title,
        name=event.title,
        clock=clock_words(event),
        timed=timed,
        aside=_aside(event, tonight),
        datetime=machine_start(event),
        ends=machine_end(event) if timed and event.night == tonight == event.last_night else "",
        venue=event.venue.name if event.venue else _("Online") if event.online else event.address,
        venue_url=event.venue.get_absolute_url() if event.venue else "",
        price=event_price(event),
        sources=event.source_count,
        category=category_label(event.category) if event.category else "",
        status=event.status,
        status_words=status_words(event),
        city=event.city.name,
        cover=cover(event),
        image=picture(event),
        going=event.going,
        interested=event.interested,
        answer=event.answer,
        is_open=event.last_night >= tonight and event.status != Event.Status.CANCELLED,
    )


def dated_card(event: Event, *, tonight: dt.date) -> Card:
    """A card with the day of its night, for lists that are not by night."""
    return replace(card(event, tonight=tonight), aside=day_words(event.night, year=tonight.year))


def _aside(event: Event, tonight: dt.date) -> str:
    """Of a run how long it lasts, of what begins after midnight its true date."""
    if event.is_run and event.night <= tonight:
        return _("until %(day)s") % {"day": day_words(event.last_night, year=tonight.year)}
    if event.is_run:
        return span_words(event.night, event.last_night, year=tonight.year)
    return day_words(event.local_start.date(), year=tonight.year) if event.after_midnight else ""


def by_night(events: Iterable[Event], *, tonight: dt.date) -> list[Night]:
    """Events in the order of a list, night by night."""
    return nights(((event.night, card(event, tonight=tonight)) for event in events), tonight=tonight)


def nights(cards: Iterable[tuple[dt.date, Any]], *, tonight: dt.date) -> list[Night]:
    """Cards with their nights, in the order of a list, night by night."""
    return [
        Night(night, *night_words(night, tonight), moon_phase(night), tuple(one for _night, one in group))
        for night, group in groupby(cards, key=lambda pair: pair[0])
    ]


def status_words(event: Event) -> str:
    """Cancelled, Sold out …; "" for what goes on as planned."""
    if event.status == Event.Status.SCHEDULED:
        return ""
    return capfirst(str(STATUS_WORDS[Event.Status(event.status)]))
