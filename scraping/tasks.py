"""Background work; each task calls what the command calls."""

import datetime as dt
import logging

from celery import shared_task
from django.utils import timezone as clock

from . import discover, images, pipeline, schedule
from .models import Discovery
from .submissions import mails, pasted, retention

log = logging.getLogger(__name__)

# A discovery that no worker has claimed for so long is queued again: its message may be lost.
LOST_AFTER = dt.timedelta(seconds=30)


@shared_task(name="scraping.scrape_due", ignore_result=True)
def scrape_due(limit: int = 500) -> int:
    """Queue the sources that are due; how many. Asked every minute, by as many beats as there are."""
    due = schedule.queue(clock.now(), limit=limit)
    for source_id in due:
        scrape_source.apply_async(args=(source_id,), expires=schedule.QUEUED_FOR.total_seconds())
    return len(due)


@shared_task(name="scraping.scrape_source", ignore_result=True)
def scrape_source(source_id: int, force: bool = False) -> str:
    outcome = pipeline.scrape(source_id, force=force)
    log.info("source %s: %s %s", source_id, outcome.status, outcome.message)
    return outcome.status


@shared_task(name="scraping.images_due", ignore_result=True)
def images_due() -> int:
    """Queue the hosts of which pictures are due; how many. Finish, too, what a worker that died had begun to show."""
    hosts = images.due_hosts(clock.now())
    for host in hosts:
        fetch_images.apply_async(args=(host,), expires=55)
    images.show()
    return len(hosts)


@shared_task(name="scraping.fetch_images", ignore_result=True)
def fetch_images(host: str) -> int:
    asked = images.fetch_images(host)
    log.info("asked %s for %s pictures", host, asked)
    return asked


@shared_task(name="scraping.discover_source", ignore_result=True)
def discover_source(discovery_id: int) -> str:
    """Look at an address that an editor pasted."""
    return discover.look(discovery_id)


@shared_task(name="scraping.discover_waiting", ignore_result=True)
def discover_waiting() -> int:
    """Queue the discoveries whose message or worker was lost, and put those of yesterday away; how many were queued."""
    now = clock.now()
    Discovery.objects.over(now).delete()
    waiting = Discovery.objects.free(now).filter(created_at__lt=now - LOST_AFTER).values_list("pk", "key")
    for discovery_id, key in waiting:
        (read_pasted if key else discover_source).apply_async(args=(discovery_id,), expires=55)
    return len(waiting)


@shared_task(name="scraping.read_pasted", ignore_result=True)
def read_pasted(discovery_id: int) -> str:
    """Read the page that a visitor pasted."""
    return discover.look(discovery_id, pasted.offer)


@shared_task(name="scraping.send_submission_mail", ignore_result=True)
def send_submission_mail(submission_id: int) -> str:
    return mails.send(submission_id)


@shared_task(name="scraping.tidy_submissions", ignore_result=True)
def tidy_submissions() -> int:
    """What is due: mails that were not sent, what was never confirmed, addresses of events that are long over."""
    for submission_id in mails.unsent():
        send_submission_mail.apply_async(args=(submission_id,), expires=60)
    return retention.tidy()
