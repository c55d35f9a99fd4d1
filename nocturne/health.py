"""Whether the site works: checks that apps register, each bounded in time.

@health.register("sources")
def sources() -> str:
    '''"" if all is well, else a sentence on what is not, fit for strangers.'''
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, TimeoutError as FutureTimeout
from dataclasses import dataclass

from django.db import connections

SECONDS = 2.0  # that a check may take

Check = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Result:
    """`trouble` is a sentence, or ""; what it says is seen by everybody."""

    name: str
    trouble: str
    ms: float


class _Registered:
    """A check and its last call, which may hang: then it is not called a second time."""

    def __init__(self, name: str, check: Check) -> None:
        self.name, self.check = name, check
        self._running: Future[tuple[str, float]] | None = None
        self._lock = threading.Lock()

    def begin(self) -> Future[tuple[str, float]]:
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(target=self._run, args=(self._running,), name=self.name, daemon=True).start()
            return self._running

    def _run(self, future: Future[tuple[str, float]]) -> None:
        started = time.perf_counter()
        try:
            trouble = self.check()
        except Exception as error:
            # what an error says may name hosts and users; its kind does not
            trouble = f"It failed: {type(error).__name__}."
        finally:
            connections.close_all()  # those of this thread
        future.set_result((trouble, time.perf_counter() - started))


_checks: dict[str, _Registered] = {}


def register(name: str) -> Callable[[Check], Check]:
    """Register a check under a name; a second one of the name takes the place of the first."""

    def wrap(check: Check) -> Check:
        _checks[name] = _Registered(name, check)
        return check

    return wrap


def run(*names: str, seconds: float = SECONDS) -> Sequence[Result]:
    """The results of all checks, or those named, in their order. All run at once, and none is waited for longer."""
    started = time.perf_counter()
    running = [(name, one.begin()) for name, one in _checks.items() if not names or name in names]
    results = []
    for name, future in running:
        try:
            trouble, took = future.result(max(0.0, started + seconds - time.perf_counter()))
        except FutureTimeout:
            trouble, took = f"It gave no answer within {seconds:g} seconds.", time.perf_counter() - started
        results.append(Result(name, trouble, round(took * 1000, 1)))
    return results
