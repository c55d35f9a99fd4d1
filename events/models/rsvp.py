"""Who goes. An answer keeps its home event when that is merged and is read through its root."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone as clock

from .event import Event


class RsvpQuerySet(models.QuerySet["Rsvp"]):
    def standing(self) -> Self:
        """One answer for each user and root event: the newest, whichever of the merged ones it was given to."""
        rows = self.order_by("event__root_id", "user_id", "-answered_at", "-pk")
        return rows.distinct("event__root_id", "user_id")


class Rsvp(models.Model):
    """Somebody's answer to an event: the newest of a user counts, over all events that were merged."""

    class Answer(models.TextChoices):
        GOING = "going", "going"
        INTERESTED = "interested", "interested"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="rsvps")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="rsvps")
    answer = models.CharField(max_length=10, choices=Answer)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    answered_at = models.DateTimeField("last answered at", default=clock.now, editable=False)

    objects = RsvpQuerySet.as_manager()

    class Meta:
        verbose_name = "RSVP"
        constraints = (models.UniqueConstraint(fields=["event", "user"], name="rsvp_is_one_a_user"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.answer} {self.event_id}"


class Attendee(models.Model):
    """What somebody who answers has chosen; who has no row has chosen nothing. events/rsvps.py writes it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="attendee"
    )
    calendar_version = models.PositiveIntegerField(default=0, help_text="Raising it ends the calendar's address.")
    reminders = models.BooleanField(default=True, help_text="Mail on the day before an event.")
    notices = models.BooleanField(default=True, help_text="Mail when an event is cancelled or moved.")

    def __str__(self) -> str:
        return f"choices of user {self.user_id}"
