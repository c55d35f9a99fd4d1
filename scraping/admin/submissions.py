"""What visitors send in: the queue on the editors' desk, one at a time, and the list of all."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone as clock
from django.utils.csp import CSP
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from events.admin import ListingAdmin
from events.admin.listing import draft_rows
from events.models import Event
from events.views.event import page_context
from nocturne.admin import RecordAdmin, SearchFilter, link, user_of
from nocturne.admin.pages import NOTHING
from nocturne.pages import private_page
from quality.admin import pages, urls
from quality.admin.pages import Filters, desk, number, record, render, require
from quality.score import as_sum
from scraping.submissions import preview, queue, retention, steps
from scraping.submissions.listing import Unwritten, draft_now, foresee, item_of
from scraping.submissions.model import Submission

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
EDIT = "scraping.change_submission"
FRAMED: dict[str, Any] = {**settings.SECURE_CSP, "frame-ancestors": [CSP.SELF]}
# What senders are told at one key; an editor's own words go over them.
REASONS = {
    "1": ("Not public", gettext_lazy("We list what everybody may go to.")),
    "2": ("Advertisement", gettext_lazy("It reads like an advertisement and not like an event.")),
    "3": ("Says too little", gettext_lazy("It does not say what it is, or where. You may send it again with more.")),
    "4": ("Listed already", gettext_lazy("It is on the list already.")),
}


@desk("submissions")
def submissions(request: HttpRequest) -> HttpResponse:
    """The next one that waits behind `after`, or the one that `submission` names."""
    filters, after = Filters.of(request), number(request.GET.get("after", ""))
    waiting = _waiting(filters.city)
    passed = Submission.objects.filter(pk=after).first() if after else None
    ahead = waiting.filter(_behind(passed)) if passed else waiting
    asked = number(request.GET.get("submission", ""))
    found = (waiting.filter(pk=asked).first() if asked else None) or ahead.first()
    left = waiting.order_by().count()
    context: dict[str, Any] = {
        "left": left,
        "passed": left - ahead.order_by().count() if passed else 0,
        "filters": filters.choices(Submission.objects.queued(), "city", "listing__source"),
        "start_over": f"?{filters.query()}",
        "may_decide": user_of(request).has_perm(EDIT),
        "reasons": [(key, label, text) for key, (label, text) in REASONS.items()],
        "last": Submission.objects.filter(decided_by__isnull=False).select_related("city", "decided_by")[:5],
    }
    if found:
        context |= _shown(found)
        context |= {"skip": f"?{filters.query(after=found.pk)}", "here": f"?{filters.query(after=after)}"}
    return render(request, "submissions", "Sent in by visitors", context)


@require_POST
@desk("submissions")
def decide(request: HttpRequest) -> HttpResponse:
    """Publish or refuse one, then the next one at once."""
    require(request, EDIT)
    filters, after = Filters.of(request), number(request.GET.get("after", ""))
    response = HttpResponseRedirect(f"{reverse('desk:submissions')}?{filters.query(after=after)}")
    found = Submission.objects.filter(pk=number(request.POST.get("submission", "")) or 0).first()
    if found is None:
        messages.warning(request, "That is not there any more.")
        return response
    own = request.POST.get("reason", "").strip()
    key = request.POST.get("refuse", "")
    try:
        if "publish" in request.POST:
            found = steps.publish(found, by=user_of(request), seen=request.POST.get("seen", ""))
            said = "Published."
        elif key in REASONS or own:
            found = steps.refuse(found, by=user_of(request), reason=own or str(REASONS[key][1]))
            said = "Refused."
        else:
            messages.error(request, "Say why it is refused: press one of the reasons, or write your own.")
            return HttpResponseRedirect(f"{reverse('desk:submissions')}?{filters.query(submission=found.pk)}")
    except (steps.Stale, Unwritten) as error:
        messages.warning(request, format_html("{} {}", str(error), link(found, "Look at it")))
        return response
    queue.send_soon(found)
    record(request, [found], said)
    messages.success(request, format_html("{} {}", said, link(found.event or found, found)))
    return response


@require_safe
@xframe_options_sameorigin
@csp_override(FRAMED)
@desk("submissions")
def framed(request: HttpRequest, pk: int) -> HttpResponse:
    """The event's page as visitors would see it."""
    found = Submission.objects.select_related("city", "listing").filter(pk=pk).first()
    if found is None:
        raise Http404
    event, listing = preview.unsaved(found, clock.now())
    return private_page("events/event.html", page_context(event, [listing]))


def _waiting(city: int | None) -> Any:
    rows = Submission.objects.queued().select_related("city", "listing__event__root__city", "listing__source")
    return rows.filter(city=city) if city else rows


def _behind(passed: Submission) -> Q:
    return Q(confirmed_at__gt=passed.confirmed_at) | Q(confirmed_at=passed.confirmed_at, pk__gt=passed.pk)


def _shown(found: Submission) -> dict[str, Any]:
    now = clock.now()
    item = item_of(found, now)
    seen = None if found.is_change else foresee(item)
    others = Submission.objects.filter(hashed=found.hashed).exclude(pk=found.pk).order_by("state")
    counts = others.values_list("state").annotate(count=Count("pk"))
    root = seen and seen.event_id
    known = Event.objects.select_related("city", "venue").filter(pk=root).first() if root else None
    return {
        "submission": found,
        "summary": preview.summary(found, now),
        "city": found.city,
        "findings": sorted(item.found, key=lambda one: -one.weight),
        "score": item.score,
        "sum": as_sum(item.found),
        "known": known,
        "outcome": seen.outcome if seen else "",
        "why": seen.reasons if seen else (),
        "changes": _changes(found) if found.is_change else [],
        "over": found.is_over(now),
        "others": [(Submission.State(state).label, count) for state, count in counts],
    }


def _changes(found: Submission) -> list[tuple[str, object, object]]:
    """What would be another value: field, shown now, wanted."""
    assert found.listing
    before = dict(draft_rows(draft_now(found.listing).to_json()))
    after = dict(draft_rows(found.draft))
    fields = dict.fromkeys([*before, *after])
    return [(name, before.get(name), after.get(name)) for name in fields if before.get(name) != after.get(name)]


pages.add_tab("submissions", "Sent in", "scraping.view_submission", Submission.objects.queued)
urls.urlpatterns += [
    path("submissions/", submissions, name="submissions"),
    path("submissions/decide/", decide, name="decide_submission"),
    path("submissions/<int:pk>/page/", framed, name="submission_page"),
]


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    """Read here; decided on the desk, changed by their senders."""

    list_display = ("title", "state", "place", "last_day", "event_link", "email", "created_at")
    list_display_links = ("title",)
    list_filter = ("state", ("city", SearchFilter), "created_at")
    list_select_related = ("city", "listing__event")
    search_fields = ("email", "draft__title")
    ordering = ("-created_at", "-pk")
    actions = ["reopen", "erase"]
    fieldsets = (
        (None, {"fields": (("state", "desk_link"), ("event_link", "listing_link"), "reason")}),
        ("What is wanted", {"fields": ("as_sent",)}),
        ("Sender", {"fields": (("email", "mails"),)}),
        ("History", {"fields": (("created_at", "confirmed_at", "decided_at", "decided_by", "last_day"),)}),
    )

    @admin.display(description="Event")
    def title(self, submission: Submission) -> str:
        return str(submission.draft.get("title", "")) or NOTHING

    @admin.display(description="City", ordering="city__name")
    def place(self, submission: Submission) -> str:
        return submission.city.name

    @admin.display(description="Shown as")
    def event_link(self, submission: Submission) -> str:
        return link(submission.listing and submission.listing.event)

    @admin.display(description="Listing")
    def listing_link(self, submission: Submission) -> str:
        return link(submission.listing)

    @admin.display(description="On the desk")
    def desk_link(self, submission: Submission) -> str:
        if submission.state != Submission.State.QUEUED:
            return NOTHING
        url = f"{reverse('desk:submissions')}?submission={submission.pk}"
        return format_html('<a href="{}">Decide it</a>', url)

    @admin.display(description="Draft")
    def as_sent(self, submission: Submission) -> str:
        rows = draft_rows(submission.draft)
        return format_html("<dl>{}</dl>", _pairs([("city", str(submission.city)), *rows]))

    @admin.action(description="Put back into the queue", permissions=["edit"], location=BOTH)
    def reopen(self, request: HttpRequest, queryset: Any) -> None:
        """Of what was refused by mistake; its sender hears of it once it is decided anew."""
        done = []
        for row in queryset:
            try:
                done.append(steps.reopen(row))
            except steps.Stale as error:
                self.message_user(request, f"{row}: {error}", messages.WARNING)
        self.record(request, done, "Put back into the queue.")
        self.message_user(request, f"Waiting again: {len(done)}.")

    @admin.action(description="Forget the address", permissions=["edit"], location=BOTH)
    def erase(self, request: HttpRequest, queryset: Any) -> None:
        """All of each address: what is listed stays without it, all else is deleted."""
        rows = list(queryset.exclude(email=""))
        self.record(request, rows, "Forgotten.")
        count = sum(retention.erase(email) for email in {row.email for row in rows})
        self.message_user(request, f"Addresses forgotten: {len({row.email for row in rows})}, of submissions: {count}.")


def _pairs(rows: list[tuple[str, object]]) -> str:
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)


class SubmissionInline(admin.TabularInline):
    """On the page of a listing: where it came from."""

    model = Submission
    fields = readonly_fields = ("link", "state", "email", "created_at", "decided_by")
    can_delete = False
    extra = 0  # an empty one would look like a submission
    verbose_name_plural = "sent in by a visitor"

    @admin.display(description="Submission")
    def link(self, submission: Submission) -> str:
        return link(submission)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


ListingAdmin.inlines.append(SubmissionInline)
