"""A publisher on a real HTTP server."""

import re

import pytest
from django.core.cache import cache
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from tests.scraping.feeds import Publisher
from tests.scraping.sites import Site


@pytest.fixture
def publisher(httpserver: HTTPServer, settings: Settings) -> Publisher:
    cache.clear()  # robots.txt of the port, which an earlier test may have had
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    one = Publisher(httpserver.url_for("/events.ics"))
    httpserver.expect_request(re.compile(".*")).respond_with_handler(one.answer)
    return one


@pytest.fixture
def site(httpserver: HTTPServer, settings: Settings) -> Site:
    cache.clear()
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    one = Site(httpserver.url_for("").rstrip("/"))
    httpserver.expect_request(re.compile(".*")).respond_with_handler(one.answer)
    return one
