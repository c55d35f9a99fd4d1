"""Subscribing: by the form of a city's page, by that of /subscribe, or by JSON."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events.categories import CATEGORIES
from events.models import City
from nocturne import limits
from nocturne.client import client_ip
from nocturne.origin import absolute, same_origin
from nocturne.pages import private, private_page, public_page
from subscriptions import consent, searches, tasks
from subscriptions.forms import SignUp, read_sign_up
from subscriptions.links import CONFIRM_DAYS
from subscriptions.models import WEEKDAYS

# Who may ask how often: an address, and an IP.
ADDRESS_RATES, IP_RATE = ("5/h", "10/d"), "30/h"
PAGE, FRAGMENT = "subscriptions/subscribe.html", "subscriptions/_city.html"


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def subscribe(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return public_page(PAGE, {**_context(request.GET), "canonical": absolute(reverse("subscriptions:subscribe"))})
    form = read_sign_up(request)
    if form.errors:
        return _answer(request, form, 422)
    if seconds := begin(request, form):
        return _too_many(request, form, seconds)
    return _answer(request, form, 202)


def begin(request: HttpRequest, form: SignUp) -> int:
    """Keep what a form without errors asks for, and have the mail sent that asks back; seconds to wait if it is too
    often, and then nothing is kept."""
    rates = [*((form.email, rate) for rate in ADDRESS_RATES), ("", IP_RATE)]
    seconds = limits.wait(request, "subscribe", rates)
    if not seconds and not form.is_trap:
        assert form.city
        ip = client_ip(request)
        with transaction.atomic():
            asked = consent.ask(form.email, form.city, search=form.search, weekday=form.weekday, ip=ip)
            transaction.on_commit(lambda: tasks.send_soon(asked.pk))
    return seconds


def _answer(request: HttpRequest, form: SignUp, status: int) -> HttpResponse:
    """The same whoever the address belongs to."""
    done = status == 202
    if _is_program(request):
        said = _("A mail is on its way to %(email)s. The link in it is valid for %(days)s days.")
        message = said % {"email": form.email, "days": CONFIRM_DAYS}
        return private(JsonResponse({"message": message} if done else {"errors": form.errors}, status=status))
    context = {**_context(form.said), "errors": form.errors, "email": form.email or form.said.get("email", "")}
    if done:
        context |= {"done": True, "days": CONFIRM_DAYS}
    return _page(request, context, status)


def _too_many(request: HttpRequest, form: SignUp, seconds: int) -> HttpResponse:
    why = _("That was asked for very often. Please try again in %(time)s.") % {"time": limits.in_words(seconds)}
    if _is_program(request):
        response: HttpResponse = private(JsonResponse({"errors": {"email": why}}, status=429))
    else:
        errors = {"email": why}
        response = _page(request, {**_context(form.said), "errors": errors, "email": form.email}, 429)
    response["Retry-After"] = str(seconds)
    return response


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    """The form alone for HTMX, which puts it in the place of the old one."""
    if request.headers.get("HX-Request"):
        return private(HttpResponse(render_to_string(FRAGMENT, context), status=status))
    return private_page(PAGE, context, status=status)


def _is_program(request: HttpRequest) -> bool:
    return request.content_type == "application/json"


def _context(said: QueryDict) -> dict[str, Any]:
    """The form, with what was said so far."""
    cities = list(City.objects.active().order_by("name", "pk"))
    city = next((city for city in cities if city.code == said.get("city_id")), None)
    categories = {part for value in said.getlist("category") for part in value.split(",")}
    return {
        "cities": cities,
        "city": city,
        "search_query": said.get("search", ""),
        "narrowed": bool(city and searches.search_of(said.get("search", ""), city).narrowed),
        "categories": [(code, label, code in categories) for code, label in CATEGORIES.items()],
        "free": said.get("price") == "free",
        "text": said.get("q", ""),
        "weekdays": [(str(number), name, said.get("weekday") == str(number)) for number, name in enumerate(WEEKDAYS)],
    }
