"""Answers of the API that anybody may keep, and what its routes take in common: ids, cursors, lists, bodies."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Field, Path
from ninja.errors import ValidationError
from pydantic import BaseModel, ConfigDict

from nocturne.pages import etag_of, not_modified, public_file
from nocturne.pagestore import page

JSON = "application/json"
MAX_ID = 2**63 - 1

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[
    str | None,
    Field(max_length=1000, description="`next_cursor` of the page before; all else must be asked as it was."),
]


class Body(BaseModel):
    """What a request brings as JSON: an object, with values of the types that the document says. ninja's own Schema
    would take a text for a number, `false` for 0, and a list for an object without fields."""

    model_config = ConfigDict(strict=True)


def parts(value: object) -> object:
    """Values of a parameter that may be repeated or hold several, a comma between them."""
    if not isinstance(value, list):
        return value
    return [part.strip() for text in value for part in str(text).split(",") if part.strip()]


def wrong(where: str, field: str, detail: str) -> ValidationError:
    """The error of one field that only the whole can judge: 422."""
    return ValidationError([{"loc": (where, *(("body",) if where == "body" else ()), field), "msg": detail}])


def as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder)


def answered(
    request: HttpRequest, key: str, *inputs: object, city_id: int, make: Callable[[], str | bytes], keep: bool = True
) -> HttpResponseBase:
    """A public answer that is kept, as pages are: see nocturne/pagestore.py. `make` gives its JSON."""

    def render(etag: str) -> HttpResponse:
        return public_file(make(), JSON, etag=etag)

    return page(request, key, "api", *inputs, city_id=city_id, render=render, keep=keep)


class Answer:
    """A public answer to this request, of what the ETag is made of: `fresh` is the 304 that spares the rest of it."""

    def __init__(self, request: HttpRequest, *inputs: object, generation: str) -> None:
        self.etag = etag_of("api", *inputs, generation=generation)
        self.fresh: HttpResponseBase | None = not_modified(request, self.etag)

    def of(self, content: Any) -> HttpResponse:
        return self.of_text(as_json(content))

    def of_text(self, text: str) -> HttpResponse:
        return public_file(text, JSON, etag=self.etag)
