"""Accounts, keys, alerts, and the ledger of mail."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from .accounts.tickets import Ticket as Ticket  # models of this app, in modules of their own
from .watching.models import Heartbeat as Heartbeat, Minute as Minute, Watched as Watched


class UserManager(DjangoUserManager["User"]):
    """Users by e-mail address; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractUser):
    """An account, which is an address that somebody has shown to own. Staff work in the admin."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    display_name = models.CharField(
        "name", max_length=40, blank=True, help_text="Shown with what the person writes. Chosen, and no e-mail address."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()  # type: ignore[misc]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        )

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()


def _read_only() -> list[str]:
    return [ApiKey.Scope.READ.value]


class ApiKey(models.Model):
    """A key of a program that acts for an operator. Only its hash is stored: the key is shown once."""

    class Scope(models.TextChoices):
        READ = "read", "read sources, readings, quality, duplicates and metrics"
        SCRAPE = "scrape", "have sources read"
        EDIT = "edit", "decide about duplicates"
        MAIL = "mail", "read subscriptions and the ledger of mail, which name people"
        CACHE = "cache", "make what is cached stale"

    name = models.CharField(max_length=100, unique=True, help_text="Who or what uses the key.")
    hashed = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    active = models.BooleanField(default=True)
    scopes = ArrayField(
        models.CharField(max_length=10, choices=Scope), default=_read_only, help_text="What it may be used for."
    )
    made_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="What it decides is this editor's decision.",
    )

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def hash(key: str) -> str:
        """Keys are 256 random bits, so a plain hash is as good as a slow one."""
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def issue(
        cls, name: str, *, scopes: Iterable[str] = (Scope.READ,), made_by: User | None = None
    ) -> tuple[Self, str]:
        """A new key under a name; the second value is the key itself, to be shown now or never."""
        key = secrets.token_urlsafe(32)
        row = cls.objects.create(name=name, hashed=cls.hash(key), scopes=sorted(scopes), made_by=made_by)
        return row, key


class Alert(models.Model):
    """Something that a person has to look at, until it is resolved; nocturne/alerts.py opens and resolves them.

    `key` names the matter, as "source:7"; of one matter one alert is open at a time.
    """

    class Severity(models.TextChoices):
        WARNING = "warning", "warning"
        ERROR = "error", "error"

    key = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.WARNING)
    message = models.CharField(max_length=1000, help_text="What is the matter, and what to do.")
    path = models.CharField(max_length=500, blank=True, help_text="The page of the admin to look at.")
    opened_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField("told", null=True, blank=True, help_text="By mail and webhook, the last time.")
    end_told_at = models.DateTimeField("its end told", null=True, blank=True)

    class Meta:
        ordering = ("-opened_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(resolved_at=None), name="alert_is_open_once_a_key"
            ),
        )
        indexes = (
            # what there was of a matter
            models.Index(fields=["key", "-opened_at"], name="alert_by_key"),
        )

    def __str__(self) -> str:
        return self.message


class EmailLog(models.Model):
    """The ledger of all mail: one row a mail; nocturne/mail.py writes it, and nothing else does.

    It knows no domain nouns, so that sign-in mail and alerts can use it as digests do: `matter` names what the mail is
    about, as "digest:7", and of one matter an address gets one mail, ever. An address that is erased leaves its hash.
    """

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", "confirmation"
        DIGEST = "digest", "digest"
        REMINDER = "reminder", "reminder"
        NOTICE = "notice", "notice"
        SIGN_IN = "sign-in", "sign-in"
        ALERT = "alert", "alert"

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        UNCERTAIN = "uncertain", "uncertain"
        FAILED = "failed", "failed"
        BOUNCED = "bounced", "bounced"
        COMPLAINED = "complained", "complained"
        SKIPPED = "skipped", "skipped"

    class Bounce(models.TextChoices):
        NONE = "", "no"
        SOFT = "soft", "for a time, or for what it said"
        HARD = "hard", "for good"

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    address = models.CharField(max_length=254, blank=True, help_text="Empty once it was erased.")
    hashed = models.CharField(max_length=64, help_text="Keyed hash of the address.")
    matter = models.CharField(
        max_length=120, blank=True, help_text="What it is about, if that may be mailed once only."
    )
    why = models.CharField(max_length=500, blank=True, help_text="Why it failed, waits or was not sent.")
    message_id = models.CharField(max_length=250, blank=True)
    bounce = models.CharField(
        "refused", max_length=4, choices=Bounce, blank=True, default=Bounce.NONE, help_text="By the receiving server."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not tried before.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="If the provider has said so.")

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "mails"
        ordering = ("-queued_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["matter", "hashed"], condition=~models.Q(matter=""), name="email_is_one_a_matter_and_address"
            ),
        )
        indexes = (
            # the admin's list
            models.Index(fields=["-queued_at", "-id"], name="email_newest"),
            # what is to be sent, and what was begun and not ended
            models.Index(
                fields=["state", "due_at"], condition=models.Q(state__in=["queued", "sending"]), name="email_unfinished"
            ),
            # all mail to an address
            models.Index(fields=["hashed"], name="email_by_address"),
            # how far the mail of a matter is
            models.Index(fields=["matter", "state"], condition=~models.Q(matter=""), name="email_by_matter"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class MailMinute(models.Model):
    """How many mails were let go in a minute, where MAIL_RATE_PER_HOUR limits them; nocturne/rate.py counts."""

    at = models.DateTimeField(unique=True)
    count = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} mails at {self.at:%H:%M} UTC"


class MailReport(models.Model):
    """What a mail provider said became of a mail; nocturne/reports.py writes it. Each is taken once: they repeat."""

    class What(models.TextChoices):
        BOUNCED = "bounced", "bounced"
        REJECTED = "rejected", "refused by the provider"
        COMPLAINED = "complained", "reported as spam"
        UNSUBSCRIBED = "unsubscribed", "unsubscribed at the provider"
        DEFERRED = "deferred", "put off by the receiving server"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "not sent by the provider"

    key = models.CharField(max_length=64, unique=True, help_text="Hash of the provider's name and its id of the event.")
    mail = models.ForeignKey(EmailLog, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    what = models.CharField(max_length=12, choices=What)
    why = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(help_text="When it was, as the provider says.")

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.get_what_display()} at {self.at:%-d %b %Y, %H:%M} UTC"


class Suppression(models.Model):
    """An address that gets no mail of any kind. It is recognised by its hash, also after it was erased."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", "the mailbox does not exist"
        SOFT = "soft", "refused again and again"
        COMPLAINT = "complaint", "reported as spam"
        EDITOR = "editor", "an editor's decision"

    hashed = models.CharField(max_length=64, unique=True, editable=False)
    address = models.EmailField("e-mail address", blank=True, help_text="Empty once it was erased.")
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.EDITOR)
    note = models.CharField(max_length=500, blank=True, help_text="What the mail server said, or why.")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "suppressed address"
        verbose_name_plural = "suppressed addresses"
        ordering = ("-since", "-pk")
        indexes = (models.Index(fields=["-since", "-id"], name="suppression_newest"),)  # the admin's list

    def __str__(self) -> str:
        return f"suppressed address {self.pk}"


from .trail.models import Change as Change  # noqa: E402
