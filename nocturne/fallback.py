"""Django's cache: Valkey, and while that is away a small memory of each process, so that nobody waits or fails."""

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from redis.exceptions import RedisError

from nocturne import valkey

MAX_ENTRIES = 2_000  # that the memory has; who was not asked for longest go first


class FallbackCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        # the memory is one in a process by its name, as the breaker is
        self._memory = LocMemCache(f"fallback:{server}", {**params, "OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES}})

    def clear(self) -> int:
        """Forget all keys of ours, and no one else's: what django-redis does empties the whole database."""
        self._memory.clear()
        return int(self._answer("delete_pattern", lambda *args, **options: 0, "*", itersize=1000))

    def _answer(self, name: str, otherwise: Callable[..., Any], *args: Any, **options: Any) -> Any:
        breaker = valkey.breaker()
        if not breaker.allows():
            return otherwise(*args, **options)
        try:
            answer = getattr(super(), name)(*args, **options)
        except valkey.FAILURES as error:
            breaker.failed(error)
            return otherwise(*args, **options)
        except RedisError:  # as that its memory is full
            return otherwise(*args, **options)
        breaker.answered()
        return answer


def _fallen_back(name: str) -> Callable[..., Any]:
    def method(self: FallbackCache, *args: Any, **options: Any) -> Any:
        return self._answer(name, getattr(self._memory, name), *args, **options)

    method.__name__ = name
    return method


def _of_no_one(name: str, nothing: Callable[[], Any]) -> Callable[..., Any]:
    """What only Valkey can answer."""

    def method(self: FallbackCache, *args: Any, **options: Any) -> Any:
        return self._answer(name, lambda *args, **options: nothing(), *args, **options)

    method.__name__ = name
    return method


_STANDARD = ("get", "set", "add", "delete", "touch", "incr", "decr", "has_key", "get_many", "set_many", "delete_many")
for _name in _STANDARD:
    setattr(FallbackCache, _name, _fallen_back(_name))
for _name, _nothing in (("ttl", int), ("delete_pattern", int), ("keys", list)):
    setattr(FallbackCache, _name, _of_no_one(_name, _nothing))
