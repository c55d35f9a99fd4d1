"""Comments on an event: the form and what it answers, with pages of their own for browsers without JavaScript."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events import comments
from events.conversation import Conversation, conversation, state_words
from events.models import Comment, CommentReport, Event
from nocturne import honeypot, limits
from nocturne.addresses import address_hashes
from nocturne.client import client_address, counted_as
from nocturne.models import User
from nocturne.origin import same_origin
from nocturne.pages import private, private_page

from .event import shown_event

# How often an account, and a network address, may comment and report.
RATES = ("3/m", "20/h", "100/d")
REPORT_RATES = ("5/m", "30/h")
# Where a session keeps what somebody wrote before signing in.
KEPT = "comment"
LONGEST = 20_000


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def event_comments(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The comments on an event with the form: for who signs in to comment, and for browsers without JavaScript."""
    event = shown_event(pk)
    if request.method == "POST":
        return _post(request, event)
    talk = conversation(event, user=_user(request), page=_page_of(request))
    kept = request.session.get(KEPT)
    if kept and kept["event"] == event.pk:
        talk.name, talk.text = kept["name"], kept["text"]
    posted = request.GET.get("posted", "")
    if posted and (user := _user(request)):
        talk.status = _status(event, user, posted)
    return _answer(request, talk)


@require_safe
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """What somebody who is signed in sees in the place of the comments that everybody sees; nothing for others."""
    event, user = shown_event(pk), _user(request)
    if user is None:
        return private(HttpResponse(status=204))
    return _fragment(conversation(event, user=user), 200)


@require_POST
@same_origin
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete one's own comment; once more changes nothing."""
    user = _user(request)
    if user is None:
        return redirect_to_login(reverse("events:my_comments"))
    row = Comment.objects.filter(pk=pk, user=user).select_related("event").first()
    if row:
        comments.delete(row, user)
        if _in_place(request):
            talk = conversation(shown_event(row.event.root_id), user=user)
            talk.status = _("Your comment is deleted.")
            return _fragment(talk, 200)
    return HttpResponseRedirect(f"{reverse('events:my_comments')}?deleted=1")


@require_safe
def mine(request: HttpRequest) -> HttpResponseBase:
    """One's own comments, the newest first, each with its state and the button that deletes it."""
    user = _user(request)
    if user is None:
        return redirect_to_login(request.get_full_path())
    rows = Comment.objects.filter(user=user).exclude(text="").select_related("event__root__city")
    page = _page_of(request)
    found = list(rows.order_by("-created_at", "-pk")[(page - 1) * 50 : page * 50 + 1])
    own = [
        {"pk": row.pk, "event": row.event.root, "text": comments.shown_text(row.text), "state": state_words(row)}
        for row in found[:50]
    ]
    context = {"own": own, "deleted": "deleted" in request.GET, "next": page + 1 if len(found) > 50 else 0}
    return private_page("events/my_comments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tell editors of a comment. Nobody needs an account for it."""
    row = get_object_or_404(Comment.objects.live().select_related("event__root"), pk=pk)
    event = shown_event(row.event.root_id)
    talk = {
        "event": event,
        "comment": {"pk": pk, "name": row.name, "text": comments.shown_text(row.text)},
        "reasons": CommentReport.Reason.choices,
    }
    if request.method != "POST":
        return private_page("events/report_comment.html", talk)
    reason = request.POST.get("reason", "")
    if reason not in CommentReport.Reason.values:
        talk["error"] = _("Please choose what it is.")
        return private_page("events/report_comment.html", talk, status=422)
    user = _user(request)
    if seconds := too_often_reported(request, user):
        return limits.too_many(seconds)
    if not honeypot.is_filled(request.POST):
        hashes = address_hashes(counted_as(client_address(request)))
        comments.report(row, hashes=hashes, user=user, reason=reason, text=request.POST.get("text", "")[:LONGEST])
    return private_page("events/report_comment.html", {**talk, "done": True}, status=202)


def _post(request: HttpRequest, event: Event) -> HttpResponseBase:
    said = (request.POST.get(name, "")[:LONGEST] for name in ("name", "text"))
    name, text = comments.normalise(*said)
    user = _user(request)
    errors = comments.errors(name, text)
    if not comments.is_open(event):
        errors = {"text": _("No more comments are taken: this was more than a month ago.")}
    if errors:
        return _refuse(request, event, name, text, errors)
    if honeypot.is_filled(request.POST):
        # as if it were held
        talk = conversation(event, user=user)
        talk.status = _("Thank you. An editor looks at it before it is shown.")
        return _answer(request, talk)
    if seconds := too_often_said(request, user):
        said_wait = _("That was very often. Please try again in %(time)s.") % {"time": limits.in_words(seconds)}
        response = _refuse(request, event, name, text, {"text": said_wait}, 429)
        response["Retry-After"] = str(seconds)
        return response
    if user is None:
        request.session[KEPT] = {"event": event.pk, "name": name, "text": text}
        return redirect_to_login(reverse("events:comments", args=[event.pk]))
    row = comments.post(event, user, name=name, text=text)
    request.session.pop(KEPT, None)
    if _in_place(request):
        talk = conversation(event, user=user)
        talk.status = _status(event, user, str(row.pk))
        return _fragment(talk, 200)
    return HttpResponseRedirect(f"{reverse('events:comments', args=[event.pk])}?posted={row.pk}#comments")


def _refuse(
    request: HttpRequest, event: Event, name: str, text: str, errors: dict[str, str], status: int = 422
) -> HttpResponse:
    """The form again, with what was written and what is wrong with it."""
    talk = conversation(event, user=_user(request))
    talk.name, talk.text, talk.errors = name, text, errors
    return _answer(request, talk, status)


def _answer(request: HttpRequest, talk: Conversation, status: int = 200) -> HttpResponse:
    if _in_place(request):
        return _fragment(talk, status)
    return private_page("events/comments.html", {"talk": talk, "event": talk.event}, status=status)


def _fragment(talk: Conversation, status: int) -> HttpResponse:
    context = {"talk": talk, "event": talk.event}
    return private(HttpResponse(render_to_string("events/_comments.html", context), status=status))


def _status(event: Event, user: User, posted: str) -> str:
    """What became of a comment that this user has just written."""
    if not (posted.isascii() and posted.isdigit() and len(posted) < 19):
        return ""
    row = Comment.objects.filter(pk=int(posted), user=user, event__root=event).exclude(text="").first()
    if row is None:
        return ""
    if row.state == Comment.State.LIVE:
        return _("Your comment is there for everybody.")
    return _("Thank you. An editor looks at it before it is shown.")


def too_often_said(request: HttpRequest, user: User | None) -> int:
    """Seconds for which the account, or the network address, can say nothing further."""
    return _wait(request, "comment", user, RATES)


def too_often_reported(request: HttpRequest, user: User | None) -> int:
    return _wait(request, "report-comment", user, REPORT_RATES)


def _wait(request: HttpRequest, group: str, user: User | None, rates: tuple[str, ...]) -> int:
    whos = ["", *([f"user:{user.pk}"] if user else [])]
    return limits.wait(request, group, [(who, rate) for who in whos for rate in rates])


def _user(request: HttpRequest) -> User | None:
    user: Any = request.user
    return user if user.is_authenticated else None


def _in_place(request: HttpRequest) -> bool:
    """Whether static/js/community.js asks, which puts the answer in the place of the form."""
    return "X-In-Place" in request.headers


def _page_of(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= len(text) < 5 and int(text)):
        raise Http404
    return int(text)
