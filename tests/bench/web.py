"""The site as tests/bench/pages.py measures it: beside its addresses the least that a page could cost.

/bench/limit/SIZE/ROWS/CITY is one indexed query and a constant body of that size, behind all that pages are behind;
/bench/constant/SIZE the body alone; /bench/bare/SIZE the same before Django sees it. /bench/anew/… is an address of
the site, asked as if this process had rendered no page before; what is written of single events is kept.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from events import rendered
from nocturne.entries import Memory
from nocturne.pages import public_file
from nocturne.wsgi import application as site

QUERY = """
SELECT id, title, slug, night, starts_at, price_min, category, status, updated_at FROM events_event
WHERE city_id = %s AND night BETWEEN %s AND %s AND visibility = 'published' AND merged_into_id IS NULL
ORDER BY night, starts_at, id LIMIT %s
"""
HTML = "text/html; charset=utf-8"
_bodies: dict[int, str] = {}


def _body(size: int) -> str:
    return _bodies.setdefault(size, "x" * size)


def limit(request: HttpRequest, size: int, rows: int, city: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(QUERY, [city, request.GET["from"], request.GET["to"], rows])
        assert cursor.fetchall()
    return public_file(_body(size), HTML, etag='"limit"')


def constant(request: HttpRequest, size: int) -> HttpResponse:
    return public_file(_body(size), HTML, etag='"constant"')


import_module("nocturne.urls").urlpatterns[:0] = [  # which wants Django set up, as importing the site has done
    path("bench/limit/<int:size>/<int:rows>/<int:city>", limit),
    path("bench/constant/<int:size>", constant),
]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    address = str(environ["PATH_INFO"])
    if address.startswith("/bench/bare/"):
        body = _body(int(address.rpartition("/")[2])).encode()
        start_response("200 OK", [("Content-Type", HTML), ("Content-Length", str(len(body)))])
        return [body]
    if address.startswith("/bench/anew/"):
        environ["PATH_INFO"] = address.removeprefix("/bench/anew")
        kept, rendered.MEMORY = rendered.MEMORY, Memory()
        try:
            return site(environ, start_response)
        finally:
            rendered.MEMORY = kept
    return site(environ, start_response)
