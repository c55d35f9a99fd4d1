"""The queue of background work and the cache, asked directly: not through what makes their failing harmless."""

import datetime as dt
import functools

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nocturne.celery import PREFIX, QUEUES

TIMEOUT = 1.0


def ping() -> None:
    """Ask cache and queue whether they are there; RedisError or OSError if one is not."""
    for url in {settings.CACHES["default"]["LOCATION"], settings.CELERY_BROKER_URL}:
        _client(url).ping()


def length() -> int:
    """How many tasks wait for a worker."""
    client = _client(settings.CELERY_BROKER_URL)
    return sum(int(client.llen(PREFIX + name)) for name in QUEUES)


def evicted() -> int:
    """How many keys the cache has thrown out since it started, because its memory was full."""
    return int(_client(settings.CACHES["default"]["LOCATION"]).info("stats")["evicted_keys"])


def claim(key: str, lasts: dt.timedelta) -> bool:
    """Whether nobody else has claimed this for so long."""
    return bool(_client(settings.CELERY_BROKER_URL).set(key, "1", nx=True, ex=int(lasts.total_seconds())))


@functools.cache
def _client(url: str) -> Redis:
    retry = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=retry)
