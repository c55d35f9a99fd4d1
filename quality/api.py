"""Quality and duplicates, for operators' programs."""

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import AuthorizationError, HttpError

from nocturne.answers import Body, Cursor, Id, Limit, PathId, wrong
from nocturne.cursors import cut
from nocturne.keys import OperatorKey, operator_of
from nocturne.models import ApiKey, User

from . import queues
from .decisions import Settled, settle
from .models import Audit, Verdict

router = Router(tags=["Operators: quality"])
may_read, may_edit = OperatorKey(ApiKey.Scope.READ), OperatorKey(ApiKey.Scope.EDIT)
DECIDES = "quality.change_verdict"


class Report(Schema):
    """What the last audit counted; `rules` has the listings that break each rule, `scores` those of each ten."""

    day: dt.date
    finished_at: dt.datetime
    counts: dict[str, Any]
    rules: dict[str, int]
    scores: dict[str, int]
    worse: list[dict[str, Any]] = Field(description="What got worse since the audit before, in sentences.")


class Side(Schema):
    listing: int = Field(alias="pk")
    source: str = Field(alias="source.name")
    title: str
    starts_at: dt.datetime | None
    venue: str | None = Field(None, alias="venue.name")
    url: str
    event: int | None = Field(alias="event_id")


class Pair(Schema):
    """Two listings of which the matcher is not sure whether they are one event."""

    id: int
    night: dt.date
    score: int | None = Field(description="0 to 100, as the matcher saw the pair.")
    reasons: list[Any]
    first: Side
    second: Side


class Pairs(Schema):
    duplicates: list[Pair]
    next_cursor: str | None


class PairsQuery(Schema):
    city: Id | None = Field(None, description="The number of a city, as in the admin.")
    source: Id | None = None
    limit: Limit = 50
    cursor: Cursor = None


class Word(Body):
    outcome: Literal["same", "different"] = Field(description="same merges the two events.")
    editor: str | None = Field(
        None,
        max_length=254,
        description="The address of the editor whose decision it is. A named key decides for who made it without it.",
    )


class Decided(Schema):
    id: int
    outcome: str
    decision: int | None = Field(description="Under which number editors can take it back; null if it was said before.")


@router.get("/admin/quality", auth=may_read, response={200: Report, 404: None}, summary="The last audit")
def quality_report(request: HttpRequest) -> Audit:
    found = Audit.objects.exclude(finished_at=None).order_by("-day").first()
    if found is None:
        raise HttpError(404, "There has been no audit yet: the first one is made in the coming night.")
    return found


@router.get("/admin/duplicates", auth=may_read, response=Pairs, summary="Pairs that wait for an editor")
def list_duplicates(request: HttpRequest, query: Query[PairsQuery]) -> dict[str, Any]:
    """The soonest night first, then the likeliest."""
    found = queues.pairs(city=query.city, source=query.source)
    found = found.select_related(*(f"{side}__{name}" for side in ("first", "second") for name in ("source", "venue")))
    shown, more = cut(found, query.cursor, query.limit, order="pairs")
    return {"duplicates": shown, "next_cursor": more}


@router.post(
    "/admin/duplicates/{pair_id}",
    auth=may_edit,
    response={200: Decided, 409: None},
    summary="Decide about a pair",
)
def decide(request: HttpRequest, pair_id: PathId, word: Word) -> dict[str, Any]:
    """As on the editors' desk: it is kept under an editor's name and can be taken back there. Saying the same again
    changes nothing; 409 if somebody has said something else, or the pair waits no more."""
    editor = _editor(request, word.editor)
    sides = ("first", "second", "first__event", "second__event")
    verdict = Verdict.objects.select_related(*sides).filter(pk=pair_id).first()
    if verdict is None:
        raise HttpError(404, "There is no such pair.")
    try:
        decision = settle(verdict, word.outcome, by=editor)
    except (Settled, ValueError) as error:
        raise HttpError(409, str(error))
    return {"id": verdict.pk, "outcome": word.outcome, "decision": decision and decision.pk}


def _editor(request: HttpRequest, email: str | None) -> User:
    """Whose decision it is: somebody who may decide on the desk, too."""
    user = operator_of(request).user
    if email:
        user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise wrong("body", "editor", "Name the editor whose decision it is, by the address of the account.")
    if not (user.is_active and user.is_staff and user.has_perm(DECIDES)):
        raise AuthorizationError(message="This account may not decide about duplicates.")
    return user
