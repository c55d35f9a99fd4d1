from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from . import archive, comments, pruning, reports

        archive.register("images", pruning.prune_images)
        archive.register(
            "deleted comments and settled reports of them", comments.prune, days=lambda: comments.LATELY.days
        )
        archive.register("settled reports", reports.prune)
