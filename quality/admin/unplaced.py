"""Listings that cannot be an event: why, and what can be done about it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone as clock

from events.admin.decision import told
from events.decisions import keep, undoes
from events.models import Decision, Listing
from nocturne.admin import link, user_of
from quality import queues
from quality.models import Dismissal, Finding

from .held import FINDINGS
from .pages import Filters, desk, last, numbers, paged, record, render, require

EDIT = "events.change_source"


@desk("unplaced")
def unplaced(request: HttpRequest) -> HttpResponse:
    filters = Filters.of(request)
    if request.method == "POST":
        return _dismiss_chosen(request, f"{reverse('desk:unplaced')}?{filters.query(page=request.GET.get('page'))}")
    rows = queues.unplaced(city=filters.city, source=filters.source)
    page = paged(request, rows.select_related("source__city", "city").prefetch_related(FINDINGS))
    context = {
        "page": page,
        "rows": [{"listing": one, "why": _why(one), "remedies": _remedies(one)} for one in page.object_list],
        "filters": filters.choices(queues.unplaced(), "source__city", "source"),
        "decisions": [
            (one, f"{reverse('desk:unplaced')}?{filters.query()}") for one in last(request, Decision.Kind.LISTING)
        ],
        "may_decide": user_of(request).has_perm(EDIT),
        "pages": f"?{filters.query()}&page=",
        "items": Finding.objects.filter(listing=None).exclude(key="").count(),
    }
    return render(request, "unplaced", "Listings that are no event yet", context)


def _why(listing: Listing) -> str:
    missing = []
    if listing.draft.get("when") is None:
        missing.append("a date that can be read")
    if listing.city_id is None:
        missing.append("an active city")
    return f"It lacks {' and '.join(missing)}." if missing else "It was read before its city was active."


def _remedies(listing: Listing) -> Iterable[Any]:
    """Links to what an editor can do, the most promising first."""
    source = listing.source
    if listing.city_id is None and source.city is None:
        yield link(source, "Set the city of the source")
    elif listing.city_id is None and source.city and not source.city.active:
        yield link(source.city, f"Activate {source.city.name}")
    if listing.draft.get("when") is None:
        yield link(source, "See whether the source has a better address")
    elif listing.city_id is not None:
        yield link(source, "Have the source read again")
    yield link(listing, "See what was read")


def _dismiss_chosen(request: HttpRequest, back: str) -> HttpResponse:
    require(request, EDIT)
    response = HttpResponseRedirect(back)
    ids = numbers(request.POST.getlist("dismiss") or request.POST.getlist("listing"))
    listings = list(Listing.objects.filter(pk__in=ids, event=None).select_related("source"))
    if not listings:
        messages.warning(request, "Tick one listing or more first.")
        return response
    decision = dismiss(listings, request)
    record(request, listings, "Put aside.")
    said = f"{decision.summary} It comes back as soon as its source says something else."
    messages.success(request, told(said, decision))
    return response


@transaction.atomic
def dismiss(listings: list[Listing], request: HttpRequest) -> Decision:
    """Put listings aside as they are now."""
    now, by = clock.now(), user_of(request)
    Dismissal.objects.bulk_create(
        [Dismissal(listing=listing, by=by, at=now) for listing in listings],
        update_conflicts=True,
        unique_fields=["listing"],
        update_fields=["by", "at"],
    )
    first = f"“{listings[0].title}”"
    what = first if len(listings) == 1 else f"{len(listings)} listings, as {first}"
    path = reverse("admin:events_listing_change", args=[listings[0].pk])
    state = {"listings": [listing.pk for listing in listings]}
    return keep(Decision.Kind.LISTING, f"Put aside: {what}.", state, by=by, path=path)


@undoes(Decision.Kind.LISTING, EDIT)
def _wait_again(decision: Decision) -> str:
    Dismissal.objects.filter(listing__in=decision.state["listings"]).delete()
    return ""
