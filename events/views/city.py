"""A city's page and its fragments: forms of one search. Its other forms are in events/views/feeds.py."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import rsvps
from events.cards import by_night, card, dated_card
from events.dates import day_words, span_words
from events.drawn import drawn, drawn_nights
from events.facets import facets
from events.highlight import marked_cards, marked_nights
from events.models import City, Event
from events.models.event import EventQuerySet
from events.rendered import Rendered
from events.rows import rows_of_list, tell_all
from events.search import MAX_NIGHTS, RELEVANCE, SORTS, EventSearch
from events.taking import of_search, subject
from events.versions import versions
from events.views.feeds import search_now, search_of
from nocturne.origin import absolute
from nocturne.pages import HTML, public_file, public_page
from nocturne.pagestore import name_of, page

PAGE = 50
MAX_RUNS = 60
MAX_NEIGHBOURS = 8
BY_ITSELF = 4  # pages that follow by scrolling; from then on somebody asks, so that the foot of the page is reached


@require_safe
def city(request: HttpRequest, slug: str) -> HttpResponseBase:
    try:
        return _respond(request, slug, "events/city.html")
    except Http404:
        return _not_served(slug)


@require_safe
def city_list(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The filters and the list alone, at an address of their own; for HTMX."""
    return _respond(request, slug, "events/list.html")


@require_safe
def city_more(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The cards of one page alone, to go on below those of the page before; for HTMX."""
    response = _respond(request, slug, "events/more.html")
    response["X-Robots-Tag"] = "noindex"
    return response


def _respond(request: HttpRequest, slug: str, template: str) -> HttpResponseBase:
    search = search_of(request, slug)

    parts = (template, search.query(), search.tonight, search.notices)

    def render(etag: str) -> HttpResponseBase:
        if not tell_all(search):
            return public_page(template, _context(search_now(request, slug), template), etag=etag)
        rendered = Rendered(name_of(search.key, *parts), partial(rows_of_list, search))
        if rendered.content is not None:
            return public_file(rendered.content, HTML, etag=etag)
        now = search_now(request, slug)
        context = _context(now, template)
        response = public_page(template, context, etag=etag)
        # an empty list names the next night that is not, of which no row here tells
        if now == search and (context["nights"] or context["cards"]):
            rendered.keep(response.content, context["shown"], context["answers"])
        return response

    response = page(request, search.key, *parts, city_id=search.city.pk, render=render, keep=search.is_common)
    if template == "events/list.html":
        response["HX-Push-Url"] = _with_query(search.city.get_absolute_url(), search.query())
        response["X-Robots-Tag"] = "noindex"
    return response


def _context(search: EventSearch, template: str) -> dict[str, Any]:
    if template != "events/more.html":
        return results(search) | ({"neighbours": _neighbours(search.city)} if template == "events/city.html" else {})
    search = search.forgiving(Event.objects.public())
    context = listed(search, total=search.filter(Event.objects.public()).count(), more=True)
    if context["page"] < search.page:  # there were more when the page above was made
        context |= {"nights": [], "cards": []}
    return {**context, "search": search, **_paths(search.city)}


def _not_served(slug: str) -> HttpResponseBase:
    """Of a city that is not active the home page says where its events are."""
    name = City.objects.filter(slug=slug, active=False).values_list("name", flat=True).first()
    if name is None:
        raise Http404
    return HttpResponseRedirect(f"{reverse('events:home')}?{urlencode({'q': name})}")


def results(search: EventSearch) -> dict[str, Any]:
    """What the page and its fragment show: a page of one-off events by night, runs, filters and their counts."""
    events = Event.objects.public()
    search = search.forgiving(events)
    choices = facets(search)
    notices = list(search.notices)
    runs = _read(search)(search.filter_runs(events).for_runs()[: MAX_RUNS + 1])
    list_of = listed(search, total=choices.total, beside=runs)
    if list_of["page"] < search.page:
        notices.append(_("There is no page %(number)s; this is the last one.") % {"number": search.page})
    first, last = search.nights
    return {
        **list_of,
        **_paths(search.city),
        "city": search.city,
        "search": search,
        "facets": choices,
        "notices": notices,
        "sorts": _sorts(search),
        "sort_label": SORTS[search.sort],
        "runs_query": search.query(runs=not search.runs),
        "runs": _run_cards(search, runs[:MAX_RUNS]),
        "more_runs": len(runs) > MAX_RUNS,
        "span": span_words(first, last, year=search.tonight.year),
        "subject": subject(search),
        "take": of_search(search),
        "chosen": choices.chosen,
        "bare_query": search.query(categories=(), price="", sources=(), venues=(), online=False, text=""),
        "next_night": None if choices.total else _next_night(search),
        "kept": _kept(search),
        "max_nights": MAX_NIGHTS,
        "canonical": absolute(_with_query(search.city.get_absolute_url(), search.query(page=list_of["page"]))),
    }


def listed(search: EventSearch, *, total: int, beside: Sequence[Any] = (), more: bool = False) -> dict[str, Any]:
    """One page of one-off events: by night, or in another order with the day of each.

    Those `beside` the list are told how many go, too, by the same query. As `more`, below the page before, a night
    that began there goes on without its heading: `continued`.
    """
    pages = max(1, -(-total // PAGE))
    page = min(search.page, pages)
    start = (page - 1) * PAGE
    before = 1 if more and start else 0
    events = Event.objects.public()
    found = search.in_order(search.filter(events)) if total else events.none()
    rows = _read(search)(found[start - before : start + PAGE])
    answers = rsvps.counted(rows, beside)
    return {
        "shown": [row.pk for row in (*rows, *beside)],
        "answers": answers,
        **_cards(search, rows[before:]),
        "continued": rows[0].night if before and rows else None,
        "page": page,
        "pages": pages,
        "more": more,
        "by_itself": page < BY_ITSELF,
        "previous_query": search.query(page=page - 1) if page > 1 else None,
        "next_query": search.query(page=page + 1) if page < pages else None,
    }


def _read(search: EventSearch) -> Callable[[EventQuerySet], list[Any]]:
    """How rows are read: as versions of what is rendered already, or as events where words are to be marked."""
    return list if search.words else versions


def _cards(search: EventSearch, rows: list[Any]) -> dict[str, Any]:
    tonight = search.tonight
    marks: dict[str, Any] = {"words": search.words, "alike": search.typos}
    if search.sort:
        if search.words:
            return {"nights": [], "cards": marked_cards([dated_card(row, tonight=tonight) for row in rows], **marks)}
        return {"nights": [], "cards": drawn(rows, tonight=tonight, form="dated")}
    if search.words:
        return {"nights": marked_nights(by_night(rows, tonight=tonight), **marks), "cards": []}
    return {"nights": drawn_nights(rows, tonight=tonight), "cards": []}


def _run_cards(search: EventSearch, rows: list[Any]) -> Sequence[Any]:
    if search.words:
        cards = [card(event, tonight=search.tonight) for event in rows]
        return marked_cards(cards, search.words, alike=search.typos)
    return drawn(rows, tonight=search.tonight, form="run")


def _paths(city: City) -> dict[str, str]:
    return {
        "path": city.get_absolute_url(),
        "list_path": reverse("events:city_list", args=[city.slug]),
        "more_path": reverse("events:city_more", args=[city.slug]),
    }


def _sorts(search: EventSearch) -> list[tuple[str, str, str, bool]]:
    """Key, words, query string, and whether it is chosen; relevance is that of a text."""
    return [
        (sort or "time", str(label), search.query(sort=sort), sort == search.sort)
        for sort, label in SORTS.items()
        if search.text or sort != RELEVANCE
    ]


def _neighbours(city: City) -> list[City]:
    """The other cities of its area, the largest first."""
    if city.area_id is None:
        return []
    return list(City.objects.active().filter(area=city.area_id).exclude(pk=city.pk).biggest_first()[:MAX_NEIGHBOURS])


def _next_night(search: EventSearch) -> dict[str, str] | None:
    """Of a search without result the next night that has one, as words and as the query string that shows it."""
    after = search.nights[1]
    night: dt.date | None = (
        Event.objects.public()
        .in_city(search.city)
        .on_nights(after + dt.timedelta(days=1), after + dt.timedelta(days=366))
        .filter(search.conditions())
        .aggregate(night=Min("night"))["night"]
    )
    if night is None:
        return None
    query = search.query(when="dates", dates=(night, night))
    return {"words": day_words(night, year=search.tonight.year), "query": query}


def _kept(search: EventSearch) -> dict[str, list[tuple[str, str]]]:
    """The other filters as form fields, for the form of the text and for that of the dates."""
    fields = parse_qsl(search.query(page=1))
    return {
        "text": [(name, value) for name, value in fields if name != "q"],
        "dates": [(name, value) for name, value in fields if name not in ("when", "from", "to")],
    }


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
