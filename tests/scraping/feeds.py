"""A publisher whose calendar a test can change between two readings."""

import datetime as dt
import hashlib
import time
from dataclasses import dataclass, field

from werkzeug import Request, Response

UTC_FORM = "%Y%m%dT%H%M%S"


def vevent(
    title: str,
    start: str,
    *,
    uid: str = "",
    end: str = "",
    zone: str = "Europe/Berlin",
    location: str = "Klub Null, Gasse 1, Berlin",
    url: str = "",
    **properties: str,
) -> str:
    """A VEVENT; `start` is a local time "2026-12-05T20:00" or a date."""

    def stamp(name: str, value: str) -> str:
        if len(value) == 10:
            return f"{name};VALUE=DATE:{value.replace('-', '')}"
        return f"{name};TZID={zone}:{dt.datetime.fromisoformat(value).strftime(UTC_FORM)}"

    lines = ["BEGIN:VEVENT", f"UID:{uid or title}", f"SUMMARY:{title}", stamp("DTSTART", start)]
    if end:
        lines.append(stamp("DTEND", end))
    if location:
        lines.append("LOCATION:" + location.replace(",", "\\,"))
    if url:
        lines.append(f"URL:{url}")
    lines += [f"{name.upper().replace('_', '-')}:{value}" for name, value in properties.items()]
    return "\r\n".join([*lines, "END:VEVENT"])


def calendar(*events: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *events, "END:VCALENDAR", ""])


@dataclass
class Publisher:
    """Answers as its fields say; `asked` are the requests for the calendar, robots.txt left out."""

    url: str
    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    robots: str | None = None
    seconds: float = 0  # until it answers
    asked: list[Request] = field(default_factory=list)
    asked_for_robots: int = 0

    def publish(self, *events: str) -> None:
        self.body = calendar(*events)

    def answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            self.asked_for_robots += 1
            return Response(self.robots or "", status=200 if self.robots is not None else 404)
        self.asked.append(request)
        time.sleep(self.seconds)
        if self.status != 200:
            return Response("", status=self.status, headers=self.headers)
        body = self.body if isinstance(self.body, bytes) else self.body.encode()
        etag = hashlib.sha256(body).hexdigest()[:16]
        if request.headers.get("If-None-Match") == f'"{etag}"':
            return Response(status=304)
        return Response(
            body, content_type="text/calendar; charset=utf-8", headers={"ETag": f'"{etag}"', **self.headers}
        )
