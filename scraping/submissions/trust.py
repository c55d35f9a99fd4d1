"""Whose submissions go onto the list without an editor, and which never do."""

import datetime as dt
import re

from django.conf import settings
from django.db.models import Q

from events.drafts import EventDraft
from events.models import Event
from events.text import fold

from .listing import item_of
from .model import Submission

# For so long a refusal is held against an address.
REMEMBERED = dt.timedelta(days=365)
# What may be the host of an address in a text, also of one without https://; and what is one, of such a piece alone: a
# pattern that looks for both at once takes the cube of a text's length.
_PIECE = re.compile(r"[\w.-]+")
# What a link names as its host, however it is written: as a number, or with a dot that only browsers read as one.
_LINKED = re.compile(r"https?:/*([^\s/?#\\<>\"']+)", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})", re.IGNORECASE)


def is_trusted(submission: Submission, now: dt.datetime) -> bool:
    """Whether editors have published so much of the address, and in a year refused and hidden nothing of it."""
    if not submission.email or settings.SUBMISSIONS_TRUSTED_AFTER <= 0:
        return False
    others = Submission.objects.of_address(submission.email).exclude(pk=submission.pk)
    refused = (Q(state=Submission.State.REFUSED) | ~Q(reason="")) & Q(decided_at__gt=now - REMEMBERED)
    hidden = Q(listing__event__root__visibility=Event.Visibility.HIDDEN)
    if others.filter(refused | hidden).exists():
        return False
    published = others.filter(state=Submission.State.LISTED, decided_by__isnull=False).count()
    return published >= settings.SUBMISSIONS_TRUSTED_AFTER


def is_clean(submission: Submission, now: dt.datetime) -> bool:
    """Whether the rules find nothing grave in what is wanted, and nothing that would hold it."""
    item = item_of(submission, now)
    grave = any(found.severity == "error" for found in item.found)
    return not grave and item.score >= settings.QUALITY_PUBLISH_SCORE


def is_other(before: EventDraft, after: EventDraft) -> bool:
    """Whether a change makes another event of it, or leads elsewhere: not half of the title's words stay, or a host is
    new."""
    words = set(fold(before.title).split())
    stay = words & set(fold(after.title).split())
    if not stay or 2 * len(stay) < len(words):
        return True
    return bool(_hosts(after) - _hosts(before))


def _hosts(draft: EventDraft) -> set[str]:
    where = f"{draft.where.venue} {draft.where.address}"
    text = f"{draft.url} {draft.title} {draft.description} {draft.organizer} {where}"
    # behind what stands before it, as in "there...klub.example"
    pieces = (piece.strip(".-_").rpartition("..")[2].lstrip(".") for piece in _PIECE.findall(text))
    named = [piece for piece in pieces if _HOST.fullmatch(piece)]
    linked = [one.rstrip(".,;:!)]_") for one in _LINKED.findall(text)]
    return {one.lower().removeprefix("www.") for one in (*named, *linked)}
