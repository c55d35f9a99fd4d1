from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "quality"

    def ready(self) -> None:
        from events import archive
        from nocturne import trail

        from . import pruning

        archive.register("open questions", pruning.prune_questions)

        trail.follow("quality.Verdict", "outcome", "by_editor")
        trail.follow("quality.VenuesApart", "first", "second")
        trail.follow("quality.Dismissal", "listing")
