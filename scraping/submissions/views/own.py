"""What a sender's own link leads to: confirming, how far it is, changing, cancelling. Following it changes nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods

from events.models import Event
from nocturne import limits
from nocturne.origin import same_origin
from nocturne.pages import private, private_page
from nocturne.tokens import BadToken
from scraping.submissions import links, retention, steps
from scraping.submissions.form import EventForm, typed
from scraping.submissions.listing import Unwritten
from scraping.submissions.model import Submission
from scraping.submissions.preview import summary

from .sending import context_of

RATES = ("30/h", "100/d")
DO = {"confirm": steps.confirm, "withdraw": steps.withdraw, "restore": steps.restore}
DONE = {
    "confirm": gettext_lazy("Thank you. That is all that you have to do."),
    "withdraw": gettext_lazy("It is cancelled."),
    "restore": gettext_lazy("It takes place again."),
    "change": gettext_lazy("Your change is taken over."),
}
STALE = gettext_lazy("That cannot be done any more; this is how it stands.")
UNWRITTEN = gettext_lazy("That could not be saved. Please change what you typed, or write to who runs the site.")


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def submission(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        found = links.submission_of(token)
    except BadToken:
        return _bad_link()
    if request.method != "POST":
        return _page(found, token, done=str(DONE.get(request.GET.get("done", ""), "")))
    action = request.POST.get("action", "")
    if action not in DO:
        return _page(found, token, wrong=_("Please use one of the buttons."), status=422)
    if action != "confirm" and (wait := _wait(request, found)):
        response = _page(found, token, wrong=_often(wait), status=429)
        response["Retry-After"] = str(wait)
        return response
    try:
        DO[action](found)
    except steps.Stale:
        return _page(links.submission_of(token), token, wrong=str(STALE), status=409)
    except Unwritten:
        return _page(found, token, wrong=str(UNWRITTEN), status=422)
    return _done(token, action)


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def change(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        found = links.submission_of(token)
    except BadToken:
        return _bad_link()
    if not _may_change(found):
        return _page(found, token, wrong=str(STALE), status=409)
    if request.method != "POST":
        return _form(EventForm(initial=typed(found.as_draft(), found.city)), found, token)
    form = EventForm(request.POST, is_new=found.listing is None)
    if not form.is_valid():
        return _form(form, found, token, status=422)
    if wait := _wait(request, found):
        form.add_error(None, _often(wait))
        response = _form(form, found, token, status=429)
        response["Retry-After"] = str(wait)
        return response
    draft = form.draft.replace(status=found.as_draft().status)
    try:
        steps.change(found, draft, form.cleaned_data["city"])
    except steps.Stale:
        return _page(links.submission_of(token), token, wrong=str(STALE), status=409)
    except Unwritten:
        form.add_error(None, str(UNWRITTEN))
        return _form(form, found, token, status=422)
    return _done(token, "change")


def _wait(request: HttpRequest, found: Submission) -> int:
    """Seconds to wait, as each change is told to those who go, and makes pages anew."""
    return limits.wait(request, "submit.change", [(str(found.pk), rate) for rate in RATES])


def _often(seconds: int) -> str:
    return _("That was changed very often. Please try again in %(time)s.") % {"time": limits.in_words(seconds)}


def _may_change(found: Submission) -> bool:
    open_states = (Submission.State.UNCONFIRMED, Submission.State.QUEUED, Submission.State.LISTED)
    return found.state in open_states and not found.is_over(clock.now())


def _done(token: str, action: str) -> HttpResponse:
    address = reverse("scraping:submission", args=[token])
    return private(HttpResponseRedirect(f"{address}?done={action}", status=303))


def _page(found: Submission, token: str, *, done: str = "", wrong: str = "", status: int = 200) -> HttpResponse:
    event = found.event
    shown = event if event and event.visibility in (Event.Visibility.PUBLISHED, Event.Visibility.ARCHIVED) else None
    context: dict[str, Any] = {
        "submission": found,
        "city": found.city,
        "event": shown,
        "summary": summary(found, clock.now()),
        "over": found.is_over(clock.now()),
        "may_change": _may_change(found),
        "cancelled": found.as_draft().status == "cancelled",
        "change_url": reverse("scraping:submission_change", args=[token]),
        "days": retention.UNCONFIRMED_DAYS,
        "done": done,
        "wrong": wrong,
    }
    return private_page("submissions/own.html", context, status=status)


def _form(form: EventForm, found: Submission, token: str, *, status: int = 200) -> HttpResponse:
    back = reverse("scraping:submission", args=[token])
    context = {**context_of(form, found.city), "submission": found, "back": back}
    return private_page("submissions/change.html", context, status=status)


def _bad_link() -> HttpResponse:
    return private_page("submissions/bad_link.html", {}, status=410)
