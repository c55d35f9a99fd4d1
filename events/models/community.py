"""What visitors say about an event. A comment keeps its home event when that is merged and is read through its root."""

from django.conf import settings
from django.db import models
from django.utils import timezone as clock

from .event import Event


class Comment(models.Model):
    class State(models.TextChoices):
        HELD = "held", "held"
        LIVE = "live", "live"
        HIDDEN = "hidden", "hidden"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="comments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments")
    name = models.CharField(max_length=60)
    text = models.TextField(max_length=4000)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("created_at", "pk")
        indexes = (
            # an event's live comments in order
            models.Index(fields=["event", "created_at"], condition=models.Q(state="live"), name="comment_live"),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:40]}"
