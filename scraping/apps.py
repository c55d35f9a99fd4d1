import importlib

from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"

    def ready(self) -> None:
        from events import archive
        from nocturne import trail

        from . import pruning

        importlib.import_module("scraping.watching")  # what it has registers itself

        archive.register("readings", pruning.prune_runs)

        trail.follow("scraping.OptOut", "host", "reason")
        trail.follow("scraping.Health", "believed_until")
