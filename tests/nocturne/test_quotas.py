"""Windows and bucket against what they are, in memory and in Valkey; and Valkey away."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given, settings as how, strategies as st

from nocturne import quotas
from nocturne.dev.engines import Valkey
from nocturne.quotas import HOUR, MINUTE, SECOND, Memory, Quota, Shared, usage

ROOT = Path(__file__).resolve().parents[2]
START = 1_795_000_000 * SECOND
ONE = Quota(per_minute=60, per_hour=1000, burst=10)

# Steps of a clock, in microseconds, at the edges of windows, too; or as long as the last answer said, or 1 less.
steps = st.one_of(
    st.sampled_from([0, 1, SECOND, MINUTE - 1, MINUTE, MINUTE + 1, HOUR - MINUTE, HOUR, -SECOND]),
    st.integers(0, 20 * SECOND),
    st.sampled_from(["wait", "almost"]),
)
made = st.builds(Quota, st.integers(0, 5), st.integers(0, 12), st.integers(0, 4)).filter(lambda quota: quota.windows)


class Definition:
    """What a quota is: all that has passed, and a bucket with a tap."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.passed: list[int] = []
        self.now = 0
        self.tokens = Fraction(quota.burst)

    def take(self, now: int) -> bool:
        now = max(now, self.passed[-1]) if self.passed else now  # a clock that is set back stands still
        if self.quota.interval:
            gained = Fraction(now - self.now, self.quota.interval) if self.passed else 0
            tokens = min(Fraction(self.quota.burst), self.tokens + gained)
            if tokens < 1:
                return False
        if any(sum(at > now - span for at in self.passed) >= number for number, span in self.quota.windows):
            return False
        if self.quota.interval:
            self.tokens, self.now = tokens - 1, now
        self.passed.append(now)
        return True


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    made = Shared(settings.CACHES["default"]["LOCATION"], settings.CACHES["default"]["KEY_PREFIX"])
    yield made
    made._client.close()


@given(quota=made, walk=st.lists(steps, min_size=1, max_size=40))
@how(max_examples=60, deadline=None)
def test_no_minute_no_hour_and_no_burst_has_more_than_is_allowed(shared: Shared, quota: Quota, walk: list[Any]) -> None:
    definition, memory, key, now, wait = Definition(quota), Memory(), secrets.token_hex(8), START, 0
    for step in walk:
        now += {"wait": wait, "almost": max(0, wait - 1)}.get(step, step)
        answer = shared.take(key, quota, now)
        assert answer == memory.take(key, quota, now)
        assert (answer[0] == 0) == definition.take(now)
        assert step != "wait" or not wait or not answer[0]
        assert step != "almost" or not wait or answer[0]
        wait = answer[0]
    for number, span in quota.windows:
        for first in definition.passed:
            assert sum(first <= at < first + span for at in definition.passed) <= number


def test_what_is_left_is_told() -> None:
    memory = Memory()
    for taken in range(1, 11):
        found = usage(ONE, memory.take("ada", ONE, START))
        assert (found.wait, [level.left for level in found.levels]) == (0, [10 - taken, 60 - taken, 1000 - taken])
    refused = usage(ONE, memory.take("ada", ONE, START))
    assert refused.wait == 1
    assert [(level.name, level.left, level.more_in) for level in refused.levels] == [
        ("burst", 0, 1),
        ("minute", 50, 60),
        ("hour", 990, 3600),
    ]
    assert usage(ONE, memory.take("bob", ONE, START)).wait == 0
    assert usage(ONE, memory.take("ada", ONE, START + SECOND)).wait == 0


def test_a_process_forgets_who_was_not_seen_for_longest() -> None:
    memory, quota = Memory(max_keys=2), Quota(1, 0, 0)
    assert [memory.take(key, quota, START)[0] == 0 for key in "abacaba"] == [
        True,
        True,
        False,
        True,
        False,
        True,
        False,
    ]


TAKER = """
import sys
from nocturne.quotas import Quota, Shared
store, quota = Shared(sys.argv[1], "test"), Quota(50, 0, 0)
print(store.take("warm-" + sys.argv[2], quota), flush=True)
sys.stdin.readline()
print(sum(store.take(sys.argv[2], quota)[0] == 0 for _ in range(60)))
"""


def test_four_processes_at_once_take_no_more_than_one() -> None:
    key = secrets.token_hex(8)
    command = [sys.executable, "-c", TAKER, settings.CACHES["default"]["LOCATION"], key]
    with contextlib.ExitStack() as stack:
        takers = [
            stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        for taker in takers:
            assert taker.stdout
            assert taker.stdout.readline()
        for taker in takers:
            assert taker.stdin
            taker.stdin.write("go\n")
            taker.stdin.flush()
        assert sum(int(taker.communicate()[0]) for taker in takers) == 50


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[tuple[Valkey, list[subprocess.Popen[bytes]]]]:
    """One of its own, and the processes it has had."""
    engine, processes = Valkey(tmp_path, durable=False), []
    engine.prepare()
    processes.append(_start(engine))
    yield engine, processes
    for process in processes:
        process.kill()
        process.wait()


def _start(engine: Valkey) -> subprocess.Popen[bytes]:
    process = engine.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not engine.ready(process):
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("trouble", ["stopped", "hung", "full"])
def test_while_valkey_is_away_a_process_counts_for_itself_and_nobody_waits(
    valkey: tuple[Valkey, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    engine, processes = valkey
    monkeypatch.setattr(quotas, "TIMEOUT", 0.05)
    store, quota = Shared(engine.url, "test"), Quota(3, 0, 0)
    assert [store.take("ada", quota)[0] == 0 for _ in range(4)] == [True, True, True, False]
    if trouble == "stopped":
        processes[0].kill()
        processes[0].wait()
    elif trouble == "hung":
        os.kill(processes[0].pid, signal.SIGSTOP)
    else:
        store._client.config_set("maxmemory", 1)
    who = "bob" if trouble == "full" else "ada"  # a refusal writes nothing, and so needs no room
    assert store.take(who, quota)[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(store, "_script", None)  # which is not asked any more
        assert [store.take(who, quota)[0] == 0 for _ in range(3)] == [True, True, False]
    if trouble == "stopped":
        processes.append(_start(engine))
    elif trouble == "hung":
        os.kill(processes[0].pid, signal.SIGCONT)
    else:
        store._client.config_set("maxmemory", 0)
    monkeypatch.setattr(store, "_away_until", 0.0)
    assert (store.take("ada", quota)[0] == 0) == (trouble == "stopped")  # one that hung or was full remembers
    assert not store._away


def test_a_restart_of_valkey_is_not_noticed(valkey: tuple[Valkey, list[subprocess.Popen[bytes]]]) -> None:
    engine, processes = valkey
    store = Shared(engine.url, "test")
    store.take("ada", ONE)
    processes[0].kill()
    processes[0].wait()
    processes.append(_start(engine))
    assert store.take("ada", ONE)[2] == 1
    assert not store._away
