"""What tests of the editors' desk share: editors, rows that wait, and pressing buttons as a browser does."""

import datetime as dt
from typing import Any

from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from events.compose import compose
from events.models import Comment, CommentReport, Event, EventReport, Listing
from nocturne.models import User
from quality.models import Finding, Verdict
from tests.factories import make_event, make_listing
from tests.html import parsed, text_of

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
PAIRS, HELD, LISTINGS = "/admin/desk/pairs/", "/admin/desk/held/", "/admin/desk/listings/"
VENUES, QUALITY = "/admin/desk/venues/", "/admin/desk/quality/"
COMMENTS, REPORTS = "/admin/desk/comments/", "/admin/desk/reports/"


def make_editor(email: str = "ada@example.org", **columns: Any) -> Client:
    user = User.objects.create(email=email, password="!", is_staff=True, **{"is_superuser": True, **columns})
    client = Client()
    client.force_login(user)
    return client


def make_listed(title: str, *, local: str = "2026-12-05T20:00", city: Any = None, **listing: Any) -> Listing:
    event = make_event(title, local=local, **({"city": city} if city else {}))
    one = make_listing(event, **listing)
    compose([event.pk], now=NOW)
    one.refresh_from_db()
    return one


def make_pair(first: Listing, second: Listing, score: int = 70, **columns: Any) -> Verdict:
    values = {"outcome": "unsure", "reasons": ["the titles are alike"], **columns}
    return Verdict.objects.create(first=first, second=second, score=score, **values)


def new_pair(name: str = "Jazz", score: int = 70, **columns: Any) -> Verdict:
    return make_pair(
        make_listed(f"{name} in the cellar", **columns), make_listed(f"{name} at the cellar", **columns), score
    )


def get(client: Client, address: str) -> LexborHTMLParser:
    response = client.get(address)
    assert response.status_code == 200
    return parsed(response)


def shown(page: LexborHTMLParser) -> str | None:
    """The number of the pair that the page shows."""
    field = page.css_first("input[name=verdict]")
    return field.attributes["value"] if field else None


def press(client: Client, page: LexborHTMLParser, here: str, label: str, among: str = "form") -> LexborHTMLParser:
    """Press the first button whose text begins with this, as a browser without JavaScript does."""
    button = next(one for one in page.css(f"{among} button") if text_of(one).startswith(label))
    form = button
    while form.tag != "form":
        form = form.parent
    data = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css("input[type=hidden]")}
    if name := button.attributes.get("name"):
        data[name] = button.attributes["value"] or ""
    action = form.attributes.get("action") or here
    return parsed(client.post(action, data, follow=True))


def make_held(title: str = "Bad", score: int = 30, **columns: Any) -> Event:
    listing = make_listed(title, score=score, **columns)
    messages = ["The title is in capitals.", "It has no description."]
    for n, message in enumerate(messages):
        Finding.objects.create(
            source=listing.source,
            listing=listing,
            key=listing.external_id,
            rule=f"rule.{n}",
            severity="warning",
            weight=20 * (n + 1),
            message=message,
        )
    assert listing.event
    listing.event.refresh_from_db()
    return listing.event


def make_said(event: Event, text: str) -> tuple[Comment, EventReport]:
    """A reported comment on an event, by an account that has said more, and a report of the event."""
    user = User.objects.create(email=f"said-{User.objects.count()}@example.org", password="!")
    columns = {"event": event, "user": user, "name": text[:60], "text": text}
    Comment.objects.create(**columns, state="live")
    comment = Comment.objects.create(**columns, why="It is the first comment of this account.")
    CommentReport.objects.create(comment=comment, hashed=f"{comment.pk}", text=text[:500], user=user)
    return comment, EventReport.objects.create(event=event, reason="when", text=text)
