"""What the site knows of itself for a day: who is alive, what was counted in a minute, what is looked at again."""

from django.db import models


class Heartbeat(models.Model):
    """A process that watches itself, as a worker, and when it last did; and what one of all does now and then."""

    class Kind(models.TextChoices):
        WEB = "web", "web"
        WORKER = "worker", "worker"
        BEAT = "beat", "beat"
        TURN = "turn", "turn to look for alerts"

    name = models.CharField(max_length=200, unique=True, help_text="Kind, machine and process.")
    kind = models.CharField(max_length=6, choices=Kind)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M} UTC"


class Minute(models.Model):
    """How much of something there was in a minute, over all processes; nocturne/watching/minutes.py counts."""

    at = models.DateTimeField()
    name = models.CharField(max_length=40)
    value = models.FloatField(default=0)

    class Meta:
        # what is added to, and read by time
        constraints = (models.UniqueConstraint(fields=["at", "name"], name="minute_is_one_a_name"),)

    def __str__(self) -> str:
        return f"{self.value:g} {self.name} at {self.at:%H:%M} UTC"


class Watched(models.Model):
    """A matter that was bad when it was looked at last, or since when it was good again while its alert is open."""

    key = models.CharField(max_length=200, unique=True)
    condition = models.CharField(max_length=40)
    bad = models.PositiveIntegerField(default=0, help_text="Looks in a row.")
    good = models.PositiveIntegerField(default=0, help_text="Looks in a row.")

    def __str__(self) -> str:
        return f"{self.key}: bad {self.bad}, good {self.good}"
