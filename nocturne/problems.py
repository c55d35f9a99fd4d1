"""Errors of the API: each is a problem of RFC 9457, whoever refuses and wherever."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from nocturne.pages import private

PROBLEM = "application/problem+json"
PREFIX = "/api/"
# Of a body. The longest that is taken is a comment, or the search of a subscription.
MAX_BYTES = 64 * 1024
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
# What others may have said beside their refusal, and what is about the answer and not its body.
KEPT = ("Allow", "Retry-After", "Cache-Control", "RateLimit-Policy", "Access-Control-Allow-Origin")
DETAILS = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    411: "Send the body whole and with its Content-Length, not in chunks.",
    413: f"The body has more than {MAX_BYTES} bytes.",
    415: "Send the body as application/json.",
    500: "Something went wrong here, and was logged. X-Request-ID says under which number.",
}

type Response = Callable[[HttpRequest], HttpResponseBase]


def problem(status: int, detail: str = "", *, errors: Iterable[dict[str, str]] = ()) -> HttpResponse:
    """An answer that nobody keeps. `errors` say what is wrong with a field: `where` it is, its name, and why."""
    content: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status)}
    content["detail"] = detail or DETAILS.get(status, HTTPStatus(status).description or HTTPStatus(status).phrase)
    if errors:
        content["errors"] = list(errors)
    return private(JsonResponse(content, status=status, content_type=PROBLEM))


def middleware(get_response: Response) -> Response:
    """What is asked of the API is judged by its head before it is read, and refused as a problem by whoever refuses."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        if refused := _judged(request):
            return refused
        if request.method == "HEAD":
            return _head(request, get_response)
        return _as_problem(get_response(request))

    return respond


def _judged(request: HttpRequest) -> HttpResponse | None:
    """A refusal of a body that is too long, of untold length, or no JSON."""
    if request.method not in WITH_BODY:
        return None
    if request.headers.get("Transfer-Encoding"):  # which would be read as no body at all
        return problem(411)
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not length.isdigit() or not int(length):
        return None
    if int(length) > MAX_BYTES:
        return problem(413)
    return None if request.content_type == "application/json" else problem(415)


def _head(request: HttpRequest, get_response: Response) -> HttpResponseBase:
    """The head of what GET answers: routes name GET alone."""
    request.method = "GET"
    response = _as_problem(get_response(request))
    request.method = "HEAD"
    if isinstance(response, HttpResponse):
        length = len(response.content)
        response.content = b""
        response["Content-Length"] = str(length)
    return response


def _as_problem(response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code < 400 or response.get("Content-Type", "").startswith(PROBLEM):
        return response
    detail = ""
    if response.status_code == 405:
        detail = f"This address takes {response.get('Allow', 'other methods')} only."
    made = problem(response.status_code, detail)
    for name in KEPT:
        if name in response:
            made[name] = response[name]
    made.cookies = response.cookies
    return made
