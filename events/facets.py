"""Facets: the choices of each filter with the number of events behind them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Q, When
from django.utils.translation import gettext as _

from events.categories import CATEGORIES
from events.dates import span_words
from events.models import Event, Listing, Source, Venue
from events.prices import amount, price_tiers
from events.search import FREE, WHENS, EventSearch, Nights, nights_of, price_condition

MAX_SOURCES = 40
MAX_VENUES = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """`query` is the query string of the search with this choice taken, or left if it is `chosen`.

    `key` tells it from the others of its filter, on this page and on the next.
    """

    key: str
    label: str
    query: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facets:
    total: int
    whens: list[Choice]
    categories: list[Choice]
    prices: list[Choice]
    sources: list[Choice]
    venues: list[Choice]
    online: list[Choice]
    text: list[Choice]
    dates: list[Choice]

    @property
    def chosen(self) -> list[Choice]:
        """What narrows the search; each choice's query is the search without it."""
        choices = (*self.text, *self.dates, *self.categories, *self.prices, *self.sources, *self.venues, *self.online)
        return [choice for choice in choices if choice.chosen]


def facets(search: EventSearch) -> Facets:
    """Counts of one-off events: three queries, whatever the number of choices."""
    counts = _counts(search)
    return Facets(
        total=counts["total"],
        whens=[
            Choice(when, str(label), search.query(when=when), counts[f"when_{when}"], when == search.when)
            for when, label in WHENS.items()
        ],
        categories=_categories(search, counts),
        prices=_prices(search, counts),
        sources=_sources(search),
        venues=_venues(search),
        online=_online(search, counts),
        text=_text(search),
        dates=_dates(search),
    )


def _categories(search: EventSearch, counts: Counter[str]) -> list[Choice]:
    """Those that have events, and those that are chosen."""
    choices = (
        Choice(
            code,
            str(label),
            search.query(categories=_toggled(search.categories, code)),
            counts[f"category_{code}"],
            code in search.categories,
        )
        for code, label in CATEGORIES.items()
    )
    return [choice for choice in choices if choice.count or choice.chosen]


def _prices(search: EventSearch, counts: Counter[str]) -> list[Choice]:
    choices = (
        Choice(
            price,
            _price_words(price, search),
            search.query(price="" if price == search.price else price),
            counts[f"price_{price}"],
            price == search.price,
        )
        for price in _steps(search)
    )
    return [choice for choice in choices if choice.count or choice.chosen]


def _price_words(price: str, search: EventSearch) -> str:
    if price == FREE:
        return _("Free")
    return _("Under %(amount)s") % {"amount": amount(int(price), search.city.currency)}


def _text(search: EventSearch) -> list[Choice]:
    if not search.text:
        return []
    return [Choice("text", _("“%(text)s”") % {"text": search.text}, search.query(text=""), 0, True)]


def _dates(search: EventSearch) -> list[Choice]:
    """Nights that are asked for by date; those of a word are chosen by another word."""
    if not search.dates:
        return []
    words = span_words(*search.dates, year=search.tonight.year)
    return [Choice("dates", words, search.query(when="week"), 0, True)]


def _sources(search: EventSearch) -> list[Choice]:
    """Publishers of events of these nights, those with the most events first; and those that are chosen."""
    events = search.filter(Event.objects.public(), without=("sources",)).order_by()
    rows = (
        Listing.objects.live()
        .filter(event__root__in=events.values("pk"))
        .order_by()
        .values_list("source_id", "source__publisher", "source__name")
        .annotate(count=Count("event__root", distinct=True))
        .order_by("-count", "source__name", "source_id")
    )
    counted = {pk: (publisher or name, count) for pk, publisher, name, count in rows[:MAX_SOURCES]}
    empty = set(search.sources) - set(counted)
    if empty:
        named = Source.objects.in_bulk(empty)
        for pk in sorted(empty):
            counted[pk] = (
                named[pk].publisher_name if pk in named else _("unknown source %(number)s") % {"number": pk},
                0,
            )
    return [
        Choice(str(pk), name, search.query(sources=_toggled(search.sources, pk)), count, pk in search.sources)
        for pk, (name, count) in counted.items()
    ]


def _venues(search: EventSearch) -> list[Choice]:
    """Venues of events of these nights, those with the most events first; and those that are chosen."""
    events = search.filter(Event.objects.public(), without=("venues",)).exclude(venue=None).order_by()
    rows = events.values_list("venue", "venue__name").annotate(count=Count("pk")).order_by("-count", "venue__name")
    counted = {pk: (name, count) for pk, name, count in rows[:MAX_VENUES]}
    if empty := set(search.venues) - set(counted):
        named = dict(Venue.objects.filter(pk__in=empty, city=search.city).values_list("pk", "name"))
        counted |= {pk: (named.get(pk, _("unknown venue %(number)s") % {"number": pk}), 0) for pk in sorted(empty)}
    return [
        Choice(str(pk), name, search.query(venues=_toggled(search.venues, pk)), count, pk in search.venues)
        for pk, (name, count) in counted.items()
    ]


def _online(search: EventSearch, counts: Counter[str]) -> list[Choice]:
    if not counts["place_online"] and not search.online:
        return []
    return [Choice("1", _("Online"), search.query(online=not search.online), counts["place_online"], search.online)]


def _counts(search: EventSearch) -> Counter[str]:
    """All counts but those by source and by venue, summed up from groups of events of the nights that any needs.

    Django takes ten times as long to write an aggregate of each count as PostgreSQL to count groups.
    """
    steps = _steps(search)
    choice = steps.index(search.price) if search.price else 0
    spans = {when: nights_of(when, search.tonight) for when in WHENS}
    first, last = search.nights
    counts: Counter[str] = Counter()
    for night, category, online, step, count in _groups(search, list(spans.values()), steps):
        of_category = not search.categories or category in search.categories
        of_price = not search.price or step <= choice
        of_place = not search.online or online
        if of_category and of_price and of_place:
            counts.update({f"when_{when}": count for when, (since, until) in spans.items() if since <= night <= until})
        if not first <= night <= last:
            continue
        if of_category and of_price and of_place:
            counts["total"] += count
        if of_price and of_place:
            counts[f"category_{category}"] += count
        if of_category and of_price and online:
            counts["place_online"] += count
        if of_category and of_place:
            counts.update({f"price_{price}": count for price in steps[step:]})
    return counts


def _groups(
    search: EventSearch, spans: list[Nights], steps: list[str]
) -> Iterable[tuple[dt.date, str, bool, int, int]]:
    """Night, category, whether online, the first of the price filter's steps that has them, number of events."""
    near = min(first for first, _ in spans), max(last for _, last in spans)
    nights = Q(night__range=near) | Q(night__range=search.nights)
    step = Case(
        *(When(price_condition(price, search.city), then=number) for number, price in enumerate(steps)),
        default=len(steps),
    )
    events = Event.objects.public().in_city(search.city).one_off().filter(nights)
    events = events.filter(search.conditions(without=("categories", "price", "online")))
    groups = events.order_by().values_list("night", "category", "online", step)
    return groups.annotate(count=Count("pk"))


def _steps(search: EventSearch) -> list[str]:
    return [FREE, *map(str, price_tiers(search.city.currency))]


def _toggled(chosen: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return tuple(sorted({*chosen} ^ {one}))
