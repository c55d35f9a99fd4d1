"""Several processes, one of them killed: what is kept is made once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nocturne.entries import Attempt
from nocturne.valkey import ask, named

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, sys, time, django
from concurrent.futures import ThreadPoolExecutor
django.setup()
from nocturne import entries
from nocturne.cache import cached
from nocturne.valkey import ask, named
"""
STORM = """
@cached(ttl=300, key_prefix="storm")
def storm(city_id):
    ask(lambda client: client.incr(named("calls")))
    time.sleep(0.5)  # as a query takes
    return {"city": city_id}

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(20) as pool:
    assert list(pool.map(storm, [7] * 20)) == [{"city": 7}] * 20
"""
HOLDER = """
entries.LEASE_SECONDS = 1
with entries.Attempt("held", city_id=7, ttl=300) as attempt:
    assert attempt.find() is None
    print("ready", flush=True)
    time.sleep(60)
"""


def start(script: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN + script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "nocturne.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_of_forty_in_two_processes_one_asks_the_database() -> None:
    processes = [start(STORM) for _ in range(2)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(30) for process in processes] == [0, 0]
    calls: Any = ask(lambda client: client.get(named("calls")))
    assert int(calls) == 1


def test_whoever_holds_the_lease_may_be_killed() -> None:
    holder = start(HOLDER)
    holder.kill()
    holder.wait()
    assert ask(lambda client: client.exists(named("lease:held"))) == 1
    with Attempt("held", city_id=7, ttl=300) as attempt:
        assert attempt.find() is None  # it waited until the lease had ended
        assert ask(lambda client: client.get(named("lease:held"))) == attempt._owner.encode()
        attempt.keep(b"new")
    assert ask(lambda client: client.exists(named("lease:held"))) == 0
