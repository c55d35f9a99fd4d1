"""A venue's page: what is on there."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from events.cards import by_night, card
from events.feeds import Feed, feed_response
from events.ics import CONTENT_TYPE, calendar
from events.maps import map_link
from events.models import Event, Venue
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, moved, not_modified, public_file, public_page

MAX_EVENTS = 100
MAX_TAKEN = 500


@require_safe
def venue(request: HttpRequest, city_slug: str, slug: str, pk: int) -> HttpResponseBase:
    found = _venue(pk)
    if (elsewhere := moved(request, found.get_absolute_url())) is not None:
        return elsewhere
    tonight = found.city.tonight(clock.now())
    etag = _etag("venue", found, tonight)
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    events = Event.objects.public().at_venue(found).from_night(tonight)
    rows = list(events.one_off().for_list()[: MAX_EVENTS + 1])
    context = {
        "venue": found,
        "city": found.city,
        "canonical": absolute(found.get_absolute_url()),
        "map": map_link(found, found.city),
        "nights": by_night(rows[:MAX_EVENTS], tonight=tonight),
        "runs": [card(event, tonight=tonight) for event in events.runs().for_runs()[:MAX_EVENTS]],
        "more": len(rows) > MAX_EVENTS,
        "max_events": MAX_EVENTS,
        **{f"{form}_path": _taken_path(found, form) for form in ("ics", "atom", "json")},
    }
    return public_page("events/venue.html", context, etag=etag)


@require_safe
def venue_taken(request: HttpRequest, city_slug: str, slug: str, pk: int, form: str) -> HttpResponseBase:
    """What is on there to take along, runs included. `form` is ics, atom or json."""
    found = _venue(pk)
    if (elsewhere := moved(request, _taken_path(found, form))) is not None:
        return elsewhere
    tonight = found.city.tonight(clock.now())
    etag = _etag(form, found, tonight)
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    events = Event.objects.public().at_venue(found).from_night(tonight).for_list()[:MAX_TAKEN]
    name = f"{found.name}, {found.city.name}"
    if form == "ics":
        return public_file(calendar(events, name=name), CONTENT_TYPE, etag=etag, filename=f"{found.slug}.ics")
    feed = Feed(title=name, page=found.get_absolute_url(), address=_taken_path(found, form), events=list(events))
    return feed_response(feed, form, etag=etag)


def _taken_path(venue: Venue, form: str) -> str:
    return f"{venue.get_absolute_url().rstrip('/')}.{form}"


def _etag(form: str, venue: Venue, tonight: dt.date) -> str:
    facts = (venue.pk, venue.name, venue.address, venue.latitude, venue.longitude, tonight)
    return etag_of(form, *facts, generation=generation(venue.city_id))


def _venue(pk: int) -> Venue:
    """The venue that an id leads to; merges point to older venues, so the chain ends."""
    found = Venue.objects.select_related("city").filter(pk=pk).first()
    while found and found.merged_into_id:
        found = Venue.objects.select_related("city").filter(pk=found.merged_into_id).first()
    if found is None:
        raise Http404
    return found
