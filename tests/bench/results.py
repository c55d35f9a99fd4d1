"""What a bench finds, one line a figure, for the table that python -m tests.bench makes of all of them."""

import json
import os
import statistics
from collections.abc import Iterable

FILE = "BENCH_RESULTS"


def record(name: str, ratio: float, *, least: float | None = None, most: float | None = None) -> None:
    """A figure of this run, and what it should be: at least, or at most. Without a table in the making, nothing."""
    path = os.environ.get(FILE)
    if not path:
        return
    target = least if least is not None else most
    ok = (least is None or ratio >= least) and (most is None or ratio <= most)
    side = "at least" if least is not None else "at most"
    with open(path, "a") as file:
        file.write(
            json.dumps({"name": name, "ratio": round(ratio, 4), "target": target, "side": side, "ok": ok}) + "\n"
        )


def middle(pairs: Iterable[tuple[float, float]]) -> float:
    """The median of ratios, each of two figures of one round."""
    return statistics.median(one / other for one, other in pairs if other)
