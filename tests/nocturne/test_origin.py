from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from nocturne.origin import same_origin
from tests.html import parsed, text_of


@same_origin
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def status(content_type: str = "application/x-www-form-urlencoded", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().post("/x", b"{}", content_type=content_type, headers=named)
    return view(request).status_code


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "https://nocturne.example"}, 403),
        ({"Origin": "https://nocturne.example"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "https://nocturne.example.evil.example"}, 403),
        ({"Origin": "http://nocturne.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Referer": "https://nocturne.example/"}, 403),
        ({}, 403),
    ],
)
def test_a_form_is_taken_from_our_own_pages_only(settings: Any, headers: dict[str, str], expected: int) -> None:
    settings.SITE_URL = "https://nocturne.example"
    assert status(**headers) == expected


def test_a_program_sends_json_and_a_page_of_another_site_does_not() -> None:
    assert status("application/json") == 200
    assert status("application/json", Sec_Fetch_Site="cross-site") == 403
    assert status("application/json", Origin="https://evil.example") == 403
    assert status("text/plain") == 403


def test_looking_is_open_to_all() -> None:
    assert view(RequestFactory().get("/x", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


def test_the_refusal_says_what_to_do() -> None:
    tree = parsed(view(RequestFactory().post("/x")))
    assert "did not come from this site" in text_of(tree, "h1")
    assert "send the form again" in text_of(tree, "main")
