"""The events of a city, as its page lists them, and those of all cities that a text finds."""

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone as clock
from ninja import Field, Query, Router, Schema
from pydantic import AfterValidator, BeforeValidator

from events.categories import CATEGORIES
from events.models import City, Event
from events.models.event import EventQuerySet
from events.rendered import Rendered
from events.rows import rows_of_events, tell_all
from events.search import MAX_IDS, MAX_NIGHTS, MAX_TEXT, NIGHTS, RELEVANCE, EventSearch
from events.text import fold
from nocturne.answers import Answer, Cursor, Id, Limit, answered, as_json, parts, wrong
from nocturne.cache import generation
from nocturne.cursors import cursor_of, page_of
from nocturne.pagestore import name_of

from .asked import CityId, Night, active_city, city_of, known, nights_of
from .cities import MatchOut, matches
from .rows import CODE, COLUMNS, rows_of, texts, usual_keys, usual_rows
from .schemas import EventOut, Events

router = Router(tags=["Events"])
Text = Annotated[str, Field(max_length=MAX_TEXT)]
MAX_CITIES = 5
UNNARROWED = {"date_from", "date_to", "limit"}
KEPT = (10, 20, 50, 100, 200)  # the limits by which answers are kept, so that numbers do not multiply them


def _known(codes: list[str]) -> list[str]:
    for code in codes:
        if code not in CATEGORIES:
            raise ValueError(f"There is no category “{code[:40]}”; it is one of {', '.join(CATEGORIES)}.")
    return codes


def _cents(price: Decimal) -> Decimal:
    """What prices can be at most: they have two digits, and PostgreSQL takes no number of a million."""
    return price.quantize(Decimal("0.01"), ROUND_FLOOR)


Price = Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False), AfterValidator(_cents)]
Ids = Annotated[list[Id], BeforeValidator(parts), Field(max_length=MAX_IDS)]
Codes = Annotated[list[str], BeforeValidator(parts), AfterValidator(_known), Field(max_length=len(CATEGORIES))]


class Nights(Schema):
    date_from: Night | None = Field(None, description="The first night; tonight without it.", examples=["2026-12-04"])
    date_to: Night | None = Field(
        None,
        description=f"The last night; {NIGHTS} nights without it, {MAX_NIGHTS} at most.",
        examples=["2026-12-10"],
    )
    category: Annotated[
        list[str], BeforeValidator(parts), AfterValidator(_known), Field(max_length=len(CATEGORIES))
    ] = Field([], description="Codes of /api/categories; repeated, or with commas between.")
    limit: Limit = 50
    cursor: Cursor = None


class ListQuery(Nights):
    price_max: Price | None = Field(
        None,
        description="Known to cost so much or less, in the city's currency; 0 is what is free.",
        examples=["20"],
    )
    source: Ids = Field([], description="Ids of /api/sources.")
    venue: Ids = Field([], description="Ids of /api/venues.")
    online: bool = Field(False, description="Only what can be seen online.")
    q: Text = Field("", description="Words of title, venue or names; small misspellings are forgiven.")
    sort: Literal["time", "price", "new", "popular", "relevance"] = Field(
        "time", description="relevance is that of `q`."
    )
    runs: Literal["no", "only"] = Field(
        "no", description="only: instead of single nights what lasts several and is there on one of them."
    )


class SearchQuery(Nights):
    q: Text = Field(min_length=1, description="Words of title, venue or names.", examples=["jazz"])
    city: str | None = Field(None, max_length=140, description="Only there: a code or a slug.")
    sort: Literal["time", "relevance"] = "time"


class Found(Schema):
    """`cities` are those that are called so, on the first page."""

    date_from: dt.date
    date_to: dt.date
    cities: list[MatchOut]
    events: list[EventOut]
    next_cursor: str | None


@router.get("/events/{city_id}", response={200: Events, 304: None, 404: None}, summary="The events of a city")
def list_events(request: HttpRequest, city_id: CityId, query: Query[ListQuery]) -> HttpResponseBase:
    """In the order of the city's page. Single nights; what lasts several comes with `runs=only`."""
    asked = _search(query, known(city_id))

    keep = asked.is_common and query.price_max is None and query.cursor is None and query.limit in KEPT
    first, last = asked.nights
    # the versions of more nights would cost more than the list
    is_told = keep and (last - first).days < NIGHTS and tell_all(asked)

    def make() -> str | bytes:
        if not is_told:
            return written()
        rendered = Rendered(name_of(asked.key, "api", repr(query), asked.tonight), lambda _: (rows_of_events(asked), 0))
        if rendered.content is not None:
            return rendered.content
        text = written()
        rendered.keep(text.encode(), (), 0)
        return text

    def written() -> str:
        return _usual(query, asked) or _listed(query, _search(query, city_of(city_id)))

    return answered(request, asked.key, repr(query), asked.tonight, city_id=asked.city.pk, make=make, keep=keep)


def _usual(query: ListQuery, search: EventSearch) -> str:
    """What is asked for most, by one query that says of the city, too, what it is now; "" for all else."""
    if query.model_fields_set - UNNARROWED:
        return ""
    rows = usual_rows(search.city.pk, *search.nights, query.limit + 1)
    if not rows:
        return ""
    last = usual_keys(rows[query.limit - 1]) if len(rows) > query.limit else ()
    return _written(rows[: query.limit], last, order=query.sort, head=_head(rows[0][CODE], search))


def _listed(query: ListQuery, search: EventSearch) -> str:
    city = search.city
    search = search.forgiving(Event.objects.public())
    if query.runs == "only":
        events = search.filter_runs(Event.objects.public()).for_runs()
    else:
        events = search.in_order(search.filter(Event.objects.public()))
    if query.price_max is not None:
        events = events.filter(_at_most(query.price_max, city))
    order = query.sort if query.runs == "no" else "runs"
    return _page(events, query, order=order, head=_head(city.code, search))


def _head(code: str, search: EventSearch) -> str:
    first, last = search.nights
    return f'{{"city":"{code}","date_from":"{first}","date_to":"{last}"'


@router.get("/search", response={200: Found, 304: None}, summary="Events of all cities")
def search(request: HttpRequest, query: Query[SearchQuery]) -> HttpResponseBase:
    """Single nights that have all words of a text, and the cities that are called so."""
    city = active_city(query.city) if query.city else None
    if query.city and city is None:
        raise wrong("query", "city", "There is no such city; /api/locations/search finds those that there are.")
    if not fold(query.q):
        raise wrong("query", "q", "This has no letter or digit to search for.")
    tonight = city.tonight() if city else clock.now().date()
    dates = nights_of(query.date_from, query.date_to, tonight)
    answer = Answer(request, "search", dates, repr(query), generation=generation(city.pk if city else 0))
    if answer.fresh:
        return answer.fresh
    asked = EventSearch(
        city=city or City(),
        tonight=tonight,
        dates=dates,
        categories=tuple(query.category),
        text=query.q,
        sort=_sort(query),
    )
    everywhere = Event.objects.public().on_nights(*dates).filter(asked.conditions(), city__active=True)
    events = asked.in_order(everywhere.in_city(city) if city else everywhere)
    cities = [] if query.cursor else matches(query.q, MAX_CITIES)
    head = f'{{"date_from":"{dates[0]}","date_to":"{dates[1]}","cities":{as_json(cities)}'
    return answer.of_text(_page(events, query, order=query.sort, head=head))


def _search(query: ListQuery, city: City) -> EventSearch:
    """The question as a page would have it."""
    if query.sort == RELEVANCE and not fold(query.q):
        raise wrong("query", "sort", "relevance is that of a text: name one with q.")
    tonight = city.tonight()
    return EventSearch(
        city=city,
        tonight=tonight,
        when="dates",
        dates=nights_of(query.date_from, query.date_to, tonight),
        categories=tuple(query.category),
        sources=tuple(query.source),
        venues=tuple(query.venue),
        online=query.online,
        text=query.q if fold(query.q) else "",
        sort=_sort(query),
    )


def _sort(query: Any) -> str:
    return "" if query.sort == "time" else str(query.sort)


def _page(events: EventQuerySet, query: Any, *, order: str, head: str) -> str:
    """One page of events behind what the answer begins with."""
    events, keys = page_of(events, query.cursor, order=order)
    rows = list(rows_of(events, *(key.name for key in keys))[: query.limit + 1])
    last = rows[query.limit - 1][COLUMNS:] if len(rows) > query.limit else ()
    return _written(rows[: query.limit], last, order=order, head=head)


def _written(rows: list[Sequence[Any]], last: Sequence[Any], *, order: str, head: str) -> str:
    """These events behind what the answer begins with. `last` is where the last one stands, if there is a next page."""
    more = cursor_of(last, order=order) if last else None
    return f'{head},"events":[{",".join(texts(rows))}],"next_cursor":{as_json(more)}}}'


def _at_most(price: Decimal, city: City) -> Q:
    """Known to be free, or to be had for an amount in the city's currency. An unknown price is neither."""
    free = Q(is_free=True) | Q(price_min=0, price_max=0)
    return free | Q(price_min__lte=price, currency__in=(city.currency, ""))
