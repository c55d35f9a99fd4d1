"""What visitors say about an event. A comment keeps its home event when that is merged and is read through its root."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy

from .event import Event

# The hash of a reporter's address, as hexadecimal digits.
HASH = 64


class CommentQuerySet(models.QuerySet["Comment"]):
    def live(self) -> Self:
        return self.filter(state=Comment.State.LIVE)

    def of_event(self, event: Event) -> Self:
        """Comments on a root event and on all that is merged into it, in their order."""
        return self.filter(event__root=event).order_by("created_at", "pk")

    def reported(self) -> Self:
        """What somebody has reported and no editor has decided since."""
        return self.filter(models.Exists(CommentReport.objects.open().filter(comment=models.OuterRef("pk"))))


class Comment(models.Model):
    """What somebody with an account says about an event, under a name of their choice. Only what is live is shown."""

    class State(models.TextChoices):
        HELD = "held", "held"
        LIVE = "live", "live"
        HIDDEN = "hidden", "hidden"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="comments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments")
    name = models.CharField(max_length=60)
    text = models.TextField(max_length=4000)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    why = models.CharField(max_length=300, blank=True, help_text="Why it is held or hidden.")
    state_at = models.DateTimeField("state since", default=clock.now, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="editor",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="decided_comments",
        help_text="None where nobody has decided yet.",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "pk")
        indexes = (
            # an event's live comments in order
            models.Index(fields=["event", "created_at"], condition=models.Q(state="live"), name="comment_live"),
            # the editors' queue
            models.Index(fields=["id"], condition=models.Q(state="held"), name="comment_held"),
            # what was said in the last days, to know it again at other events
            models.Index(fields=["created_at"], name="comment_newest"),
        )

    def __str__(self) -> str:
        # without what it says: logs keep this after the comment is gone
        return f"Comment {self.pk}"


class CommentReportQuerySet(models.QuerySet["CommentReport"]):
    def open(self) -> Self:
        return self.filter(settled_at=None)


class CommentReport(models.Model):
    """That somebody wants an editor to look at a comment. One for each account and for each address."""

    class Reason(models.TextChoices):
        SPAM = "spam", gettext_lazy("Advertising or spam")
        ABUSE = "abuse", gettext_lazy("Insults or hate")
        PRIVATE = "private", gettext_lazy("Says what is private about somebody")
        OTHER = "other", gettext_lazy("Something else")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reports")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="comment_reports"
    )
    hashed = models.CharField(
        max_length=HASH, editable=False, help_text="Keyed hash of the reporter's network address."
    )
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.OTHER)
    text = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField("reported at", default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When an editor decided on the comment.")

    objects = CommentReportQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["comment", "user"], name="comment_report_is_one_a_user"),
            models.UniqueConstraint(fields=["comment", "hashed"], name="comment_report_is_one_an_address"),
        )
        indexes = (
            # what waits for editors
            models.Index(fields=["comment"], condition=models.Q(settled_at=None), name="comment_report_open"),
        )

    def __str__(self) -> str:
        return f"Report {self.pk}: {self.get_reason_display()}"


class EventReport(models.Model):
    """What a visitor says is wrong with an event, or why it must not be shown; events/reports.py takes it."""

    class Kind(models.TextChoices):
        MISTAKE = "mistake", gettext_lazy("a mistake")
        TAKEDOWN = "takedown", gettext_lazy("to be taken down")

    class Reason(models.TextChoices):
        WHEN = "when", gettext_lazy("The date or the time is wrong")
        WHERE = "where", gettext_lazy("The place is wrong")
        PRICE = "price", gettext_lazy("The price is wrong")
        STATUS = "status", gettext_lazy("It is cancelled, moved or sold out")
        DOUBLE = "double", gettext_lazy("It is listed twice")
        BOGUS = "bogus", gettext_lazy("There is no such event")
        OTHER = "other", gettext_lazy("Something else")
        RIGHTS = "rights", gettext_lazy("It uses my text or picture without my permission")
        PRIVATE = "private", gettext_lazy("It says what is private about me")
        ORGANIZER = "organizer", gettext_lazy("It is my event, and I do not want it listed")
        UNLAWFUL = "unlawful", gettext_lazy("It is unlawful")

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MISTAKE)
    reason = models.CharField(max_length=10, choices=Reason)
    text = models.TextField(max_length=2000, blank=True)
    email = models.EmailField("e-mail address", blank=True, help_text="For an answer, if one is wanted.")
    at = models.DateTimeField("reported at", default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="settled_reports"
    )

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            # what waits for editors
            models.Index(fields=["kind", "at"], condition=models.Q(settled_at=None), name="event_report_open"),
        )

    def __str__(self) -> str:
        return f"Report {self.pk}: {self.get_reason_display()}"
