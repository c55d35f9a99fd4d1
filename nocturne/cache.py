"""Generations: a random token per city, carried by the key or ETag of everything made of the city's events.

Bumping replaces the token, so that what was derived before is no longer asked for; nothing is deleted. A token lasts
15 minutes at most, so that a bump that was lost, as with a worker that was killed, makes no page stale for longer.
"""

import functools
import secrets
from collections.abc import Iterable

from django.core.cache import cache
from django.db import transaction

SITE = 0  # the generation of what is made of all cities
LIFETIME = 15 * 60


def generation(city_id: int = SITE) -> str:
    """The token of a city or of the whole site; "" while the cache is away and nothing is known fresh."""
    key = _key(city_id)
    token = cache.get(key)
    if token is None:
        # add, not set: of two processes that find none, both must read the same one
        cache.add(key, secrets.token_hex(8), timeout=LIFETIME)
        token = cache.get(key)
    return token or ""


def bump(city_id: int) -> None:
    """Make everything derived from a city's events, and from the whole site, stale."""
    cache.set_many({_key(n): secrets.token_hex(8) for n in {city_id, SITE}}, timeout=LIFETIME)


def bump_on_commit(city_ids: Iterable[int]) -> None:
    """Bump cities once the current transaction is there for all to see: a page made before would be kept as new."""
    for city_id in set(city_ids):
        transaction.on_commit(functools.partial(bump, city_id))


def _key(city_id: int) -> str:
    return f"generation:{city_id}"
