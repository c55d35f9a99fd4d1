"""Answering: one fragment for all events of a page, one address that takes answers, and a plain page for one event.

Pages are the same for everybody. What a reader has answered comes by the fragment, which nobody keeps.
"""

from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone as clock
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from events import rsvps
from events.cards import card
from events.dates import when_words
from events.models import Event, Rsvp
from nocturne.limits import too_many, wait
from nocturne.models import User
from nocturne.origin import same_origin
from nocturne.pages import private, private_page

RATE, RATE_OF_ADDRESS = "60/m", "240/m"
MAX_EVENTS = 400  # that one fragment is asked for: the longest page has half as many
MAX_DIGITS = 18
NONE = "none"  # as an answer: what was said is taken back
SAYS = (*Rsvp.Answer.values, NONE)
SHOWN = (Event.Visibility.PUBLISHED, Event.Visibility.ARCHIVED)


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def answers(request: HttpRequest) -> HttpResponseBase:
    """GET ?events=1,2: counts and own answers as JSON. POST going=1, interested=1 or none=1: an answer to event 1."""
    if request.method != "POST":
        return _told(request, _ids(request.GET.get("events", "")))
    event, said = _asked(request)
    if not request.user.is_authenticated:
        if _wants_json(request):
            return _not_signed_in(request)
        return redirect_to_login(_page_of(event, answer=said, back=_back(request)))
    user = request.user
    if seconds := too_often(request, user):
        return private(too_many(seconds))
    try:
        rsvps.answer(event, user, None if said == NONE else said)
    except rsvps.Closed as closed:
        if _wants_json(request):
            return _told(request, [event.pk], status=HTTPStatus.CONFLICT)
        return _page(request, event, refused=str(closed), status=HTTPStatus.CONFLICT)
    if _wants_json(request):
        return _told(request, [event.pk])
    to = reverse("events:my_events") if request.POST.get("from") == "mine" else ""
    return private(HttpResponseRedirect(to or _page_of(event, back=_back(request)), status=HTTPStatus.SEE_OTHER))


@require_safe
def answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One event with buttons, for those whose pages cannot show their answers; it changes nothing by itself."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    event = _event(pk)
    offered = request.GET.get("answer", "")
    return _page(request, event, offered=offered if offered in SAYS else "", back=_local(request.GET.get("back", "")))


def too_often(request: HttpRequest, user: User) -> int:
    """Seconds for which the account, or the network address, can give no further answer."""
    return wait(request, "rsvp", [(str(user.pk), RATE), ("", RATE_OF_ADDRESS)])


def _told(request: HttpRequest, ids: list[int], *, status: int = HTTPStatus.OK) -> HttpResponseBase:
    """`events` by the ids that were asked for, whatever they are merged into by now."""
    roots = dict(Event.objects.filter(pk__in=ids, root__visibility__in=SHOWN).values_list("pk", "root"))
    counts = rsvps.counts(roots.values())
    signed_in = request.user.is_authenticated
    mine = rsvps.answers(cast(User, request.user), roots.values()) if signed_in else {}
    events = {}
    for pk, root in roots.items():
        number = counts.get(root, rsvps.Counts())
        events[pk] = {"going": number.going, "interested": number.interested, "answer": mine.get(root, "")}
    response = JsonResponse({"signed_in": signed_in, "events": events}, status=status)
    return private(response)


def _not_signed_in(request: HttpRequest) -> HttpResponseBase:
    response = JsonResponse({"signed_in": False, "events": {}}, status=HTTPStatus.UNAUTHORIZED)
    return private(response)


def _page(
    request: HttpRequest, event: Event, *, offered: str = "", back: str = "", refused: str = "", status: int = 200
) -> HttpResponseBase:
    user = cast(User, request.user)
    rsvps.counted([event])
    event.answer = rsvps.answers(user, [event.pk]).get(event.pk, "")
    tonight = event.city.tonight()
    context = {
        "card": card(event, tonight=tonight),
        "when": when_words(event, year=tonight.year),
        "closed": rsvps.why_closed(event, clock.now()),
        "refused": refused,
        "offered": "" if offered == (event.answer or NONE) else offered,
        "back": back or event.get_absolute_url(),
        "went_back": bool(back),
    }
    return private_page("events/answer.html", context, status=status)


def _asked(request: HttpRequest) -> tuple[Event, str]:
    """The event and what is said to it, by the button that was pressed; 404 if there is no such event."""
    for said in SAYS:
        if ids := _ids(request.POST.get(said, "")):
            return _event(ids[0]), said
    raise Http404


def _event(pk: int) -> Event:
    """The root event that visitors may see."""
    found = Event.objects.shown().filter(members=pk).select_related("city", "venue__city", "image").first()
    if found is None:
        raise Http404
    return found


def _ids(raw: str) -> list[int]:
    parts = [part for part in raw.split(",")[:MAX_EVENTS] if part.isascii() and part.isdigit()]
    return [int(part) for part in parts if len(part) <= MAX_DIGITS]


def _page_of(event: Event, *, answer: str = "", back: str = "") -> str:
    query = {name: value for name, value in (("answer", answer), ("back", back)) if value}
    path = reverse("events:answer", args=[event.pk])
    return f"{path}?{urlencode(query)}" if query else path


def _back(request: HttpRequest) -> str:
    """The public page of ours that the button was on, or that its page leads back to; "" if that is not known."""
    if back := _local(request.POST.get("back", "")):
        return back
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host():
        return ""
    return _local(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)


def _local(path: str) -> str:
    """The path if it is one of a public page of events, else ""; nobody is sent anywhere else.

    Browsers leave out tabs and line breaks, so that "/\\t/example.org" is no path.
    """
    if not path.isprintable():
        return ""
    try:
        match = resolve(urlsplit(path).path) if path.startswith("/") and not path.startswith(("//", "/\\")) else None
    except (Resolver404, ValueError):
        return ""
    return path if match and match.view_name in ("events:city", "events:venue", "events:series") else ""


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
