"""The table of what benches find: what is compared with former runs, and what counts as worse."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench import __main__ as table, results

KEPT = {"name": "page, kept", "side": "at least", "target": 1.4}


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(table, "HISTORY", tmp_path / "history.jsonl")
    return tmp_path / "history.jsonl"


def test_a_figure_is_compared_with_the_median_of_its_last_five_runs_of_the_same_scale(history: Path) -> None:
    runs = [(1, 100), (1, 3), (1, 1), (1, 2), (1, 5), (1, 4), (0.05, 50)]
    lines = [json.dumps({"scale": scale, "ratios": {"page, kept": ratio}}) for scale, ratio in runs]
    history.write_text("\n".join(lines))

    assert table._before(1) == {"page, kept": 3}


def test_without_former_runs_nothing_is_worse(history: Path) -> None:
    assert table._before(1) == {}
    assert not table._is_worse({**KEPT, "ratio": 0.1}, None)


@pytest.mark.parametrize(
    ("side", "ratio", "worse"),
    [("at least", 0.79, True), ("at least", 0.81, False), ("at most", 1.21, True), ("at most", 1.19, False)],
)
def test_a_figure_is_worse_by_a_fifth_on_the_side_that_counts(side: str, ratio: float, worse: bool) -> None:
    assert table._is_worse({**KEPT, "side": side, "ratio": ratio}, 1.0) is worse


def test_figures_are_told_to_the_table_with_what_they_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(results.FILE, str(tmp_path / "figures"))
    results.record("page, kept", 1.5, least=1.4)
    results.record("reading", 1.6, most=1.5)
    rows: list[dict[str, Any]] = [json.loads(line) for line in (tmp_path / "figures").read_text().splitlines()]

    table._print(rows, {"reading": 1.0})

    first, second, *_ = capsys.readouterr().out.splitlines()[2:]
    assert first.split()[-4:] == ["at", "least", "1.4", "yes"]
    assert second.split()[-6:] == ["at", "most", "1.5", "NO", "1.00", "worse"]


@pytest.mark.parametrize("scale", [0.05, 1])
def test_each_bench_is_a_module_that_knows_its_arguments(scale: float) -> None:
    folder = Path(table.__file__).parent
    for name, arguments in table.benches(scale).items():
        source = (folder / f"{table.MODULES.get(name, name)}.py").read_text()
        assert all(f'"{one}"' in source for one in arguments if one.startswith("--")), name
