"""Archive what is long over, and throw away records of work that nobody needs any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.archive import DAYS, KEEP, archive
from events.text import counted


class Command(BaseCommand):
    help = (
        "Archive events that are long over: they leave the lists, and their pages still answer. Readings and open "
        f"questions {KEEP} times as old are thrown away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=DAYS,
            metavar="N",
            help=f"archive what was over more than N days ago ({DAYS})",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days must be 1 or more: what is on tonight is not over.")
        done = archive(days=days, dry_run=dry_run, progress=self._progress)
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        would = "would be " if dry_run else ""
        self.stdout.write(f"{counted(done.events, 'event')} {would}archived.")
        for name, count in done.pruned.items():
            self.stdout.write(f"{count:,} {name} {would}thrown away.")

    def _progress(self, words: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{words}", ending="")
            self.stderr.flush()
