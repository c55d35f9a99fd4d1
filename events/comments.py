"""Comments: posting, showing, reporting, hiding and deleting them.

The first comment of an account waits for an editor. Once one was shown, later ones are shown at once, unless one was
hidden lately or something in it is like spam. Three reports hide a comment until an editor decides. What becomes of a
comment is known to visitors at once: each change gives its city a new generation.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from nocturne.cache import bump_on_commit
from nocturne.models import User
from nocturne.origin import absolute

from . import spam
from .archive import deleting
from .decisions import keep, undoes
from .models import Comment, CommentReport, Decision, Event
from .text import fold, visible

MAX_NAME, MAX_TEXT, MAX_LINES = 60, 2000, 40
# Comments are taken until so long after the last night.
OPEN = dt.timedelta(days=30)
# The same text of the same account at the same event within this is a second press of the button.
AGAIN = dt.timedelta(minutes=10)
# Within this an account with a hidden comment is not trusted, and a text at another event is known again.
LATELY, SHORTLY = dt.timedelta(days=30), dt.timedelta(days=7)
REPORTS = 3
# A shorter text is said twice by chance, and a host that so many others link to is advertised.
SAME, FARM = 20, 3

LIVE, HELD, HIDDEN = Comment.State.LIVE, Comment.State.HELD, Comment.State.HIDDEN
# Names that would speak for the site; folded.
_OURS = {"admin", "administrator", "editor", "editors", "moderator", "staff", "support", "redaktion", "team"}
_NEWLINES = re.compile(r"\n{3,}")


def normalise(name: str, text: str) -> tuple[str, str]:
    """Both without what hides or reverses characters or piles up; the name on one line, the text in its lines."""
    lines = "\n".join(" ".join(line.split()) for line in visible(text).splitlines())
    return " ".join(visible(name).split()), _NEWLINES.sub("\n\n", lines).strip()


def errors(name: str, text: str) -> dict[str, str]:
    """A sentence by field for what is wrong with a normalised name and text."""
    found = {}
    if not fold(name):
        found["name"] = _("Please write a name to show beside it. It need not be yours.")
    elif len(name) > MAX_NAME:
        found["name"] = _("That name is too long: %(most)s characters at most.") % {"most": MAX_NAME}
    elif spam.has_address(name):
        found["name"] = _("Please write a name without an address: everybody reads it.")
    elif fold(name) in _OURS | {fold(settings.SITE_NAME)}:
        found["name"] = _("That name would speak for the site. Please choose another one.")
    if not text:
        found["text"] = _("Please write something.")
    elif len(text) > MAX_TEXT:
        said = _("That is too long: it has %(count)s characters, and %(most)s are possible.")
        found["text"] = said % {"count": len(text), "most": MAX_TEXT}
    elif text.count("\n") >= MAX_LINES:
        found["text"] = _("Please write it on fewer lines: %(most)s at most.") % {"most": MAX_LINES}
    return found


def is_open(event: Event, *, now: dt.datetime | None = None) -> bool:
    """Whether comments on an event are taken: until a month after its last night."""
    return (now or clock.now()).date() <= event.last_night + OPEN


@transaction.atomic
def post(event: Event, user: User, *, name: str, text: str, now: dt.datetime | None = None) -> Comment:
    """A comment of a user on an event, live or held. The same once more within ten minutes is the one that is there.

    Raise ValueError with sentences if the name or the text is not possible.
    """
    now = now or clock.now()
    name, text = normalise(name, text)
    if wrong := errors(name, text):
        raise ValueError(" ".join(wrong.values()))
    # one at a time for each account: a second press waits, and finds the first
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    mine = Comment.objects.filter(user=user)
    again = mine.filter(event__root=event.root_id, text=text, created_at__gte=now - AGAIN).first()
    if again:
        return again
    why = _why_held(event, user, name, text, now)
    row = Comment.objects.create(
        event=event,
        user=user,
        name=name,
        text=text,
        state=HELD if why else LIVE,
        why=why,
        state_at=now,
        created_at=now,
    )
    if not why:
        _show_at_once([row.pk])
    return row


def _why_held(event: Event, user: User, name: str, text: str, now: dt.datetime) -> str:
    """Why an editor has to look first, "" if nobody has to."""
    mine = Comment.objects.filter(user=user)
    if mine.filter(state=HIDDEN, state_at__gte=now - LATELY).exists():
        return "A comment of this account was hidden lately."
    if not mine.live().exists():
        return "It is the first comment of this account."
    return spam.sign(f"{name}\n{text}") or _seen_before(event, user, text, now)


def _seen_before(event: Event, user: User, text: str, now: dt.datetime) -> str:
    """What others, or this account, have said lately at other events."""
    lately = Comment.objects.filter(created_at__gte=now - SHORTLY).order_by("-created_at")
    elsewhere = lately.exclude(event__root=event.root_id)
    if len(text) >= SAME:
        mine = elsewhere.filter(user=user).values_list("text", flat=True)[:50]
        if elsewhere.filter(text__iexact=text).exists() or fold(text) in map(fold, mine):
            return "The same was said at another event."
    for host in set(spam.links(text)) - {""}:
        linking = lately.filter(text__icontains=host).exclude(user=user)
        if linking.filter(state=HIDDEN).exists() or linking.order_by().values("user").distinct()[:FARM].count() >= FARM:
            return f"Several accounts link to {host}."[:300]
    return ""


@transaction.atomic
def report(
    comment: Comment,
    *,
    hashes: list[str],
    user: User | None = None,
    reason: str = CommentReport.Reason.OTHER,
    text: str = "",
    now: dt.datetime | None = None,
) -> bool:
    """Take a report of a comment that is live; whether it counts, which each account and each address does once.

    `hashes` are those of the reporter's network address, the one to be stored first. The third report hides the
    comment, unless an editor has decided about reports of it before.
    """
    now = now or clock.now()
    row = Comment.objects.select_for_update().filter(pk=comment.pk, state=LIVE).first()
    if row is None or (user and row.user_id == user.pk):
        return False
    known = CommentReport.objects.filter(comment=row)
    if known.filter(Q(hashed__in=hashes) | (Q(user=user) if user else Q(pk=None))).exists():
        return False
    _name, said = normalise("", text)
    CommentReport.objects.create(comment=row, user=user, hashed=hashes[0], reason=reason, text=said[:500], at=now)
    if known.open().count() >= REPORTS and not known.exclude(settled_at=None).exists():
        row.state, row.state_at, row.decided_by = HIDDEN, now, None
        row.why = f"{REPORTS} people have reported it; nobody has decided yet."
        row.save(update_fields=["state", "state_at", "why", "decided_by"])
        _show_at_once([row.pk])
    return True


@transaction.atomic
def decide(
    comment_ids: Iterable[int], state: Comment.State, *, by: User, now: dt.datetime | None = None
) -> Decision | None:
    """An editor's word: comments are live or hidden, and what was reported of them is settled. None if nothing changed.

    A comment that its author has deleted stays as it is.
    """
    now = now or clock.now()
    rows = list(_locked(comment_ids).exclude(text=""))
    reports = list(CommentReport.objects.open().filter(comment__in=rows).values_list("pk", "comment"))
    reported = {comment for _, comment in reports}
    changed = [row for row in rows if row.state != state or row.pk in reported]
    if not changed:
        return None
    before = {row.pk: _state_of(row) for row in changed}
    for row in changed:
        row.state, row.state_at, row.decided_by = state, now, by
        row.why = "An editor has hidden it." if state == HIDDEN else ""
    Comment.objects.bulk_update(changed, ["state", "state_at", "why", "decided_by"], batch_size=500)
    CommentReport.objects.filter(pk__in=[pk for pk, _ in reports]).update(settled_at=now)
    _show_at_once([row.pk for row in changed])
    kept = {str(row.pk): [before[row.pk], _state_of(row)] for row in changed}
    first = changed[0]
    words = "Hidden" if state == HIDDEN else "Shown"
    what = f"comment {first.pk} on “{first.event.title}”" if len(changed) == 1 else f"{len(changed)} comments"
    path = reverse("admin:events_comment_change", args=[first.pk])
    return keep(
        Decision.Kind.COMMENT,
        f"{words}: {what}.",
        {"comments": kept, "reports": [pk for pk, _ in reports]},
        by=by,
        path=path,
    )


@undoes(Decision.Kind.COMMENT, "events.change_comment")
def _as_before(decision: Decision) -> str:
    """Each comment is what it was, unless somebody has decided it anew since, and its reports wait again."""
    kept = {int(pk): pair for pk, pair in decision.state["comments"].items()}
    stand = [row for row in _locked(kept).exclude(text="") if _state_of(row) == kept[row.pk][1]]
    if not stand:
        raise ValueError("It has been decided anew since, or deleted, so nothing was taken back.")
    editors = {before[2] for before, _ in kept.values()}
    editors &= set(User.objects.filter(pk__in=editors - {None}).values_list("pk", flat=True))
    for row in stand:
        state, why, editor = kept[row.pk][0]
        row.state, row.why, row.state_at = state, why, clock.now()
        row.decided_by_id = editor if editor in editors else None
    Comment.objects.bulk_update(stand, ["state", "state_at", "why", "decided_by"], batch_size=500)
    pks = [row.pk for row in stand]
    CommentReport.objects.filter(pk__in=decision.state["reports"], comment__in=pks).update(settled_at=None)
    _show_at_once(pks)
    left = len(kept) - len(stand)
    return f"Comments that were decided anew or deleted since and stay: {left}." if left else ""


def _state_of(row: Comment) -> list[Any]:
    return [str(row.state), row.why, row.decided_by_id]


def _locked(comment_ids: Iterable[int]) -> Any:
    rows = Comment.objects.filter(pk__in=list(comment_ids)).select_related("event")
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True)


@transaction.atomic
def delete(comment: Comment, user: User) -> bool:
    """Delete a comment of the user's own; whether it was there.

    Of one that is hidden what it said goes, and the row stays for a month: it keeps its author's next one waiting.
    """
    row = Comment.objects.select_for_update().filter(pk=comment.pk, user=user).exclude(text="").first()
    if row is None:
        return False
    _show_at_once([row.pk])
    if row.state == HIDDEN:
        CommentReport.objects.open().filter(comment=row).update(settled_at=clock.now())
        row.name = row.text = ""
        row.save(update_fields=["name", "text"])
    else:
        row.delete()
    return True


def exported(user: User) -> dict[str, Any]:
    """What is kept of a user's comments, and that others' were reported."""
    rows = Comment.objects.filter(user=user).exclude(text="").select_related("event__root__city").order_by("created_at")
    return {
        "comments": [
            {
                "event": row.event.title,
                "page": absolute(row.event.root.get_absolute_url()),
                "name": row.name,
                "text": row.text,
                "state": row.state,
                "written_at": row.created_at,
            }
            for row in rows
        ],
        "reported": list(CommentReport.objects.filter(user=user).order_by("at").values("reason", "text", "at")),
    }


@transaction.atomic
def erase(user: User) -> None:
    """Delete all comments of a user; once more changes nothing. Reports of others' comments stay without a name."""
    rows = Comment.objects.filter(user=user)
    _show_at_once(list(rows.values_list("pk", flat=True)))
    rows.delete()
    CommentReport.objects.filter(user=user).update(user=None)


def prune(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    """Throw away rows that their authors deleted, and reports that were settled, before a moment."""
    yield from deleting(Comment.objects.filter(text="", state_at__lt=before), dry_run)
    yield from deleting(CommentReport.objects.filter(settled_at__lt=before), dry_run)


def shown_text(text: str) -> SafeString:
    """What visitors see of a text: escaped, in its paragraphs and lines, links for people and not for ranking, and no
    e-mail address."""
    said = urlize(spam.without_addresses(text, _("[e-mail address]")), nofollow=True, autoescape=True)
    # quotes of the text are escaped, so that this is found in links only
    linked = said.replace(' rel="nofollow"', ' rel="nofollow ugc noopener"')
    return mark_safe(linebreaks(linked))


def _show_at_once(comment_ids: Iterable[int]) -> None:
    cities = Comment.objects.filter(pk__in=list(comment_ids)).order_by().values_list("event__root__city", flat=True)
    bump_on_commit(list(cities.distinct()))
