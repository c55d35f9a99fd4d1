"""Pages of other sites that may read the API in their visitors' browsers: ALLOWED_ORIGINS, and no others.

Cookies never go with it (no Allow-Credentials), so that what such a page reads is what anybody can. As soon as the
list names one site, each answer of the API depends on who asks: without `Vary` a cache would hand the answer that it
got for a program, which permits nobody, on to a page that may read it.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from nocturne.problems import PREFIX
from nocturne.traffic import LEFT

HEADERS = "Content-Type, If-None-Match, X-API-Key"
TOLD = ", ".join(("ETag", "Retry-After", "RateLimit-Policy", *LEFT, "X-Request-ID"))
MAX_AGE = 7200  # seconds that browsers need not ask again; the longest that one of them takes

type Response = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Response) -> Response:
    """Around the limits: a page must be able to read that it asked too often."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not settings.ALLOWED_ORIGINS or not request.path_info.startswith(PREFIX):
            return response
        origin = request.headers.get("Origin", "")
        if origin in settings.ALLOWED_ORIGINS:
            if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
                response = _preflight(response)
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = TOLD
        patch_vary_headers(response, ["Origin"])
        return response

    return respond


def _preflight(response: HttpResponseBase) -> HttpResponseBase:
    """The answer to "may I?": the refusal of OPTIONS names the methods that there are. Other refusals stay."""
    if response.status_code != 405:
        return response
    answer = HttpResponse(status=204)
    answer["Access-Control-Allow-Methods"] = response.get("Allow", "")
    answer["Access-Control-Allow-Headers"] = HEADERS
    answer["Access-Control-Max-Age"] = str(MAX_AGE)
    return answer
