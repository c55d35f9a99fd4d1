"""docs/api.md: every example in it is run, and every route has one."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone as clock

from events.models import Comment, Series
from nocturne import mail
from nocturne.api import api
from nocturne.models import ApiKey, EmailLog, User
from quality.models import Audit, Verdict
from scraping.models import Run
from subscriptions import links
from subscriptions.models import Subscription
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.subscriptions.people import make_subscription

pytestmark = pytest.mark.django_db
KEY = "k" * 40
ANY = "…"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/api.md"
EXAMPLE = re.compile(r"```http\n(.*?)```\n\n(?:(\d{3})([:.])\n\n?)?(?:```json\n(.*?)```)?", re.DOTALL)


@pytest.fixture(autouse=True)
def friday(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    cache.clear()
    settings.SITE_URL = "https://example.org"
    settings.ADMIN_API_KEY = KEY
    monkeypatch.setattr("scraping.tasks.scrape_source.delay", lambda *args, **kwargs: None)
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


@pytest.fixture
def token() -> str:
    """The site of the examples: what they name has the number 1. The token is that of a subscription's mail."""
    now = clock.now()
    make_city(pk=1, population=3_700_000)
    make_city("los-angeles", pk=2, population=3_900_000)
    make_city("potsdam", pk=3, active=False, latitude=52.4, longitude=13.07, population=180_000)
    where = {"address": "Warschauer Str. 10", "latitude": 52.5, "longitude": 13.45}
    venue = make_venue("Klub Null", pk=1, **where)
    source = make_source(pk=7, name="Klub Null", url="https://klub-null.example/events.ics", publisher="Klub Null")
    event = make_event(
        "Jazz",
        pk=1,
        root_id=1,
        local="2026-12-05T20:00",
        local_end="2026-12-05T23:00",
        venue=venue,
        series=Series.objects.create(pk=1, source=source, key="jam", title="Jam Session"),
        category="music",
        price_min=Decimal(12),
        price_max=Decimal(18),
        currency="EUR",
        description="With Ada Blum.",
        performers=["Ada Blum"],
        url="https://klub-null.example/jazz",
        **where,
    )
    first = make_listing(event, pk=1, source=source, url="https://klub-null.example/jazz", external_id="jazz")
    late = make_event("Comedy", pk=2, root_id=2, local="2026-12-06T01:00", is_free=True, category="comedy")
    other = make_source(pk=8, name="Berlin Nights", url="https://nights.example/feed", city=None)
    second = make_listing(late, pk=2, source=other, url="https://nights.example/comedy", external_id="comedy")
    Verdict.objects.create(pk=1, first=first, second=second, outcome="unsure", score=41, reasons=["the same place"])
    Run.objects.create(pk=1, source=source, started_at=now, seconds=1.5, status="changed", fetched=2, new=2)
    Audit.objects.create(
        day=now.date(), started_at=now, finished_at=now, counts={"listings": 2}, rules={"no-venue": 1}, scores={"90": 2}
    )
    ada = make_subscription(search="category=film", weekday=0)
    mail.queue(EmailLog.Kind.DIGEST, "ada@example.org", matter="digest:7")
    User.objects.create_superuser("editor@example.org", "a long secret")
    return links.preferences_url(ada.subscriber).rstrip("/").rpartition("/")[2]


def examples() -> list[tuple[str, int, str | None]]:
    """Request, status and answer (None: not told) of each, in their order."""
    return [
        (match[1], int(match[2] or 200), match[4]) for match in EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8"))
    ]


def ask(request: str, token: str, visitor: Client) -> Any:
    head, _, body = request.strip().partition("\n\n")
    first, *headers = head.splitlines()
    method, path = first.split(" ")
    sent = dict(line.split(": ") for line in headers)
    client = visitor if "Cookie" in sent else Client()
    given = {"X-API-Key": KEY} if "X-API-Key" in sent else {}
    kind = {"content_type": "application/json"} if body else {}
    path = path.replace("TOKEN/1", f"TOKEN/{_first(Subscription)}").replace("TOKEN", token)
    path = path.replace("comments/1", f"comments/{_first(Comment)}")
    return client.generic(method, path, body, headers=given, **kind)


def is_like(found: Any, said: Any) -> bool:
    """Whether an answer is what the document says; … stands for any value."""
    if said == ANY:
        return found is not None
    if isinstance(said, dict):
        return isinstance(found, dict) and list(found) == list(said) and all(is_like(found[n], said[n]) for n in said)
    if isinstance(said, list):
        return isinstance(found, list) and len(found) == len(said) and all(map(is_like, found, said))
    return bool(found == said)


def visitor() -> Client:
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(User.objects.create_user("ada@example.org"))
    return client


def test_each_example_is_answered_as_it_says(token: str) -> None:
    ada = visitor()
    for request, status, said in examples():
        if "/comments" in request and "POST /api/events" not in request:  # an editor has let it pass
            Comment.objects.update(state="live")
        response = ask(request, token, ada)
        assert response.status_code == status, (request, response.content)
        if said is not None:
            assert is_like(response.json(), json.loads(said)), (request, response.json())


def _first(model: Any) -> int:
    row = model.objects.order_by("pk").first()
    return row.pk if row else 1


def test_each_route_has_an_example() -> None:
    shown = set()
    for request, _, _ in examples():
        method, path = request.splitlines()[0].split(" ")
        shown.add((method.lower(), path.partition("?")[0]))
    for path, operations in api.get_openapi_schema()["paths"].items():
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
        for method in operations:
            assert any(method == said and pattern.fullmatch(where) for said, where in shown), (method, path)


def test_the_table_of_scopes_is_that_of_the_keys() -> None:
    said = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert said == ApiKey.Scope.values
