"""The comments on an event as a page shows them: the newest first, a page at a time, with the form."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from nocturne.models import User

from .comments import MAX_NAME, MAX_TEXT, is_open, shown_text
from .dates import moment_words
from .models import Comment, Event

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Said:
    """One comment; `state` is a sentence for its author where nobody else sees it."""

    pk: int
    name: str
    text: SafeString
    when: str
    at: str
    mine: bool
    state: str


@dataclass(slots=True)
class Conversation:
    """`name` and `text` are what stands in the form, `errors` a sentence by field, `status` what became of it."""

    event: Event
    said: list[Said]
    page: int
    older: bool
    open: bool
    name: str = ""
    text: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    status: str = ""
    max_name: int = MAX_NAME
    max_text: int = MAX_TEXT
    mine: bool = False

    @property
    def writing(self) -> bool:
        """Whether the form is in use, and to be open."""
        return bool(self.text or self.errors or self.status)


def conversation(event: Event, *, user: User | None = None, page: int = 1) -> Conversation:
    """What everybody sees of a root event's comments; for a user also one's own that nobody else sees. One query, or
    two for a user."""
    rows = Comment.objects.of_event(event)
    shown = rows.live() if user is None else rows.live() | rows.filter(user=user).exclude(text="")
    first = (page - 1) * PER_PAGE
    found = list(shown.order_by("-created_at", "-pk")[first : first + PER_PAGE + 1])
    return Conversation(
        event=event,
        said=[_said(row, event, user) for row in found[:PER_PAGE]],
        page=page,
        older=len(found) > PER_PAGE,
        open=is_open(event),
        name=name_of(user) if user else "",
        mine=user is not None,
    )


def name_of(user: User) -> str:
    """The name that a user writes under: what was chosen for the account, else that of the last comment."""
    last = Comment.objects.filter(user=user).exclude(text="").order_by("-created_at").values_list("name", flat=True)
    return user.display_name or last.first() or ""


def _said(row: Comment, event: Event, user: User | None) -> Said:
    local = row.created_at.astimezone(event.zone)
    mine = user is not None and row.user_id == user.pk
    return Said(
        pk=row.pk,
        name=row.name,
        text=shown_text(row.text),
        when=moment_words(local),
        at=local.isoformat(timespec="minutes"),
        mine=mine,
        state=state_words(row) if mine else "",
    )


def state_words(row: Comment) -> str:
    """What its author is told of a comment that nobody else sees; "" for one that is shown."""
    if row.state == Comment.State.HELD:
        return _("Only you see this until an editor has looked at it.")
    if row.state == Comment.State.LIVE:
        return ""
    if row.decided_by_id:
        return _("An editor has hidden this. Only you see it.")
    return _("Several people have reported this. Only you see it until an editor has looked at it.")
