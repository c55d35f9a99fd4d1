"""What is kept under a key: made by one, read by all, from Valkey and from a small memory of each process.

An entry holds the two tokens of its city from before it was made. It is fresh while both are the city's, or while it
is under a minute old and the first is; so what editors change (the first token, the *edition*) is seen at once, and
what is scraped (the second, the *generation*) makes nobody wait. Of those who find none that is fresh one makes it,
under a lease, and the others take the former one, or wait if there is none.

What memory holds is believed only by the tokens, which Valkey is asked for each time. While that is away the memory
of each process answers by itself, for some seconds.
"""

import asyncio
import secrets
import struct
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from redis import Redis
from redis.exceptions import RedisError

from nocturne import metrics
from nocturne.valkey import Away, ask, named

LIFETIME = 15 * 60  # of tokens and of entries: a bump that was lost makes nothing stale for longer
FRESH_SECONDS = 60  # that an entry of a former generation counts as fresh
LEASE_SECONDS = 5  # for making one; whoever holds it may be killed
WAIT_SECONDS = 6  # for what another makes: until its lease has ended, so that the next one makes it
STEP_SECONDS = 0.02
AWAY_SECONDS = 5  # that memory answers by itself while Valkey is away
MEMORY_BYTES = 32_000_000  # of one process
OVERHEAD = 600  # bytes of an entry beside what is in it, about
MAX_REMEMBERED = 1_000_000  # of one entry
COMPRESSED_FROM = 1_000  # bytes

_HEAD = struct.Struct(">16s16sd?")
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Tokens(NamedTuple):
    """`epoch` is that of all memories, which end with it."""

    epoch: bytes
    edition: bytes
    generation: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    edition: bytes
    generation: bytes
    made: float
    value: bytes

    def is_fresh(self, tokens: Tokens, ttl: float) -> bool:
        age = time.time() - self.made
        same = self.generation == tokens.generation or age < FRESH_SECONDS
        return self.edition == tokens.edition and same and age < ttl

    def is_usable(self, tokens: Tokens) -> bool:
        """While another one is made."""
        return self.edition == tokens.edition and time.time() - self.made < LIFETIME

    def to_bytes(self) -> bytes:
        packed = len(self.value) >= COMPRESSED_FROM
        head = _HEAD.pack(self.edition, self.generation, self.made, packed)
        return head + (zlib.compress(self.value, 1) if packed else self.value)

    @classmethod
    def from_bytes(cls, data: bytes | None) -> Self | None:
        """None for what no entry is."""
        if data is None or len(data) < _HEAD.size:
            return None
        try:
            edition, generation, made, packed = _HEAD.unpack_from(data)
            value = data[_HEAD.size :]
            return cls(edition, generation, made, zlib.decompress(value) if packed else value)
        except (struct.error, zlib.error):
            return None


class Memory:
    """Entries of this process, with the epoch they were read in; those not asked for longest go first."""

    def __init__(self, max_bytes: int = MEMORY_BYTES) -> None:
        self._entries: OrderedDict[str, tuple[bytes, float, Entry]] = OrderedDict()
        self._lock = threading.Lock()
        self._max_bytes = max_bytes
        self._bytes = 0

    def get(self, key: str) -> tuple[bytes, Entry] | None:
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0], found[2]

    def put(self, key: str, epoch: bytes, entry: Entry) -> None:
        if len(entry.value) > MAX_REMEMBERED:
            return
        with self._lock:
            self._drop(key)
            self._entries[key] = (epoch, time.monotonic(), entry)
            self._bytes += _size(key, epoch, entry)
            while self._bytes > self._max_bytes:
                last, (of, _, gone) = self._entries.popitem(last=False)
                self._bytes -= _size(last, of, gone)
                metrics.cache_evictions.labels("memory").inc()

    def confirm(self, key: str) -> None:
        """Valkey has said that the entry is fresh."""
        with self._lock:
            if found := self._entries.get(key):
                self._entries[key] = (found[0], time.monotonic(), found[2])

    def lately(self, key: str) -> Entry | None:
        """The entry if it was read or confirmed within some seconds."""
        with self._lock:
            found = self._entries.get(key)
        return found[2] if found and time.monotonic() - found[1] < AWAY_SECONDS else None

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _drop(self, key: str) -> None:
        if found := self._entries.pop(key, None):
            self._bytes -= _size(key, found[0], found[2])


def _size(key: str, epoch: bytes, entry: Entry) -> int:
    return len(key) + len(epoch) + len(entry.value) + OVERHEAD


MEMORY = Memory()


class Attempt:
    """To get one entry: `find` it, or make it and `keep` it.

        with Attempt(key, city_id=7, ttl=300) as attempt:
            if (entry := attempt.find()) is None:
                attempt.keep(value)

    `tokens` are None while Valkey is away. Metrics count it under the first word of the key.
    """

    def __init__(self, key: str, *, city_id: int, ttl: float) -> None:
        self.key, self.city_id, self.ttl = key, city_id, ttl
        self.tokens: Tokens | None = None
        self._name, self._lease = named(key), named(f"lease:{key}")
        self._owner = ""
        self._until = time.monotonic() + WAIT_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owner:
            self._ask(lambda client: client.eval(_RELEASE, 1, self._lease, self._owner))

    def find(self) -> Entry | None:
        """None for the one who is to make it."""
        found, wait = self._begin()
        while wait:
            time.sleep(STEP_SECONDS)
            found, wait = self._look_again()
        return self._counted(found)

    async def afind(self) -> Entry | None:
        found, wait = await asyncio.to_thread(self._begin)
        while wait:
            await asyncio.sleep(STEP_SECONDS)
            found, wait = await asyncio.to_thread(self._look_again)
        return self._counted(found)

    def keep(self, value: bytes) -> None:
        tokens = self.tokens
        if tokens is None:  # nobody can say what it belongs to: for some seconds, and in this process
            MEMORY.put(self.key, b"", Entry(b"", b"", time.time(), value))
            return
        entry = Entry(tokens.edition, tokens.generation, time.time(), value)
        MEMORY.put(self.key, tokens.epoch, entry)
        data, owner = entry.to_bytes(), self._owner

        def write(client: Redis) -> None:
            with client.pipeline(transaction=False) as pipe:
                pipe.set(self._name, data, ex=LIFETIME)
                if owner:
                    pipe.eval(_RELEASE, 1, self._lease, owner)
                pipe.execute()

        self._owner = ""
        self._ask(write)

    def _begin(self) -> tuple[Entry | None, bool]:
        """What is fresh, else what there is as the lease is asked for; and whether to wait."""
        remembered = MEMORY.get(self.key)
        read = self._ask(lambda client: read_tokens(client, self.city_id, () if remembered else (self._name,)))
        if read is None:
            return MEMORY.lately(self.key), False
        tokens, rest = read
        if remembered:
            epoch, entry = remembered
            if epoch == tokens.epoch and entry.is_fresh(tokens, self.ttl):
                self.tokens = tokens
                MEMORY.confirm(self.key)
                return entry, False
        elif (stored := self._fresh(tokens, rest[0])) is not None:
            return stored, False
        return self._look_again()

    def _look_again(self) -> tuple[Entry | None, bool]:
        owner = secrets.token_hex(8)

        def look(client: Redis) -> tuple[bool, Tokens, Any]:
            # in this order: whoever has the lease sees what the one before has made
            leased = bool(client.set(self._lease, owner, nx=True, px=LEASE_SECONDS * 1000))
            tokens, [data] = read_tokens(client, self.city_id, (self._name,))
            return leased, tokens, data

        answer = self._ask(look)
        if answer is None:
            return MEMORY.lately(self.key), False
        leased, tokens, data = answer
        self._owner = owner if leased else ""
        if (fresh := self._fresh(tokens, data)) is not None:
            return fresh, False
        self.tokens = tokens
        former = Entry.from_bytes(data)
        if not leased and former is not None and former.is_usable(tokens):
            return former, False
        return None, not leased and time.monotonic() < self._until

    def _fresh(self, tokens: Tokens, data: bytes | None) -> Entry | None:
        entry = Entry.from_bytes(data)
        if entry is None or not entry.is_fresh(tokens, self.ttl):
            return None
        self.tokens = tokens
        MEMORY.put(self.key, tokens.epoch, entry)
        return entry

    def _counted(self, found: Entry | None) -> Entry | None:
        which = metrics.cache_misses if found is None else metrics.cache_hits
        which.labels(self.key.partition(":")[0]).inc()
        return found

    def _ask(self, work: Any) -> Any:
        """None while Valkey is away, or refuses."""
        try:
            return ask(work)
        except Away:
            pass
        except RedisError:
            metrics.cache_misses.labels("refused").inc()
        self.tokens = None
        return None


def read_tokens(client: Redis, city_id: int, also: Sequence[str] = ()) -> tuple[Tokens, list[Any]]:
    """The tokens of a city, and the values of other names, in one call; tokens that are missing are made."""
    names = token_names(city_id)
    values: Any = client.mget([*names, *also])
    if None in values[:3]:
        for name, value in zip(names, values, strict=False):
            if value is None:
                # of two processes that find none, both must read the same one
                client.set(name, new_token(), nx=True, ex=LIFETIME)
        values = client.mget([*names, *also])
    return Tokens(*(value or b"" for value in values[:3])), values[3:]


def token_names(city_id: int) -> list[str]:
    return [named("epoch"), named(f"edition:{city_id}"), named(f"generation:{city_id}")]


def new_token() -> str:
    return secrets.token_hex(8)
