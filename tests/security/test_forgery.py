"""What guards each address that takes a POST. Each is known by how it refuses, so that a new one is judged, too."""

from collections import defaultdict
from typing import Any

import pytest
from django.test import Client

from nocturne.models import User
from tests.factories import make_city

from .routes import Route, routes

pytestmark = pytest.mark.django_db

FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
# Those that pages of other sites may post to, and why that does no harm.
OPEN = {
    "unsubscribe": "RFC 8058: mail programs post there; the signed link is the guard, and it can only end mail",
    "end_mail": "the same",
}
# A secret in a header that no page can send for somebody: the key of an operator, the secret of a provider.
BY_SECRET = ("api/admin/", "anymail/")
# The API has no forms. Each of these looks at Sec-Fetch-Site and Origin, or is opened by a signed link in its address.
API = "api/"


def guard_of(route: Route, answer: Any) -> str:
    if answer.status_code == 405:
        return "takes none"
    if route.route.startswith(BY_SECRET):
        return "secret" if answer.status_code in (401, 404, 415) else "none"
    if route.route.startswith(API):
        return "no form" if answer.status_code in (404, 415) else "none"
    if answer.status_code == 403 and b"did not come from this site" in answer.content:
        return "origin"
    return "token" if answer.status_code == 403 else "none"


def test_every_address_that_is_posted_to_has_a_guard() -> None:
    make_city()
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(User.objects.create(email="root@example.org", is_staff=True, is_superuser=True))
    found: dict[str, set[str]] = defaultdict(set)
    for route in routes():
        found[guard_of(route, browser.post(route.path, {"a": "1"}, headers=FOREIGN))].add(route.name)
    assert found["none"] - found["origin"] - found["token"] == set(OPEN), found["none"]
    assert {"subscribe", "submit", "comments", "report_event", "answers", "preferences"} <= found["origin"]
    assert {"account_login", "account_code", "account_logout", "account_delete", "login", "index"} <= found["token"]
    assert {"mfa_authenticate", "mfa_activate_totp", "mfa_deactivate_totp", "account_link"} <= found["token"]
    assert "mail_webhook" in found["secret"]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_no_form_of_another_site_is_read_by_the_api(content_type: str) -> None:
    """What browsers send without asking first is of one of these types, and is no JSON."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create(email="ada@example.org"))
    body = b'{"email": "ada@example.org", "city_id": "de--berlin", "answer": "going", "reason": "spam"}'
    for route in routes():
        if route.route.startswith(API):
            for method in ("post", "put", "patch", "delete"):
                answer = getattr(browser, method)(route.path, body, content_type=content_type, headers=FOREIGN)
                assert answer.status_code in (401, 403, 404, 405, 415), (method, route.path, answer.status_code)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("headers", [FOREIGN, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}])
def test_nobody_writes_by_the_api_in_the_name_of_who_is_signed_in_elsewhere(headers: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create(email="ada@example.org", is_staff=True, is_superuser=True))
    for route in routes():
        if route.route.startswith(API) and "<path:rest>" not in route.route:
            for method in ("post", "put", "patch", "delete"):
                ask = getattr(browser, method)
                answer = ask(route.path, {"answer": "going"}, content_type="application/json", headers=headers)
                # 410: by a signed link, which nobody else has
                assert answer.status_code in (401, 403, 404, 405, 410, 422), (method, route.path, answer.status_code)
