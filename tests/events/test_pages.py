"""What holds for all public pages."""

import itertools
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from events.urls import RESERVED
from nocturne import personal
from nocturne.cache import SITE, bump, generation
from tests.factories import make_city, make_event, make_listing, make_venue
from tests.html import parsed, text_of, texts


@pytest.fixture
def urls() -> list[str]:
    venue = make_venue("Klub Null", address="Hauptstr. 1")
    event = make_event("Concert", venue=venue, description="Text")
    make_listing(event)
    make_event("Show", local="2026-01-01T10:00", local_end="2099-12-20T18:00", venue=venue)
    page = event.get_absolute_url()
    return [
        *("/", "/?q=ber", "/?q=nowhere", "/berlin/", "/berlin/?when=2026-12-05", "/berlin/?q=x&when=y"),
        *("/berlin/list", "/berlin/calendar.ics", "/berlin/feed.atom", "/berlin/feed.json"),
        *(page, f"{page[:-1]}.ics", venue.get_absolute_url(), f"{venue.get_absolute_url()[:-1]}.atom"),
        *("/about/", "/privacy/", "/bot/", "/sources/", "/robots.txt"),
    ]


@pytest.mark.django_db
class TestEveryPublicPage:
    def test_is_the_same_for_everybody(self, client: Client, urls: list[str]) -> None:
        client.cookies.load({"sessionid": "x" * 32, "csrftoken": "y" * 32})
        for url in urls:
            response = client.get(url)
            assert response.status_code == 200, url
            assert not response.cookies, url
            assert "Cookie" not in response.get("Vary", ""), url
            assert response["Cache-Control"] == ("public, no-cache" if "ETag" in response else "public, max-age=60"), (
                url
            )
            assert b"csrf" not in response.content

    def test_sends_a_strict_policy_and_obeys_it(self, client: Client, urls: list[str]) -> None:
        for url in urls:
            response = client.get(url)
            policy = response["Content-Security-Policy"]
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            if not response["Content-Type"].startswith("text/html"):
                continue
            tree = parsed(response)
            assert not tree.css("style, [style]")
            assert not [name for node in tree.css("*") for name in node.attributes if name.startswith("on")]
            for node in tree.css("script:not([type])"):
                assert node.attributes["src"].startswith("/static/")

    def test_has_landmarks_one_h1_and_headings_in_order(self, client: Client, urls: list[str]) -> None:
        pages = [url for url in urls if not url.endswith((".ics", ".txt", ".atom", ".json", "/list"))]
        for url in pages:
            tree = parsed(client.get(url))
            for landmark in ("header", "main", "footer", "footer nav[aria-label]"):
                assert len(tree.css(landmark)) == 1, (url, landmark)
            assert tree.css_first("a").attributes["href"] == "#main"
            levels = [int(node.tag[1]) for node in tree.css("h1, h2, h3, h4, h5, h6")]
            assert levels[0] == 1, url
            assert levels.count(1) == 1, url
            assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels)), url
            ids = [node.attributes["id"] for node in tree.css("[id]")]
            assert len(ids) == len(set(ids)), url
            for node in tree.css("input:not([type=hidden])"):
                assert tree.css_first(f"label[for={node.attributes['id']}]"), url
            for node in tree.css("[aria-labelledby], [aria-describedby]"):
                name = node.attributes.get("aria-labelledby") or node.attributes["aria-describedby"]
                assert name in ids, (url, name)

    def test_answers_head_and_refuses_post(self, client: Client, urls: list[str]) -> None:
        for url in urls:
            assert client.head(url).status_code == 200
            assert client.post(url).status_code == 405

    def test_answers_without_valkey_but_promises_nothing(self, client: Client, urls: list[str], settings: Any) -> None:
        away = {"LOCATION": "redis://127.0.0.1:1/1"}
        settings.CACHES = {"default": {**settings.CACHES["default"], **away}}
        for url in urls:
            response = client.get(url)
            assert response.status_code == 200
            assert "ETag" not in response

    def test_makes_few_bytes(self, client: Client) -> None:
        for number in range(50):
            make_event(f"An event with a title of usual length {number}", local="2026-12-05T20:00")
        assert len(client.get("/berlin/?when=2026-12-05").content) < 60_000


def test_the_generation_is_one_token_until_it_is_bumped() -> None:
    one, other, site = generation(1), generation(2), generation()
    assert len({one, other, site}) == 3
    assert (generation(1), generation(2), generation(SITE)) == (one, other, site)
    bump(1)
    assert generation(1) not in ("", one)
    assert generation(2) == other
    assert generation() not in ("", site)
    cache.clear()
    assert generation(2) not in ("", other)


def test_no_fixed_address_could_be_taken_for_a_city() -> None:
    def first_segments(patterns: list[URLPattern | URLResolver]) -> set[str]:
        found = set()
        for pattern in patterns:
            route = str(pattern.pattern)
            if not route and isinstance(pattern, URLResolver):
                found |= first_segments(pattern.url_patterns)
            else:
                found.add(route.split("/")[0])
        return found

    fixed = {segment for segment in first_segments(get_resolver().url_patterns) if "<" not in segment}
    # a slug has no dot, so a file's name is none
    assert {segment for segment in fixed if segment and "." not in segment} <= RESERVED


@pytest.mark.django_db
def test_a_missing_page_is_designed_and_leads_home(client: Client) -> None:
    response = client.get("/nowhere/at/all/")
    assert response.status_code == 404
    tree = parsed(response)
    assert text_of(tree, "h1") == "Nothing on here"
    assert "/" in [node.attributes["href"] for node in tree.css("main a")]
    assert not response.cookies


def test_a_failure_has_a_page_that_needs_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("events.views.site.public_page", fail)
    client.raise_request_exception = False
    response = client.get("/about/")
    assert response.status_code == 500
    assert text_of(parsed(response), "h1") == "Something broke"


def test_credits_and_robots_are_there(client: Client) -> None:
    about = parsed(client.get("/about/"))
    assert "GeoNames" in text_of(about, "main")
    assert "CC BY 4.0" in texts(about, "main a")
    robots = client.get("/robots.txt")
    assert robots["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /admin/" in robots.content.decode().splitlines()
    assert settings.FETCH_USER_AGENT in text_of(parsed(client.get("/bot/")), "main")


@pytest.mark.django_db
def test_absolute_addresses_do_not_follow_the_host_header(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = "https://nocturne.example"
    make_city()
    tree = parsed(client.get("/berlin/", headers={"Host": "evil.example"}))
    assert tree.css_first("link[rel=canonical]").attributes["href"] == "https://nocturne.example/berlin/"


@pytest.mark.django_db
class TestPrivacy:
    def test_says_what_is_kept_and_how_long_as_the_code_has_it(self, client: Client, settings: Any) -> None:
        settings.MAIL_LOG_DAYS, settings.BACKUP_DIR, settings.BACKUP_KEEP = 123, "/backups", 9
        settings.REPLY_TO_EMAIL = "night@events.example"
        page = parsed(client.get("/privacy/"))
        said = text_of(page, "main")
        for words in ("for 123 days", "there are 9, one a day", "The weekly mail:", "Answers:", "Comments:"):
            assert words in said
        assert len(page.css("main li")) == len(personal.told()) == 2 + len(personal._parts)
        assert texts(page, "main a[href^='mailto:']") == ["night@events.example"]

    def test_has_what_the_operator_adds_escaped_and_in_paragraphs(self, client: Client, settings: Any) -> None:
        settings.PRIVACY_NOTE = "Ada Blum answers for it.\n\n<b>Mail</b> goes by https://mail.example."
        page = parsed(client.get("/privacy/"))
        assert texts(page, "main h2")[-1] == "What else you should know"
        assert "<b>Mail</b> goes by" in text_of(page, "main")
        assert "https://mail.example" in [link.attributes["href"] for link in page.css("main a")]

    def test_an_imprint_is_there_once_there_is_one(self, client: Client, settings: Any) -> None:
        assert client.get("/imprint/").status_code == 404
        assert "/imprint/" not in client.get("/privacy/").content.decode()
        settings.IMPRINT = "Klub Null e. V.\nWarschauer Str. 10"
        assert "Warschauer Str. 10" in text_of(parsed(client.get("/imprint/")), "main")
        assert "/imprint/" in [link.attributes["href"] for link in parsed(client.get("/privacy/")).css("footer a")]
