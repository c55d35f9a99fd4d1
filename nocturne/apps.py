import importlib

from django.apps import AppConfig


class NocturneConfig(AppConfig):
    name = "nocturne"
    verbose_name = "Accounts, keys and mail"

    def ready(self) -> None:
        # the app that tasks are queued with; Celery's own would look for a broker of its own choice
        importlib.import_module("nocturne.celery")
        from . import timing, webhooks
        from .logs import web

        web.connect()
        timing.connect()
        webhooks.connect()
