"""Throwing away questions about what is long over; what editors and the matcher decided stays."""

import datetime as dt
from collections.abc import Iterator

from events.archive import deleting

from .models import Verdict


def prune_questions(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    date = before.date()
    waiting = Verdict.objects.filter(outcome=Verdict.Outcome.UNSURE, by_editor=False)
    return deleting(waiting.filter(first__last_night__lt=date, second__last_night__lt=date), dry_run)
