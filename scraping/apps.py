from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"

    def ready(self) -> None:
        from events import archive

        from . import pruning

        archive.register("readings", pruning.prune_runs)
