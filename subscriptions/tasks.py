"""Background work; each task calls what can be called by hand."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from nocturne import mail

from . import confirmation, consent

log = logging.getLogger(__name__)


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
