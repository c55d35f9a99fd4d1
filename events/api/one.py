"""One event with all that is known of it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import reverse
from ninja import Router

from events.models import Event, Listing
from events.publishers import web_address
from nocturne.answers import JSON, PathId, as_json
from nocturne.origin import absolute
from nocturne.pages import public_file
from nocturne.pagestore import page

from .asked import CityId, city_of, known
from .rows import rows_of, texts
from .schemas import WholeEvent

router = Router(tags=["Events"])


@router.get(
    "/events/{city_id}/{event_id}",
    response={200: WholeEvent, 301: None, 304: None, 404: None},
    url_name="event",
    summary="One event",
)
def one_event(request: HttpRequest, city_id: CityId, event_id: PathId) -> HttpResponseBase:
    """What was merged into another event, or lies in another city by now, leads there."""

    def render(etag: str) -> HttpResponseBase:
        city, found = city_of(city_id), shown_event(event_id)
        if found.pk != event_id or found.city_id != city.pk:
            return HttpResponsePermanentRedirect(reverse("api-1:event", args=[found.city.code, found.pk]))
        return public_file(_text(found, list(Listing.objects.of_event(found))), JSON, etag=etag)

    return page(request, f"event:{event_id}", "api", city_id, city_id=known(city_id).pk, render=render)


def shown_event(event_id: int) -> Event:
    """The event that an id leads to, itself or what it was merged into; 404 if visitors may not see it."""
    found = Event.objects.shown().select_related("city", "series").filter(members=event_id).first()
    if found is None:
        raise Http404("There is no such event.")
    return found


def _text(event: Event, listings: list[Listing]) -> str:
    """As in lists, with more behind it."""
    [text] = texts(rows_of(Event.objects.filter(pk=event.pk)))
    more: dict[str, Any] = {
        "description": event.description or None,
        "language": event.language or None,
        "organizer": event.organizer or None,
        "performers": event.performers,
        "link": web_address(event.url) or None,
        "series": _series(event),
        "part_of": _festival(event),
        "sources": [_source(listing) for listing in listings],
        "changes": list(event.changes.order_by("sequence").values("at", "before", "after")),
        "created_at": event.created_at,
        "updated_at": event.updated_at,
    }
    return f"{text[:-1]},{as_json(more)[1:]}"


def _festival(event: Event) -> int | None:
    """What visitors may see of what the event is a part of."""
    found = Event.objects.shown().filter(members=event.part_of_id).values_list("pk", flat=True)
    return found.first() if event.part_of_id else None


def _series(event: Event) -> dict[str, Any] | None:
    if event.series is None:
        return None
    url = absolute(event.series.get_absolute_url())
    return {"id": event.series.pk, "title": event.series.title or None, "url": url}


def _source(listing: Listing) -> dict[str, Any]:
    return {
        "name": listing.source.publisher_name,
        "url": web_address(listing.url),
        "homepage": web_address(listing.source.homepage) or None,
        "first_seen_at": listing.first_seen_at,
        "changed_at": listing.changed_at,
        "missing_since": listing.missing_since,
    }
