"""Pieces of pages and feeds, written once: what is written of an event is kept under its version, for whoever lists it.

Those of a list are looked for in this process, then in Valkey by one call; what is missing is written and kept by one
call. A key says all that its piece is made of, so that nothing that changes is ever found under the old one.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from redis import Redis
from redis.exceptions import RedisError

from nocturne import metrics
from nocturne.entries import LIFETIME
from nocturne.pages import build
from nocturne.valkey import Away, ask, named

MAX_PIECES = 20_000  # that a process remembers: some 25 MB

# with the time by which they end
_remembered: OrderedDict[Any, tuple[str, float]] = OrderedDict()
_lock = threading.Lock()


def pieces[K: tuple[Any, ...]](
    kind: str, keys: Sequence[K], write: Callable[[list[K]], Mapping[K, str]]
) -> dict[K, str]:
    """The pieces of these keys, an id and what else they are made of; `write` makes those that are missing."""
    site = (kind, get_language(), build(), settings.SITE_URL, settings.STATIC_URL, settings.MEDIA_URL)
    found = _from_memory(site, keys)
    if len(found) < len(keys):
        found |= _from_valkey(site, [key for key in dict.fromkeys(keys) if key not in found])
    missing = [key for key in dict.fromkeys(keys) if key not in found] if len(found) < len(keys) else []
    metrics.cache_hits.labels(kind).inc(len(keys) - len(missing))
    if missing:
        metrics.cache_misses.labels(kind).inc(len(missing))
        new = write(missing)
        _keep(site, new)
        found |= new
    return found


def _from_memory[K](site: Any, keys: Sequence[K]) -> dict[K, str]:
    found, now = {}, time.monotonic()
    with _lock:
        for key in keys:
            full = (site, key)
            piece = _remembered.get(full)
            if piece is not None and piece[1] > now:
                _remembered.move_to_end(full)
                found[key] = piece[0]
    return found


def _from_valkey[K](site: Any, keys: Sequence[K]) -> dict[K, str]:
    if not keys:
        return {}
    names = [_name(site, key) for key in keys]
    try:
        texts: Any = ask(lambda client: client.mget(names))
    except (Away, RedisError):
        return {}
    there = {key: text.decode() for key, text in zip(keys, texts, strict=True) if text is not None}
    _remember(site, there)
    return there


def _keep(site: Any, new: Mapping[Any, str]) -> None:
    _remember(site, new)

    def write(client: Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for key, text in new.items():
                pipe.set(_name(site, key), text.encode(), ex=LIFETIME)
            pipe.execute()

    try:
        ask(write)
    except (Away, RedisError):
        return


def _remember(site: Any, new: Mapping[Any, str]) -> None:
    ends = time.monotonic() + LIFETIME
    with _lock:
        for key, text in new.items():
            _remembered[site, key] = text, ends
        while len(_remembered) > MAX_PIECES:
            _remembered.popitem(last=False)
            metrics.cache_evictions.labels("piece").inc()


def _name(site: tuple[Any, ...], key: Any) -> str:
    return named(f"{site[0]}:{key[0]}:{hashlib.sha256(repr((site, key)).encode()).hexdigest()[:24]}")
