"""A city's page, its fragment and its calendar: three forms of one search."""

import datetime as dt
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from events.cards import by_night, card, dated_card
from events.dates import day_words, span_words
from events.facets import facets
from events.feeds import Feed, feed_response
from events.ics import CONTENT_TYPE, calendar
from events.models import City, Event
from events.search import MAX_NIGHTS, SORTS, EventSearch
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, not_modified, public_file, public_page

PAGE = 50
MAX_RUNS = 60
MAX_CALENDAR = 1000
MAX_FEED = 200


@require_safe
def city(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _respond(request, slug, "events/city.html")


@require_safe
def city_list(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The filters and the list alone, at an address of their own; for HTMX."""
    return _respond(request, slug, "events/list.html")


@require_safe
def city_taken(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """The events of a search to take along: runs included, in all pages. `form` is ics, atom or json."""
    found = _city(slug)
    if isinstance(found, HttpResponseBase):
        return found
    search = EventSearch.parse(request.GET, found, found.tonight())
    query = search.query(page=1)
    etag = etag_of(form, query, search.nights, generation=generation(found.pk))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    events = Event.objects.public()
    search = search.forgiving(events)
    most = MAX_CALENDAR if form == "ics" else MAX_FEED
    rows = [*search.in_order(search.filter(events))[:most], *search.filter_runs(events).for_list()[:most]]
    name = f"{found.name}: {_subject(search) if query else settings.SITE_NAME}"
    if form == "ics":
        return public_file(calendar(rows, name=name), CONTENT_TYPE, etag=etag, filename=f"{found.slug}.ics")
    page = _with_query(found.get_absolute_url(), query)
    feed = Feed(title=name, page=page, address=_taken_path(search, form), events=rows)
    return feed_response(feed, form, etag=etag)


def _respond(request: HttpRequest, slug: str, template: str) -> HttpResponseBase:
    found = _city(slug)
    if isinstance(found, HttpResponseBase):
        if template == "events/list.html":
            raise Http404  # a fragment is no place for another page
        return found
    search = EventSearch.parse(request.GET, found, found.tonight())
    etag = etag_of(template, search.query(), search.tonight, search.notices, generation=generation(found.pk))
    response = not_modified(request, etag) or public_page(template, results(search), etag=etag)
    if template == "events/list.html":
        response["HX-Push-Url"] = _with_query(found.get_absolute_url(), search.query())
        response["X-Robots-Tag"] = "noindex"
    return response


def _city(slug: str) -> City | HttpResponseBase:
    """The active city of a slug. Of one that is not active the home page says where its events are."""
    found = City.objects.filter(slug=slug).first()
    if found is None:
        raise Http404
    if not found.active:
        return HttpResponseRedirect(f"{reverse('events:home')}?{urlencode({'q': found.name})}")
    return found


def results(search: EventSearch) -> dict[str, Any]:
    """What the page and its fragment show: a page of one-off events by night, runs, filters and their counts."""
    events = Event.objects.public()
    search = search.forgiving(events)
    choices = facets(search)
    notices = list(search.notices)
    pages = max(1, -(-choices.total // PAGE))
    page = min(search.page, pages)
    if page < search.page:
        notices.append(f"There is no page {search.page}; this is the last one.")
    found = search.in_order(search.filter(events)) if choices.total else events.none()
    rows = found[(page - 1) * PAGE : page * PAGE]
    runs = search.filter_runs(events).for_runs()[: MAX_RUNS + 1]
    run_cards = [card(event, tonight=search.tonight) for event in runs]
    base = search.city.get_absolute_url()
    first, last = search.nights
    return {
        "city": search.city,
        "search": search,
        "facets": choices,
        "notices": notices,
        "nights": [] if search.sort else by_night(rows, tonight=search.tonight),
        "cards": [dated_card(event, tonight=search.tonight) for event in rows] if search.sort else [],
        "sorts": [(label, search.query(sort=sort), sort == search.sort) for sort, label in SORTS.items()],
        "sort_label": SORTS[search.sort],
        "runs_query": search.query(runs=not search.runs),
        "runs": run_cards[:MAX_RUNS],
        "more_runs": len(run_cards) > MAX_RUNS,
        "page": page,
        "pages": pages,
        "previous_query": search.query(page=page - 1) if page > 1 else None,
        "next_query": search.query(page=page + 1) if page < pages else None,
        "span": span_words(first, last, year=search.tonight.year),
        "subject": _subject(search),
        "chosen": choices.chosen,
        "bare_query": search.query(categories=(), price="", sources=(), venues=(), online=False, text=""),
        "next_night": None if choices.total else _next_night(search),
        "kept": _kept(search),
        "max_nights": MAX_NIGHTS,
        "path": base,
        "list_path": reverse("events:city_list", args=[search.city.slug]),
        "ics_path": _taken_path(search, "ics"),
        "atom_path": _taken_path(search, "atom"),
        "json_path": _taken_path(search, "json"),
        "canonical": absolute(_with_query(base, search.query(page=page))),
    }


def _subject(search: EventSearch) -> str:
    """The nights in words: Tonight, This weekend, Fri 5 – Sun 7 Dec."""
    names = {"tonight": "tonight", "tomorrow": "tomorrow", "weekend": "this weekend", "week": "next 7 nights"}
    return names.get(search.when) or span_words(*search.nights, year=search.tonight.year)


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


def _taken_path(search: EventSearch, form: str) -> str:
    return _with_query(reverse(f"events:city_{form}", args=[search.city.slug]), search.query(page=1))


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
