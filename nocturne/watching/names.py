"""Balancers and Prometheus ask each machine itself, by an address that no visitor knows the site by."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from nocturne.origin import host


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """What says how a machine is says so to whoever may ask, under whatever name; all else is for ALLOWED_HOSTS."""
    paths = [re.compile(pattern) for pattern in settings.SECURE_REDIRECT_EXEMPT]

    def answer(request: HttpRequest) -> HttpResponseBase:
        if any(path.search(request.path_info.lstrip("/")) for path in paths):
            first = next(iter(settings.ALLOWED_HOSTS), "*")
            request.META["HTTP_HOST"] = host() if first == "*" else first.lstrip(".")
        return get_response(request)

    return answer
