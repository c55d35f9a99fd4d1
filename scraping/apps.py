import importlib

from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"

    def ready(self) -> None:
        from events import archive
        from nocturne import personal, trail

        from . import pruning
        from .submissions import retention

        importlib.import_module("scraping.watching")  # what it has registers itself

        archive.register("readings", pruning.prune_runs)
        personal.register("submissions", export=retention.exported_of, erase=retention.erase_of, said=retention.told)

        trail.follow("scraping.OptOut", "host", "reason")
        trail.follow("scraping.Health", "believed_until")
        trail.follow("scraping.Submission", "state", "reason")
