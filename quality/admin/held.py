"""The queue of held events: why each is held, and publish or hide with one click, one or many."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import format_html

from events import editing
from events.admin.decision import told
from events.models import Decision, Event, Listing
from nocturne.admin import link, user_of
from quality import queues
from quality.models import Finding

from .comparison import DAY
from .pages import Filters, desk, last, number, numbers, paged, record, render, require

EDIT = "events.change_event"
CHOICES = {"publish": Event.Visibility.PUBLISHED, "hide": Event.Visibility.HIDDEN}
DONE = {"publish": "Published.", "hide": "Hidden."}
FINDINGS = Prefetch("findings", Finding.objects.order_by("-weight", "rule"))


@desk("held")
def held(request: HttpRequest) -> HttpResponse:
    filters, over = Filters.of(request), "over" in request.GET
    here = filters.query(over=over)
    if request.method == "POST":
        return _decide(request, f"{reverse('desk:held')}?{here}&page={number(request.GET.get('page', '')) or 1}")
    rows = queues.held(city=filters.city, source=filters.source, over=over)
    page = paged(request, rows.select_related("city", "venue"))
    context = {
        "page": page,
        "rows": _rows(page.object_list),
        "over": over,
        "other": f"?{filters.query(over=not over)}",
        "filters": filters.choices(queues.held(over=over), "city", "listings__source") | {"over": over},
        "decisions": [(one, f"{reverse('desk:held')}?{here}") for one in last(request, Decision.Kind.VISIBILITY)],
        "may_decide": user_of(request).has_perm(EDIT),
        "pages": f"?{here}&page=",
        "threshold": settings.QUALITY_PUBLISH_SCORE,
    }
    return render(request, "held", "Events held for review", context)


def _rows(events: Any) -> list[dict[str, Any]]:
    """Events with what their listings are blamed for; two queries for all of them."""
    by_root: dict[int, list[Listing]] = {event.pk: [] for event in events}
    listings = Listing.objects.live().filter(event__root__in=by_root).select_related("source", "event")
    for listing in listings.order_by("-score", "pk").prefetch_related(FINDINGS):
        by_root[listing.event.root_id].append(listing)  # type: ignore[union-attr]
    return [
        {
            "event": event,
            "when": _when(event),
            "why": _why(event),
            "listings": by_root[event.pk],
        }
        for event in events
    ]


def _when(event: Event) -> str:
    start = event.local_start
    if event.all_day or not event.time_known:
        return f"{start:{DAY}}, {'all day' if event.all_day else 'at a time that is not known'}"
    return f"{start:{DAY}, %H:%M} ({event.timezone})"


def _why(event: Event) -> str:
    if event.overrides.get("visibility") == Event.Visibility.HELD:
        return f"An editor holds it; its score is {event.score}."
    return f"Its score of {event.score} is below {settings.QUALITY_PUBLISH_SCORE}."


def _decide(request: HttpRequest, back: str) -> HttpResponse:
    """One event by its own button, `publish=12`, or those that are ticked, `do=publish`."""
    require(request, EDIT)
    response = HttpResponseRedirect(back)
    name = next((name for name in CHOICES if name in request.POST or request.POST.get("do") == name), "")
    ids = numbers(request.POST.getlist(name) or request.POST.getlist("event"))
    if not name or not ids:
        messages.warning(request, "Tick one event or more first.")
        return response
    events = list(Event.objects.select_related("root").filter(pk__in=ids))
    waiting = [event for event in events if not event.merged_into_id and event.visibility == Event.Visibility.HELD]
    for event in events:
        if event not in waiting:
            state = f"merged into #{event.root_id}" if event.merged_into_id else event.get_visibility_display()
            said = "{} is {} by now and was left as it is."
            messages.warning(request, format_html(said, link(event, event.title), state))
    if waiting:
        decision = editing.show([event.pk for event in waiting], CHOICES[name], by=user_of(request), now=clock.now())
        record(request, waiting, DONE[name])
        messages.success(request, told(decision.summary if decision else DONE[name], decision))
    return response
