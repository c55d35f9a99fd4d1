import importlib

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from django.conf import settings

        from nocturne import personal, trail
        from nocturne.models import Change

        from . import archive, comments, privacy, pruning, reports, rsvps

        importlib.import_module("events.watching")  # what it has registers itself

        archive.register("images", pruning.prune_images)
        archive.register(
            "deleted comments and settled reports of them", comments.prune, days=lambda: comments.LATELY.days
        )
        archive.register("settled reports", reports.prune)
        archive.register(
            "addresses in reports that nobody settled", reports.forget_addresses, days=lambda: reports.UNANSWERED.days
        )
        personal.register("answers", export=rsvps.exported, erase=rsvps.erase, said=privacy.answers)
        personal.register("comments", export=comments.exported, erase=comments.erase, said=privacy.comments)
        personal.register("reports", export=reports.exported, erase=reports.erase, said=privacy.reports)
        archive.register(
            "changes in the trail",
            lambda before, dry_run: archive.deleting(Change.objects.filter(at__lt=before), dry_run),
            days=lambda: settings.TRAIL_DAYS,
        )

        # what is composed of listings is nobody's doing; what editors decide about it is
        trail.follow("events.Event", "visibility", "overrides", "merged_into", "part_of")
        trail.follow("events.Listing", "event")
        trail.follow(
            *("events.City", "name", "slug", "country", "region", "latitude", "longitude", "population", "timezone"),
            *("currency", "language", "aliases", "exonyms", "area", "active"),
        )
        trail.follow("events.Venue", "name", "address", "latitude", "longitude", "merged_into")
        trail.follow("events.VenueAlias", "folded", of=("events.Venue", "venue"))
        trail.follow(
            *("events.Source", "name", "url", "publisher", "homepage", "city", "timezone", "trust", "active"),
            *("ids_stable", "include", "exclude", "images"),
        )
        trail.follow("events.Image", "taken_down_at")
        trail.follow("events.Comment", "state", "why")
        trail.follow("events.EventReport", "settled_at")
