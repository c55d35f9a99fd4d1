"""What editors do about duplicates on the pages of events and listings: merge, unmerge, split."""

from collections.abc import Iterable

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from events.admin import EventAdmin, ListingAdmin
from events.models import Event, Listing
from nocturne.admin import link, user_of
from nocturne.cache import bump_on_commit
from quality import merging

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


def show_at_once(events: Iterable[Event]) -> None:
    """Visitors see what became of these events as soon as it is committed."""
    bump_on_commit(event.city_id for event in events)


@admin.action(description="Merge the chosen ones into the oldest", permissions=["edit"])
def merge_chosen(page: EventAdmin, request: HttpRequest, queryset: QuerySet[Event]) -> None:
    first, *others = events = list(queryset.order_by("pk"))
    if not others:
        page.message_user(request, "Choose two events or more to merge.", messages.WARNING)
        return
    merged = [first]
    for other in others:
        try:
            root = merging.merge(first, other, by=user_of(request))
        except ValueError as error:
            page.message_user(request, str(error), messages.ERROR)
        else:
            merged.append(other)
    if len(merged) > 1:
        page.record(request, merged, f"Merged into #{root.pk}.")
        show_at_once(events)
        page.message_user(request, format_html("Merged {} events: {}.", len(merged), link(root)))


@admin.action(description="Unmerge: make it an event of its own again", permissions=["edit"], location=BOTH)
def unmerge(page: EventAdmin, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
    events = [event for event in queryset if event.merged_into_id]
    if not events:
        page.message_user(request, "An event that is merged into nothing has nothing to leave.", messages.WARNING)
        return None
    alone = [merging.unmerge(event, by=user_of(request)) for event in events]
    page.record(request, alone, "Unmerged.")
    show_at_once([*events, *alone])
    page.message_user(request, format_html("Unmerged: {}.", _links(alone)))
    return _to_page_of(alone)


@admin.action(description="Split from its event", permissions=["edit"], location=BOTH)
def split(page: ListingAdmin, request: HttpRequest, queryset: QuerySet[Listing]) -> HttpResponse | None:
    events = []
    for listing in queryset.select_related("event"):
        try:
            event = merging.split(listing, by=user_of(request))
        except ValueError as error:
            page.message_user(request, str(error), messages.ERROR)
            continue
        events.append(event)
        page.record(request, [listing], f"Split off as event #{event.pk}.")
        show_at_once([event, *filter(None, [listing.event])])
    if not events:
        return None
    page.message_user(request, format_html("Split off: {}.", _links(events)))
    return _to_page_of(events)


def _links(events: Iterable[Event]) -> str:
    return format_html_join(", ", "{}", ((link(event),) for event in events))


def _to_page_of(events: list[Event]) -> HttpResponse | None:
    """One event is looked at next; after several the list is."""
    return HttpResponseRedirect(reverse("admin:events_event_change", args=[events[0].pk])) if len(events) == 1 else None


EventAdmin.actions += [merge_chosen, unmerge]
ListingAdmin.actions.append(split)
