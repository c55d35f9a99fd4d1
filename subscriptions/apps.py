import importlib

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"

    def ready(self) -> None:
        from django.conf import settings

        from events import archive
        from nocturne import personal, trail
        from nocturne.backups import restored
        from nocturne.reports import unsubscribed

        from . import consent, digests, preferences, retention

        importlib.import_module("subscriptions.watching")  # what it has registers itself

        archive.register("mails of the ledger", retention.prune_mails, days=lambda: settings.MAIL_LOG_DAYS)
        restored.connect(digests.hold_unfinished, dispatch_uid="subscriptions.digests")
        unsubscribed.connect(consent.end_all, dispatch_uid="subscriptions.consent")
        personal.register(
            "subscriptions",
            export=lambda user: preferences.exported_of(user.email),
            erase=lambda user: consent.erase_address(user.email),
            said=consent.told,
        )

        trail.follow("subscriptions.Subscription", "status", "search", "weekday")
        trail.follow("subscriptions.Digest", "state", "intro")
        trail.follow("subscriptions.DigestItem", "event", "choice", "position", of=("subscriptions.Digest", "digest"))
