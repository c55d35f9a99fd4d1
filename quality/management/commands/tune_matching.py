"""Fit the weights by which matching tells duplicates, from pairs that people labelled."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quality.matching import limits
from quality.scorecard import WEIGHTS, Scorecard, scorecard
from quality.tuning import Pair, decide, decide_unseen, digest, fit, grouped, read_pair, tally

HELP = """Fit the weights by which matching tells duplicates, from pairs that people labelled, and tell how they do.

Each line of a file is one pair as JSON: label is 1 for one event, 0 for two and null where nobody could tell; left and
right are the two listings, each with city, src (its source), title, start ("2026-12-04 20:00", or a date alone where
the time is not known), loc ("venue, address"), url and desc, of which the last three may be empty.

Pairs are split into folds by what they have in common: those of one city in which a title or a venue is the same are
in one fold. "Unseen" are the figures of pairs decided by weights that were fitted to the other folds.
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()

    def create_parser(self, *arguments: Any, **options: Any) -> Any:
        return super().create_parser(*arguments, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pairs", nargs="+", metavar="PAIRS", help="files of JSON Lines")
        parser.add_argument("--seed", type=int, default=1, help="of the split into folds; default 1")
        parser.add_argument("--folds", type=int, default=5, help="how many; default 5")
        parser.add_argument(
            "--write", action="store_true", help=f"keep the weights in {WEIGHTS.parent.name}/{WEIGHTS.name}"
        )

    def handle(self, *, pairs: list[str], seed: int, folds: int, write: bool, **options: Any) -> None:
        files = [_read(Path(name)) for name in pairs]
        known = [pair for file in files for pair in file]
        groups = len(set(grouped(known)))
        if not 2 <= folds <= groups:
            raise CommandError(f"{len(known)} pairs are {groups} groups: --folds must be from 2 to {groups}.")
        if len({pair.same for pair in known}) < 2:
            raise CommandError("There must be pairs of both kinds, one event and two.")
        card = fit(known, limits())
        seen, unseen = decide(known, card, limits()), decide_unseen(known, folds=folds, seed=seed, limits=limits())
        self.stdout.write(f"{len(known)} pairs in {groups} groups, {folds} folds by seed {seed}")
        self.stdout.write(f"{'':32}{'pairs':>7}{'fitted F1':>12}{'P':>7}{'R':>7}{'unseen F1':>12}{'P':>7}{'R':>7}")
        start = 0
        for name, count in [*zip(pairs, map(len, files), strict=True), ("all", len(known))]:
            start = 0 if name == "all" and count == len(known) else start
            part = slice(start, start + count)
            figures = [tally(known[part], found[part]) for found in (seen, unseen)]
            cells = "".join(f"{one.f1:12.3f}{one.precision:7.3f}{one.recall:7.3f}" for one in figures)
            self.stdout.write(f"{Path(name).name[:31]:32}{count:7}{cells}")
            start += count
        self._compare(card)
        if write:
            fitted = {"pairs": len(known), "digest": digest(known), "seed": seed, "folds": folds}
            fitted["unseen"] = {name: round(getattr(figures[1], name), 3) for name in ("f1", "precision", "recall")}
            WEIGHTS.write_text(
                json.dumps({"intercept": card.intercept, "weights": card.weights, "fitted": fitted}, indent=2) + "\n"
            )
            self.stdout.write(f"Written to {WEIGHTS}.")

    def _compare(self, card: Scorecard) -> None:
        """Show the weights beside the committed ones."""
        committed = scorecard()
        self.stdout.write(f"\n{'':20}{'fitted':>9}{'committed':>12}")
        for name in ("intercept", *card.weights):
            new, old = (
                one.intercept if name == "intercept" else one.weights.get(name, 0.0) for one in (card, committed)
            )
            self.stdout.write(f"{name:20}{new:9.3f}{old:12.3f}")
        same = card == committed
        self.stdout.write("These are the committed weights." if same else "The committed weights are others.")


def _read(path: Path) -> list[Pair]:
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.")
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                pair = read_pair(line)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise CommandError(f"{path}, line {number}, is no pair: {error!r}. See --help.")
            if pair:
                found.append(pair)
    return found
