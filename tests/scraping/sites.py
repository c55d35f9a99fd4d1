"""Small web sites, of which a test says each page."""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

from events.models import City
from scraping.discover import Discovered, discover
from tests.scraping.feeds import calendar, vevent

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@dataclass
class Site:
    """A web site: its answers by path, with the query where that matters; `asked` are the paths that were asked for.

    `moved` leads from paths to addresses.
    """

    url: str
    pages: dict[str, str | bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    robots: str | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(self.robots or "", status=404 if self.robots is None else 200)
        asked = request.full_path.rstrip("?")
        self.asked.append(asked)
        if asked in self.moved:
            return Response(status=302, headers={"Location": self.moved[asked]})
        body = self.pages.get(asked)
        return Response("", status=404) if body is None else Response(body)

    def find(self, path: str = "/", *, city: City | None = None) -> Discovered:
        return discover(f"{self.url}{path}", city=city, now=NOW)

    def paths(self, found: Discovered) -> list[str]:
        return [outlook.url.removeprefix(self.url) for outlook in found.found]


def page(*parts: str, title: str = "Klub Null", head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{''.join(parts)}</body></html>"


def marked(*titles: str, **facts: Any) -> str:
    """Events in JSON-LD, one a day from 5 December on."""
    events = [
        {
            "@type": "MusicEvent",
            "name": title,
            "startDate": f"2026-12-{5 + day:02}T20:00:00+01:00",
            "location": {"@type": "Place", "name": "Klub Null", "address": {"addressLocality": "Berlin"}},
            **facts,
        }
        for day, title in enumerate(titles)
    ]
    data = json.dumps({"@context": "https://schema.org", "@graph": events})
    return f'<script type="application/ld+json">{data}</script>'


def nights(*titles: str) -> str:
    return calendar(*(vevent(title, f"2026-12-{5 + day:02}T20:00") for day, title in enumerate(titles)))
