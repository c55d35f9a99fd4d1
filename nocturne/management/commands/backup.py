"""A dump of the database, and no more of them than are wanted."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from nocturne import backups
from nocturne.dev.progress import step


class Command(BaseCommand):
    help = "Dump the database into a folder, and delete the oldest dumps in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="FOLDER", type=Path, help="where to; BACKUP_DIR, or .data/backups")
        parser.add_argument("--keep", type=int, metavar="N", help="how many dumps stay there; BACKUP_KEEP")
        parser.add_argument("--verify", action="store_true", help="restore it into a database of its own, and count")

    def handle(self, *, to: Path | None, keep: int | None, verify: bool, **options: Any) -> None:
        folder = to or Path(settings.BACKUP_DIR or settings.DATA_DIR / "backups")
        keep = settings.BACKUP_KEEP if keep is None else keep
        if keep < 1:
            raise CommandError("--keep must be 1 or more: the new dump is one.")
        try:
            with step("Dumping the database"):
                dump = backups.back_up(folder, keep=keep)
            if verify:
                with step("Restoring it elsewhere, and counting"):
                    backups.verify(dump)
        except (backups.BackupError, OSError) as error:
            raise CommandError(str(error))
        size = dump.path.stat().st_size
        self.stdout.write(f"{dump.path}: {dump.total:,} rows, {size / 1e6:.1f} MB.")
