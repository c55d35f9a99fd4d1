"""Background work of no app."""

import datetime as dt
from pathlib import Path

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string

from . import alerts, backups
from .accounts import tickets
from .watching import heartbeats

EVERY = dt.timedelta(days=1)
LONGEST = 6 * 3600


@shared_task(name="nocturne.forget", ignore_result=True)
def forget() -> None:
    """Delete what let people in and is over: sessions, codes and links."""
    import_string(f"{settings.SESSION_ENGINE}.SessionStore").clear_expired()
    tickets.forget()


# It may take longer than a message stays hidden, so it is acknowledged first: killed, it is due again in ten minutes.
@shared_task(
    name="nocturne.backup_due", ignore_result=True, acks_late=False, time_limit=LONGEST, soft_time_limit=LONGEST
)
def backup_due() -> None:
    """A backup a day, where BACKUP_DIR says that there are any; and when the last was, for who watches that."""
    if not settings.BACKUP_DIR:
        heartbeats.done("backup", None)
        alerts.resolve("backup")
        return
    folder = Path(settings.BACKUP_DIR)
    try:
        if backups.is_due(folder, every=EVERY):
            backups.back_up(folder, keep=settings.BACKUP_KEEP)
    except backups.UnderWay:
        return
    except (backups.BackupError, OSError, DatabaseError, SoftTimeLimitExceeded) as error:
        alerts.raise_alert("backup", f"No backup could be made into {folder}. {error}", severity="error")
    else:
        alerts.resolve("backup")
    if last := backups.last_taken(folder):
        heartbeats.done("backup", last)
