"""A venue's page: what is on there."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from events.cards import by_night, card
from events.maps import map_link
from events.models import Event, Venue
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, moved, not_modified, public_page

MAX_EVENTS = 100


@require_safe
def venue(request: HttpRequest, city_slug: str, slug: str, pk: int) -> HttpResponseBase:
    found = _venue(pk)
    if (elsewhere := moved(request, found.get_absolute_url())) is not None:
        return elsewhere
    tonight = found.city.tonight(clock.now())
    facts = (found.pk, found.name, found.address, found.latitude, found.longitude, tonight)
    etag = etag_of("venue", *facts, generation=generation(found.city_id))
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
    }
    return public_page("events/venue.html", context, etag=etag)


def _venue(pk: int) -> Venue:
    """The venue that an id leads to; merges point to older venues, so the chain ends."""
    found = Venue.objects.select_related("city").filter(pk=pk).first()
    while found and found.merged_into_id:
        found = Venue.objects.select_related("city").filter(pk=found.merged_into_id).first()
    if found is None:
        raise Http404
    return found
