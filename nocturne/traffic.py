"""What a client may ask for how often. The first that looks at a request: before any cache and any query.

Each request counts in one class, for its client's address. Static files are served by others before it comes here.
"""

import re
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.html import format_html
from django.utils.translation import gettext as _

from nocturne import limits, metrics, quotas
from nocturne.client import client_address, counted_as, is_kept_out, is_let_in
from nocturne.pages import private
from nocturne.problems import PREFIX, PROBLEM, problem
from nocturne.quotas import Level, Quota, Usage

PAGE, API, SEARCH, NEAREST, FEED, FRAGMENT = "page", "api", "search", "nearest", "feed", "fragment"
# By path, the first that fits; what fits none is a page.
CLASSES = (
    ("image", re.compile(r"/media/")),
    ("admin", re.compile(r"/admin/")),
    (NEAREST, re.compile(r"/cities/nearest$|/api/locations/nearest-cities")),
    (SEARCH, re.compile(r"/api/(.+/)?search$")),
    (API, re.compile(r"/api/")),
    # the worker and what it asks for, with each page
    (FRAGMENT, re.compile(r"/(worker\.js|manifest\.webmanifest|offline/)$")),
    (FRAGMENT, re.compile(r"/(cities/options|my/answers|comments/on/\d+/part|[^/]+/(list|more))$")),
    (FEED, re.compile(r"/.*\.(ics|atom|json|xml)$")),
)
# How much of the settings' numbers a class has of its own: by minute and hour, and at once. A page brings dozens of
# images and fragments, an editor decides pairs by the second; what costs more than a page comes more seldom.
SHARES = {
    PAGE: (1, 1),
    API: (1, 1),
    SEARCH: (0.5, 1),
    FEED: (0.5, 1),
    NEAREST: (0.5, 0.5),
    FRAGMENT: (4, 4),
    "admin": (5, 5),
    "image": (20, 20),
}
# What of an answer is about its client alone.
LEFT = ("RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

type Response = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Response) -> Response:
    def respond(request: HttpRequest) -> HttpResponseBase:
        address = client_address(request)
        if is_let_in(address):
            return get_response(request)
        if is_kept_out(address):
            return _kept_out(request)
        kind = class_of(request)
        quota = quota_of(kind)
        if quota is None:
            return get_response(request)
        usage = quotas.take(f"{kind}:{counted_as(address)}", quota)
        if usage.wait:
            metrics.limit_hits.labels(kind).inc()
        response = refusal(request, usage.wait) if usage.wait else get_response(request)
        _tell(response, kind, usage)
        return response

    return respond


def class_of(request: HttpRequest) -> str:
    """The class that a request counts in, "" for the one thing that is not counted: whether the site is healthy."""
    path = request.path_info
    if path.startswith("/health") and _is_health(path):
        return ""
    kind = next((name for name, pattern in CLASSES if pattern.match(path)), PAGE)
    # a text is looked for in a page and in its fragments alike; one of the finder comes with each letter
    if kind in (PAGE, API, FRAGMENT) and path != "/cities/options" and _asks_for_text(request):
        return SEARCH
    return kind


def _asks_for_text(request: HttpRequest) -> bool:
    try:
        return bool(request.GET.get("q", "").strip())
    except SuspiciousOperation:
        return True  # too many parameters: counted before the view refuses it


def quota_of(kind: str) -> Quota | None:
    """The limits of a class; None if it has none."""
    if not kind:
        return None
    share, at_once = SHARES[kind]
    quota = Quota(
        _part(settings.RATE_LIMIT_REQUESTS_PER_MINUTE, share),
        _part(settings.RATE_LIMIT_REQUESTS_PER_HOUR, share),
        _part(settings.RATE_LIMIT_BURST, at_once),
    )
    return quota if quota.windows else None


def refusal(request: HttpRequest, seconds: int) -> HttpResponse:
    """The answer to what came too often, as it was asked for: a page, a fragment, or a problem of RFC 9457."""
    detail = _("That was too often. Please try again in %(time)s.") % {"time": limits.in_words(seconds)}
    response: HttpResponse
    if _wants_json(request):
        response = problem(HTTPStatus.TOO_MANY_REQUESTS, detail)
    elif request.headers.get("HX-Request"):
        notice = format_html('<p class="notice" role="alert">{}</p>', detail)
        # above the form that was sent, which stays
        response = HttpResponse(notice, status=429, headers={"HX-Reswap": "afterbegin"})
    else:
        response = limits.too_many(seconds)
    response["Retry-After"] = str(seconds)
    return private(response)


def _kept_out(request: HttpRequest) -> HttpResponse:
    detail = _("This site does not answer your address. Its operator can tell why.")
    if _wants_json(request):
        return problem(HTTPStatus.FORBIDDEN, detail)
    return private(HttpResponse(detail, status=403, content_type="text/plain; charset=utf-8"))


def _wants_json(request: HttpRequest) -> bool:
    if request.path_info.startswith(PREFIX) or request.content_type == "application/json":
        return True
    return request.get_preferred_type(["text/html", "application/json", PROBLEM]) in ("application/json", PROBLEM)


def _tell(response: HttpResponseBase, kind: str, usage: Usage) -> None:
    """Headers of the IETF's draft, and the older ones, which know one limit: the one that refuses, else the nearest.

    What caches hand on without asking would tell one client of another: it names the policy alone.
    """
    levels = usage.levels
    response["RateLimit-Policy"] = ", ".join(f'"{kind}-{v.name}";q={v.number};w={v.span}' for v in levels)
    if _is_handed_on(response):
        return
    near = _nearest(usage)
    values = (
        ", ".join(f'"{kind}-{v.name}";r={v.left};t={v.more_in}' for v in levels),
        str(near.number),
        str(near.left),
        str(near.more_in),
    )
    for name, value in zip(LEFT, values, strict=True):
        response[name] = value


def _nearest(usage: Usage) -> Level:
    if usage.wait:
        return max((level for level in usage.levels if not level.left), key=lambda level: level.more_in)
    return min((level for level in usage.levels if level.name != "burst"), key=lambda level: level.left)


def _is_handed_on(response: HttpResponseBase) -> bool:
    said = response.get("Cache-Control", "")
    return "public" in said and "no-cache" not in said


def _is_health(path: str) -> bool:
    """Whether it leads to an address of health, which a city's page, as /healthville/, is not."""
    try:
        return resolve(path).route.startswith("health")
    except Resolver404:
        return False


def _part(number: int, share: float) -> int:
    """At least one, but nothing of nothing, which is without limit."""
    return max(1, round(number * share)) if number else 0
