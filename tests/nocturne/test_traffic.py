"""What a client may ask for how often: through the whole site, as a client sees it."""

import ipaddress
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, path
from django_redis.cache import RedisCache

from nocturne import quotas
from nocturne.quotas import Level, Quota, Usage
from nocturne.traffic import SHARES, class_of, quota_of
from nocturne.urls import urlpatterns as site
from tests.factories import make_event
from tests.html import parsed, text_of
from tests.nocturne.test_docs import table
from tests.security.routes import paths

JSON = {"Accept": "application/json"}
REFUSED = Usage(7, (Level("minute", 60, 60, 0, 7),))


def healthy(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


# The site with addresses of health.
urlpatterns: list[URLPattern | URLResolver] = [path("health", healthy), path("health/live", healthy), *site]


@pytest.fixture
def limited(settings: Any) -> Iterator[None]:
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE, settings.RATE_LIMIT_REQUESTS_PER_HOUR = 60, 1000
    settings.RATE_LIMIT_BURST = 10
    cache.clear()
    yield
    cache.clear()


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limited")]


def test_each_address_is_limited_but_those_of_health(client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.nocturne.test_traffic"
    known = set(paths())
    assert {"/", "/berlin/", "/berlin/calendar.ics", "/media/1", "/admin/login/", "/api/sources", "/subscribe"} <= known
    strange = {
        "/static/nothing.css",
        "/static/calendar.ics",
        "/healthville/",
        "/health/calendar.ics",
        "/health/x/",
        "//",
    }
    with patch.object(quotas, "take", return_value=REFUSED):
        passed = {path for path in known | strange if client.get(path, headers=JSON).status_code != 429}
    assert passed == {"/health", "/health/live", "/health/ready"}


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/", "page"),
        ("/berlin/", "page"),
        ("/berlin/?when=tonight&q=", "page"),
        ("/berlin/?q=jazz", "search"),
        ("/?q=ber", "search"),
        ("/berlin/list?category=film", "fragment"),
        ("/berlin/list?q=jazz", "search"),
        ("/berlin/more?page=2", "fragment"),
        ("/cities/options?q=b", "fragment"),
        ("/comments/on/7/part", "fragment"),
        ("/comments/on/7/", "page"),
        ("/cities/nearest", "nearest"),
        ("/berlin/calendar.ics?q=jazz", "feed"),
        ("/berlin/feed.atom", "feed"),
        ("/berlin/events/a-1.ics", "feed"),
        ("/sitemap/cities/berlin.xml", "feed"),
        ("/media/ab/cd.webp", "image"),
        ("/admin/desk/pairs/?q=x", "admin"),
        ("/api/sources", "api"),
        ("/api/events/berlin?q=jazz", "search"),
        ("/api/locations/search", "search"),
        ("/subscribe", "page"),
    ],
)
def test_an_address_is_counted_in_its_class(address: str, kind: str) -> None:
    assert class_of(RequestFactory().get(address)) == kind


def test_classes_are_in_proportion_to_the_settings(settings: Any) -> None:
    assert quota_of("page") == Quota(60, 1000, 10)
    assert quota_of("fragment") == Quota(240, 4000, 40)
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE, settings.RATE_LIMIT_REQUESTS_PER_HOUR = 1, 0
    assert all(quota.per_minute >= 1 and not quota.per_hour for quota in map(quota_of, SHARES) if quota)
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE = 0
    assert {quota_of(kind) for kind in SHARES} == {None}


def test_who_looks_at_a_city_is_not_limited_by_what_belongs_to_its_page(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_BURST, settings.RATE_LIMIT_REQUESTS_PER_MINUTE = 3, 6  # one more each ten seconds
    make_event()
    for _ in range(2):
        assert client.get("/berlin/").status_code == 200
        assert {client.get("/berlin/list?when=tonight").status_code for _ in range(5)} == {200}
        assert {client.get(f"/media/{number}.webp").status_code for number in range(5)} == {404}
    assert [client.get("/about/").status_code for _ in range(3)] == [200, 429, 429]
    assert client.get("/berlin/list").status_code == 200
    assert client.get("/about/", REMOTE_ADDR="192.0.2.9").status_code == 200


def test_answers_tell_what_is_left_and_stay_as_they_are_for_caches(client: Client) -> None:
    make_event()
    first, second = client.get("/berlin/"), client.get("/berlin/")
    assert first["RateLimit-Policy"] == '"page-burst";q=10;w=10, "page-minute";q=60;w=60, "page-hour";q=1000;w=3600'
    assert first["RateLimit"] == '"page-burst";r=9;t=1, "page-minute";r=59;t=60, "page-hour";r=999;t=3600'
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    assert [first[name] for name in names] == ["60", "59", "60"]
    assert second["X-RateLimit-Remaining"] == "58"
    assert first.content == second.content
    assert "Vary" not in first
    unchanged = client.get("/berlin/", headers={"If-None-Match": first["ETag"]})
    assert (unchanged.status_code, unchanged["X-RateLimit-Remaining"]) == (304, "57")
    kept = client.get("/about/")  # for a minute, by whatever is in between
    assert "max-age" in kept["Cache-Control"]
    assert kept["RateLimit-Policy"] == first["RateLimit-Policy"]
    assert not {"RateLimit", *names} & set(kept.headers)


@pytest.mark.parametrize(
    ("address", "headers", "content_type"),
    [
        ("/berlin/", {"Accept": "text/html,*/*;q=0.8"}, "text/html; charset=utf-8"),
        ("/berlin/", {}, "text/html; charset=utf-8"),
        ("/berlin/list", {"HX-Request": "true", "Accept": "*/*"}, "text/html; charset=utf-8"),
        ("/berlin/", JSON, "application/problem+json"),
        ("/api/sources", {"Accept": "*/*"}, "application/problem+json"),
    ],
)
def test_a_refusal_comes_as_it_was_asked_for(
    client: Client, address: str, headers: dict[str, str], content_type: str
) -> None:
    with patch.object(quotas, "take", return_value=REFUSED):
        response = client.get(address, headers=headers)
    assert (response.status_code, response["Retry-After"], response["Content-Type"]) == (429, "7", content_type)
    assert [response[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")] == ["60", "0", "7"]
    assert "no-store" in response["Cache-Control"]
    assert "frame-ancestors" in response["Content-Security-Policy"]
    if "json" in content_type:
        said = response.json()
        assert (said["status"], said["title"], set(said)) == (
            429,
            "Too Many Requests",
            {"type", "title", "status", "detail"},
        )
        assert "in a few seconds" in said["detail"]
    elif "HX-Request" in headers:
        assert text_of(parsed(response), "p[role=alert]") == "That was too often. Please try again in a few seconds."
        assert b"<html" not in response.content
    else:
        assert "Please try again in a few seconds." in text_of(parsed(response), "main")


def test_what_a_client_writes_makes_it_no_other_client(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_BURST, settings.RATE_LIMIT_REQUESTS_PER_MINUTE, settings.TRUSTED_PROXIES = 0, 5, 1
    codes = []
    for number in range(8):
        forged = f"10.9.8.{number}, 2001:db8::{number}"  # the proxy wrote the second: another address of one network
        codes.append(
            client.get("/about/", headers={"X-Forwarded-For": forged, "X-Real-IP": f"10.1.1.{number}"}).status_code
        )
    assert codes == [200] * 5 + [429] * 3
    assert client.get("/about/", headers={"X-Forwarded-For": "2001:db8:0:1::1"}).status_code == 200


def test_the_lists_go_before_all_limits(client: Client, settings: Any) -> None:
    settings.IP_WHITELIST = [ipaddress.ip_network("192.0.2.7")]
    settings.IP_BLACKLIST = [ipaddress.ip_network("192.0.2.0/24")]
    with patch.object(quotas, "take", return_value=REFUSED) as take, patch.object(RedisCache, "get") as get:
        kept_out = client.get("/", REMOTE_ADDR="192.0.2.8")
        assert (kept_out.status_code, kept_out["Content-Type"]) == (403, "text/plain; charset=utf-8")
        assert client.get("/api/sources", REMOTE_ADDR="192.0.2.8").json()["status"] == 403
        let_in = client.get("/about/", REMOTE_ADDR="192.0.2.7")
        assert (let_in.status_code, let_in.has_header("RateLimit-Policy")) == (200, False)
        assert not take.called
        assert not get.called
        assert client.get("/about/", REMOTE_ADDR="192.0.3.1").status_code == 429


def test_the_classes_are_as_the_table_for_operators_has_them() -> None:
    said = {
        kind: Quota(int(minute), int(hour), int(burst))
        for kind, _, minute, hour, burst in table("docs/operators.md", "class")
    }
    assert said == {kind: quota_of(kind) for kind in SHARES}


def test_what_has_too_many_parameters_counts_before_it_is_refused(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_BURST = 2
    address = "/?" + "&".join(f"a{number}=1" for number in range(1500))
    answers = [client.get(address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert text_of(parsed(answers[0]), "h1") == "That was not understood"
    assert class_of(RequestFactory().get(address)) == "search"
