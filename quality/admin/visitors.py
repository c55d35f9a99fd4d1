"""The queues of what visitors say: comments one at a time, decided with a key or a button, and reports of events."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone as clock

from events import comments as talk, editing, reports as said
from events.admin.decision import told
from events.models import Comment, CommentReport, Decision, Event, EventReport
from nocturne.admin import user_of
from quality import queues

from .pages import desk, last, number, numbers, paged, record, render, require

EDIT, SETTLE, HIDE = "events.change_comment", "events.change_eventreport", "events.change_event"
STATES = {"show": Comment.State.LIVE, "hide": Comment.State.HIDDEN, "hide-all": Comment.State.HIDDEN}
# So many are skipped at most, and so many of an author's other comments shown.
SKIPPED, OTHERS = 200, 5


@desk("comments")
def comments(request: HttpRequest) -> HttpResponse:
    """The next comment that waits and was not skipped, or the one that `comment` names."""
    skipped, queue = _skipped(request), queues.comments()
    ahead = queue.exclude(pk__in=skipped).select_related("user", "event__root__city")
    asked = number(request.GET.get("comment", ""))
    row = (ahead.filter(pk=asked).first() if asked else None) or ahead.first()
    left = queue.order_by().count()
    context: dict[str, Any] = {
        "left": left,
        "passed": left - ahead.order_by().count() if skipped else 0,
        "decisions": [(one, _again(one)) for one in last(request, Decision.Kind.COMMENT)],
        "may_decide": user_of(request).has_perm(EDIT),
    }
    if row:
        others = Comment.objects.filter(user=row.user).exclude(pk=row.pk).exclude(text="")
        context |= {
            "row": row,
            "text": talk.shown_text(row.text),
            "page": row.event.root.get_absolute_url()
            if row.event.root.visibility == Event.Visibility.PUBLISHED
            else "",
            "reports": CommentReport.objects.open().filter(comment=row).select_related("user"),
            "others": others.select_related("event").order_by("-created_at")[:OTHERS],
            "number": others.aggregate(**{one: Count("pk", filter=Q(state=one)) for one in Comment.State.values}),
            "skip": f"?{_query([*skipped, row.pk])}",
            "here": f"?{_query(skipped)}",
        }
    return render(request, "comments", "Comments that wait", context)


@desk("comments")
def decide(request: HttpRequest) -> HttpResponse:
    """Decide one comment, or hide all of its author's; then the next one at once."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    require(request, EDIT)
    response = HttpResponseRedirect(f"{reverse('desk:comments')}?{_query(_skipped(request))}")
    action, pk = request.POST.get("do", ""), number(request.POST.get("comment", ""))
    row = Comment.objects.filter(pk=pk).exclude(text="").first() if pk else None
    if row is None or action not in STATES:
        messages.warning(request, "The comment is gone: its author has deleted it. Nothing was decided.")
        return response
    # what another editor has decided while this one was looking is not written over
    if request.POST.get("state") != row.state:
        messages.warning(
            request, f"Somebody was quicker: the comment is {row.get_state_display()} now. Yours was not taken."
        )
        return response
    rows = [row.pk]
    if action == "hide-all":
        rows = list(Comment.objects.filter(user=row.user).exclude(text="").values_list("pk", flat=True))
    decision = talk.decide(rows, STATES[action], by=user_of(request))
    if decision is None:
        messages.info(request, f"Nothing to do: {row.get_state_display()} already.")
        return response
    record(request, list(Comment.objects.filter(pk__in=rows)), f"Made {STATES[action].label}.")
    messages.success(request, decision.summary)
    return response


def _skipped(request: HttpRequest) -> list[int]:
    return numbers(request.GET.get("skip", "").split(","))[-SKIPPED:]


def _query(skipped: list[int]) -> str:
    return urlencode({"skip": ",".join(map(str, skipped[-SKIPPED:]))}) if skipped else ""


def _again(decision: Decision) -> str:
    """Where an undo leads: to the comment that waits again."""
    try:
        pk = resolve(decision.path).kwargs.get("object_id")
    except Resolver404:
        pk = None
    return f"{reverse('desk:comments')}?{urlencode({'comment': pk})}" if pk else reverse("desk:comments")


@desk("reports")
def reports(request: HttpRequest) -> HttpResponse:
    """Open reports of events: what is wrong, the event, and one click to settle it or to hide the event."""
    if request.method == "POST":
        return _settle(request)
    page = paged(request, queues.reports().select_related("event__root__city"))
    user = user_of(request)
    context = {
        "page": page,
        "rows": [
            {
                "report": one,
                "event": one.event.root,
                "public": one.event.root.visibility == Event.Visibility.PUBLISHED,
            }
            for one in page.object_list
        ],
        "decisions": [(one, reverse("desk:reports")) for one in last(request, Decision.Kind.VISIBILITY)],
        "may_settle": user.has_perm(SETTLE),
        "may_hide": user.has_perm(SETTLE) and user.has_perm(HIDE),
        "pages": "?page=",
    }
    return render(request, "reports", "What visitors report", context)


def _settle(request: HttpRequest) -> HttpResponse:
    """`settle=12`, or `hide=12`, which hides the event, too."""
    require(request, SETTLE)
    hides = "hide" in request.POST
    pk = number(request.POST.get("hide" if hides else "settle", ""))
    row = queues.reports().select_related("event").filter(pk=pk).first() if pk else None
    response = HttpResponseRedirect(reverse("desk:reports"))
    if row is None:
        messages.warning(request, "Somebody has settled that report already.")
        return response
    if hides:
        require(request, HIDE)
        decision = editing.show([row.event.root_id], Event.Visibility.HIDDEN, by=user_of(request), now=clock.now())
        messages.success(request, told(decision.summary if decision else "The event was hidden already.", decision))
        if decision:
            record(request, [Event.objects.get(pk=row.event.root_id)], "Hidden, as reported.")
    said.settle([row.pk], by=user_of(request))
    record(request, [EventReport.objects.get(pk=row.pk)], "Settled.")
    messages.success(request, "Settled." + (f" An answer is wanted at {row.email}." if row.email else ""))
    return response
