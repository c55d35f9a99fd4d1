"""All benches, and one table of what they find: make bench, or SCALE=0.05 python -m tests.bench [NAME...].

Every figure is a ratio of one run, since seconds differ from machine to machine: of the thing measured to the least
that it could cost, of a later part to an earlier one, or of what went wrong to all. SCALE=1, the default, is 1,000,000
events in 300 cities with 100,000 readers, 2,000 sources, 200,000 listings to match; 0.05 is a twentieth of each, and
measures once what the whole measures in rounds.

bench-results.json gets a list of name, ratio, target and ok. A line of all ratios is added to bench-history.jsonl that
belongs to this machine and is not kept by git: what is a fifth worse than the median of its last five runs of the same
scale is named. The exit status is 1 if a bench fails; a target that is missed is said, and not fatal.
"""

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.databases import ROOT
from tests.bench.results import FILE

RESULTS, HISTORY = ROOT / "bench-results.json", ROOT / "bench-history.jsonl"
LAST, WORSE = 5, 0.2
MODULES = {"writing": "sending"}


def benches(scale: float) -> dict[str, list[str]]:
    """Arguments of each, by its name."""

    def some(count: int, least: int) -> str:
        return str(max(least, round(count * scale)))

    few = scale < 0.5
    return {
        "ingestion": ["--rounds", "1" if few else "3", "--events", some(10_000, 2000)],
        "matching": ["--sizes", some(50_000, 5000), some(200_000, 20_000), "--future", some(5000, 600)],
        "sending": ["--subscribers", some(2000, 300), "--rounds", "1" if few else "3"],
        "writing": ["--only-render", "--subscribers", some(100_000, 6000), "--searches", some(300, 30)],
        "subscribers": ["--subscribers", some(5000, 240)],
        "watching": ["--rounds", "3" if few else "15"],
        "sources": ["--sources", "60" if few else some(2000, 60)],
        "jobs": ["--rounds", "1" if few else "3"],
        "pages": ["--rounds", "1" if few else "5", *(["--seconds", "0.5", "--requests", "40"] if few else [])],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these")
    options = parser.parse_args()
    scale = float(os.environ.get("SCALE", "1"))
    chosen = benches(scale)
    if unknown := set(options.names) - set(chosen):
        parser.error(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(chosen)}.")
    found: list[dict[str, Any]] = []
    failed: list[str] = []
    for name, arguments in chosen.items():
        if options.names and name not in options.names:
            continue
        began, busy = time.monotonic(), _busy()
        print(f"\n--- {name} {' '.join(arguments)}", flush=True)
        rows, status = _run(name, arguments)
        print(f"--- {time.monotonic() - began:.0f} s, {_busy() - busy:.0f} s of CPU without the servers'", flush=True)
        found += rows
        kept = [{key: row[key] for key in ("name", "ratio", "target", "ok")} for row in found]
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")  # each time: a run at full size may be cut short
        if status:
            failed.append(name)
    _print(found, _before(scale))
    with HISTORY.open("a") as history:
        line = {"at": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "scale": scale, "commit": _commit()}
        history.write(json.dumps({**line, "ratios": {row["name"]: row["ratio"] for row in found}}) + "\n")
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _run(name: str, arguments: list[str]) -> tuple[list[dict[str, Any]], int]:
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        file = Path(folder) / "figures.jsonl"
        command = [sys.executable, "-m", f"tests.bench.{MODULES.get(name, name)}", *arguments]
        status = subprocess.run(command, check=False, cwd=ROOT, env={**os.environ, FILE: str(file)}).returncode
        lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines], status


def _busy() -> float:
    """Seconds of CPU that benches and the programs that they started have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _before(scale: float) -> dict[str, float]:
    """The median of each figure over its last runs of this scale."""
    runs: dict[str, list[float]] = {}
    lines = HISTORY.read_text().splitlines() if HISTORY.exists() else []
    for line in map(json.loads, lines):
        if line["scale"] == scale:
            for name, ratio in line["ratios"].items():
                runs.setdefault(name, []).append(ratio)
    return {name: statistics.median(ratios[-LAST:]) for name, ratios in runs.items()}


def _print(rows: list[dict[str, Any]], before: dict[str, float]) -> None:
    print(f"\n{'':76}{'ratio':>8}  {'target':16}{'ok':4}{'before':>8}")
    for row in rows:
        former = before.get(row["name"])
        target = f"{row['side']} {row['target']:g}"
        line = f"{row['name']:76}{row['ratio']:8.2f}  {target:16}{'yes' if row['ok'] else 'NO':4}"
        print(line + (f"{former:8.2f}" if former is not None else "") + (" worse" if _is_worse(row, former) else ""))
    missed = sum(not row["ok"] for row in rows)
    print(f"{len(rows)} figures, {missed} of them beside their target; written to {RESULTS.name}")


def _is_worse(row: dict[str, Any], former: float | None) -> bool:
    if former is None:
        return False
    if row["side"] == "at least":
        return bool(row["ratio"] < former * (1 - WORSE))
    return bool(row["ratio"] > former * (1 + WORSE))


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    said = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    return said.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
