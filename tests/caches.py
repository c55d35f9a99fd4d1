"""Each test begins with nothing kept: ids and slugs come again, and a page of the test before would be found."""

import contextlib
from typing import Any

import pytest
from redis.exceptions import RedisError

from events import known, pieces, rendered
from nocturne.entries import MEMORY
from nocturne.valkey import Away, ask, breaker


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    MEMORY.clear()
    known.forget()
    pieces._remembered.clear()
    rendered.MEMORY.clear()
    breaker().is_open = False
    with contextlib.suppress(Away, RedisError):  # as in runs that need no server
        ask(lambda client: client.flushdb())  # of a worker's own


@pytest.fixture
def kept_pages(settings: Any) -> None:
    """Public pages are kept, as they are in production: what changes rows without a bump does not change them."""
    settings.PAGE_CACHE_SECONDS = 900
