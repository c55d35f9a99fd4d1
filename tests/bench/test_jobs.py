"""The bench of jobs runs: its world is one that the jobs find healthy, and each figure reaches the table."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.databases import ROOT
from tests.bench.results import FILE


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_jobs_are_measured_in_a_world_in_which_they_find_nothing_wrong(tmp_path: Path) -> None:
    env = {**os.environ, "SCALE": "0.01", FILE: str(tmp_path / "figures")}
    command = [sys.executable, "-m", "tests.bench.jobs", "--rounds=1", "--only", "recompose", "archive", "a source"]

    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    figures = [json.loads(line) for line in (tmp_path / "figures").read_text().splitlines()]
    assert [figure["name"].partition(",")[0] for figure in figures] == [
        "read a source's calendar",
        "audit: a source",
        "recompose a city",
        "archive: nothing is over",
        "archive a night",
    ]
    assert all(figure["ratio"] > 0 for figure in figures)
