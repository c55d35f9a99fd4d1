from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "quality"

    def ready(self) -> None:
        from events import archive

        from . import pruning

        archive.register("open questions", pruning.prune_questions)
