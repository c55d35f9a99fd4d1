"""The thread in which a process watches itself: counts to the minutes, a heartbeat, and its turn to look for alerts."""

import atexit
import datetime as dt
import logging
import os
import threading
from contextlib import suppress
from typing import Any

from django.db import Error, connection, connections
from django.utils import timezone as clock

from nocturne import metrics

from . import disks, evaluation, folder, heartbeats, machine, minutes
from .outage import Outage, is_away

log = logging.getLogger(__name__)
FIRST, TICK = 1.0, 15.0  # seconds until the first look, and between two


class Watch:
    """`kind` is that of its heartbeat, "" for a child, which has none and looks for no alerts."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._adder = minutes.Adder()
        self._outage = Outage()
        self._cpu = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Add what was counted since, and say that this process is gone; as long as the database lets it."""
        self._ended.set()
        with suppress(Error):
            self._adder.add()
            if self.kind:
                heartbeats.leave(self.kind)
        connection.close()

    def _run(self) -> None:
        rest = FIRST
        while not self._ended.wait(rest):
            self.tick()
            rest = TICK

    def tick(self, *, now: dt.datetime | None = None) -> None:
        """One look; whatever goes wrong in it is logged, and the next comes."""
        now = now or clock.now()
        try:
            self._measure()
            self._adder.add(now=now)
            if self.kind:
                heartbeats.beat(self.kind, now=now)
                disks.note(now=now)
                self._outage.over(now=now)
                evaluation.evaluate(now=now)
        except Exception as error:
            if is_away(error):
                log.info("The database is away: %s", error)
                if self.kind:
                    self._outage.seen(error, now=now)
            else:
                log.exception("Watching failed.")
        finally:
            connections.close_all()  # those of this thread

    def _measure(self) -> None:
        family = folder.family()
        used = machine.own_cpu_seconds()
        metrics.cpu_seconds.labels(family).inc(max(0.0, used - self._cpu))
        self._cpu = used
        metrics.memory_bytes.labels(family).set(machine.own_memory())
        pool: Any = getattr(connection, "pool", None)  # None where the settings have no pool
        if pool:
            stats = pool.get_stats()
            metrics.pool_in_use.set(stats.get("pool_size", 0) - stats.get("pool_available", 0))
            metrics.pool_waiting.set(stats.get("requests_waiting", 0))
        folder.sweep()


_watches: dict[int, Watch] = {}  # by process: a child has that of its parent in it, whose thread is not there


def begin(kind: str = "") -> None:
    """Have this process watched; a second call in it changes nothing."""
    if os.getpid() not in _watches:
        _watches[os.getpid()] = Watch(kind)
        _watches[os.getpid()].begin()
        atexit.register(end)


def end() -> None:
    """Before the process ends as it should; a second call does nothing."""
    if watch := _watches.pop(os.getpid(), None):
        watch.end()
