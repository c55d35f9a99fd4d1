"""What is one visitor's own: the events that they go to, as a page and as a calendar."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from events import rsvps
from events.cards import dated_card
from events.ics import CONTENT_TYPE, calendar
from events.models import Rsvp
from events.publishers import told_by_root
from nocturne.models import User
from nocturne.origin import absolute, same_origin
from nocturne.pages import private, private_page
from nocturne.tokens import BadToken, make_token, read_token

CALENDAR = "events.calendar"
MAX_EVENTS = 500
PAST_DAYS = 90  # of the calendar
MAX_PAST = 50  # of the page
DONE = {
    "calendar": gettext_lazy("Your calendar has a new address. The former one no longer works."),
    "mail": gettext_lazy("Your choice of mail is saved."),
}


def owned[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A view for those who are signed in; others sign in first, and then find their events."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request: Any = args[0]
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("events:my_events"))
        return view(*args, **kwargs)

    return guarded


@require_safe
@owned
def my_events(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    events = rsvps.events_of(user, since=dt.date.min)
    coming = [event for event in events if event.last_night >= event.city.tonight()]
    past = [event for event in reversed(events) if event.last_night < event.city.tonight()][:MAX_PAST]
    rsvps.counted(coming, past)
    url = absolute(calendar_path(user))
    context = {
        "coming": [dated_card(event, tonight=event.city.tonight()) for event in coming],
        "past": [dated_card(event, tonight=event.city.tonight()) for event in past],
        "calendar_url": url,
        "webcal": f"webcal://{url.partition('://')[2]}",
        "attendee": rsvps.attendee(user),
        "done": str(DONE.get(request.GET.get("done", ""), "")),
    }
    return private_page("events/my_events.html", context)


@require_safe
def my_calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """410 once the address was replaced, or who it belonged to is gone: calendar programs stop asking then."""
    user = _owner(token)
    if user is None:
        said = _("This calendar's address was replaced. The new one stands with your events.")
        return private(HttpResponse(said, status=410, content_type="text/plain; charset=utf-8"))
    events = rsvps.events_of(user, since=(clock.now() - dt.timedelta(days=PAST_DAYS)).date())[-MAX_EVENTS:]
    text = calendar(
        events,
        name=_("My events · %(site)s") % {"site": settings.SITE_NAME},
        page=absolute(reverse("events:my_events")),
        told=told_by_root(event.pk for event in events),
        maybe={event.pk for event in events if event.answer == Rsvp.Answer.INTERESTED},
    )
    response = HttpResponse(text, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = 'attachment; filename="my-events.ics"'
    return private(response)


@same_origin
@require_POST
@owned
def renew_calendar(request: HttpRequest) -> HttpResponseBase:
    rsvps.renew_calendar(cast(User, request.user))
    return _back("calendar")


@same_origin
@require_POST
@owned
def choose_mail(request: HttpRequest) -> HttpResponseBase:
    chosen = {name: name in request.POST for name in ("reminders", "notices")}
    rsvps.choose(cast(User, request.user), **chosen)
    return _back("mail")


def calendar_path(user: User) -> str:
    token = make_token(CALENDAR, user.pk, rsvps.attendee(user).calendar_version)
    return reverse("events:my_calendar", args=[token])


def _owner(token: str) -> User | None:
    try:
        pk, version = read_token(CALENDAR, token)
    except BadToken:
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    return user if user and rsvps.attendee(user).calendar_version == version else None


def _back(done: str) -> HttpResponseBase:
    return private(HttpResponseRedirect(f"{reverse('events:my_events')}?done={done}", status=303))
