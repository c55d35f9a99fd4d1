"""Background work; each task calls what the command calls."""

import logging

from celery import shared_task
from django.utils import timezone as clock

from . import pipeline, schedule

log = logging.getLogger(__name__)


@shared_task(name="scraping.scrape_due", ignore_result=True)
def scrape_due(limit: int = 500) -> int:
    """Queue the sources that are due; how many. Asked every minute, by as many beats as there are."""
    due = schedule.due(clock.now(), limit=limit)
    for source_id in due:
        # A message that waited longer is dropped: beat has asked for the source again by then.
        scrape_source.apply_async(args=(source_id,), expires=600)
    return len(due)


@shared_task(name="scraping.scrape_source", ignore_result=True)
def scrape_source(source_id: int, force: bool = False) -> str:
    outcome = pipeline.scrape(source_id, force=force)
    log.info("source %s: %s %s", source_id, outcome.status, outcome.message)
    return outcome.status
