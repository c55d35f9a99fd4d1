"""Throwing away old readings; the last of each source stays."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from events.archive import deleting

from .models import Run


def prune_runs(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    later = Run.objects.filter(source=OuterRef("source"), started_at__gt=OuterRef("started_at"))
    return deleting(Run.objects.filter(Exists(later), started_at__lt=before), dry_run)
