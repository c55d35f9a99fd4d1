"""What functions return is kept under readable keys, made once, and stale as soon as its city was bumped."""

import asyncio
import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from redis import Redis

from nocturne import metrics
from nocturne.cache import SITE, bump, cached, generation, invalidate
from nocturne.entries import FRESH_SECONDS, LIFETIME, MAX_REMEMBERED, MEMORY, OVERHEAD, Attempt, Entry, Memory
from nocturne.valkey import ask, named

NIGHTS = (dt.date(2026, 12, 5), dt.date(2026, 12, 11))


def keys() -> set[str]:
    """Of the entries that are in Valkey."""
    found: Any = ask(lambda client: client.keys(named("*")))
    tokens = ("epoch", "edition:", "generation:")
    plain = {name.decode().removeprefix(named("")) for name in found}
    return {key for key in plain if not key.startswith(tokens)}


class Counted:
    """Functions that are kept, and how often they were called."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

        @cached(ttl=300, key_prefix="events")
        def events(city_id: int, first: dt.date, last: dt.date, *, category: str = "", free: bool = False) -> Any:
            self.calls.append((city_id, category))
            return [{"id": 1, "night": first, "price": Decimal("8.50"), "text": "Ä" * 2000}]

        @cached(ttl=600, key_prefix="event")
        def event(event_id: int, *, city_id: int) -> Any:
            self.calls.append(event_id)
            return {"id": event_id}

        @cached(ttl=600, key_prefix="cities")
        def cities() -> Any:
            self.calls.append("cities")
            return ["Berlin"]

        self.events, self.event, self.cities = events, event, cities


def test_keys_are_readable_and_further_filters_are_hashed_behind() -> None:
    counted = Counted()
    counted.events(7, *NIGHTS)
    counted.event(4711, city_id=7)
    counted.cities()
    assert keys() == {"events:7:2026-12-05:2026-12-11", "event:4711", "cities:all"}
    counted.events(7, *NIGHTS, category="", free=False)  # what the default says anyway
    assert len(keys()) == 3
    counted.events(7, *NIGHTS, category="music")
    counted.events(7, *NIGHTS, category="film")
    [first, second] = sorted(key for key in keys() if key.count(":") == 4)
    assert first.startswith("events:7:2026-12-05:2026-12-11:")
    assert first != second


def test_a_hit_calls_nothing_and_is_equal_to_the_miss() -> None:
    counted = Counted()
    first = counted.events(7, *NIGHTS)
    MEMORY.clear()  # as another process has it
    assert counted.events(7, *NIGHTS) == first == counted.events(7, last=NIGHTS[1], first=NIGHTS[0])
    assert first == [{"id": 1, "night": "2026-12-05", "price": "8.50", "text": "Ä" * 2000}]
    assert len(counted.calls) == 1


def test_what_is_changed_in_an_answer_is_not_in_the_next() -> None:
    counted = Counted()
    counted.cities().append("Atlantis")
    assert counted.cities() == ["Berlin"]


def test_entries_are_compressed_and_end_by_themselves() -> None:
    Counted().events(7, *NIGHTS)
    name = named("events:7:2026-12-05:2026-12-11")
    size: Any = ask(lambda client: client.strlen(name))
    lasts: Any = ask(lambda client: client.ttl(name))
    assert size < 300
    assert 0 < lasts <= LIFETIME == 900


def test_nothing_is_kept_longer_than_its_ttl_and_no_ttl_is_longer_than_tokens_last() -> None:
    counted = Counted()
    with time_machine.travel("2026-12-05T20:00:00Z", tick=False) as clock:
        counted.events(7, *NIGHTS)
        clock.shift(299)
        counted.events(7, *NIGHTS)
        assert len(counted.calls) == 1
        clock.shift(2)
        counted.events(7, *NIGHTS)
        assert len(counted.calls) == 2
    with pytest.raises(ValueError, match="ttl"):
        cached(ttl=LIFETIME + 1, key_prefix="x")


def test_async_functions_are_kept_alike() -> None:
    calls = []

    @cached(ttl=300, key_prefix="slow")
    async def slow(city_id: int) -> dict[str, int]:
        calls.append(city_id)
        await asyncio.sleep(0.05)
        return {"city": city_id}

    async def storm() -> list[dict[str, int]]:
        return await asyncio.gather(*(slow(7) for _ in range(10)))

    with ThreadPoolExecutor(1) as elsewhere:  # a browser may have a loop of its own in this thread
        assert elsewhere.submit(asyncio.run, storm()).result() == [{"city": 7}] * 10
    assert calls == [7]


def test_what_fails_is_not_kept_and_leaves_no_lease() -> None:
    @cached(ttl=300, key_prefix="broken")
    def broken(number: int) -> int:
        return 1 // number

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            broken(0)
    assert keys() == set()


class TestBumps:
    def test_a_bump_is_of_its_city_and_of_the_site(self) -> None:
        before = generation(7), generation(8), generation(SITE)
        assert (generation(7), generation(8), generation(SITE)) == before
        bump(7)
        assert generation(7) != before[0]
        assert generation(8) == before[1]
        assert generation(SITE) != before[2]

    def test_what_editors_change_is_stale_at_once_in_all_memories(self) -> None:
        counted = Counted()
        counted.events(7, *NIGHTS)
        counted.event(1, city_id=7)
        counted.events(8, *NIGHTS)
        counted.cities()
        bump(7)
        counted.calls.clear()
        counted.events(7, *NIGHTS)
        counted.event(1, city_id=7)
        counted.events(8, *NIGHTS)
        counted.cities()
        assert counted.calls == [(7, ""), 1, "cities"]

    def test_what_was_scraped_leaves_entries_of_this_minute(self) -> None:
        counted = Counted()
        with time_machine.travel("2026-12-05T20:00:00Z", tick=False) as clock:
            counted.events(7, *NIGHTS)
            bump(7, at_once=False)
            counted.events(7, *NIGHTS)
            clock.shift(FRESH_SECONDS - 1)
            counted.events(7, *NIGHTS)
            assert len(counted.calls) == 1
            clock.shift(2)
            counted.events(7, *NIGHTS)
            assert len(counted.calls) == 2

    def test_what_was_begun_before_a_bump_is_stale_when_it_is_done(self) -> None:
        with Attempt("events:x", city_id=7, ttl=300) as attempt:
            assert attempt.find() is None
            bump(7)  # a page is being rendered, of rows that were read before
            attempt.keep(b"old")
        with Attempt("events:x", city_id=7, ttl=300) as attempt:
            assert attempt.find() is None

    def test_no_token_outlives_a_quarter_of_an_hour(self) -> None:
        bump(9)
        generation(10)
        names = [f"{kind}:{n}" for kind in ("edition", "generation") for n in (9, 10, SITE)]
        assert all(0 < cache.ttl(name) <= LIFETIME for name in names)


class TestLeases:
    def attempt(self) -> Attempt:
        return Attempt("events:x", city_id=7, ttl=300)

    def test_of_many_at_once_one_makes_it_and_the_others_wait(self) -> None:
        made = threading.Event()
        calls = []

        @cached(ttl=300, key_prefix="slow")
        def slow(city_id: int) -> int:
            calls.append(city_id)
            made.wait(0.2)
            return city_id

        with ThreadPoolExecutor(12) as pool:
            assert list(pool.map(slow, [7] * 12)) == [7] * 12
        assert calls == [7]

    def test_while_one_makes_it_the_others_take_the_former(self) -> None:
        with time_machine.travel("2026-12-05T20:00:00Z", tick=False) as clock:
            with self.attempt() as attempt:
                attempt.find()
                attempt.keep(b"former")
            clock.shift(FRESH_SECONDS + 1)
            bump(7, at_once=False)
            with self.attempt() as maker, self.attempt() as other:
                assert maker.find() is None
                found = other.find()
                assert found is not None
                assert found.value == b"former"
                maker.keep(b"new")
            with self.attempt() as attempt:
                assert (attempt.find() or found).value == b"new"

    def test_the_former_is_no_answer_after_an_editor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("nocturne.entries.WAIT_SECONDS", 0.1)
        with self.attempt() as attempt:
            attempt.find()
            attempt.keep(b"former")
        bump(7)
        with self.attempt() as maker, self.attempt() as other:
            assert maker.find() is None
            assert other.find() is None  # it waited, and makes one itself

    def test_a_lease_is_given_up_by_its_holder_alone(self) -> None:
        with self.attempt() as first:
            assert first.find() is None
            ask(lambda client: client.delete(named("lease:events:x")))  # it took too long, and ended
            with self.attempt() as second:
                assert second.find() is None
                first.__exit__(None, None, None)
                assert ask(lambda client: client.exists(named("lease:events:x"))) == 1


class TestInvalidation:
    def test_a_pattern_takes_what_fits_it_and_nothing_else(self, capsys: pytest.CaptureFixture[str]) -> None:
        counted = Counted()
        for city_id in (7, 8):
            counted.events(city_id, *NIGHTS)
            counted.events(city_id, *NIGHTS, category="film")
        ask(lambda client: client.set("foreign", "stays"))
        call_command("invalidate_cache", "events:7:*")
        assert "2 entries" in capsys.readouterr().out
        assert {key.split(":")[1] for key in keys()} == {"8"}
        counted.calls.clear()
        counted.events(7, *NIGHTS)
        counted.events(8, *NIGHTS)
        assert counted.calls == [(7, "")]
        assert ask(lambda client: client.get("foreign")) == b"stays"

    def test_what_counts_tries_and_failures_is_nobodys_to_reset(self) -> None:
        for key in ("rl:0123", "breaker:failures:klub.example", "kept"):
            cache.set(key, 4)
        assert invalidate("*") >= 1
        assert [cache.get(key) for key in ("rl:0123", "breaker:failures:klub.example", "kept")] == [4, 4, None]
        assert invalidate("rl:*") == 0

    def test_memories_of_other_processes_end_with_it(self) -> None:
        counted = Counted()
        counted.cities()
        elsewhere = MEMORY.get("cities:all")
        assert elsewhere is not None
        assert invalidate("cities:*") == 1
        MEMORY.put("cities:all", *elsewhere)  # as another process still has it
        counted.cities()
        assert len(counted.calls) == 2

    def test_an_empty_pattern_is_refused(self) -> None:
        with pytest.raises(CommandError, match="pattern"):
            call_command("invalidate_cache", "")

    def test_clearing_leaves_what_is_not_ours(self) -> None:
        cache.set("ours", 1)
        ask(lambda client: client.set("foreign", "stays"))
        cache.clear()
        assert cache.get("ours") is None
        assert ask(lambda client: client.get("foreign")) == b"stays"


def test_what_is_no_entry_is_a_miss() -> None:
    for rubbish in (b"", b"x" * 20, Entry(b"", b"", 0, b"v" * 2000).to_bytes()[:60]):
        assert Entry.from_bytes(rubbish) is None
    entry = Entry(b"e" * 16, b"g" * 16, 1.5, b"value" * 1000)
    assert Entry.from_bytes(entry.to_bytes()) == entry


def test_nothing_in_valkey_is_ever_unpickled() -> None:
    """What somebody has put there runs nothing."""
    attack = b"cos\nsystem\n(S'exit 1'\ntR."
    ask(lambda client: client.set(named("evil"), attack))
    with pytest.raises(ValueError):
        cache.get("evil")


class TestMemory:
    def entry(self, size: int = 10) -> Entry:
        return Entry(b"", b"", 0, b"x" * size)

    def test_is_bounded_and_forgets_first_what_was_not_asked_for_longest(self) -> None:
        memory = Memory(max_bytes=3 * (OVERHEAD + 11))
        for key in "abc":
            memory.put(key, b"", self.entry())
        memory.get("a")
        memory.put("d", b"", self.entry())
        assert [key for key in "abcd" if memory.get(key)] == ["a", "c", "d"]

    def test_the_same_key_counts_once_and_the_largest_not_at_all(self) -> None:
        memory = Memory(max_bytes=2 * (OVERHEAD + 11))
        for _ in range(5):
            memory.put("a", b"", self.entry())
        memory.put("b", b"", self.entry())
        memory.put("c", b"", self.entry(MAX_REMEMBERED + 1))
        assert [key for key in "abc" if memory.get(key)] == ["a", "b"]


def test_hits_and_misses_are_counted_by_the_first_word_of_the_key() -> None:
    def counts() -> tuple[float, float]:
        labels = {"cache": "cities"}
        sample = metrics.REGISTRY.get_sample_value
        return sample("nocturne_cache_hits_total", labels) or 0, sample("nocturne_cache_misses_total", labels) or 0

    hits, misses = counts()
    counted = Counted()
    counted.cities()
    counted.cities()
    counted.cities()
    assert counts() == (hits + 2, misses + 1)


def test_the_client_is_pooled_and_has_short_timeouts() -> None:
    def look(client: Redis) -> dict[str, Any]:
        return dict(client.connection_pool.connection_kwargs)

    options = ask(look)
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 0.3
