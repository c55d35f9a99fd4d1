"""The answer of one source: opt-outs, robots.txt, pacing and a breaker per host, conditional request, body hash."""

import datetime as dt
import hashlib
import random
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone as clock
from protego import Protego

from events.models import City, Source
from nocturne import http

from . import breaker, optout, terms
from .models import Schedule

ROBOTS_SECONDS = 24 * 3600
ROBOTS_MAX_BYTES = 512_000  # RFC 9309 asks for 500 KiB; a host has many names, and each one's file stays in the cache
LONGEST_WAIT = 10.0
LONGEST_DELAY = 24 * 3600.0
FULL_READING_AFTER = dt.timedelta(days=7)
# Raise it when the same bytes would be read otherwise than before: every source is then read again in full.
READER_VERSION = 2


class Later(Exception):
    """The host is to be left alone for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the host is to be left alone for {seconds:.0f} seconds")
        self.seconds = seconds


def fetch(schedule: Schedule, now: dt.datetime, *, force: bool = False) -> http.Response:
    """What the source answers; status 304 and no body where nothing has changed since the last full reading.

    Raises FetchError for what could not be read, Later where the host wants a pause. A validator is sent only if the
    last full reading is under a week old and was made under the same settings, so that series go on being expanded.
    """
    conditional = not force and not reads_anew(schedule, now)
    response = ask(
        schedule.source.url,
        etag=schedule.etag if conditional else "",
        last_modified=schedule.last_modified if conditional else "",
        now=now,
        force=force,
    )
    if conditional and response.status == 200 and body_hash(response.body) == schedule.body_hash:
        return http.Response(304, response.url, response.headers)
    return response


def ask(
    url: str,
    *,
    etag: str = "",
    last_modified: str = "",
    accept: str = "",
    now: dt.datetime | None = None,
    force: bool = False,
) -> http.Response:
    """What any address answers, asked in its host's turn and by its rules. Raises FetchError and Later.

    `force` asks a host, too, that rests since it was down.
    """
    now = now or clock.now()
    obey(url)
    if not force and (rest := breaker.rest_of(url, now)):
        raise Later(rest * random.uniform(1, 1.1))  # its sources are not to come all at once
    try:
        _pace(url, _permitted(url))
        response = http.fetch(
            url, etag=etag, last_modified=last_modified, accept=accept, obey=lambda hop: _enter(hop, url)
        )
    except http.FetchError as error:
        breaker.record(url, now, error)
        raise
    breaker.record(url, now, None)
    return response


def obey(url: str) -> None:
    """Raise FetchError if a host is not to be read at all: by its terms, or since it has asked for that."""
    terms.obey(url)
    optout.obey(url)


def _enter(hop: str, url: str) -> None:
    """Before each request of one fetch: where it was redirected to, the rules of that address hold."""
    if hop == url:
        return
    obey(hop)
    delay = _permitted(hop)
    if urlsplit(hop).netloc != urlsplit(url).netloc:
        _pace(hop, delay)


def validator(response: http.Response, name: str, *, length: int) -> str:
    """The header to send back next time; "" for what cannot be sent or kept as it is."""
    value = response.headers.get(name, "")
    return value if value.isascii() and len(value) <= length else ""


def body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def settings_hash(source: Source) -> str:
    """Of everything but the bytes that a reading depends on: a change means reading in full."""
    active = City.objects.active().order_by("pk").values_list("pk", flat=True)
    own = (source.url, source.city_id, source.timezone, source.ids_stable, source.include, source.exclude)
    facts = (READER_VERSION, *own, list(active))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def reads_anew(schedule: Schedule, now: dt.datetime) -> bool:
    """Whether the same bytes must be read again."""
    if schedule.last_read_at is None or now - schedule.last_read_at > FULL_READING_AFTER:
        return True
    return schedule.settings_hash != settings_hash(schedule.source)


def _permitted(url: str) -> float:
    """The seconds between requests that the host asks for; FetchError if its robots.txt refuses the address."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    key = f"robots:{origin}"
    text = cache.get(key)
    if text is None:
        text = _robots(origin)
        cache.set(key, text, ROBOTS_SECONDS)
    robots = Protego.parse(text)
    if not robots.can_fetch(url, settings.FETCH_USER_AGENT):
        raise http.FetchError("robots", f"{parts.netloc} asks in its robots.txt that this page is not read.")
    delay = min(float(robots.crawl_delay(settings.FETCH_USER_AGENT) or 0), LONGEST_DELAY)
    return max(settings.FETCH_HOST_SECONDS, delay)


def sitemaps(url: str) -> list[str]:
    """The sitemaps that a host's robots.txt names, of a host that was asked just now."""
    parts = urlsplit(url)
    return list(Protego.parse(cache.get(f"robots:{parts.scheme}://{parts.netloc}") or "").sitemaps)


def _robots(origin: str) -> str:
    """robots.txt by RFC 9309: none means that all is allowed, a broken server that nothing is for now."""
    try:
        body = http.fetch(f"{origin}/robots.txt", accept="text/plain").body
    except http.FetchError as error:
        if error.kind.startswith("http.4") and error.kind != "http.429":
            return ""
        raise
    if len(body) > ROBOTS_MAX_BYTES:
        body = body[:ROBOTS_MAX_BYTES].rpartition(b"\n")[0]  # half a rule is another rule
    return body.decode("utf-8", "replace")


def _pace(url: str, delay: float) -> None:
    """Wait for this host's turn, which all workers share; Later if that is long."""
    parts = urlsplit(url)
    if parts.netloc in settings.FETCH_ALLOW or delay <= 0:
        return
    end = time.monotonic() + LONGEST_WAIT
    # The lock of the turn is never released: it expires when the next request may go out. With the cache away the
    # answer is None, and nobody waits.
    while cache.add(f"pace:{parts.netloc}", 1, timeout=delay) is False:
        if delay > LONGEST_WAIT or time.monotonic() > end:
            raise Later(delay)
        time.sleep(0.1)
