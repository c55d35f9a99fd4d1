"""What is taken along: a city's search, a venue or a series as a calendar, an Atom feed and a JSON Feed."""

from collections.abc import Callable
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import feeds, ics
from events.feeds import Feed
from events.ics import calendar_of
from events.known import known_city, read_city
from events.models import Event, Series, Venue
from events.prepared import moment
from events.rendered import Rendered
from events.rows import TOLD, rows_of_list, tell_all
from events.search import EventSearch
from events.taking import MAX_EVENTS, Found, Taking, found_at, found_of, of_search, of_series, of_venue
from events.versions import Entry, entries, entries_found_by, entry_versions, told_version
from nocturne.cache import SITE
from nocturne.origin import absolute
from nocturne.pages import moved, public_file
from nocturne.pagestore import name_of, page

CONTENT_TYPES = {"ics": ics.CONTENT_TYPE, "atom": feeds.ATOM, "json": feeds.JSON}


@require_safe
def city(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """`form` is ics, atom or json; as of the views below. 404 for a city that is not active: a program that asks for
    a calendar has no use for a page."""
    search = search_of(request, slug)
    parts = (form, search.query(page=1), search.nights)

    def render(etag: str) -> HttpResponseBase:
        if not tell_all(search):
            now = search_now(request, slug)
            return _answer(of_search(now), entries_found_by(now, MAX_EVENTS), form, slug, etag=etag)
        rendered = Rendered(name_of(search.key, *parts), partial(rows_of_list, search, beside=TOLD))
        if rendered.content is not None:
            return _file(rendered.content, form, slug, etag=etag)
        now = search_now(request, slug)
        found = entries_found_by(now, MAX_EVENTS)
        response = _answer(of_search(now), found, form, slug, etag=etag)
        if now == search:
            rendered.keep(response.content, [one.pk for one in found.events], told_version(found.events))
        return response

    return page(request, search.key, *parts, city_id=search.city.pk, render=render, keep=search.is_common)


@require_safe
def venue(request: HttpRequest, city_slug: str, slug: str, pk: int, form: str) -> HttpResponseBase:
    def render(etag: str) -> HttpResponseBase:
        found = venue_of(pk)
        taking = of_venue(found)
        if (elsewhere := moved(request, taking.path(form))) is not None:
            return elsewhere
        return _answer(
            taking, found_at(found, found.city.tonight(), MAX_EVENTS, entry_versions), form, found.slug, etag=etag
        )

    return in_city(request, f"venue:{pk}", city_slug, render)


@require_safe
def series(request: HttpRequest, slug: str, pk: int, form: str) -> HttpResponseBase:
    found, last = series_of(pk)
    taking = of_series(found, found.title or last.title)
    if (elsewhere := moved(request, taking.path(form))) is not None:
        return elsewhere
    tonight = last.city.tonight()

    def render(etag: str) -> HttpResponseBase:
        return _answer(taking, found_of(found, tonight, MAX_EVENTS, entry_versions), form, f"series-{pk}", etag=etag)

    return page(request, f"series:{pk}", form, taking.name, tonight, city_id=last.city_id, render=render)


def in_city(
    request: HttpRequest,
    key: str,
    city_slug: str,
    render: Callable[[str], HttpResponseBase],
    *parts: object,
    keep: bool = True,
) -> HttpResponseBase:
    """The page of something that belongs to the city of its address.

    `render` finds out whether that is so; what it redirects is not kept.
    """
    try:
        city = known_city(city_slug)
    except Http404:  # of a city that is not active; nobody is led there
        return page(request, key, request.path, *parts, city_id=SITE, render=render, keep=False)
    return page(request, key, request.path, city.tonight(), *parts, city_id=city.pk, render=render, keep=keep)


def search_of(request: HttpRequest, slug: str) -> EventSearch:
    """What is asked of a city, as it was known a minute ago: which page it is, not what is on it."""
    city = known_city(slug)
    if city.slug != slug:  # of programs, which may ask by code
        raise Http404
    return EventSearch.parse(request.GET, city, city.tonight())


def search_now(request: HttpRequest, slug: str) -> EventSearch:
    """The same of the city as it is."""
    city = read_city(slug)
    return EventSearch.parse(request.GET, city, city.tonight())


def venue_of(pk: int) -> Venue:
    """The venue that an id leads to; merges point to older venues, so the chain ends."""
    found = Venue.objects.select_related("city").filter(pk=pk).first()
    while found and found.merged_into_id:
        found = Venue.objects.select_related("city").filter(pk=found.merged_into_id).first()
    if found is None:
        raise Http404
    return found


def series_of(pk: int) -> tuple[Series, Event]:
    """A series and the last of its dates that visitors may see."""
    found = get_object_or_404(Series, pk=pk)
    last = Event.objects.shown().of_series(found).select_related("city").order_by("-night", "-pk").first()
    if last is None:
        raise Http404
    return found, last


def _answer(taking: Taking, found: Found[Entry], form: str, filename: str, *, etag: str) -> HttpResponse:
    listed = entries(form, found.events)
    said = _("These are the first %(count)s events. There are more.") % {"count": MAX_EVENTS} if found.more else ""
    if form == "ics":
        text = calendar_of(listed, name=taking.name, description=said, page=absolute(taking.page_path))
        return _file(text, form, filename, etag=etag)
    feed = Feed(
        title=taking.name,
        page=taking.page_path,
        address=taking.path(form),
        entries=listed,
        updated_at=moment(max(event.updated for event in found.events)) if found.events else None,
        description=said,
    )
    return _file(feed.atom() if form == "atom" else feed.json(), form, filename, etag=etag)


def _file(content: str | bytes, form: str, filename: str, *, etag: str) -> HttpResponse:
    """Calendars are offered for saving."""
    name = f"{filename}.ics" if form == "ics" else ""
    return public_file(content, CONTENT_TYPES[form], etag=etag, filename=name)
