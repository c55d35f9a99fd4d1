"""Public pages as they were rendered, kept for all: a page that is found costs no query."""

import hashlib
import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language

from nocturne.cache import generation
from nocturne.entries import Attempt, Entry
from nocturne.pages import build, etag_of, not_modified


def page(
    request: HttpRequest,
    key: str,
    *parts: object,
    city_id: int,
    render: Callable[[str], HttpResponseBase],
    keep: bool = True,
) -> HttpResponseBase:
    """The page that key and parts make, of a city or of the whole site (0): the one that is kept, else what `render`
    makes for an ETag. A client that has it gets a 304.

    Of the keys operators know the beginning, as events:7:2026-12-05:2026-12-11; the parts are hashed behind. Both are
    all that the page depends on beside the city's events: the canonical query, and the date of tonight,
    so that no page of last night is one of tonight. What anybody can make up, as a text, is not to be kept.
    """
    seconds = settings.PAGE_CACHE_SECONDS
    if not keep or not seconds:
        etag = etag_of(key, *parts, generation=generation(city_id))
        return not_modified(request, etag) or render(etag)
    with Attempt(name_of(key, *parts), city_id=city_id, ttl=seconds) as attempt:
        if (entry := attempt.find()) is not None:
            return _restored(request, entry)
        tokens = attempt.tokens
        etag = etag_of(key, *parts, generation=(tokens.edition + tokens.generation).decode() if tokens else "")
        if (fresh := not_modified(request, etag)) is not None:
            return fresh
        response = render(etag)
        if isinstance(response, HttpResponse) and _is_for_all(response):
            attempt.keep(_to_bytes(response))
        return response


def name_of(key: str, *parts: object) -> str:
    """What a page is kept under: the key that operators know, and behind it all else that it depends on."""
    text = "\0".join(str(part) for part in (build(), _site(), get_language(), *parts))
    return f"{key}:{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _site() -> str:
    """What of the settings is on pages."""
    told = (
        settings.SITE_NAME,
        settings.SITE_URL,
        settings.STATIC_URL,
        settings.MEDIA_URL,
        settings.OFFLINE_PAGES,
        settings.IMPRINT,
    )
    return "\0".join(map(str, told))


def _is_for_all(response: HttpResponse) -> bool:
    cacheable = "public" in response.get("Cache-Control", "")
    return response.status_code == 200 and cacheable and not response.cookies and "Vary" not in response


def _to_bytes(response: HttpResponse) -> bytes:
    return json.dumps(dict(response.items())).encode() + b"\n" + response.content


def _restored(request: HttpRequest, entry: Entry) -> HttpResponseBase:
    head, _, content = entry.value.partition(b"\n")
    headers = json.loads(head)
    if (fresh := not_modified(request, headers.get("ETag", ""))) is not None:
        return fresh
    return HttpResponse(content, headers=headers)
