"""Generations: a random token per city, carried by the key or ETag of everything made of the city's events.

Bumping replaces the token, so that what was derived before is no longer asked for; nothing is deleted.
"""

import secrets

from django.core.cache import cache

SITE = 0  # the generation of what is made of all cities


def generation(city_id: int = SITE) -> str:
    """The token of a city or of the whole site; "" while the cache is away and nothing is known fresh."""
    key = _key(city_id)
    token = cache.get(key)
    if token is None:
        # add, not set: of two processes that find none, both must read the same one
        cache.add(key, secrets.token_hex(8), timeout=None)
        token = cache.get(key)
    return token or ""


def bump(city_id: int) -> None:
    """Make everything derived from a city's events, and from the whole site, stale."""
    cache.set_many({_key(n): secrets.token_hex(8) for n in {city_id, SITE}}, timeout=None)


def _key(city_id: int) -> str:
    return f"generation:{city_id}"
