from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from . import archive, pruning

        archive.register("images", pruning.prune_images)
