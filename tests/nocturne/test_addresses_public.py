"""No e-mail address of anybody is in an answer that everybody can get."""

import re
from collections import defaultdict
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import Resolver404, resolve
from selectolax.lexbor import LexborHTMLParser

from events import reports
from events.models import Comment, Event
from nocturne.api import api
from nocturne.models import EmailLog, Suppression, User
from tests.scraping.sending import make_submission
from tests.whole_site import NOW, make_whole_site

# Every address that the rows of this test hold is in this domain; no word of the site is.
DOMAIN = "secret-mailbox.example"
ADDRESS = re.compile(r"[\w.+%-]+(?:@|%40|&#64;| at )" + re.escape(DOMAIN))
# Of pages that one view makes, so many.
EACH = 6
FILES = ("/robots.txt", "/sitemap.xml", "/sitemap/site.xml", "/sitemap/cities/berlin.xml", "/manifest.webmanifest")

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(240)]


def make_people() -> None:
    """Users, subscribers, comments, submissions, reports and mails, each with an address."""
    event = Event.objects.public().order_by("pk")[0]
    for name in ("ann", "bob", "eve"):
        user = User.objects.create(email=f"{name}@{DOMAIN}", password="!", is_staff=name == "eve")
        said = f"It is {name}@{DOMAIN}, or <mailto:{name}@{DOMAIN}>."
        Comment.objects.create(event=event, user=user, name=name.title(), text=said, state="live")
        reports.take(event, kind="takedown", reason="other", text="x", email=user.email, now=NOW)
        EmailLog.objects.create(kind="digest", address=user.email, hashed=name)
        Suppression.objects.create(hashed=name, address=user.email, note=user.email)
    make_submission(email=f"sender@{DOMAIN}")


def paths_of_api() -> list[str]:
    event = Event.objects.public().select_related("city").order_by("pk")[0]
    values = {"city_id": event.city.code, "event_id": str(event.pk)}
    schema: dict[str, Any] = api.get_openapi_schema()["paths"]
    found = ["/api/openapi.json"]
    for path, ways in schema.items():
        if "get" in ways and not ways["get"].get("security"):
            named = path.format_map(defaultdict(lambda: "1", values))
            needed = [one["name"] for one in ways["get"].get("parameters", []) if one["in"] == "query"]
            found.append(f"{named}?q=ber" if "q" in needed else named)
    return found


def linked(answer: Any, path: str) -> list[str]:
    """The addresses of this site that a page names, in any attribute."""
    if "html" not in answer.headers.get("Content-Type", ""):
        return []
    tree = LexborHTMLParser(answer.content.decode())
    names = ("href", "src", "action", "data-part", "hx-get")
    found = {urljoin(path, node.attributes.get(name) or path) for node in tree.css("*") for name in names}
    return sorted(one.partition("#")[0] for one in found if urlsplit(one).netloc == "" and one.startswith("/"))


def test_no_address_is_in_any_answer_that_everybody_can_get() -> None:
    with time_machine.travel(NOW, tick=False):
        site = make_whole_site()
        make_people()
        named = [path for paths in (*site.pages.values(), *site.fragments.values()) for path in paths]
        waiting = [*named, *site.feeds, *FILES, *paths_of_api()]
        asked: set[str] = set()
        number: dict[str, int] = defaultdict(int)
        public = 0
        client = Client(raise_request_exception=False)
        while waiting:
            path = waiting.pop(0)
            if path in asked or path.startswith(("/static/", "/dev/", "/admin/")) or path == "/broken":
                continue
            asked.add(path)
            try:
                view = resolve(urlsplit(path).path).view_name
            except Resolver404:
                view = "nothing"
            number[view] += 1
            if number[view] > EACH and path not in named:
                continue
            answer = client.get(path)
            assert answer.status_code < 500, path
            text = b"".join(answer) if answer.streaming else answer.content
            assert not ADDRESS.search(text.decode(errors="replace") + str(answer.headers)), path
            public += answer.status_code == 200 and "private" not in answer.headers.get("Cache-Control", "")
            waiting += linked(answer, path)
    assert public > 60
    assert {"events:event", "events:city", "events:city_atom", "events:event_ics", "events:comments"} <= set(number)
    event = Event.objects.get(comments__name="Ann")
    assert "[e-mail address]" in client.get(event.get_absolute_url()).content.decode()
