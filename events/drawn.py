"""Cards as HTML, rendered once: the same card is the same text, for whoever lists it.

A card has all that its template shows, so it is its own version: what changes on it is another card. Those of a list
are looked for in this process, then in Valkey by one call, and what is missing is rendered and kept by one call.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from redis import Redis
from redis.exceptions import RedisError

from events.cards import Card, Night
from nocturne import metrics
from nocturne.entries import LIFETIME
from nocturne.pages import build
from nocturne.valkey import Away, ask, named

MAX_CARDS = 10_000  # that a process remembers: some 10 MB

_remembered: OrderedDict[Any, SafeString] = OrderedDict()
_lock = threading.Lock()


def drawn_nights(nights: Sequence[Night]) -> list[Night]:
    cards = iter(drawn([card for night in nights for card in night.cards]))
    return [replace(night, cards=tuple(next(cards) for _ in night.cards)) for night in nights]


def drawn(cards: Sequence[Card], *, run: bool = False) -> list[Card]:
    """The same cards with their HTML."""
    keys = [(card, run, get_language(), build()) for card in cards]
    found = _lookup(keys)
    missing = [key for key in dict.fromkeys(keys) if key not in found]
    metrics.cache_hits.labels("card").inc(len(keys) - len(missing))
    if missing:
        metrics.cache_misses.labels("card").inc(len(missing))
        template = get_template("events/_card.html")
        new: dict[Any, SafeString] = {key: mark_safe(template.render({"card": key[0], "run": run})) for key in missing}
        _keep(new)
        found |= new
    return [replace(card, html=found[key]) for card, key in zip(cards, keys, strict=True)]


def _lookup(keys: Sequence[Any]) -> dict[Any, SafeString]:
    found: dict[Any, SafeString] = {}
    with _lock:
        for key in keys:
            if key in _remembered:
                _remembered.move_to_end(key)
                found[key] = _remembered[key]
    away = [key for key in keys if key not in found]
    if not away:
        return found
    names = [_name(key) for key in away]
    try:
        texts: Any = ask(lambda client: client.mget(names))
    except (Away, RedisError):
        return found
    there = {key: mark_safe(text.decode()) for key, text in zip(away, texts, strict=True) if text is not None}
    _remember(there)
    return found | there


def _keep(new: dict[Any, SafeString]) -> None:
    _remember(new)
    names = {_name(key): text.encode() for key, text in new.items()}

    def write(client: Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for name, text in names.items():
                pipe.set(name, text, ex=LIFETIME)
            pipe.execute()

    try:
        ask(write)
    except (Away, RedisError):
        return


def _remember(new: dict[Any, SafeString]) -> None:
    with _lock:
        _remembered.update(new)
        while len(_remembered) > MAX_CARDS:
            _remembered.popitem(last=False)
            metrics.cache_evictions.labels("card").inc()


def _name(key: Any) -> str:
    return named(f"card:{key[0].id}:{hashlib.sha256(repr(key).encode()).hexdigest()[:24]}")
