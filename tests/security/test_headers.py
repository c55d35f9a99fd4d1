"""The headers that protect, on every kind of answer, under the settings that production has."""

import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client

from nocturne.models import User
from tests.nocturne.test_settings import PRODUCTION, read
from tests.whole_site import NOW, make_whole_site

from .routes import paths

pytestmark = pytest.mark.django_db
TAKEN = re.compile(r"SECURE_|SESSION_COOKIE|CSRF_COOKIE|X_FRAME|MIDDLEWARE$|ALLOWED_HOSTS$|SITE_URL$")
ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
REFERRERS = {"strict-origin-when-cross-origin", "same-origin"}
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "form-action": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
}
# Pictures, and mails that editors look at: nothing in them runs, asks or leads anywhere.
INERT = {"sandbox": "", "default-src": "'none'"}
FRAMED_BY = {"/admin/desk/submissions/1/page/": {"'self'", "'none'"}}  # by the desk itself


@pytest.fixture
def production(settings: Any) -> None:
    """The names of the settings that protect, as production reads them; browsers come by https."""
    for name, value in read(**PRODUCTION).items():
        if TAKEN.match(name):
            setattr(settings, name, value)
    settings.ROOT_URLCONF = "tests.whole_site"


class Browser(Client):
    """One that comes by https."""

    def generic(self, *args: Any, **more: Any) -> Any:
        return super().generic(*args, **{**more, "secure": True})


def client() -> Client:
    return Browser(raise_request_exception=False, SERVER_NAME="example.org")


def directives(policy: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";")) if name}


def faults(path: str, answer: Any) -> list[str]:
    """What is wrong with the headers of an answer, in words."""
    found = [f"{name} is {answer.get(name)}" for name, value in ALWAYS.items() if answer.get(name) != value]
    if answer.get("Referrer-Policy") not in REFERRERS:
        found.append(f"Referrer-Policy is {answer.get('Referrer-Policy')}")
    if (
        "camera=()" not in answer.get("Permissions-Policy", "")
        or "geolocation=(self)" not in answer["Permissions-Policy"]
    ):
        found.append(f"Permissions-Policy is {answer.get('Permissions-Policy')}")
    said = directives(answer.get("Content-Security-Policy", ""))
    if not (INERT.items() <= said.items()):
        by = FRAMED_BY.get(path, {"'none'"}) if not path.startswith("/embed/") else {"*", "'none'"}
        found += [
            f"{name} of the policy is {said.get(name)}" for name, rest in POLICY.items() if said.get(name) != rest
        ]
        if said.get("frame-ancestors") not in by or "unsafe" in str(said):
            found.append(f"the policy is {said}")
    if not path.startswith("/embed/") and answer.get("X-Frame-Options") not in ("DENY", "SAMEORIGIN"):
        found.append(f"X-Frame-Options is {answer.get('X-Frame-Options')}")
    for name, cookie in answer.cookies.items():
        if not (cookie["secure"] or cookie["max-age"] == 0) or cookie["samesite"] not in ("Lax", "Strict"):
            found.append(f"the cookie {name} is {cookie.OutputString()}")
    return [f"{path}: {fault}" for fault in found]


@pytest.mark.usefixtures("production")
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_answer_has_them() -> None:
    wrong: list[str] = []
    statuses = set()
    with time_machine.travel(NOW, tick=False):
        site = make_whole_site()
        editor = User.objects.create(email="root@example.org", is_staff=True, is_superuser=True)
        signed_in = client()
        signed_in.force_login(editor)
        named = [path for some in (*site.pages.values(), *site.fragments.values()) for path in some] + site.feeds
        for path in named:
            answer = client().get(path)
            wrong += faults(path, answer)
            statuses.add(answer.status_code)
        for path in paths():
            for browser in (client(), signed_in):
                for method in ("get", "post", "options", "delete"):
                    if browser is signed_in and (method != "get" or "logout" in path):
                        continue
                    answer = getattr(browser, method)(path)
                    wrong += faults(path, answer)
                    statuses.add(answer.status_code)
    assert not wrong, "\n".join(sorted(set(wrong))[:60])
    assert {200, 301, 302, 303, 401, 403, 404, 405, 410, 429, 500} <= statuses


@pytest.mark.usefixtures("production")
def test_refusals_and_redirects_have_them() -> None:
    many = "/?" + "&".join(f"a{number}=1" for number in range(1500))
    for path in (
        many,
        "/nowhere/",
        "/broken",
        "/too-often",
        "/static/nothing.css",
        "/api/nothing",
        "/health",
        "/admin/",
    ):
        answer = client().get(path)
        assert not faults(path, answer), answer.status_code
    for host in ("evil.example", "example.org.evil.example", "example.org@evil.example", "evil.example:80"):
        answer = client().get("/about/", headers={"Host": host})
        assert answer.status_code == 400
        assert not faults("/about/", answer)
    plain = Client(SERVER_NAME="example.org").get("/about/")
    assert (plain.status_code, plain["Location"]) == (301, "https://example.org/about/")


@pytest.mark.usefixtures("production")
def test_cookies_are_closed_to_scripts_but_for_the_one_that_says_nothing() -> None:
    cache.clear()
    browser = client()
    browser.post("/account/login/", {"email": "ada@example.org"})
    [(one, two)] = re.findall(r"\b(\d{3}) (\d{3})\b", mail.outbox[-1].subject)
    cookies = browser.post("/account/login/code/", {"code": one + two}).cookies
    session, marker = cookies["sessionid"], cookies["signed_in"]
    assert (session["httponly"], session["secure"], session["samesite"]) == (True, True, "Lax")
    assert (marker["httponly"], marker["secure"], marker["samesite"], marker.value) == ("", True, "Lax", "1")
    assert not client().get("/").cookies


@pytest.mark.usefixtures("production")
def test_pages_of_accounts_and_links_are_kept_by_nobody_and_their_addresses_go_nowhere() -> None:
    browser = client()
    browser.force_login(User.objects.create(email="ada@example.org", is_staff=True, is_superuser=True))
    private = ["/account/", "/account/delete/", "/account/data.json", "/my/events/", "/my/answers?events=1"]
    private += ["/unsubscribe/x/", "/subscribe/preferences/x/", "/submit/x/", "/my/events/x.ics", "/comments/mine/"]
    for path in private:
        answer = browser.get(path)
        assert "no-store" in answer["Cache-Control"], path
        assert answer["Referrer-Policy"] == "same-origin", path
    assert "no-" in browser.get("/admin/")["Cache-Control"]
