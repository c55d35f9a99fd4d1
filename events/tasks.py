"""Background work; each task calls what the command calls."""

import logging

from celery import shared_task

from .archive import archive

log = logging.getLogger(__name__)


@shared_task(name="events.cleanup_events", ignore_result=True)
def cleanup_events() -> None:
    """Archive what is long over. Asked each hour of a Sunday: what is done already is not done again."""
    done = archive()
    log.info("archived %s events; pruned %s", done.events, done.pruned)
