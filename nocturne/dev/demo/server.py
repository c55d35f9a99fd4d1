"""The demo's HTTP server: every publisher at its own path, with what a polite client asks for."""

import datetime as dt
import email.utils
import hashlib
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from events.nights import NIGHT_ENDS, tonight
from nocturne.dev.demo import calendars, pages, posters
from nocturne.dev.demo.program import number
from nocturne.dev.demo.publishers import Publisher, items, publishers, sources

JPEG = "image/jpeg"
POSTER = re.compile(r"posters/(?:logo|([a-z]+)-([0-9a-f]{12}))\.jpg")
HTML, ICS, TEXT = "text/html; charset=utf-8", "text/calendar; charset=utf-8", "text/plain; charset=utf-8"
ROBOTS = b"User-agent: *\nDisallow: /private/\n"


@dataclass(frozen=True)
class Answer:
    content_type: str
    body: bytes
    modified: dt.datetime | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


def answer(path: str, *, base: str, now: dt.datetime) -> Answer | None:
    """What is at a path; a publisher's pages stay the same, to the byte, for one night of its city."""
    if path == "/":
        return Answer(HTML, pages.index(sources(base)))
    if path == "/robots.txt":
        return Answer(TEXT, ROBOTS)
    publisher = next((p for p in publishers() if path.startswith(p.home)), None)
    if publisher is None:
        return None
    if found := POSTER.fullmatch(path.removeprefix(publisher.home)):
        kind, seed = found.groups()
        drawn = posters.poster(kind, int(seed, 16)) if kind else posters.logo(number(publisher.key))
        return Answer(JPEG, drawn)
    return _published(publisher, path, base, tonight(now, publisher.town.timezone))


@lru_cache(maxsize=100)
def _published(publisher: Publisher, path: str, base: str, night: dt.date) -> Answer | None:
    began = dt.datetime.combine(night, NIGHT_ENDS, ZoneInfo(publisher.town.timezone)).astimezone(dt.UTC)
    listed = items(publisher, night)
    if path == publisher.home:
        return Answer(HTML, pages.home(publisher, base=base), began)
    if path == publisher.feed and path.endswith(".ics"):
        return Answer(ICS, calendars.calendar(publisher, listed, base=base, tonight=night), began)
    if path == publisher.feed:
        return Answer(HTML, pages.listing(publisher, listed, base=base), began)
    item = next((item for item in listed if item.path == path), None)
    return Answer(HTML, pages.detail(publisher, item, base=base), began) if item else None


class Handler(BaseHTTPRequestHandler):
    server_version = "NocturneDemo/1"
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        host, port = self.connection.getsockname()[:2]
        base = f"http://{self.headers.get('Host') or f'{host}:{port}'}"
        path = unquote(urlsplit(self.path).path)
        found = answer(path, base=base, now=dt.datetime.now(dt.UTC))
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, Answer(TEXT, b"There is nothing here.\n"))
        else:
            self._send(HTTPStatus.NOT_MODIFIED if self._has(found) else HTTPStatus.OK, found)

    do_HEAD = do_GET  # noqa: N815

    def _has(self, found: Answer) -> bool:
        """Whether the client holds this answer: by ETag, or by date if it sends none."""
        if tags := self.headers.get("If-None-Match"):
            return tags.strip() == "*" or found.etag in [t.strip().removeprefix("W/") for t in tags.split(",")]
        since = self.headers.get("If-Modified-Since")
        if not since or not found.modified:
            return False
        try:
            return email.utils.parsedate_to_datetime(since) >= found.modified
        except (TypeError, ValueError):
            return False

    def _send(self, status: HTTPStatus, found: Answer) -> None:
        self.send_response(status)
        if status != HTTPStatus.NOT_FOUND:
            self.send_header("ETag", found.etag)
            if found.modified:
                self.send_header("Last-Modified", email.utils.format_datetime(found.modified, usegmt=True))
        body = b"" if status == HTTPStatus.NOT_MODIFIED else found.body
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the scraper tells what it read."""


def serve(port: int = 0, *, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """A server that answers already, in a thread; port 0 takes a free one (`server_port`); `shutdown()` ends it."""
    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="demo", daemon=True).start()
    return server
