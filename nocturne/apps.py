import importlib

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "nocturne.accounts.site.AdminSite"


class NocturneConfig(AppConfig):
    default = True
    name = "nocturne"
    verbose_name = "Accounts, keys and mail"

    def ready(self) -> None:
        # the app that tasks are queued with; Celery's own would look for a broker of its own choice
        importlib.import_module("nocturne.celery")
        from . import (
            backups,
            connections,  # noqa: F401  # it registers itself, as these do
            timing,
            trail,
            webhooks,
        )
        from .logs import web
        from .trail import triggers
        from .watching import checks, conditions, heartbeats  # noqa: F401

        web.connect()
        timing.connect()
        webhooks.connect()
        connection_created.connect(trail.connect, dispatch_uid="nocturne.trail")
        backups.restored.connect(heartbeats.forget_all, dispatch_uid="nocturne.heartbeats")
        post_migrate.connect(triggers.make, sender=self, dispatch_uid="nocturne.trail")
        trail.follow("nocturne.User", "email", "is_active", "is_staff", "is_superuser", hidden=("password",))
        of_user = ("nocturne.User", "user")
        trail.follow("mfa.Authenticator", "type", of=of_user)
        trail.follow("nocturne.User_groups", "group", of=of_user)
        trail.follow("nocturne.User_user_permissions", "permission", of=of_user)
        trail.follow("auth.Group", "name")
        trail.follow("auth.Group_permissions", "permission", of=("auth.Group", "group"))
        trail.follow("nocturne.ApiKey", "name", "active", "scopes", hidden=("hashed",))
        trail.follow("nocturne.Suppression", "reason", "note")
