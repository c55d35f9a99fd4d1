"""What editors do about duplicates on the pages of events and listings: merge, unmerge, split."""

from collections.abc import Iterable

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from events.admin import EventAdmin, ListingAdmin
from events.admin.decision import told
from events.models import Event, Listing
from nocturne.admin import link, user_of
from quality import merging
from quality.decisions import recorded

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


@admin.action(description="Merge the chosen ones into the oldest", permissions=["edit"])
def merge_chosen(page: EventAdmin, request: HttpRequest, queryset: QuerySet[Event]) -> None:
    first, *others = events = list(queryset.order_by("pk"))
    if not others:
        page.message_user(request, "Choose two events or more to merge.", messages.WARNING)
        return
    by = user_of(request)
    merged = [first]

    def merge_all() -> None:
        for other in others:
            try:
                merging.merge(first, other, by=by)
            except ValueError as error:
                page.message_user(request, str(error), messages.ERROR)
            else:
                merged.append(other)

    _, decision = recorded(
        _listings(events),
        merge_all,
        lambda _: f"Merged {len(merged)} events into “{first.title}”.",
        by=by,
        path=_path(first),
    )
    if len(merged) > 1:
        root = Event.objects.get(members=first)
        page.record(request, merged, f"Merged into #{root.pk}.")
        said = format_html("Merged {} events: {}.", len(merged), link(root))
        page.message_user(request, told(said, decision))


@admin.action(description="Unmerge: make it an event of its own again", permissions=["edit"], location=BOTH)
def unmerge(page: EventAdmin, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
    events = [event for event in queryset.select_related("root") if event.merged_into_id]
    if not events:
        page.message_user(request, "An event that is merged into nothing has nothing to leave.", messages.WARNING)
        return None
    by = user_of(request)
    summary = f"Unmerged “{events[0].title}” from “{events[0].root.title}”{_and_others(events)}."
    try:
        alone, decision = recorded(
            _listings(events),
            lambda: [merging.unmerge(event, by=by) for event in events],
            lambda _: summary,
            by=by,
            path=_path(events[0]),
        )
    except ValueError as error:
        page.message_user(request, str(error), messages.ERROR)
        return None
    page.record(request, alone, "Unmerged.")
    page.message_user(request, told(format_html("Unmerged: {}.", _links(alone)), decision))
    return _to_page_of(alone)


@admin.action(description="Split from its event", permissions=["edit"], location=BOTH)
def split(page: ListingAdmin, request: HttpRequest, queryset: QuerySet[Listing]) -> HttpResponse | None:
    events = []
    by = user_of(request)
    for listing in queryset.select_related("event", "source"):
        try:
            event, decision = recorded(
                [listing],
                lambda one=listing: merging.split(one, by=by),  # type: ignore[misc]
                lambda _, one=listing: f"Split “{one.title}” ({one.source}) from its event.",  # type: ignore[misc]
                by=by,
                path=reverse("admin:events_listing_change", args=[listing.pk]),
            )
        except ValueError as error:
            page.message_user(request, str(error), messages.ERROR)
            continue
        events.append(event)
        page.record(request, [listing], f"Split off as event #{event.pk}.")
        page.message_user(request, told(format_html("Split off: {}.", link(event)), decision))
    return _to_page_of(events) if events else None


def _listings(events: Iterable[Event]) -> list[Listing]:
    """The listings of these events, or of what they are merged into where they have none of their own."""
    return list(Listing.objects.filter(event__root__in={event.root_id for event in events}))


def _path(event: Event) -> str:
    return reverse("admin:events_event_change", args=[event.pk])


def _and_others(events: list[Event]) -> str:
    return f" and {len(events) - 1} more" if len(events) > 1 else ""


def _links(events: Iterable[Event]) -> str:
    return format_html_join(", ", "{}", ((link(event),) for event in events))


def _to_page_of(events: list[Event]) -> HttpResponse | None:
    """One event is looked at next; after several the list is."""
    return HttpResponseRedirect(reverse("admin:events_event_change", args=[events[0].pk])) if len(events) == 1 else None


EventAdmin.actions += [merge_chosen, unmerge]
ListingAdmin.actions.append(split)
