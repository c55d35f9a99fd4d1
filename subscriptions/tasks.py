"""Background work; each task calls what can be called by hand."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from nocturne import mail

from . import confirmation, consent, digests, notices, reminders, sending

log = logging.getLogger(__name__)

SECONDS = 240  # that one task sends; the next tick goes on


@shared_task(name="subscriptions.send_confirmation", ignore_result=True)
def send_confirmation(subscription_id: int) -> str:
    return confirmation.send_confirmation(subscription_id)


@shared_task(name="subscriptions.tidy", ignore_result=True)
def tidy() -> None:
    """What is due: confirmations that were not sent, mails of killed workers, addresses that never confirmed."""
    for subscription_id in confirmation.unsent():
        send_confirmation.apply_async(args=(subscription_id,), expires=60)
    if uncertain := mail.settle():
        log.warning("%s mails may or may not have been sent: see the list of mails in the admin.", uncertain)
    consent.forget()


def send_soon(subscription_id: int) -> None:
    """Queue the confirmation. While the queue is away the row waits: `tidy` asks for it every minute."""
    try:
        send_confirmation.apply_async(args=(subscription_id,), retry=False)
    except OperationalError as error:
        log.warning("The confirmation of subscription %s waits: %s", subscription_id, error)


@shared_task(name="subscriptions.digests_due", ignore_result=True)
def digests_due() -> None:
    """Draft, release and send what is due. Each asks the database, so it does not matter how often this runs."""
    digests.draft_due()
    digests.release_due()
    for digest_id in sending.due():
        send_digest.apply_async(args=(digest_id,), expires=60)


@shared_task(name="subscriptions.remind", ignore_result=True)
def remind() -> int:
    """Reminders of what is tomorrow, in cities where it is day."""
    reminders.queue_due()
    return reminders.send_queued()


@shared_task(name="subscriptions.tell_of_changes", ignore_result=True)
def tell_of_changes() -> int:
    """Notices of what has changed and settled, to those who go there."""
    notices.queue_due()
    return notices.send_queued()


@shared_task(name="subscriptions.send_digest", ignore_result=True)
def send_digest(digest_id: int) -> int:
    return sending.send(digest_id, seconds=SECONDS)


def send_digest_soon(digest_id: int) -> None:
    """Begin now; while the queue is away the next tick does."""
    try:
        send_digest.apply_async(args=(digest_id,), retry=False, expires=60)
    except OperationalError as error:
        log.warning("Digest %s waits: %s", digest_id, error)
