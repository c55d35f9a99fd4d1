"""The JSON API: each app brings its routes. The OpenAPI document is made here whole: what all of them may answer."""

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from events.api import router as events
from nocturne.api_operators import router as operators
from nocturne.problems import PROBLEM, problem
from quality.api import router as quality
from scraping.api import router as scraping
from subscriptions.api import router as subscriptions

ABOUT = """Events by city, as the pages show them, for programs. Public routes need no key, set no cookie, and answer
`If-None-Match` with 304. Times are local with their offset, nights end at 06:00, and what is not known is null.
Errors are problems of RFC 9457."""
# What else may be answered, and when.
EVERYWHERE = {429: "Too many requests: wait as many seconds as `Retry-After` says."}
WITH_NAME = {404: "There is nothing of this name."}
WITH_INPUT = {422: "A parameter or a field cannot be: `errors` says which, and why."}
WITH_BODY = {
    400: "The body is no JSON.",
    411: "The body comes in chunks, without its length.",
    413: "The body is too long.",
    415: "The body is not application/json.",
}
GUARDED = {
    "OperatorKey": {401: "No key, or one that is not known.", 403: "The key lacks the scope."},
    "SignedIn": {401: "Nobody is signed in.", 403: "A page of another site asks."},
}
SAID = {"model_type": "This is to be an object, as {…}."}  # where pydantic speaks of Python
SHAPE: dict[str, Any] = {
    "title": "Problem",
    "description": "A problem of RFC 9457.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "examples": ["Not Found"]},
        "status": {"type": "integer", "examples": [404]},
        "detail": {"type": "string", "description": "A sentence for people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "field", "detail"],
                "properties": {
                    "where": {"type": "string", "enum": ["path", "query", "body"]},
                    "field": {"type": "string", "description": "Its name; of nested ones with dots."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

elsewhere = Router()


@elsewhere.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "/{path:rest}", include_in_schema=False)
def nowhere(request: HttpRequest, rest: str) -> None:
    """Programs read JSON, also that there is nothing."""
    raise Http404


class BoundedParser(Parser):
    """JSON as others read it: no numbers that are none, no nesting without end, no text that cannot be stored."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(request.body, parse_constant=_refuse)
            _check(found)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return found


class Api(NinjaAPI):
    def get_openapi_schema(self, **rest: Any) -> Any:
        """The document with every answer that a route may give."""
        document = super().get_openapi_schema(**rest)
        document["components"]["schemas"]["Problem"] = SHAPE
        for path, operations in document["paths"].items():
            for operation in operations.values():
                _complete(operation, path)
        return document

    def on_exception(self, request: HttpRequest, exc: Exception | type[Exception]) -> HttpResponse:
        """What is no refusal is a mistake of ours: Django logs it."""
        if self._lookup_exception_handler(exc) is None and isinstance(exc, Exception):
            raise exc
        return super().on_exception(request, exc)

    def set_default_exception_handlers(self) -> None:
        handlers: dict[type[Exception], Callable[..., HttpResponse]] = {
            Http404: lambda request, exc: problem(404, str(exc)),
            AuthenticationError: _unknown,
            HttpError: lambda request, exc: problem(exc.status_code, exc.message),
            ValidationError: _invalid,
        }
        for kind, handler in handlers.items():
            self.add_exception_handler(kind, handler)


def _check(value: Any) -> None:
    """Raise ValueError if a text in it holds what no database takes: the character 0, or half of one."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text holds the character 0")
        value.encode()
    elif isinstance(value, dict):
        for key, one in value.items():
            _check(key)
            _check(one)
    elif isinstance(value, list):
        for one in value:
            _check(one)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _unknown(request: HttpRequest, exc: AuthenticationError) -> HttpResponse:
    response = problem(401, "This takes a key in the header X-API-Key, and there is none that is known.")
    response["WWW-Authenticate"] = 'ApiKey realm="operators"'
    return response


def _invalid(request: HttpRequest, exc: ValidationError) -> HttpResponse:
    errors = []
    for error in exc.errors:
        where, *names = error["loc"]
        # a body of one object is named by the argument that takes it, and one of several values by its number
        named = [str(name) for name in names[1:]] if where == "body" else [n for n in names if isinstance(n, str)][-1:]
        said = SAID.get(error.get("type", "")) or error["msg"].removeprefix("Value error, ")
        errors.append({"where": where, "field": ".".join(named), "detail": said})
    first = errors[0]
    return problem(422, f"{first['field'] or first['where']}: {first['detail']}", errors=errors)


def _complete(operation: dict[str, Any], path: str) -> None:
    said = operation["responses"]
    more = EVERYWHERE | (WITH_NAME if "{" in path else {})
    if operation.get("parameters") or operation.get("requestBody"):
        more |= WITH_INPUT
    if operation.get("requestBody"):
        more |= WITH_BODY
    for guard in operation.get("security", ()):
        for name in guard:
            more |= GUARDED[name]
    for status, description in more.items():
        said.setdefault(status, {"description": description})
    for status, answer in said.items():
        if int(status) >= 400:
            answer["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


api = Api(title="Nocturne", version="1", description=ABOUT, docs_url=None, parser=BoundedParser())
for router in (events, subscriptions, quality, scraping, operators):
    api.add_router("", router)
api.add_router("", elsewhere)  # last: what no other has
