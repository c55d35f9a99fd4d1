"""The rules for Prometheus and the dashboard for Grafana name metrics and labels that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nocturne import metrics
from nocturne.watching import exposition

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "monitoring"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
TEXTS = {path.name: path.read_text() for path in FOLDER.iterdir()}


def named(text: str) -> set[str]:
    return set(re.findall(r"\bnocturne_[a-z_0-9]+", text))


@pytest.fixture
def exposed(db: None) -> set[str]:
    families = [*metrics.REGISTRY.collect(), *exposition._Measured().collect()]
    return {f"{family.name}{suffix}" for family in families for suffix in SUFFIXES[family.type]}


@pytest.mark.parametrize("name", TEXTS)
def test_each_metric_that_is_named_exists(name: str, exposed: set[str]) -> None:
    assert named(TEXTS[name])
    assert named(TEXTS[name]) - exposed == set()


def test_the_dashboard_shows_each_metric(exposed: set[str]) -> None:
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in exposed}
    shown = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in named(TEXTS["dashboard.json"])}
    assert families - shown == set()


def expressions() -> Iterator[str]:
    for panel in json.loads(TEXTS["dashboard.json"])["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    # as YAML has them: on the line, or folded below it
    yield from re.findall(r"expr: (?:>-\n)?(.+?)\n +for:", TEXTS["alerts.yml"], re.DOTALL)


def test_labels_are_those_of_the_metric() -> None:
    labels = {
        f"{metrics.PREFIX}_{name}": set(labels)
        for name, metric in vars(metrics).items()
        if (labels := getattr(metric, "_labelnames", None))
    }
    seen = 0
    for expression in expressions():
        assert expression.count("(") == expression.count(")"), expression
        for name, chosen in re.findall(r"(nocturne_[a-z_]+)\{([^}]*)\}", expression):
            family = re.sub(r"_(total|bucket|sum|count)$", "", name)
            if family in labels:
                seen += 1
                assert set(re.findall(r"(\w+)(?:=|!)", chosen)) <= labels[family], expression
    assert seen >= 8


def test_each_alert_says_what_to_do() -> None:
    rules = re.split(r"- alert: ", TEXTS["alerts.yml"])[1:]
    assert len(rules) >= 8
    assert all(
        "expr: " in rule and "summary: " in rule and "action: " in rule and "severity: " in rule for rule in rules
    )
