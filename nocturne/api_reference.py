"""/api/docs: the OpenAPI document as a page, made on the server, so that it needs no script and nobody else's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from nocturne.api import api
from nocturne.origin import absolute
from nocturne.pages import etag_of, not_modified, public_page

# What stands in the examples for a part of a path.
SAMPLES = {
    "city_id": "de--berlin",
    "event_id": "1",
    "token": "TOKEN",
    "subscription_id": "1",
    "source_id": "7",
    "pair_id": "1",
    "comment_id": "1",
}
KEY, COOKIE = '-H "X-API-Key: $ADMIN_API_KEY"', '-b "sessionid=$SESSION"'
DEPTH = 3
_CODE = re.compile(r"`([^`]+)`")
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "maxItems": "{} at most",
}


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is its type in words, with its bounds; `default` as it is written."""

    name: str
    where: str
    kind: str
    required: bool
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    keyed: bool
    signed_in: bool
    asked: tuple[Field, ...]
    answers: tuple[Answer, ...]
    told: tuple[Field, ...]
    curl: str


@require_safe
def reference(request: HttpRequest) -> HttpResponseBase:
    etag = etag_of("api.docs", generation="fixed")
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    document = _document()
    context = {
        "about": _with_code(" ".join(document["info"]["description"].split())),
        "groups": [(name, list(routes)) for name, routes in groupby(_routes(document), key=lambda pair: pair[0])],
        "document": reverse("api-1:openapi-json"),
        "canonical": absolute(request.path),
    }
    return public_page("api/reference.html", context, etag=etag)


@cache
def _document() -> dict[str, Any]:
    # through JSON, as others have it: the numbers of answers are texts then
    return dict(json.loads(json.dumps(api.get_openapi_schema(), default=str)))


def _routes(document: dict[str, Any]) -> list[tuple[str, Route]]:
    """By tag, in the order of the document; what operators have comes last."""
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found.append((operation.get("tags", [""])[0], _route(document, path, method.upper(), operation)))
    tags = list(dict.fromkeys(tag for tag, _ in found))
    return sorted(found, key=lambda pair: (pair[0].startswith("Operators"), tags.index(pair[0])))


def _route(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Route:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    said_of = sorted(operation["responses"].items())
    told: dict[str, Any] = next((said for status, said in said_of if status.startswith("2")), {})
    schema = told.get("content", {}).get("application/json", {}).get("schema")
    guards = {name for guard in operation.get("security", ()) for name in guard}
    keyed, signed_in = "OperatorKey" in guards, "SignedIn" in guards
    return Route(
        anchor=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=_with_code(operation.get("description", "")),
        keyed=keyed,
        signed_in=signed_in,
        asked=(
            *(_parameter(document, one) for one in operation.get("parameters", [])),
            *(_fields(document, body, where="body") if body else ()),
        ),
        answers=tuple(
            Answer(status, _with_code(said["description"])) for status, said in sorted(operation["responses"].items())
        ),
        told=tuple(_fields(document, schema, where="answer") if schema else ()),
        curl=_curl(document, path, method, operation, body, with_what=KEY if keyed else COOKIE if signed_in else ""),
    )


def _parameter(document: dict[str, Any], one: dict[str, Any]) -> Field:
    return _field(document, one["name"], one["schema"], where=one["in"], required=one.get("required", False))


def _fields(document: dict[str, Any], schema: Any, *, where: str, before: str = "", depth: int = 0) -> Iterator[Field]:
    """The fields of an object and of those in it: venue.name, events[].title."""
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema["items"], where=where, before=f"{before}[]", depth=depth)
        return
    for name, one in schema.get("properties", {}).items():
        full = f"{before}.{name}".removeprefix(".")
        yield _field(document, full, one, where=where, required=name in schema.get("required", ()))
        inner = next((part for part in _parts(document, one) if part.get("type") in ("array", "object")), None)
        if inner and depth < DEPTH:
            yield from _fields(document, inner, where=where, before=full, depth=depth + 1)


def _field(document: dict[str, Any], name: str, schema: Any, *, where: str, required: bool) -> Field:
    default = schema.get("default")
    kinds = [_kind(document, part) for part in _parts(document, schema)]
    if where == "query":  # where nothing is null, and all is text
        kinds = kinds[:1]
    return Field(
        name=name,
        where=where,
        kind=" or ".join(dict.fromkeys(kinds)),
        required=required,
        default="" if default in (None, [], "") else json.dumps(default).strip('"'),
        description=_with_code(schema.get("description", "")),
    )


def _parts(document: dict[str, Any], schema: Any) -> list[Any]:
    """What a value may be: alternatives one by one."""
    schema = _resolved(document, schema)
    return [_resolved(document, part) for part in schema.get("anyOf", [schema])]


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        inner = " or ".join(_kind(document, part) for part in _parts(document, schema.get("items", {})))
        kind = f"list of {inner if inner != 'object' else 'objects'}"
    else:
        kind = str(schema.get("format", kind))
    bounds = [words.format(f"{schema[name]:g}") for name, words in _BOUNDS.items() if _tells(schema.get(name))]
    return ", ".join([kind, *bounds])


def _with_code(text: str) -> SafeString:
    """What stands in `ticks` as code."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))


def _tells(bound: Any) -> bool:
    """Whether a bound is one that people meet."""
    return bound is not None and abs(bound) < 10**6


def _resolved(document: dict[str, Any], schema: Any) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return dict(schema)


def _curl(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], body: Any, *, with_what: str
) -> str:
    """A command to try it with."""
    address = re.sub(r"{(\w+)}", lambda match: SAMPLES.get(match[1], "1"), path)
    query = [
        (one["name"], one["schema"]["examples"][0])
        for one in operation.get("parameters", [])
        if one["in"] == "query" and one["schema"].get("examples")
    ]
    parts = ["curl"] + ([] if method == "GET" else [f"-X {method}"])
    parts += [with_what] if with_what else []
    if body:
        fields = _resolved(document, body)
        values = {name: _example(document, one) for name, one in fields.get("properties", {}).items()}
        wanted = {n: v for n, v in values.items() if n in fields.get("required", ()) or v is not None}
        parts += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(wanted)}'"]
    return " ".join([*parts, f"'{absolute(address)}{'?' + urlencode(query) if query else ''}'"])


def _example(document: dict[str, Any], schema: Any) -> Any:
    for part in _parts(document, schema):
        for one in (schema, part):
            if one.get("examples"):
                return one["examples"][0]
        if part.get("enum"):
            return part["enum"][0]
    return None
