"""Keeping what editors decide, and taking it back.

An app says for each kind of its own how a decision is undone: a function that takes the Decision, under the caller's
transaction, and raises ValueError with a sentence for the editor where something has been decided since that an undo
would destroy. It returns a sentence for what had to stay, else "".
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone as clock

from nocturne.models import User

from .models import Decision

Undo = Callable[[Decision], str]
_UNDO: dict[str, tuple[Undo, str]] = {}


def undoes(kind: Decision.Kind, permission: str) -> Callable[[Undo], Undo]:
    """Register how decisions of a kind are undone, and the permission that it takes, as "events.change_event"."""

    def register(function: Undo) -> Undo:
        _UNDO[kind] = (function, permission)
        return function

    return register


def keep(kind: Decision.Kind, summary: str, state: dict[str, Any], *, by: User, path: str = "") -> Decision:
    """Write down what was decided, within the transaction that did it."""
    return Decision.objects.create(kind=kind, summary=summary[:500], state=state, by=by, path=path)


def may_undo(kind: str, user: User) -> bool:
    return kind in _UNDO and bool(user.has_perm(_UNDO[kind][1]))


@transaction.atomic
def undo(decision: Decision, *, by: User) -> str:
    """Take a decision back and return what is to be told beside that it was done; once more changes nothing.

    Raise ValueError with a sentence where it cannot be taken back; then nothing has changed.
    """
    row = Decision.objects.select_for_update().get(pk=decision.pk)
    if row.undone_at is None:
        told = _UNDO[row.kind][0](row)
        row.undone_by, row.undone_at = by, clock.now()
        row.save(update_fields=["undone_by", "undone_at"])
    else:
        told = "It had been taken back before."
    decision.undone_by, decision.undone_at = row.undone_by, row.undone_at
    return told
