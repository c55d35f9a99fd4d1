"""A breaker per host, which all workers share by the cache: a host that is down is left alone, by all of its sources.

After THRESHOLD failures in a row, whichever sources they were of, the host rests; then one worker tries it while the
others go on waiting. If that fails it rests for twice as long. With the cache away each process knows only what it has
seen itself. Its first answer resolves the alert that health.py opens for it.
"""

import datetime as dt
from urllib.parse import urlsplit

from django.core.cache import cache

from nocturne import alerts
from nocturne.http import FetchError

THRESHOLD = 5
FIRST = dt.timedelta(minutes=10)
LAST = dt.timedelta(hours=12)
TRIAL_SECONDS = 120  # as long as a worker may take to find out whether the host is back
MEMORY_SECONDS = 2 * 24 * 3600
NOT_ASKED = frozenset(("optout", "terms", "robots", "refused"))


def rest_of(url: str, now: dt.datetime) -> float:
    """The seconds for which a host is to be left alone, 0 if it may be asked.

    When its rest is over, the first who asks gets 0 and has to tell what came of it by `record`.
    """
    host = _host(url)
    until = cache.get(f"breaker:until:{host}")
    if until is None:
        return 0
    if (left := until - now.timestamp()) > 0:
        return float(left)
    return 0 if cache.add(f"breaker:trial:{host}", 1, timeout=TRIAL_SECONDS) else float(TRIAL_SECONDS)


def record(url: str, now: dt.datetime, error: FetchError | None) -> None:
    """Tell what came of asking a host: the error, None for an answer."""
    host = _host(url)
    names = {name: f"breaker:{name}:{host}" for name in ("failures", "until", "rests", "trial", "since")}
    if error and error.kind in NOT_ASKED:
        cache.delete(names["trial"])
        return
    if error is None or not is_down(error):
        if cache.delete(names["since"]):
            alerts.resolve(alert_key(url), now=now)
        cache.delete_many(names.values())
        return
    failures, asked = _add_one(names["failures"]), error.retry_after or 0
    resting = cache.get(names["until"]) is not None
    if not asked and not resting and failures < THRESHOLD:
        return
    rest = dt.timedelta(seconds=asked)
    if resting or failures >= THRESHOLD:
        rest = max(rest, min(FIRST * 2 ** min(_add_one(names["rests"]) - 1, 10), LAST))
    seconds = rest.total_seconds()
    cache.set(names["until"], now.timestamp() + seconds, timeout=int(seconds) + MEMORY_SECONDS)
    cache.delete(names["trial"])
    cache.add(names["since"], now.timestamp(), timeout=None)


def down_since(url: str) -> dt.datetime | None:
    """When the host began to rest, None if it does not."""
    since = cache.get(f"breaker:since:{_host(url)}")
    return dt.datetime.fromtimestamp(since, dt.UTC) if since else None


def alert_key(url: str) -> str:
    return f"host:{_host(url)}"[:200]


def is_down(error: FetchError) -> bool:
    """Whether it is the host that fails, and not one page of it or what we make of that."""
    return error.kind in ("connect", "timeout", "http.429") or error.kind.startswith("http.5")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _add_one(key: str) -> int:
    """Count up for all workers; 1 while the cache is away."""
    cache.add(key, 0, timeout=MEMORY_SECONDS)
    try:
        return cache.incr(key) or 1
    except ValueError:  # it was deleted in between, since the host has answered
        return 1
