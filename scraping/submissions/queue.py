"""Handing work to a worker; while the queue is away the row waits, and beat asks for it every minute."""

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from scraping.discovery import Discovery

from .model import Submission

log = logging.getLogger(__name__)


def send_soon(submission: Submission) -> None:
    """Have its mail sent once the transaction is there for all to see."""
    from scraping.tasks import send_submission_mail  # loads every extractor, which pages have no use for

    _soon(send_submission_mail, submission.pk)


def read_soon(discovery: Discovery) -> None:
    from scraping.tasks import read_pasted

    _soon(read_pasted, discovery.pk)


def _soon(task: Any, pk: int) -> None:
    def send() -> None:
        try:
            task.apply_async(args=(pk,), retry=False)
        except OperationalError as error:
            log.warning("%s of %s waits: %s", task.name, pk, error)

    transaction.on_commit(send)
