from typing import ClassVar

from django.db import models


class Change(models.Model):
    """One field that somebody changed. The triggers of nocturne/trail write rows, and nothing changes them."""

    class Kind(models.TextChoices):
        CHANGED = "changed", "changed"
        ADDED = "added", "added"
        REMOVED = "removed", "removed"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField("when")
    actor = models.CharField("who", max_length=200)
    kind = models.CharField("what", max_length=8, choices=Kind)
    model = models.CharField("kind of object", max_length=60, help_text="app.Model")
    object_id = models.BigIntegerField("object")
    field = models.CharField(max_length=60, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        app_label = "nocturne"
        ordering = ("-at", "-pk")
        indexes: ClassVar[list[models.Index]] = [
            # the history of an object
            models.Index(fields=["model", "object_id", "-at"], name="change_of_object"),
            # the admin's list, and what is old enough to go
            models.Index(fields=["-at", "-id"], name="change_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.field or self.kind}"
