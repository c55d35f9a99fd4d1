"""Asking the Valkey that holds the cache, without ever waiting for one that is away.

A call that fails opens a breaker: for a second nobody in this process asks, then one call tries. A Valkey that hangs
costs TIMEOUT once for each call that was under way, and then one call a second.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django_redis.pool import get_connection_factory
from redis import Redis
from redis.exceptions import ConnectionError as Lost, RedisError, TimeoutError as TooLate

REST_SECONDS = 1.0  # that it is left alone after it failed
FAILURES = (Lost, TooLate, OSError)  # it is away; what else is said, as that memory is full, is an answer

log = logging.getLogger(__name__)


class Away(Exception):
    """Valkey did not answer in time, or failed so lately that it was not asked."""


class Breaker:
    """Whether to ask. When the rest is over one caller tries, and the others do not wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self.is_open = False

    def allows(self) -> bool:
        if not self.is_open:
            return True
        with self._lock:
            if time.monotonic() < self._until:
                return False
            self._until = time.monotonic() + REST_SECONDS
            return True

    def failed(self, error: Exception) -> None:
        with self._lock:
            if not self.is_open:
                log.warning("The cache is away (%s): memory and the database answer.", error)
            self.is_open, self._until = True, time.monotonic() + REST_SECONDS

    def answered(self) -> None:
        if self.is_open:
            self.is_open = False
            log.info("The cache is back.")


def ask[T](work: Callable[[Redis], T]) -> T:
    """What `work` does with the client. Raise Away, or RedisError for what Valkey refuses."""
    found = breaker()
    if not found.allows():
        raise Away
    try:
        answer = work(_client(settings.CACHES["default"]["LOCATION"]))
    except FAILURES as error:
        found.failed(error)
        raise Away from error
    except RedisError:
        found.answered()
        raise
    found.answered()
    return answer


def breaker() -> Breaker:
    """Of the Valkey that the settings name, one in each process."""
    return breaker_of(settings.CACHES["default"]["LOCATION"])


def named(key: str) -> str:
    """The name that a key has in Valkey, as django-redis makes it."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:1:{key}"


@functools.cache
def breaker_of(url: str) -> Breaker:
    return Breaker()


@functools.cache
def _client(url: str) -> Redis:
    """A client of the same pool as Django's cache."""
    client: Redis = get_connection_factory(settings.CACHES["default"]["OPTIONS"]).connect(url)
    return client
