"""Forms on public pages are taken from our own pages only. All addresses are walked, so that no new one is left out."""

from typing import Any

import pytest
from django.test import Client

from events.models import Rsvp
from nocturne.models import User
from tests.factories import make_event
from tests.security.routes import routes

pytestmark = pytest.mark.django_db

OURS = "https://nocturne.example"
FORGED: dict[str, dict[str, str]] = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another site of our domain": {"Sec-Fetch-Site": "same-site"},
    "no page at all": {"Sec-Fetch-Site": "none"},
    "another site that claims our origin": {"Sec-Fetch-Site": "cross-site", "Origin": OURS},
    "an old browser on another site": {"Origin": "https://evil.example"},
    "a name that begins as ours": {"Origin": f"{OURS}.evil.example"},
    "our name without encryption": {"Origin": "http://nocturne.example"},
    "a page without an origin": {"Origin": "null"},
    "a referrer alone": {"Referer": f"{OURS}/"},
    "nothing": {},
}
OWN = ("admin/", "api/", "account/", "anymail/", "dev/")  # which have tokens, keys or signatures of their own
FROM_ANYWHERE = {"unsubscribe", "end_mail"}  # RFC 8058: mail providers post there


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = OURS


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_what_comes_from_elsewhere_is_refused_everywhere(headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create(email="ada@example.org"))
    found = {one.path: one.name for one in routes() if not one.route.startswith(OWN)}
    assert {"answers", "renew_calendar", "choose_mail", "subscribe", "comments"} <= set(found.values())
    answers = {path: client.post(path, {"going": "1"}, headers=headers).status_code for path in found}
    open_ones = {found[path] for path, status in answers.items() if status not in (403, 405)}
    assert open_ones <= FROM_ANYWHERE
    # what cannot be posted to is no form
    assert {found[path] for path, status in answers.items() if status == 403} >= {"answers", "choose_mail", "comments"}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_nobody_answers_for_somebody_else(headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create(email="ada@example.org"))
    event = make_event()
    assert client.post("/my/answers", {"going": event.pk}, headers=headers).status_code == 403
    assert client.get(f"/my/answers?going={event.pk}").json()["events"] == {}
    assert not Rsvp.objects.exists()
