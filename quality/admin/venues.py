"""Venues that may be one place: suggestions on a page of the desk, and the actions of the list of venues."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone as clock

from events.admin.decision import told
from events.admin.place import VenueAdmin
from events.models import City, Decision, Venue
from nocturne.admin import user_of
from quality import venue_merging

from .comparison import marked
from .pages import Filters, desk, last, numbers, paged, record, render, require

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
EDIT = "events.change_venue"


@desk("venues")
def venues(request: HttpRequest) -> HttpResponse:
    filters = Filters.of(request)
    if request.method == "POST":
        return _decide(request, f"{reverse('desk:venues')}?{filters.query(page=request.GET.get('page'))}")
    city = City.objects.filter(pk=filters.city).first() if filters.city else None
    page = paged(request, venue_merging.suggestions(city))
    context = {
        "page": page,
        "rows": _rows(page.object_list),
        "filters": {"cities": _cities(city), "chosen": bool(city), "query": filters.query()},
        "decisions": [
            (one, f"{reverse('desk:venues')}?{filters.query()}") for one in last(request, Decision.Kind.VENUE)
        ],
        "may_decide": user_of(request).has_perm(EDIT),
        "pages": f"?{filters.query()}&page=",
    }
    return render(request, "venues", "Venues that may be one place", context)


def _cities(chosen: City | None) -> list[dict[str, Any]]:
    """Active cities with more than one venue, those with the most first."""
    cities = City.objects.active().annotate(n=Count("venues")).filter(n__gt=1).order_by("-n", "name")[:100]
    rows = [{"pk": city.pk, "name": str(city), "selected": city == chosen} for city in cities]
    if chosen and not any(row["selected"] for row in rows):
        rows.append({"pk": chosen.pk, "name": str(chosen), "selected": True})
    return rows


def _rows(suggestions: Any) -> list[dict[str, Any]]:
    ids = {pk for one in suggestions for pk in (one.first, one.second)}
    today = clock.now().date()
    rows = Venue.objects.select_related("city").annotate(
        upcoming=Count("events", filter=Q(events__merged_into=None, events__last_night__gte=today))
    )
    found = rows.in_bulk(ids)
    return [
        {
            "suggestion": one,
            "sides": list(zip(marked(a.name, b.name), (a, b), strict=True)),
            "city": a.city,
        }
        for one in suggestions
        for a, b in [(found[one.first], found[one.second])]
    ]


def _decide(request: HttpRequest, back: str) -> HttpResponse:
    """`same` or `different` holds the two venues, "12-40"."""
    require(request, EDIT)
    response = HttpResponseRedirect(back)
    outcome = "same" if "same" in request.POST else "different"
    ends = numbers(request.POST.get(outcome, "").split("-"))
    venues = list(Venue.objects.select_related("city").filter(pk__in=ends).order_by("pk"))
    if len(venues) != 2:
        messages.error(request, "Choose two venues.")
        return response
    act = venue_merging.merge if outcome == "same" else venue_merging.keep_apart
    try:
        decision = act(*venues, by=user_of(request))
    except ValueError as error:
        messages.error(request, str(error))
        return response
    if decision is None:
        messages.warning(request, "Somebody has decided that already, and so it stays.")
        return response
    record(request, venues, "Merged: the same venue." if outcome == "same" else "Kept apart: two venues.")
    messages.success(request, told(decision.summary, decision))
    return response


# --- the list of venues ------------------------------------------------------------------------------


@admin.action(description="Merge the chosen venues into the oldest", permissions=["edit"])
def merge_chosen(page: VenueAdmin, request: HttpRequest, queryset: QuerySet[Venue]) -> None:
    first, *others = list(queryset.select_related("city").order_by("pk"))
    if not others:
        page.message_user(request, "Choose two venues or more to merge.", messages.WARNING)
        return
    for other in others:
        try:
            decision = venue_merging.merge(first, other, by=user_of(request))
        except ValueError as error:
            page.message_user(request, str(error), messages.ERROR)
            continue
        if decision:
            page.record(request, [first, other], "Merged: the same venue.")
            page.message_user(request, told(decision.summary, decision))


@admin.action(description="Unmerge: make it a venue of its own again", permissions=["edit"], location=BOTH)
def unmerge(page: VenueAdmin, request: HttpRequest, queryset: QuerySet[Venue]) -> None:
    venues = [venue for venue in queryset.select_related("city") if venue.merged_into_id]
    if not venues:
        page.message_user(request, "A venue that is merged into nothing has nothing to leave.", messages.WARNING)
    for venue in venues:
        decision = venue_merging.unmerge(venue, by=user_of(request))
        page.record(request, [venue], "Unmerged.")
        if decision:
            page.message_user(request, told(decision.summary, decision))


VenueAdmin.actions += [merge_chosen, unmerge]
