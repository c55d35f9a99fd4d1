import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from quality import scorecard, tuning
from quality.scorecard import AGAINST, FEATURES, FOR
from quality.tuning import Pair, decide, decide_unseen, fit, grouped, read_pair, tally

OWN = Path(__file__).with_name("pairs.jsonl")


def own() -> list[Pair]:
    return [pair for line in OWN.read_text().splitlines() if (pair := read_pair(line))]


def line(label: int | None, title: str, other: str, **more: Any) -> str:
    left = {
        "city": "berlin",
        "src": "one",
        "title": title,
        "start": "2026-12-04 20:00",
        "loc": "Klub Null, Gasse 1",
        **more,
    }
    return json.dumps({"label": label, "left": left, "right": {**left, "src": "two", "title": other}})


def tune(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("tune_matching", *arguments)
    return capsys.readouterr().out


def test_the_committed_weights_decide_every_story() -> None:
    assert tally(own(), decide(own(), scorecard.scorecard())) == tuning.Tally(hit=24, missed=0, wrong=0, rejected=22)


def test_fitted_weights_speak_for_the_side_of_their_feature() -> None:
    card = fit(own())
    assert set(card.weights) == set(FEATURES)
    assert all(card.weights[name] >= 0 for name in FOR)
    assert all(card.weights[name] <= 0 for name in AGAINST)
    assert card.weights["place"] > 0 > card.weights["missing"]


def test_fitting_gives_the_same_weights_whatever_the_order() -> None:
    shuffled = own()
    random.Random(1).shuffle(shuffled)
    assert fit(shuffled) == fit(own())
    assert tuning.digest(shuffled) == tuning.digest(own())


def test_labels_the_other_way_round_give_a_worse_scorecard() -> None:
    turned = [Pair(pair.left, pair.right, not pair.same) for pair in own()]
    assert tally(own(), decide(own(), fit(turned))).f1 < 0.5 < tally(own(), decide(own(), fit(own()))).f1


def test_pairs_with_a_title_or_a_venue_in_common_are_never_on_both_sides() -> None:
    rows = [
        line(1, "Mdou Moctar", "Moctar", loc="Null"),
        line(0, "Mdou Moctar", "Tinariwen", loc="Eins"),
        line(0, "Karaoke", "Bingo", loc="Eins"),
        line(1, "Bingo Royale", "Royale Bingo", loc="Zwei"),
        line(1, "Mdou Moctar", "Moctar", loc="Null", city="paris"),
        line(None, "Nobody", "Knows"),
    ]
    pairs = [pair for row in rows if (pair := read_pair(row))]
    groups = grouped(pairs)
    assert groups[0] == groups[1] == groups[2]
    assert len({groups[0], groups[3], groups[4]}) == 3


def test_unseen_pairs_are_decided_without_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, groups = own(), grouped(own())
    left_out: list[set[int]] = []

    def spy(known: list[Pair], *more: Any) -> scorecard.Scorecard:
        left_out.append({group for pair, group in zip(pairs, groups, strict=True) if pair not in known})
        return fit(known, *more)

    monkeypatch.setattr(tuning, "fit", spy)
    assert len(decide_unseen(pairs, folds=3, seed=1)) == len(pairs)
    assert sum(map(len, left_out)) == len(set(groups)) == len(set.union(*left_out))


class TestCommand:
    def test_it_tells_figures_and_weights(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = tune(capsys, str(OWN))
        assert told == tune(capsys, str(OWN), "--seed", "1")
        assert "46 pairs in" in told
        [row] = [row for row in told.splitlines() if row.startswith("all")]
        pairs, fitted, precision, *_ = map(float, row.split()[1:])
        assert pairs == 46
        assert min(fitted, precision) > 0.9
        assert all(name in told for name in FEATURES)
        assert "The committed weights are others." in told

    def test_it_writes_only_if_told_to_and_reproduces_what_it_wrote(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        weights = tmp_path / "weights.json"
        weights.write_bytes(scorecard.WEIGHTS.read_bytes())
        monkeypatch.setattr(scorecard, "WEIGHTS", weights)
        monkeypatch.setattr("quality.management.commands.tune_matching.WEIGHTS", weights)
        scorecard.scorecard.cache_clear()
        try:
            before = weights.read_text()
            tune(capsys, str(OWN))
            assert weights.read_text() == before
            tune(capsys, str(OWN), "--write", "--folds", "3")
            stored = json.loads(weights.read_text())
            assert stored["fitted"].items() >= {"pairs": 46, "folds": 3, "digest": tuning.digest(own())}.items()
            scorecard.scorecard.cache_clear()
            assert "These are the committed weights." in tune(capsys, str(OWN), "--folds", "3")
        finally:
            scorecard.scorecard.cache_clear()

    @pytest.mark.parametrize(
        ("rows", "arguments", "sentence"),
        [
            (["{"], [], "line 1, is no pair"),
            (['{"label": 1, "left": {}, "right": {}}'], [], "line 1, is no pair"),
            ([line(1, "Mdou Moctar", "Moctar")], [], "1 pairs are 1 groups"),
            ([line(1, "Ada", "Ada", loc="A"), line(1, "Bob", "Bob", loc="B")], ["--folds", "2"], "pairs of both kinds"),
        ],
    )
    def test_bad_input_gets_a_sentence(
        self, rows: list[str], arguments: list[str], sentence: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "pairs.jsonl"
        file.write_text("\n".join(rows))
        with pytest.raises(CommandError, match=sentence):
            call_command("tune_matching", str(file), *arguments)

    def test_a_file_that_is_not_there_gets_a_sentence(self) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("tune_matching", "nowhere.jsonl")


def test_the_documentation_has_the_committed_weights() -> None:
    text = (Path(__file__).parents[2] / "docs/duplicates.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (-?[\d.]+) \|", text, re.MULTILINE)
    assert {name: float(weight) for name, weight in rows} == scorecard.scorecard().weights
    assert f"From {scorecard.SAME} on it is the same event, from {scorecard.UNSURE} on" in text
