"""A series' page: all its dates, the next first."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from events.cards import dated_card
from events.jsonld import breadcrumbs, script_text
from events.models import Event
from events.taking import of_series
from events.views.feeds import series_of
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, moved, not_modified, public_page

MAX_DATES = 200
MAX_PAST = 50


@require_safe
def series(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """404 unless visitors may see one of its dates; where it takes place is the city of the last one."""
    found, last = series_of(pk)
    if (elsewhere := moved(request, found.get_absolute_url())) is not None:
        return elsewhere
    city = last.city
    tonight = city.tonight()
    etag = etag_of("series", pk, found.title, tonight, generation=generation(city.pk))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    coming = list(Event.objects.public().of_series(found).from_night(tonight).for_list()[: MAX_DATES + 1])
    past = Event.objects.shown().of_series(found).filter(last_night__lt=tonight)
    past = past.for_list().order_by("-night", "-starts_at", "-pk")[:MAX_PAST]
    context = {
        "series": found,
        "title": found.title or last.title,
        "city": city,
        "canonical": absolute(found.get_absolute_url()),
        "way": script_text(breadcrumbs(city, found.title or last.title, found.get_absolute_url())),
        "take": of_series(found, found.title or last.title),
        "cards": [dated_card(event, tonight=tonight) for event in coming[:MAX_DATES]],
        "past": [dated_card(event, tonight=tonight) for event in past],
        "more": len(coming) > MAX_DATES,
        "max_dates": MAX_DATES,
    }
    return public_page("events/series.html", context, etag=etag)
