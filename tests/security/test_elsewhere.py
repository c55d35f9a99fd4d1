"""Nobody is led to another site, and no answer names one because a request does."""

from typing import Any

import pytest
from django.test import Client

from nocturne.models import User
from tests.factories import make_city, make_event, make_venue

from .routes import ask, paths

pytestmark = pytest.mark.django_db

EVIL = "evil.example"
TARGETS = (
    f"https://{EVIL}/",
    f"//{EVIL}/",
    f"/\\{EVIL}/",
    f"\\\\{EVIL}",
    f"///{EVIL}",
    f"/%09/{EVIL}",
    f"/\t/{EVIL}",
    f"\x01//{EVIL}",
    f"javascript:alert('{EVIL}')",
    f"data:text/html,{EVIL}",
    f"https:{EVIL}",
    f"http://testserver@{EVIL}/",
    f"/berlin/@{EVIL}\r\nLocation: https://{EVIL}/",
    f"https://{EVIL}\\@testserver/",
)
NAMES = ("next", "to", "back", "url", "redirect", "return", "HTTP_REFERER")
CLAIMS = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Host": EVIL,
    "Forwarded": f"host={EVIL}",
    "X-Original-URL": f"//{EVIL}/",
    "X-Rewrite-URL": f"//{EVIL}/",
    "Referer": f"https://{EVIL}/berlin/",
    "HX-Current-URL": f"https://{EVIL}/berlin/",
    "HX-Request": "true",
}
LEADING = (
    "Location",
    "HX-Redirect",
    "HX-Location",
    "HX-Push-Url",
    "HX-Replace-Url",
    "Refresh",
    "Link",
    "Content-Location",
)


def leads_away(answer: Any) -> bool:
    """Whether a header leads to a place that is not a path of this site, or holds a line break."""
    for name in LEADING:
        to = answer.get(name, "")
        if "\n" in to or "\r" in to:
            return True
        if to and not (to.startswith("/") and not to.startswith(("//", "/\\", "/\t"))) and not to.startswith("?"):
            return not to.startswith(("http://127.0.0.1:8000/", "http://testserver/"))
    return False


@pytest.fixture
def browsers() -> list[Client]:
    make_event(venue=make_venue())
    make_city()
    signed_in = Client(raise_request_exception=False)
    signed_in.force_login(User.objects.create(email="ada@example.org"))
    return [Client(raise_request_exception=False), signed_in]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_answer_names_a_host_that_a_request_claims(browsers: list[Client]) -> None:
    for path in ["/berlin/", "/berlin/list", "/berlin/feed.atom", "/berlin/calendar.ics", *paths()]:
        for browser in browsers:
            answer = browser.get(path, headers=CLAIMS)
            assert answer.status_code < 500, path
            assert not leads_away(answer), (path, answer.headers)
            body = b"".join(answer) if answer.streaming else answer.content
            assert EVIL.encode() not in body, path
            assert EVIL not in str(answer.headers), path


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_parameter_leads_elsewhere(browsers: list[Client]) -> None:
    asked = [
        "/account/login/",
        "/account/logout/",
        "/account/login/again/",
        "/admin/",
        "/admin/login/",
        "/my/answers/1/",
    ]
    asked += ["/account/login/factor/", "/account/factor/add/", "/comments/on/1/", "/submit/", "/subscribe", "/berlin/"]
    for path in asked:
        for browser in browsers:
            for target in TARGETS:
                answer = browser.get(path, dict.fromkeys(NAMES, target))
                assert answer.status_code < 500, (path, target)
                assert not leads_away(answer), (path, target, answer.headers)
                if answer.status_code == 200:
                    assert f'href="{target}' not in answer.content.decode(), (path, target)


def test_signing_out_and_showing_who_one_is_lead_nowhere_else() -> None:
    user = User.objects.create(email="ada@example.org")
    for target in TARGETS:
        for path in ("/account/logout/", "/account/login/again/"):
            browser = Client()
            browser.force_login(user)
            answer = browser.post(path, {"next": target})
            assert not leads_away(answer), (path, target)


@pytest.mark.parametrize(
    "path",
    [
        *(f"//{EVIL}/", f"//{EVIL}", f"///{EVIL}/..", f"/\\{EVIL}/", f"/%2f{EVIL}/", f"/%5c{EVIL}/", f"/%2f%2f{EVIL}"),
        *(f"//{EVIL}/admin", f"//{EVIL}/berlin", f"/%09/{EVIL}", f"/.{EVIL}", f"/@{EVIL}/berlin"),
        *(f"//{EVIL}/%2e%2e", f"/;@{EVIL}", f"/berlin//{EVIL}", f"/berlin/events//{EVIL}-1/", f"/admin//{EVIL}"),
        *("/berlin/events/%0d%0aX-Evil:%201-1/", "/berlin%0d%0aX-Evil:%201", "/berlin/venues/%0d%0aX-Evil:1-1/"),
    ],
)
def test_no_path_is_an_address_elsewhere(browsers: list[Client], path: str) -> None:
    answer = ask(browsers[0], path)
    assert answer.status_code in (301, 302, 303, 400, 404), path
    assert not leads_away(answer), answer.headers
    assert "X-Evil" not in answer.headers
