"""Our own origin: from SITE_URL and never from a request's Host, which caches and mails must not follow."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt


def absolute(path: str) -> str:
    """The full address of a path on this site; of what a CDN has, its address there."""
    return path if path.startswith("https://") else f"{settings.SITE_URL}{path}"


def host() -> str:
    """The site's name for ids that outlive its addresses, as in a calendar's UID."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def same_origin[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A view whose POSTs come from our own pages, which carry no token and no cookie; others are answered 403.

    Browsers say so by Sec-Fetch-Site, old ones and those on plain HTTP by Origin. What sends neither is no browser,
    and may send JSON: a page of another site could not, without asking first.
    """

    @csrf_exempt
    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request: Any = args[0]
        if request.method not in ("GET", "HEAD", "OPTIONS") and not is_same_origin(request):
            return HttpResponse(render_to_string("foreign.html", {"site_name": settings.SITE_NAME}), status=403)
        return view(*args, **kwargs)

    return guarded


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a page of ours, or a program that sends JSON, made this request."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    if origin is not None:
        parts = urlsplit(settings.SITE_URL)
        return origin in (f"{parts.scheme}://{parts.netloc}", f"{request.scheme}://{request.get_host()}")
    return request.content_type == "application/json"
