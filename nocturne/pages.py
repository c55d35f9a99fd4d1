"""Public pages: the same bytes for everybody, so that anything in between may keep and revalidate them.

Templates are rendered without the request. So a public page cannot read the session, the user or a CSRF
token, and cannot set a cookie, whatever its template says.
"""

import functools
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language

from nocturne.origin import absolute

HTML = "text/html; charset=utf-8"
# Seconds that a page without an ETag is kept.
MAX_AGE = 60
CODE = (
    *("events/**/*.py", "nocturne/*.py", "scraping/api.py", "scraping/views.py", "subscriptions/**/*.py"),
    *("templates/**/*", "static/css/*.css", "static/js/*.js", "static/*.svg", "nocturne/locale/**/*.mo"),
)


def etag_of(*inputs: object, generation: str) -> str:
    """The ETag of a page made of these inputs by this code in this language; "" if the generation is unknown."""
    if not generation:
        return ""
    text = "\0".join(str(value) for value in (build(), get_language(), generation, *inputs))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def not_modified(request: HttpRequest, etag: str) -> HttpResponseBase | None:
    """A 304 if the client has the page of this ETag, else None: ask before rendering."""
    if not etag:
        return None
    response = get_conditional_response(request, etag=etag)
    return None if response is None else _public(response, etag)


def moved(request: HttpRequest, url: str) -> HttpResponseBase | None:
    """A permanent redirect unless the page that was asked for has this address.

    It may be kept for as long as a page only: a merge can be undone.
    """
    if unquote(url) == request.path:
        return None
    return _public(HttpResponsePermanentRedirect(url), "")


def public_page(template: str, context: dict[str, Any], *, etag: str = "", status: int = 200) -> HttpResponse:
    text = render_to_string(template, _site() | context)
    return _public(HttpResponse(text, status=status), etag)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return public_page("404.html", {}, status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return private_page("400.html", {}, status=400)


def private_page(
    template: str, context: dict[str, Any], *, status: int = 200, request: HttpRequest | None = None
) -> HttpResponse:
    """A page of one person, signed in or behind a signed link: nobody keeps it, no search finds it, and its address
    goes nowhere. With the request its forms can have tokens.
    """
    text = render_to_string(template, _site() | context, request)
    return private(HttpResponse(text, status=status))


def _site() -> dict[str, Any]:
    """What each page knows of the site; the image is for links to it elsewhere, whose address must be absolute."""
    return {
        "site_name": settings.SITE_NAME,
        "site_image": absolute(static("share.png")),
        "worker_off": not settings.OFFLINE_PAGES,
        "imprint": bool(settings.IMPRINT),
    }


def private[R: HttpResponseBase](response: R) -> R:
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


def public_file(content: str | bytes, content_type: str, *, etag: str = "", filename: str = "") -> HttpResponse:
    """Text that is there already; with a file name it is offered for saving."""
    response = HttpResponse(content, content_type=content_type)
    if filename:
        response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return _public(response, etag)


def build() -> str:
    """A digest of the code that makes pages: a new release makes new pages of old events."""
    return _build_now() if settings.DEBUG else _build_once()


def _build_now() -> str:
    digest = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(Path(settings.BASE_DIR).glob(pattern)):
            digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


_build_once = functools.cache(_build_now)


def _public(response: Any, etag: str) -> Any:
    if etag:
        # asked for each time, which costs a 304: what an editor hides or cancels is gone at the next look
        response["ETag"] = etag
        patch_cache_control(response, public=True, no_cache=True)
    else:
        patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response
