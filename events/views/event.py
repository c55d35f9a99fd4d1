"""An event's page and its calendar file."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from events import rsvps
from events.calendars import google_link, outlook_link
from events.cards import card, dated_card, status_words
from events.categories import category_label
from events.conversation import conversation
from events.dates import day_words, machine_start, night_name, when_words
from events.ics import CONTENT_TYPE, calendar
from events.jsonld import breadcrumbs, event_data, script_text
from events.known import known_tonight
from events.maps import map_link
from events.models import Event, Listing, Series
from events.prices import event_price
from events.publishers import change, publisher, told_by_root, web_address
from events.rendered import Rendered
from events.rows import rows_of_event
from events.similar import similar
from events.views.feeds import in_city
from nocturne.origin import absolute
from nocturne.pages import HTML, moved, public_file, public_page
from nocturne.pagestore import name_of

# What is held or was hidden by an editor is not there for visitors; what is archived stays readable.
MAX_ID = 2**63 - 1  # beyond it PostgreSQL compares numbers row by row
SHOWN = (Event.Visibility.PUBLISHED, Event.Visibility.ARCHIVED)


@require_safe
def event(request: HttpRequest, city_slug: str, slug: str, pk: int) -> HttpResponseBase:
    def render(etag: str) -> HttpResponseBase:
        rendered = _rendered(request, city_slug, pk)
        if rendered and rendered.content is not None:
            return public_file(rendered.content, HTML, etag=etag)
        found = shown_event(pk)
        if (elsewhere := moved(request, found.get_absolute_url())) is not None:
            return elsewhere
        context = page_context(found, list(Listing.objects.of_event(found)))
        response = public_page("events/event.html", context, etag=etag)
        if rendered and context["tonight"] == known_tonight(city_slug):
            rendered.keep(response.content, context["shown"], context["answers"])
        return response

    return in_city(request, f"event:{pk}", city_slug, render)


@require_safe
def event_ics(request: HttpRequest, city_slug: str, slug: str, pk: int) -> HttpResponseBase:
    def render(etag: str) -> HttpResponseBase:
        found = shown_event(pk)
        if (elsewhere := moved(request, _ics_path(found))) is not None:
            return elsewhere
        text = calendar([found], told=told_by_root([found.pk]))
        return public_file(text, CONTENT_TYPE, etag=etag, filename=f"{found.city.slug}-{pk}.ics")

    return in_city(request, f"event:{pk}", city_slug, render)


def _rendered(request: HttpRequest, city_slug: str, pk: int) -> Rendered | None:
    tonight = known_tonight(city_slug)
    if tonight is None or pk > MAX_ID:
        return None
    return Rendered(name_of(f"event:{pk}", request.path, tonight), partial(rows_of_event, pk, tonight))


def shown_event(pk: int) -> Event:
    """The event that an id leads to: itself or what it was merged into."""
    found = Event.objects.for_page().filter(pk=pk).first()
    if found and found.merged_into_id:
        found = Event.objects.for_page().filter(pk=found.root_id).first()
    if found is None or found.visibility not in SHOWN:
        raise Http404
    return found


def page_context(event: Event, listings: list[Listing]) -> dict[str, Any]:
    tonight = event.city.tonight()
    changes = list(event.changes.order_by("-sequence"))
    likest = similar(event, tonight=tonight)
    answers = rsvps.counted([event], likest)
    return {
        "event": event,
        "tonight": tonight,
        "shown": [event.pk, *(one.pk for one in likest)],
        "answers": answers,
        "card": card(event, tonight=tonight),
        "city": event.city,
        "canonical": absolute(event.get_absolute_url()),
        "when": when_words(event, year=tonight.year),
        "night_name": "" if event.is_run else night_name(event.night, tonight),
        "start": machine_start(event),
        "past": event.last_night < tonight,
        "price": event_price(event),
        "status": status_words(event),
        "category": category_label(event.category) if event.category else "",
        "address": event.address or (event.venue.address if event.venue else ""),
        "map": map_link(event.venue or event, event.city, address=event.address),
        "part_of": event.part_of if event.part_of and event.part_of.visibility in SHOWN else None,
        "link": web_address(event.url),
        "publishers": [publisher(listing, event) for listing in listings],
        "source_count": len({listing.source_id for listing in listings}),
        "changes": [change(row, event) for row in changes],
        "ics_path": _ics_path(event),
        "google": google_link(event),
        "outlook": outlook_link(event),
        "series": _series(event),
        "talk": conversation(event),
        "similar": [dated_card(one, tonight=tonight) for one in likest],
        "night_path": f"{event.city.get_absolute_url()}?when={event.night}",
        "night_words": day_words(event.night, year=tonight.year),
        "script": script_text(event_data(event, changes)),
        "way": script_text(breadcrumbs(event.city, event.title, event.get_absolute_url())),
    }


def _series(event: Event) -> Series | None:
    """The series of which this is one date of several."""
    if event.series is None or not Event.objects.shown().of_series(event.series).exclude(pk=event.pk).exists():
        return None
    return event.series


def _ics_path(event: Event) -> str:
    page = event.get_absolute_url()
    return f"{page.rstrip('/')}.ics"
