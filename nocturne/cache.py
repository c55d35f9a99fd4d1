"""The cache: `cached` keeps what functions return, and bumps make stale what is made of a city's events.

A bump replaces a random token of the city, so that what was derived before is no longer taken; nothing is deleted.
"""

import asyncio
import functools
import hashlib
import inspect
import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from redis import Redis
from redis.exceptions import RedisError

from nocturne.entries import LIFETIME, MEMORY, Attempt, new_token, read_tokens, token_names
from nocturne.valkey import REST_SECONDS, Away, ask, named

SITE = 0  # stands for all cities: the generation of what is made of more than one
# What counts tries of visitors (django-ratelimit) and failures of publishers lies beside what is kept.
COUNTS = ("rl:", "breaker:")


def cached[F: Callable[..., Any]](*, ttl: int = 600, key_prefix: str) -> Callable[[F], F]:
    """Keep what a function returns, as JSON: what comes back is what JSON makes of it, the first time, too.

    The key is the prefix and the positional parameters, as `events:7:2026-12-05:2026-12-11`; "all" if there are none.
    Keyword-only parameters that are given are hashed behind. It is the entry of the city that a parameter `city_id`
    names, else of the whole site; as a keyword-only one this is no part of the key. What anybody can make up, as a
    text that is searched for, must not get here: the number of keys is to be bounded.
    """
    if not 0 < ttl <= LIFETIME:
        raise ValueError(f"ttl must be between 1 and {LIFETIME} seconds, after which an entry is forgotten.")

    def decorate(function: F) -> F:
        signature = inspect.signature(function)

        def begin(args: Any, kwargs: Any) -> Attempt:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            key, city_id = _key_of(key_prefix, signature, bound.arguments)
            return Attempt(key, city_id=city_id, ttl=ttl)

        @functools.wraps(function)
        def found(*args: Any, **kwargs: Any) -> Any:
            with begin(args, kwargs) as attempt:
                entry = attempt.find()
                return json.loads(entry.value) if entry else _kept(attempt, function(*args, **kwargs))

        @functools.wraps(function)
        async def found_later(*args: Any, **kwargs: Any) -> Any:
            with begin(args, kwargs) as attempt:
                entry = await attempt.afind()
                if entry:
                    return json.loads(entry.value)
                return await asyncio.to_thread(_kept, attempt, await function(*args, **kwargs))

        wrapped: Any = found_later if inspect.iscoroutinefunction(function) else found
        return wrapped

    return decorate


def _kept(attempt: Attempt, value: Any) -> Any:
    data = json.dumps(value, cls=DjangoJSONEncoder, separators=(",", ":")).encode()
    attempt.keep(data)
    return json.loads(data)


def _key_of(prefix: str, signature: inspect.Signature, values: dict[str, Any]) -> tuple[str, int]:
    """The key of a call, and the city whose entry it is."""
    parts, filters = [], {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            parts.append(quote(str(values[name]), safe=""))
        elif name != "city_id" and values[name] != parameter.default:
            filters[name] = values[name]
    key = ":".join([prefix, *(parts or ["all"])])
    if filters:
        text = json.dumps(filters, cls=DjangoJSONEncoder, sort_keys=True)
        key += f":{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    return key, values.get("city_id", SITE)


def generation(city_id: int = SITE) -> str:
    """Changes with each bump of a city, or of the whole site; "" while the cache is away."""
    try:
        tokens, _ = ask(lambda client: read_tokens(client, city_id))
    except (Away, RedisError):
        return ""
    return (tokens.edition + tokens.generation).decode()


def bump(city_id: int, *, at_once: bool = True) -> None:
    """Make everything derived from a city's events, and from the whole site, stale.

    Without `at_once`, for what is scraped, pages that are under a minute old stay, and former ones serve while new
    ones are made. A bump that does not reach Valkey is repeated until it does.
    """
    _send([name for n in (city_id, SITE) for name in token_names(n)[1 if at_once else 2 :]])


def bump_on_commit(city_ids: Iterable[int]) -> None:
    """Bump cities once the current transaction is there for all to see: a page made before would be kept as new."""
    for city_id in set(city_ids):
        transaction.on_commit(functools.partial(bump, city_id))


def invalidate(pattern: str) -> int:
    """Delete entries whose key fits a pattern, as `events:7:*`, and how many. For operators; code bumps. Counts stay.

    Raise Away, or RedisError for what Valkey refuses.
    """
    count = 0
    counts = tuple(named(word).encode() for word in COUNTS)

    def delete(client: Redis) -> None:
        nonlocal count
        # in parts, so that nobody waits for it
        names: list[Any] = []
        for name in client.scan_iter(match=named(pattern), count=1000):
            if name.startswith(counts):
                continue
            names.append(name)
            if len(names) == 500:
                count += int(client.unlink(*names))
                names.clear()
        if names:
            count += int(client.unlink(*names))
        client.set(named("epoch"), new_token(), ex=LIFETIME)  # entries in memories end; what is rendered asks the rows

    ask(delete)
    MEMORY.clear()
    return count


# --- bumps that are on their way ----------------------------------------------------------------------

_unsent: dict[str, float] = {}
_unsent_lock = threading.Lock()


def _send(names: list[str]) -> None:
    try:
        _replace(names)
        return
    except (Away, RedisError):
        MEMORY.clear()  # which answers alone now
    with _unsent_lock:
        alone = not _unsent
        _unsent.update(dict.fromkeys(names, time.monotonic()))
    if alone:
        threading.Thread(target=_go_on_sending, name="bumps", daemon=True).start()


def _replace(names: Iterable[str]) -> None:
    def write(client: Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.set(name, new_token(), ex=LIFETIME)
            pipe.execute()

    ask(write)


def _go_on_sending() -> None:
    """Until Valkey is back, or the tokens of before have ended in it by themselves."""
    while True:
        time.sleep(REST_SECONDS)
        with _unsent_lock:
            sent = dict(_unsent)
        waiting = [name for name, since in sent.items() if time.monotonic() - since < LIFETIME]
        try:
            _replace(waiting)
        except (Away, RedisError):
            if waiting:
                continue
        with _unsent_lock:
            for name, since in sent.items():
                if _unsent.get(name) == since:  # else it was bumped again meanwhile
                    del _unsent[name]
            if not _unsent:
                return
