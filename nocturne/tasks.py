"""Background work of no app."""

from celery import shared_task
from django.conf import settings
from django.utils.module_loading import import_string

from .accounts import tickets


@shared_task(name="nocturne.forget", ignore_result=True)
def forget() -> None:
    """Delete what let people in and is over: sessions, codes and links."""
    import_string(f"{settings.SESSION_ENGINE}.SessionStore").clear_expired()
    tickets.forget()
