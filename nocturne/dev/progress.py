"""What a command is doing, and how long it took: one line a step, on the standard error."""

import contextlib
import sys
import time
from collections.abc import Iterator


@contextlib.contextmanager
def step(title: str, *, talks: bool = False) -> Iterator[None]:
    """Say what begins, and the seconds when it is over; `talks` leaves the lines between to the step itself."""
    print(f"{title} ...", end="\n" if talks else " ", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("" if talks else "failed", file=sys.stderr, flush=True)
        raise
    print(f"{f'{title}: ' if talks else ''}{time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
