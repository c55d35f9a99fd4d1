"""What editors decided, so that it can be taken back."""

from django.conf import settings
from django.db import models
from django.utils import timezone as clock


class Decision(models.Model):
    """One decision: who, when, what, and in `state` what it takes to undo it (see events/decisions.py).

    `path` is the page of the admin that shows what became of it, "" where there is none.
    """

    class Kind(models.TextChoices):
        VISIBILITY = "visibility", "what visitors see"
        PAIR = "pair", "same or different"
        VENUE = "venue", "venues"
        LISTING = "listing", "listings without an event"
        COMMENT = "comment", "comments"

    kind = models.CharField(max_length=12, choices=Kind)
    summary = models.CharField(max_length=500)
    path = models.CharField(max_length=200, blank=True)
    state = models.JSONField(default=dict, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="editor",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="decisions",
    )
    at = models.DateTimeField("decided at", default=clock.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_decisions"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            # the last decisions of a kind, beside each of the desk's queues
            models.Index(fields=["kind", "-at", "-id"], name="decision_last"),
        )

    def __str__(self) -> str:
        return self.summary
