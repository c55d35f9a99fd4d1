"""The OpenAPI document against the site: whatever it lets be asked is answered, and as it says.

By schemathesis: what fits the document and what does not, of every route, with keys and without.
"""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings as how, strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from events.models import Comment
from nocturne import mail
from nocturne.api import api
from nocturne.models import EmailLog, User
from quality.models import Audit
from subscriptions import links
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.quality.desk import new_pair
from tests.subscriptions.people import make_subscription

pytestmark = pytest.mark.django_db
KEY = "k" * 40
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
DOCUMENT = api.get_openapi_schema()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = get_wsgi_application()
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


def modes(operation: Any) -> list[GenerationMode]:
    """What fits the document, and what does not, where anything is asked."""
    said = DOCUMENT["paths"][operation.path][operation.method]
    asks = said.get("parameters") or said.get("requestBody")
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if asks else [])]


@pytest.fixture(autouse=True)
def kept_connections() -> Any:
    """As Django's own client: a request does not end the connection that the test is in."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


@pytest.fixture
def known(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site with something of each kind; what of it stands in paths."""
    settings.ADMIN_API_KEY = KEY
    monkeypatch.setattr("scraping.tasks.scrape_source.delay", lambda *args, **kwargs: None)
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        event = make_event("Jazz", venue=make_venue(), category="music", price_min=Decimal("12.50"), currency="EUR")
        make_event("Film", city=make_city("los-angeles"), is_free=True)
        make_event("Messe", local="2026-12-01T10:00", local_end="2026-12-24T18:00")
        make_listing(event)
        event.changes.create(sequence=1, before={"status": "scheduled"}, after={"status": "cancelled"})
        at = event.starts_at
        Audit.objects.create(day=at.date(), started_at=at, finished_at=at, counts={"listings": 1})
        mail.queue(EmailLog.Kind.CONFIRMATION, "ada@example.org")
        row = make_subscription(search="category=music")
        ada = User.objects.create_user("ada@example.org")
        yield {
            "city_id": "de--berlin",
            "event_id": event.pk,
            "pair_id": new_pair().pk,
            "source_id": make_source().pk,
            "session": session_of(ada),
            "subscription_id": row.pk,
            "comment_id": Comment.objects.create(event=event, user=ada, name="Ada", text="Hello.", state="live").pk,
            "token": links.preferences_url(row.subscriber).rstrip("/").rpartition("/")[2],
        }


def ask(operation: Any, mode: GenerationMode, known: dict[str, Any], *, examples: int, key: bool) -> Counter[int]:
    """How many answers had which status; what is wrong with one is raised."""
    answered: Counter[int] = Counter()
    named = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    whole = operation.as_strategy(generation_mode=mode)
    # most that are made up lead nowhere; those of a negative case must be free to be wrong
    there = operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=named) if named else whole
    headers = {"X-API-Key": KEY} if key else {"X-API-Key": "wrong"}
    cookies = {"sessionid": known["session"]} if key else {}

    @given(case=st.one_of(whole, there))
    @how(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def run(case: Any) -> None:
        with transaction.atomic():  # what it changes is taken back
            response = case.call(headers=headers, cookies=cookies)
            transaction.set_rollback(True)
        answered[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    run()
    return answered


def test_every_route_answers_as_it_says(known: dict[str, Any]) -> None:
    total: Counter[int] = Counter()
    for operation in OPERATIONS:
        total += ask(operation, GenerationMode.POSITIVE, known, examples=2, key=True)
    assert len(OPERATIONS) >= 30
    assert total.total() >= 40


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_route_answers_as_it_says_whatever_is_asked(known: dict[str, Any], capsys: Any) -> None:
    totals: dict[str, Counter[int]] = {"with a key": Counter(), "without": Counter()}
    for operation in OPERATIONS:
        for mode in modes(operation):
            totals["with a key"] += ask(operation, mode, known, examples=40, key=True)
            totals["without"] += ask(operation, mode, known, examples=20, key=False)
    with capsys.disabled():
        for name, answered in totals.items():
            print(f"\n{answered.total()} calls of {len(OPERATIONS)} routes {name}: {dict(sorted(answered.items()))}")
    assert {200, 202, 204, 404, 422} <= set(totals["with a key"])
    assert 401 in totals["without"]


def test_what_a_route_does_not_take_is_said(known: dict[str, Any], client: Any) -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {name.upper() for name in operations}:
            response = client.generic(method, path.format(**known))
            assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json"), (method, path)
            assert method not in response["Allow"].split(", ")
