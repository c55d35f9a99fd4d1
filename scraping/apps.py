from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"

    def ready(self) -> None:
        from events import archive
        from nocturne import trail

        from . import pruning, watching  # noqa: F401  # which registers itself

        archive.register("readings", pruning.prune_runs)

        trail.follow("scraping.OptOut", "host", "reason")
        trail.follow("scraping.Health", "believed_until")
