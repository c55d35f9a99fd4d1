"""How much of something a client may have: exact sliding windows and a token bucket, in Valkey over all processes.

A request that is refused counts nowhere. While Valkey is away each process counts for itself, in memory.
"""

import functools
import logging
import math
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost, RedisError
from redis.retry import Retry

from nocturne.valkey import FAILURES, breaker_of

SECOND = 1_000_000  # all times are whole microseconds
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
TIMEOUT = 0.3
REST_SECONDS = 5.0  # that Valkey is left alone after it failed
MAX_KEYS = 5_000  # that one process remembers

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quota:
    """Requests in any minute, in any hour, and at once; 0 is without that limit. A burst needs one of the others."""

    per_minute: int
    per_hour: int
    burst: int

    @functools.cached_property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Number and span of each window."""
        pairs = ((self.per_minute, MINUTE), (self.per_hour, HOUR))
        return tuple((number, span) for number, span in pairs if number > 0)

    @functools.cached_property
    def interval(self) -> int:
        """Time in which the bucket gains one; 0 if there is none."""
        if self.burst <= 0 or not self.windows:
            return 0
        number, span = self.windows[0]
        return -(-span // number)


@dataclass(frozen=True)
class Level:
    """What is left of one limit, and seconds until there is more."""

    name: str
    number: int
    span: int
    left: int
    more_in: int


@dataclass(frozen=True)
class Usage:
    """`wait` is in seconds: 0 for a request that may pass, and was counted."""

    wait: int
    levels: tuple[Level, ...]


@dataclass
class Record:
    """When a client's last requests passed, the latest last, and when its bucket is full again."""

    passed: list[int] = field(default_factory=list)
    full_at: int = 0


# Finds in a log, the latest first, how many are younger than a span; says how long to wait, or writes the request down.
# KEYS: log, bucket. ARGV: now or 0 for the server's clock, burst, interval, then number and span of each window.
# Answers: wait, debt of the bucket, then used and age of the oldest of each window.
SCRIPT = """
local now = tonumber(ARGV[1])
if now == 0 then
  local clock = redis.call('TIME')
  now = clock[1] * 1000000 + clock[2]
end
local ahead = math.max(0, (redis.call('LINDEX', KEYS[1], 0) or now) - now) -- the clock was set back: it stands still
now = now + ahead
local burst, interval = tonumber(ARGV[2]), tonumber(ARGV[3])
local length = redis.call('LLEN', KEYS[1])
local wait, longest, most, answer = 0, 0, 0, {}
for at = 4, #ARGV, 2 do
  local number, span = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local low, high = 0, math.min(length, number)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if now - redis.call('LINDEX', KEYS[1], middle) < span then low = middle + 1 else high = middle end
  end
  local age = 0
  if low > 0 then age = now - redis.call('LINDEX', KEYS[1], low - 1) end
  if low == number then wait = math.max(wait, span - age) end
  longest, most = math.max(longest, span), math.max(most, number)
  answer[#answer + 1], answer[#answer + 2] = low, age
end
local debt = 0
if interval > 0 then
  debt = math.max(0, (redis.call('GET', KEYS[2]) or now) - now)
  wait = math.max(wait, debt - (burst - 1) * interval)
end
if wait == 0 then
  local lasts = math.ceil(longest / 1000) + 1000
  redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('LTRIM', KEYS[1], 0, most - 1)
  redis.call('PEXPIRE', KEYS[1], lasts)
  if interval > 0 then
    debt = debt + interval
    redis.call('SET', KEYS[2], string.format('%.0f', now + debt), 'PX', lasts)
  end
  for at = 1, #answer, 2 do answer[at] = answer[at] + 1 end
else
  wait = wait + ahead
end
return {wait, debt, unpack(answer)}
"""


class Memory:
    """The same within one process; who was not seen for longest is forgotten first."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._lock = threading.Lock()
        self._max_keys = max_keys

    def take(self, key: str, quota: Quota, now: int = 0) -> list[int]:
        """What SCRIPT answers."""
        now = now or time.time_ns() // 1000
        with self._lock:
            record = self._records.setdefault(key, Record())
            self._records.move_to_end(key)
            if len(self._records) > self._max_keys:
                self._records.popitem(last=False)
            return _take(record, quota, now)


def _take(record: Record, quota: Quota, now: int) -> list[int]:
    passed = record.passed
    ahead = max(0, passed[-1] - now) if passed else 0
    now += ahead
    wait, answer = 0, []
    for number, span in quota.windows:
        used = min(len(passed) - bisect_right(passed, now - span), number)
        age = now - passed[-used] if used else 0
        if used == number:
            wait = max(wait, span - age)
        answer += [used, age]
    debt = max(0, record.full_at - now) if quota.interval else 0
    if quota.interval:
        wait = max(wait, debt - (quota.burst - 1) * quota.interval)
    if wait:
        wait += ahead
    else:
        passed.append(now)
        del passed[: -max(number for number, _ in quota.windows)]
        debt += quota.interval
        record.full_at = now + debt
        answer[::2] = [used + 1 for used in answer[::2]]
    return [wait, debt, *answer]


class Shared:
    """Counts in the Valkey of a URL, and in memory for some seconds after it did not answer in time."""

    def __init__(self, url: str, prefix: str) -> None:
        # A connection that was lost, as by a restart, is made anew at once; what hangs is not asked a second time.
        again = Retry(NoBackoff(), 1, supported_errors=(Lost,))
        self._client = Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=again)
        self._script = self._client.register_script(SCRIPT)
        self._prefix = prefix
        self._memory = Memory()
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._away = False
        self._cache = breaker_of(url)

    def take(self, key: str, quota: Quota, now: int = 0) -> list[int]:
        """What SCRIPT answers."""
        if self._is_resting():
            return self._memory.take(key, quota, now)
        # the braces keep both on one node of a cluster
        keys = [f"{self._prefix}:limit:{{{key}}}:{part}" for part in ("log", "bucket")]
        windows = [value for window in quota.windows for value in window]
        try:
            answer: Any = self._script(keys=keys, args=[now, quota.burst, quota.interval, *windows])
        except (RedisError, OSError) as error:
            self._failed(error)
            return self._memory.take(key, quota, now)
        if self._away:
            self._away = False
            log.info("Valkey counts requests again.")
        return [int(value) for value in answer]

    def _is_resting(self) -> bool:
        """Whether to leave Valkey alone. When the rest is over one request tries, and the others do not wait for it."""
        if not self._away:
            return False
        with self._lock:
            if time.monotonic() < self._away_until:
                return True
            self._away_until = time.monotonic() + REST_SECONDS
            return False

    def _failed(self, error: Exception) -> None:
        if isinstance(error, FAILURES):
            self._cache.failed(error)  # which would wait for the same server a second time
        with self._lock:
            if not self._away:
                log.warning("Valkey does not count requests (%s); this process does, in memory.", error)
            self._away, self._away_until = True, time.monotonic() + REST_SECONDS


def take(key: str, quota: Quota) -> Usage:
    """Count a request of a client: it may pass, or has to wait."""
    return usage(quota, _shared(settings.CACHES["default"]["LOCATION"]).take(key, quota))


@functools.cache
def _shared(url: str) -> Shared:
    return Shared(url, settings.CACHES["default"]["KEY_PREFIX"])


def usage(quota: Quota, answer: list[int]) -> Usage:
    """What an answer of SCRIPT means."""
    wait, debt, *pairs = answer
    levels = []
    if quota.interval:
        tokens = max(0, quota.burst - -(-debt // quota.interval))
        more_in = debt - (quota.burst - tokens - 1) * quota.interval if debt else 0
        levels.append(Level("burst", quota.burst, quota.burst * quota.interval, tokens, more_in))
    names = {MINUTE: "minute", HOUR: "hour"}
    for (number, span), used, age in zip(quota.windows, pairs[::2], pairs[1::2], strict=True):
        levels.append(Level(names[span], number, span, number - used, span - age))
    whole = (Level(v.name, v.number, _seconds(v.span), v.left, _seconds(v.more_in)) for v in levels)
    return Usage(_seconds(wait), tuple(whole))


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / SECOND)
