"""A series' page: all its dates, the next first."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from events import rsvps
from events.cards import dated_card
from events.jsonld import breadcrumbs, script_text
from events.models import Event, Series
from events.taking import of_series
from events.views.feeds import series_of
from nocturne.origin import absolute
from nocturne.pages import moved, public_page
from nocturne.pagestore import page

MAX_DATES = 200
MAX_PAST = 50


@require_safe
def series(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """404 unless visitors may see one of its dates; where it takes place is the city of the last one."""
    found, last = series_of(pk)
    if (elsewhere := moved(request, found.get_absolute_url())) is not None:
        return elsewhere
    tonight = last.city.tonight()

    def render(etag: str) -> HttpResponseBase:
        return public_page("events/series.html", _context(found, last, tonight), etag=etag)

    return page(request, f"series:{pk}", found.title, tonight, city_id=last.city_id, render=render)


def _context(found: Series, last: Event, tonight: dt.date) -> dict[str, Any]:
    coming = list(Event.objects.public().of_series(found).from_night(tonight).for_list()[: MAX_DATES + 1])
    past = Event.objects.shown().of_series(found).filter(last_night__lt=tonight)
    past = past.for_list().order_by("-night", "-starts_at", "-pk")[:MAX_PAST]
    rsvps.counted(coming)
    title = found.title or last.title
    return {
        "series": found,
        "title": title,
        "city": last.city,
        "canonical": absolute(found.get_absolute_url()),
        "way": script_text(breadcrumbs(last.city, title, found.get_absolute_url())),
        "take": of_series(found, title),
        "cards": [dated_card(event, tonight=tonight) for event in coming[:MAX_DATES]],
        "past": [dated_card(event, tonight=tonight) for event in past],
        "more": len(coming) > MAX_DATES,
        "max_dates": MAX_DATES,
    }
