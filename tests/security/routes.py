"""Every address of the site, so that what is new is attacked like the rest."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.test import Client
from django.urls import URLResolver, get_resolver

PART = re.compile(r"<(?:(\w+):)?\w+>|\(\?P<\w+>[^)]*\)")
# What stands for a part of an address, by its kind.
VALUES = {"uuid": str(uuid.UUID(int=1)), "int": "1", "slug": "berlin"}


@dataclass(frozen=True, slots=True)
class Route:
    """`route` is the pattern, `path` an address that fits it."""

    name: str
    route: str
    path: str
    view: Any


def routes(patterns: Any = None, before: str = "") -> Iterator[Route]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            path = "/" + re.sub(r"[\^$]|\\Z", "", PART.sub(lambda found: VALUES.get(found[1] or "", "1"), route))
            yield Route(pattern.name or "", route, path, pattern.callback)


def paths() -> list[str]:
    return sorted({one.path for one in routes()})


def ask(browser: Client, path: str, **more: Any) -> Any:
    """GET exactly this path: the client of tests would take `//name/` for an address elsewhere."""
    spelt, _, query = path.partition("?")
    raw = unquote_to_bytes(spelt).decode("latin-1")
    return browser.generic("GET", "/", PATH_INFO=raw, QUERY_STRING=query, **more)
