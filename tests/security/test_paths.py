"""Addresses that are written in other ways, and bodies that are none: refused, and never a failure."""

import re
from typing import Any

import pytest
from django.test import Client

from nocturne.models import User
from tests.factories import make_city, make_event, make_venue

from .routes import ask, paths, routes

pytestmark = pytest.mark.django_db

TRICKS = (
    *(
        "%00",
        "%ff%fe",
        "%ed%a0%80",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/settings.py",
        "..;/admin/",
        "%252e%252e/",
    ),
    *("/../../etc/passwd", "..%5c..%5cwindows", "%e2%80%ae", "?a=%00&%ff=%fe", "'\"><script>", "%0d%0aX-Evil:%201"),
    *("x" * 9000, "%f0%9f%95%ba" * 900, "9" * 400, "-" * 500 + "1/", "${7*7}{{7*7}}"),
)
MODELS = re.compile(r"/admin/(?!events/event/|desk/)\w+/\w+/")
# Ids that no column holds, and what looks like a number and is none.
IDS = ("0", "9" * 19, "9" * 40, "9" * 5000, "-1", "1e9", "٣", "²", "1%00", "0x1", "1.0", "%2b1", "NaN")


@pytest.fixture
def browser() -> Client:
    make_event(venue=make_venue())
    make_city()
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create(email="root@example.org", is_staff=True, is_superuser=True))
    return browser


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_id_breaks_a_page(browser: Client) -> None:
    count = 0
    for route in routes():
        if "int:" in route.route or "api/" in route.route:
            for number in IDS:
                # the number stands behind the last of what is no number
                head, _, rest = route.path.rpartition("1")
                answer = ask(browser, f"{head}{number}{rest}")
                assert answer.status_code < 500, (head, number[:20], rest)
                assert b"passwd" not in getattr(answer, "content", b"")
                count += 1
    assert count > 400


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_trick_in_a_path_breaks_or_opens_anything(browser: Client) -> None:
    nobody = Client(raise_request_exception=False)
    for path in paths():
        # the pages of the admin are alike for all models
        for trick in TRICKS if not MODELS.match(path) else ():
            answer = ask(browser, path + trick)
            assert answer.status_code < 500, (path, trick[:80])
            assert "X-Evil" not in answer.headers, (path, trick[:80])
            body = b"".join(answer) if answer.streaming else answer.content
            assert b"root:x:" not in body
        if path.startswith(("/admin/", "/api/admin/")):
            for spelt in (path.replace("/admin", "//admin", 1), path.replace("/admin", "/./admin", 1), path.upper()):
                answer = ask(nobody, spelt)
                assert answer.status_code in (301, 302, 400, 401, 404), spelt


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/media/../../nocturne/settings.py",
            "/media/..%2f..%2f.env",
            "/media/images/../../.env",
            "/media//etc/passwd",
        ),
        *(
            "/media/images/ab/%2e%2e/%2e%2e/.env",
            "/static/../manage.py",
            "/static/..%2f..%2fmanage.py",
            "/static//etc/passwd",
        ),
        *("/dev/mail/..%2f..%2fsettings/1/", "/sitemap/cities/..%2fx.xml", "/media/images/ab/cd.webp%00.txt"),
    ],
)
def test_no_file_is_served_that_is_no_picture(browser: Client, path: str) -> None:
    answer = ask(browser, path)
    assert answer.status_code in (301, 302, 400, 404)


MEGABYTES = 3_000_000
BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "too long": (b"a=" + b"x" * MEGABYTES, "application/x-www-form-urlencoded"),
    "too many fields": (b"&".join(b"a%d=1" % number for number in range(1500)), "application/x-www-form-urlencoded"),
    "no text": (b"a=%ff%fe&%ed%a0%80=1&\xff\xfe=\x00", "application/x-www-form-urlencoded"),
    "an unknown character set": (b"a=1", "application/x-www-form-urlencoded; charset=klingon"),
    "another character set": ("email=ä".encode("utf-16"), "application/x-www-form-urlencoded; charset=utf-16"),
    "a part without an end": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
        "multipart/form-data; boundary=x",
    ),
    "no boundary": (b"--x", "multipart/form-data"),
    "a boundary of nothing": (b"----", "multipart/form-data; boundary="),
    "a file for a field": (
        b'--x\r\nContent-Disposition: form-data; name="email"; filename="../../x"\r\n\r\n1\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "base64 that is none": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "JSON that is none": (b"{", "application/json"),
    "JSON of nothing": (b"null", "application/json"),
    "JSON of a list": (b"[[]]", "application/json"),
    "JSON without end": (b"[" * 20_000, "application/json"),
    "JSON with the character 0": (
        b'{"email": "a\\u0000b", "city_id": "\\u0000", "text": "\\u0000"}',
        "application/json",
    ),
    "JSON with half a character": (b'{"email": "\\ud800", "city_id": "\\udfff", "q": "\\ud800"}', "application/json"),
    "JSON that is no text": (b'{"email": "\xff"}', "application/json"),
    "JSON that is too long": (b'{"email": "' + b"x" * 100_000 + b'"}', "application/json"),
    "a number of many digits": (b'{"email": ' + b"9" * 5000 + b', "latitude": 1e999}', "application/json"),
    "no number": (b'{"latitude": NaN, "longitude": -Infinity, "limit": NaN}', "application/json"),
    "XML": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "application/xml"),
}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("what", BODIES)
def test_no_body_breaks_any_address(browser: Client, settings: Any, what: str) -> None:
    settings.ADMIN_API_KEY = "k" * 40
    body, content_type = BODIES[what]
    same = {"Sec-Fetch-Site": "same-origin", "X-API-Key": "k" * 40}
    for path in paths():
        if "logout" in path:
            continue
        for method in ("POST", "PUT", "PATCH", "DELETE") if path.startswith("/api/") else ("POST",):
            answer = browser.generic(method, path, body, content_type=content_type, headers=same)
            assert answer.status_code < 500, (method, path, answer.status_code)
            body_of = b"".join(answer) if answer.streaming else answer.content
            assert b"root:x:" not in body_of
