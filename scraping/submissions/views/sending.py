"""Sending an event in: the form, and what happens next."""

from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events.drafts import EventDraft
from events.models import City, Venue
from nocturne import honeypot, limits
from nocturne.origin import absolute, same_origin
from nocturne.pages import private_page, public_page
from scraping.discovery import Discovery
from scraping.submissions import steps
from scraping.submissions.form import EventForm, SubmissionForm, typed
from scraping.submissions.queue import send_soon
from scraping.submissions.retention import UNCONFIRMED_DAYS

from .links import discovery_of

# Who may send how often: an address, and an IP.
ADDRESS_RATES, IP_RATES = ("5/h", "15/d"), ("20/h", "60/d")
PAGE, VENUES = "submissions/submit.html", "submissions/_venues.html"
MOST_VENUES = 300


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def submit(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _send(request)
    city = _city(request.GET.get("city", ""))
    if "link" in request.GET:
        return _from_link(request)
    form = SubmissionForm(initial={"city": city.slug if city else ""})
    canonical = absolute(reverse("scraping:submit"))
    return public_page(PAGE, {**context_of(form, city), "canonical": canonical})


@require_safe
def venues(request: HttpRequest) -> HttpResponseBase:
    """The venues of a city, as suggestions; the same for everybody."""
    return public_page(VENUES, {"venues": _venues(_city(request.GET.get("city", "")))})


def _send(request: HttpRequest) -> HttpResponse:
    form = SubmissionForm(request.POST)
    if not form.is_valid():
        return _again(request, form, 422)
    email, city = form.cleaned_data["email"], form.cleaned_data["city"]
    wait = limits.wait(
        request, "submit", [*((email, rate) for rate in ADDRESS_RATES), *(("", rate) for rate in IP_RATES)]
    )
    if wait:
        why = _("That was sent very often. Please try again in %(time)s.") % {"time": limits.in_words(wait)}
        form.add_error(None, why)
        response = _again(request, form, 429)
        response["Retry-After"] = str(wait)
        return response
    if not honeypot.is_filled(request.POST):
        send_soon(steps.ask(form.draft, city, email=email))
    context = {"email": email, "city": city, "days": UNCONFIRMED_DAYS, "more": discovery_of(request.POST.get("link"))}
    return private_page("submissions/sent.html", context, status=202)


def _again(request: HttpRequest, form: SubmissionForm, status: int) -> HttpResponse:
    """The form with what was typed, and what is wrong with it."""
    context = context_of(form, _city(request.POST.get("city", "")))
    return private_page(PAGE, {**context, "link": discovery_of(request.POST.get("link"))}, status=status)


def _from_link(request: HttpRequest) -> HttpResponse:
    """The form with what was read at a pasted link."""
    found = discovery_of(request.GET["link"])
    number = request.GET.get("event", "")
    offers = found.found if found and found.state == Discovery.State.DONE else []
    if not (number.isascii() and number.isdigit() and len(number) < 4 and int(number) < len(offers)):
        return private_page("submissions/link_gone.html", {}, status=404)
    offer = offers[int(number)]
    city = City.objects.active().filter(pk=offer["city"]).first() if offer["city"] else None
    form = SubmissionForm(initial=typed(EventDraft.from_json(offer["draft"]), city))
    return private_page(PAGE, {**context_of(form, city), "link": found})


def context_of(form: EventForm, city: City | None) -> dict[str, Any]:
    said = [str(field.label) for field in form if field.errors]
    return {
        "form": form,
        "city": city,
        "none_active": not form.fields["city"].queryset.exists(),  # type: ignore[attr-defined]
        "venues": _venues(city),
        "wrong": said,
        "link": None,
    }


def _venues(city: City | None) -> list[str]:
    """Names of a city's venues, those with most to come first."""
    if city is None:
        return []
    coming = Count("events", filter=Q(events__night__gte=city.tonight(clock.now())))
    rows = Venue.objects.roots().filter(city=city).annotate(coming=coming).order_by("-coming", "name")
    return list(rows.values_list("name", flat=True)[:MOST_VENUES])


def _city(text: str) -> City | None:
    """An active city by its slug, or by its code as other pages name it."""
    if "\0" in text:
        raise BadRequest("A null byte is in no city.")
    return City.objects.active().filter(Q(slug=text) | Q(code=text)).first() if text else None
