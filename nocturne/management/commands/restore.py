"""A dump in the place of the present database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone as clock

from nocturne import backups
from nocturne.dev.progress import step


class Command(BaseCommand):
    help = "Restore a dump; the present database is kept under another name. Stop site and workers first."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a dump of `backup`; the newest in BACKUP_DIR without")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, file: Path | None, yes: bool, **options: Any) -> None:
        try:
            dump = backups.read(file or self._newest())
            age = clock.now() - dump.taken_at
            what = f"{dump.path}, {dump.total:,} rows, {age.total_seconds() / 3600:.1f} hours old"
            if not yes and input(f"Put {what} in the place of the database? [y/N] ").strip().lower() not in (
                "y",
                "yes",
            ):
                raise CommandError("Nothing was changed.")
            with step("Restoring"):
                kept = backups.restore(dump)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"{error} Nothing was changed.")
        self.stdout.write(f"Restored {what}.")
        self.stdout.write(
            f"What was there before is the database {kept}: dropdb {kept} when it is not needed any more."
        )
        self.stdout.write(
            "Digests that may have gone out since the dump was taken are held; look at them in the admin."
        )

    def _newest(self) -> Path:
        folder = Path(settings.BACKUP_DIR or settings.DATA_DIR / "backups")
        found = backups.dumps(folder)
        if not found:
            raise backups.BackupError(f"There is no dump in {folder}: name one.")
        return found[0]
