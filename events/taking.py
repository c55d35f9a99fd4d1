"""Taking along: where a list is to be had as a calendar, as a feed and as an embed."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from events.dates import span_words
from events.models import Event, Series, Venue
from events.models.event import EventQuerySet
from events.narrowing import words
from events.search import EventSearch
from events.text import slugify
from nocturne.origin import absolute

# Events in a calendar or feed, at most.
MAX_EVENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A list in other forms. `page` is its page's path; `route` and `args` name the paths of its forms; all of them
    take the same query string."""

    name: str
    page: str
    route: str
    args: tuple[object, ...]
    query: str = ""

    def path(self, form: str) -> str:
        """Of ics, atom, json or embed."""
        return _asked(reverse(f"events:{self.route}_{form}", args=self.args), self.query)

    @property
    def page_path(self) -> str:
        return _asked(self.page, self.query)

    @property
    def ics(self) -> str:
        return self.path("ics")

    @property
    def webcal(self) -> str:
        """The calendar under the scheme at which calendar programs offer to subscribe."""
        return f"webcal://{absolute(self.ics).partition('://')[2]}"

    @property
    def atom(self) -> str:
        return self.path("atom")

    @property
    def json(self) -> str:
        return self.path("json")

    @property
    def embed(self) -> str:
        return self.path("embed")

    @property
    def snippet(self) -> str:
        """HTML for somebody else's page: a frame, and a script that gives it the height of what is in it."""
        # not the file's name with its hash: the pages that hold the snippet do not change with our releases
        # and of this site, not of a CDN, since the script takes messages from where it comes from
        script = absolute(f"{urlsplit(settings.STATIC_URL).path}js/embed.js")
        return (
            f'<iframe src="{escape(absolute(self.embed))}" title="{escape(self.name)}"'
            ' width="100%" height="600" loading="lazy" style="border:0"></iframe>\n'
            f'<script async src="{escape(script)}"></script>'
        )


@dataclass(frozen=True, slots=True)
class Found[E]:
    """What a list holds, as its page has it: one-off events, and then runs. `more` says that not all are here."""

    one_off: list[E]
    runs: list[E]
    more: bool

    @property
    def events(self) -> list[E]:
        return [*self.one_off, *self.runs]


def of_search(search: EventSearch) -> Taking:
    """A city's list, or what is asked for of it; not a page of it, all pages."""
    city = search.city
    said = ", ".join([*words(search), subject(search)]) if search.query(page=1) else settings.SITE_NAME
    return Taking(
        name=f"{city.name}: {said}",
        page=city.get_absolute_url(),
        route="city",
        args=(city.slug,),
        query=search.query(page=1),
    )


def of_venue(venue: Venue) -> Taking:
    return Taking(
        name=f"{venue.name}, {venue.city.name}",
        page=venue.get_absolute_url(),
        route="venue",
        args=(venue.city.slug, venue.slug, venue.pk),
    )


def of_series(series: Series, title: str) -> Taking:
    slug = slugify(series.title, fallback="series")
    return Taking(name=title, page=series.get_absolute_url(), route="series", args=(slug, series.pk))


# How the rows of a list are read: as events, or as events/versions.py has them.
type Read[E] = Callable[[EventQuerySet], list[E]]


def found_by[E](search: EventSearch, most: int, read: Read[E]) -> Found[E]:
    one_off, runs = queries(search.forgiving(Event.objects.public()))
    return _bounded(one_off, runs, most, read)


def queries(search: EventSearch) -> tuple[EventQuerySet, EventQuerySet]:
    """One-off events that are asked for, and runs."""
    events = Event.objects.public()
    return search.in_order(search.filter(events)), search.filter_runs(events).for_runs()


def found_at[E](venue: Venue, tonight: dt.date, most: int, read: Read[E]) -> Found[E]:
    events = Event.objects.public().at_venue(venue).from_night(tonight)
    return _bounded(events.one_off().for_list(), events.runs().for_runs(), most, read)


def found_of[E](series: Series, tonight: dt.date, most: int, read: Read[E]) -> Found[E]:
    events = Event.objects.public().of_series(series).from_night(tonight)
    return _bounded(events.one_off().for_list(), events.runs().for_runs(), most, read)


def _bounded[E](one_off: EventQuerySet, runs: EventQuerySet, most: int, read: Read[E]) -> Found[E]:
    return bounded(lambda count: read(one_off[:count]), lambda count: read(runs[:count]), most)


def bounded[E](one_off: Callable[[int], list[E]], runs: Callable[[int], list[E]], most: int) -> Found[E]:
    """Of what gives the first one-off events and the first runs, at most so many."""
    first = one_off(most + 1)
    rest = runs(most + 1 - len(first)) if len(first) <= most else []
    return Found(first[:most], rest[: most - len(first[:most])], len(first) + len(rest) > most)


def subject(search: EventSearch) -> str:
    """The nights in words: tonight, this weekend, Fri 5 – Sun 7 Dec."""
    names = {
        "tonight": _("tonight"),
        "tomorrow": _("tomorrow"),
        "weekend": _("this weekend"),
        "week": _("next 7 nights"),
    }
    return names.get(search.when) or span_words(*search.nights, year=search.tonight.year)


def _asked(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
