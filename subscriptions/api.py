"""Subscriptions: asked for by anybody, changed by who has the link of a mail, seen by operators."""

import datetime as dt
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from ninja import Field, Path, Query, Router, Schema
from ninja.errors import HttpError, ValidationError

from events.models import City
from nocturne.answers import Body, Cursor, Limit, PathId, wrong
from nocturne.client import client_ip
from nocturne.cursors import cut
from nocturne.keys import OperatorKey
from nocturne.limits import in_words
from nocturne.models import ApiKey
from nocturne.origin import is_same_origin
from nocturne.pages import private
from nocturne.problems import problem
from nocturne.tokens import BadToken

from . import consent, links, searches
from .forms import sign_up_of
from .links import CONFIRM_DAYS
from .models import Subscriber, Subscription
from .preferences import change
from .readers import readers
from .views.sign_up import begin

router = Router(tags=["Subscriptions"])
NO_GOOD = "This link is no good, or no good any more."
may_mail = OperatorKey(ApiKey.Scope.MAIL)
Token = Annotated[str, Path(max_length=300, description="The part of a mail's link to its preferences that is signed.")]
Search = Annotated[
    str, Field(max_length=5000, description="What it is narrowed to: the query string of a city's page.")
]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday.")]


class SignUpIn(Body):
    email: str = Field(max_length=254, examples=["ada@example.org"])
    city_id: str = Field(max_length=140, description="The code of a city.", examples=["de--berlin"])
    weekday: Weekday = 0
    search: Search = ""


class Told(Schema):
    message: str


class SubscriptionOut(Schema):
    id: int
    city: str = Field(description="The code of a city.")
    status: Literal["pending", "active", "paused", "ended"]
    weekday: int
    search: str
    words: str = Field(description="What it is narrowed to, for people.")


class Preferences(Schema):
    email: str
    subscriptions: list[SubscriptionOut]


class Changes(Body):
    """What is not named stays."""

    status: Literal["active", "paused", "ended"] | None = None
    city_id: str | None = Field(None, max_length=140)
    weekday: Weekday | None = None
    search: Search | None = None


class SubscriptionRow(Schema):
    id: int
    email: str = Field(alias="subscriber.email")
    city: str = Field(alias="city.code")
    status: str
    weekday: int
    search: str
    requested_at: dt.datetime
    confirmed_at: dt.datetime | None
    unsubscribed_at: dt.datetime | None


class SubscriptionRows(Schema):
    subscriptions: list[SubscriptionRow]
    readers: int | None = Field(description="How many get the digest of the city that was asked for; null without one.")
    next_cursor: str | None


class RowsQuery(Schema):
    city: str | None = Field(None, max_length=140, description="Only its: a code.")
    status: Literal["pending", "active", "paused", "ended"] | None = None
    limit: Limit = 50
    cursor: Cursor = None


@router.post("/subscribe", response={202: Told, 403: None}, summary="Ask for a city's weekly mail")
def subscribe(request: HttpRequest, asked: SignUpIn) -> HttpResponseBase:
    """A mail goes there with a link that confirms it. The answer is the same whoever the address belongs to."""
    if not is_same_origin(request) and request.headers.get("Origin", "") not in settings.ALLOWED_ORIGINS:
        raise HttpError(403, "Pages of other sites may not send this.")
    form = sign_up_of(
        _said({"email": asked.email, "city_id": asked.city_id, "weekday": str(asked.weekday)}, asked.search)
    )
    _refuse(form.errors)
    if seconds := begin(request, form):
        response = problem(429, f"That was asked for very often. Please try again in {in_words(seconds)}.")
        response["Retry-After"] = str(seconds)
        return response
    said = f"A mail is on its way to {form.email}. The link in it is valid for {CONFIRM_DAYS} days."
    return private(JsonResponse({"message": said}, status=202))


@router.get("/preferences/{token}", response={200: Preferences, 410: None}, summary="What an address gets")
def preferences(request: HttpRequest, token: Token) -> HttpResponseBase:
    return _told(_subscriber(token))


@router.patch(
    "/preferences/{token}/{subscription_id}",
    response={200: Preferences, 410: None},
    summary="Change, pause, resume or end a subscription",
)
def change_subscription(
    request: HttpRequest, token: Token, subscription_id: PathId, changes: Changes
) -> HttpResponseBase:
    """What is refused changes nothing."""
    subscriber = _subscriber(token)
    row = subscriber.subscriptions.select_related("city", "subscriber").filter(pk=subscription_id).first()
    if row is None:
        raise HttpError(404, "This address has no such subscription.")
    if changes.city_id is not None or changes.weekday is not None or changes.search is not None:
        city = row.city.code if changes.city_id is None else changes.city_id
        day = row.weekday if changes.weekday is None else changes.weekday
        search = row.search if changes.search is None else changes.search
        _refuse(change(row, _said({"city_id": city, "weekday": str(day)}, search)))
    match changes.status:
        case "active":
            consent.resume(row, ip=client_ip(request))
        case "paused":
            consent.pause(row)
        case "ended":
            consent.end(row)
    return _told(subscriber)


@router.delete("/preferences/{token}", response={204: None, 410: None}, summary="Erase an address")
def erase(request: HttpRequest, token: Token) -> HttpResponseBase:
    """With all its subscriptions; the link is good for nothing then."""
    consent.erase(_subscriber(token))
    return private(HttpResponse(status=204))


@router.get("/admin/subscriptions", auth=may_mail, tags=["Operators: mail"], response=SubscriptionRows)
def list_subscriptions(request: HttpRequest, query: Query[RowsQuery]) -> dict[str, Any]:
    """Who gets what, the newest first."""
    found = Subscription.objects.select_related("subscriber", "city").order_by("-requested_at", "-pk")
    count = None
    if query.city:
        city = City.objects.filter(code=query.city.replace("\0", "")).first()
        found = found.filter(city=city) if city else found.none()
        count = len(readers(city.pk)) if city else 0
    if query.status:
        found = found.filter(status=query.status)
    shown, more = cut(found, query.cursor, query.limit, order="subscriptions")
    return {"subscriptions": shown, "readers": count, "next_cursor": more}


def _subscriber(token: str) -> Subscriber:
    try:
        return links.subscriber_of(token)
    except BadToken as bad:
        why = (
            "This link has expired: a newer mail has a newer one." if bad.expired else "This link is no good any more."
        )
        raise HttpError(410, why)


def _said(values: dict[str, str], search: str) -> QueryDict:
    """As a form would send it."""
    said = QueryDict(mutable=True)
    try:
        pairs = parse_qsl(search, max_num_fields=100)
    except ValueError:
        raise wrong("body", "search", "This asks for too much at once.")
    for name, value in pairs:
        said.appendlist(name, value)
    for name, value in values.items():
        said.setlist(name, [value])
    said.pop("website", None)
    return said


def _refuse(errors: dict[str, str]) -> None:
    if errors:
        found: list[Any] = []
        for name, why in errors.items():
            found += wrong("body", name, why).errors
        raise ValidationError(found)


def _told(subscriber: Subscriber) -> HttpResponseBase:
    rows = subscriber.subscriptions.select_related("city").order_by("city__name", "pk")
    content = {"email": subscriber.email, "subscriptions": [_row(row) for row in rows]}
    return private(JsonResponse(content))


def _row(row: Subscription) -> dict[str, Any]:
    return {
        "id": row.pk,
        "city": row.city.code,
        "status": row.status,
        "weekday": row.weekday,
        "search": row.search,
        "words": ", ".join(searches.words(searches.search_of(row.search, row.city))),
    }
