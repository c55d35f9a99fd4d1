"""What is taken along: a city's search, a venue or a series as a calendar, an Atom feed and a JSON Feed."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.feeds import Feed, feed_response
from events.ics import CONTENT_TYPE, calendar
from events.models import City, Event, Series, Venue
from events.publishers import told_by_root
from events.search import EventSearch
from events.taking import MAX_EVENTS, Found, Taking, found_at, found_by, found_of, of_search, of_series, of_venue
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, moved, not_modified, public_file


@require_safe
def city(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """`form` is ics, atom or json; as of the views below. 404 for a city that is not active: a program that asks for
    a calendar has no use for a page."""
    search = search_of(request, slug)
    etag = etag_of(form, search.query(page=1), search.nights, generation=generation(search.city.pk))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    return _answer(of_search(search), found_by(search, MAX_EVENTS), form, slug, etag=etag)


@require_safe
def venue(request: HttpRequest, city_slug: str, slug: str, pk: int, form: str) -> HttpResponseBase:
    found = venue_of(pk)
    taking = of_venue(found)
    if (elsewhere := moved(request, taking.path(form))) is not None:
        return elsewhere
    tonight = found.city.tonight()
    etag = etag_of(form, found.pk, found.name, found.address, tonight, generation=generation(found.city_id))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    return _answer(taking, found_at(found, tonight, MAX_EVENTS), form, found.slug, etag=etag)


@require_safe
def series(request: HttpRequest, slug: str, pk: int, form: str) -> HttpResponseBase:
    found, last = series_of(pk)
    taking = of_series(found, found.title or last.title)
    if (elsewhere := moved(request, taking.path(form))) is not None:
        return elsewhere
    tonight = last.city.tonight()
    etag = etag_of(form, "series", pk, taking.name, tonight, generation=generation(last.city_id))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    return _answer(taking, found_of(found, tonight, MAX_EVENTS), form, f"series-{pk}", etag=etag)


def search_of(request: HttpRequest, slug: str) -> EventSearch:
    city = get_object_or_404(City.objects.active(), slug=slug)
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


def _answer(taking: Taking, found: Found, form: str, filename: str, *, etag: str) -> HttpResponseBase:
    told = told_by_root(event.root_id for event in found.events)
    said = _("These are the first %(count)s events. There are more.") % {"count": MAX_EVENTS} if found.more else ""
    if form == "ics":
        page = absolute(taking.page_path)
        text = calendar(found.events, name=taking.name, description=said, page=page, told=told)
        return public_file(text, CONTENT_TYPE, etag=etag, filename=f"{filename}.ics")
    feed = Feed(
        title=taking.name,
        page=taking.page_path,
        address=taking.path(form),
        events=found.events,
        description=said,
        told=told,
    )
    return feed_response(feed, form, etag=etag)
