"""A venue's page: what is on there."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from events import rsvps
from events.cards import by_night, card
from events.jsonld import breadcrumbs, script_text
from events.maps import map_link
from events.models import Event, Venue
from events.taking import of_venue
from events.views.feeds import in_city, venue_of
from nocturne.origin import absolute
from nocturne.pages import moved, public_page

MAX_EVENTS = 100


@require_safe
def venue(request: HttpRequest, city_slug: str, slug: str, pk: int) -> HttpResponseBase:
    def render(etag: str) -> HttpResponseBase:
        found = venue_of(pk)
        if (elsewhere := moved(request, found.get_absolute_url())) is not None:
            return elsewhere
        return public_page("events/venue.html", _context(found, found.city.tonight()), etag=etag)

    return in_city(request, f"venue:{pk}", city_slug, render)


def _context(found: Venue, tonight: dt.date) -> dict[str, Any]:
    events = Event.objects.public().at_venue(found).from_night(tonight)
    rows = list(events.one_off().for_list()[: MAX_EVENTS + 1])
    runs = list(events.runs().for_runs()[:MAX_EVENTS])
    rsvps.counted(rows, runs)
    return {
        "venue": found,
        "city": found.city,
        "canonical": absolute(found.get_absolute_url()),
        "map": map_link(found, found.city),
        "nights": by_night(rows[:MAX_EVENTS], tonight=tonight),
        "runs": [card(event, tonight=tonight) for event in runs],
        "more": len(rows) > MAX_EVENTS,
        "max_events": MAX_EVENTS,
        "take": of_venue(found),
        "way": script_text(breadcrumbs(found.city, found.name, found.get_absolute_url())),
    }
