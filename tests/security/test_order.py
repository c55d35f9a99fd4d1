"""A page and an answer on their way: what is refused costs no query, and what is kept costs none either."""

import ipaddress
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django_redis.cache import RedisCache

from nocturne import quotas, traffic
from nocturne.cache import generation
from nocturne.entries import MEMORY, Attempt
from tests.factories import make_event

pytestmark = pytest.mark.django_db
type Spy = tuple[Any, str, str]
BEFORE: tuple[Spy, ...] = (
    (traffic, "is_let_in", "lists"),
    (traffic, "is_kept_out", "lists"),
    (quotas, "take", "limit"),
)
OF_PAGES: tuple[Spy, ...] = ((Attempt, "find", "cache"), (Attempt, "keep", "cache write"))
OF_OPTIONS: tuple[Spy, ...] = ((RedisCache, "get", "cache"), (RedisCache, "set", "cache write"))


@contextmanager
def watched(cache_of: tuple[Spy, ...] = OF_PAGES) -> Iterator[list[str]]:
    """What happens within, in its order."""
    order: list[str] = []

    def spied(name: str, function: Any) -> Any:
        def spy(*args: Any, **kwargs: Any) -> Any:
            order.append(name)
            return function(*args, **kwargs)

        return spy

    def query(execute: Any, *args: Any) -> Any:
        order.append("query")
        return execute(*args)

    with ExitStack() as stack:
        for target, name, said in (*BEFORE, *cache_of):
            stack.enter_context(patch.object(target, name, spied(said, getattr(target, name))))
        stack.enter_context(connection.execute_wrapper(query))
        yield order


def steps(order: list[str]) -> list[str]:
    return [name for name, _ in itertools.groupby(order)]


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    settings.PAGE_CACHE_SECONDS = 300
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE, settings.RATE_LIMIT_BURST = 3, 0
    settings.IP_BLACKLIST = [ipaddress.ip_network("198.51.100.0/24")]
    cache.clear()
    MEMORY.clear()
    yield make_event().city.get_absolute_url()
    cache.clear()
    MEMORY.clear()


def test_lists_limit_cache_query_and_cache_write(address: str) -> None:
    browser = Client()
    with watched() as order:
        assert browser.get(address).status_code == 200
    # which city it is has to be asked before what is kept of it, unless that is known
    found = steps(order)
    assert found[:2] == ["lists", "limit"]
    assert found[-2:] == ["query", "cache write"]
    assert found.index("cache") < len(found) - 2
    with watched() as order:
        assert browser.get(address).status_code == 200
    assert [step for step in steps(order) if step != "query"] == ["lists", "limit", "cache"]
    assert "cache write" not in order
    with watched() as order:
        assert [browser.get(address).status_code for _ in range(2)] == [200, 429]
    assert steps(order)[-2:] == ["lists", "limit"]  # of the one that was refused
    with watched() as order:
        assert browser.get(address, REMOTE_ADDR="198.51.100.7").status_code == 403
    assert steps(order) == ["lists"]


def test_lists_limit_cache_query_and_cache_write_of_the_finder(address: str) -> None:
    browser, options = Client(), "/cities/options?q=ber"
    generation()
    with watched(OF_OPTIONS) as order:
        assert browser.get(options).status_code == 200
    assert steps(order) == ["lists", "limit", "cache", "query", "cache write"]
    with watched(OF_OPTIONS) as order:
        assert browser.get(options).status_code == 200
    assert steps(order) == ["lists", "limit", "cache"]
    with watched(OF_OPTIONS) as order:
        assert {browser.get(options).status_code for _ in range(20)} == {200, 429}
    assert steps(order)[-2:] == ["lists", "limit"]  # of the last that was refused
