import secrets
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from nocturne.limits import in_words, too_many, wait
from tests.html import parsed, text_of


def request(ip: str = "192.0.2.1") -> HttpRequest:
    return RequestFactory().post("/x", REMOTE_ADDR=ip)


def test_who_tries_too_often_waits() -> None:
    for _ in range(3):
        assert wait(request(), "try", [("ada", "3/h"), ("", "100/h")]) == 0
    assert 1 <= wait(request(), "try", [("ada", "3/h"), ("", "100/h")]) <= 3600
    assert wait(request(), "try", [("bob", "3/h"), ("", "100/h")]) == 0
    assert wait(request(), "other", [("ada", "3/h")]) == 0


def test_an_ip_is_counted_for_itself_and_a_network_of_version_6_as_one() -> None:
    assert wait(request(), "try", [("", "1/h")]) == 0
    assert wait(request(), "try", [("", "1/h")]) > 0
    assert wait(request("192.0.2.2"), "try", [("", "1/h")]) == 0
    assert wait(request("2001:db8::1"), "try", [("", "1/h")]) == 0
    assert wait(request("2001:db8::2"), "try", [("", "1/h")]) > 0
    assert wait(request("2001:db8:0:1::1"), "try", [("", "1/h")]) == 0


def test_without_the_cache_each_process_counts_for_itself(settings: Any) -> None:
    away = {"LOCATION": "redis://127.0.0.1:1/1"}
    settings.CACHES = {"default": {**settings.CACHES["default"], **away}}
    limits = [(secrets.token_hex(4), "2/h")]
    assert [wait(request(), "try", limits) > 0 for _ in range(3)] == [False, False, True]


def test_the_page_says_how_long_to_wait() -> None:
    response = too_many(700)
    assert (response.status_code, response["Retry-After"]) == (429, "700")
    assert "in 12 minutes" in text_of(parsed(response), "main")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "a few seconds"), (11, "a minute"), (60, "a minute"), (61, "2 minutes"), (7200, "2 hours"), (7201, "3 hours")],
)
def test_a_wait_is_told_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
