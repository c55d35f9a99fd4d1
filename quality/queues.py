"""What waits for an editor: pairs, held events, listings that are no event, and what visitors say."""

import datetime as dt
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone as clock

from events.models import Comment, CommentReport, Event, EventReport, Listing

from .models import Dismissal, Verdict

# For what has no night: after all others.
NEVER = dt.date(9999, 12, 31)


def _yesterday() -> dt.date:
    """Yesterday's nights are not over everywhere on earth."""
    return clock.now().date() - dt.timedelta(days=1)


def _to_come() -> Q:
    """Events that one can still go to: what has begun without a stated end is over when its day is."""
    now = clock.now()
    timed = Q(all_day=False, time_known=True)
    ahead = Q(starts_at__gte=now) | Q(ends_at__gte=now) | Q(ends_at=None, last_night__gte=now.date())
    return Q(timed, ahead) | Q(~timed, last_night__gte=_yesterday())


def pairs(*, city: int | None = None, source: int | None = None) -> QuerySet[Verdict, Any]:
    """Pairs that the matcher is unsure of, still listed and not over: the soonest night first, then the likeliest.

    Annotated with `night` and `rank`, what they are ordered by.
    """
    waiting = Verdict.objects.filter(outcome=Verdict.Outcome.UNSURE, by_editor=False)
    rows = waiting.filter(first__retired_at=None, second__retired_at=None).annotate(
        night=Coalesce(Least("first__night", "second__night"), Value(NEVER)),
        rank=Coalesce(F("score"), Value(0)),
        last=Coalesce(Greatest("first__last_night", "second__last_night", "first__night", "second__night"), NEVER),
    )
    rows = rows.filter(last__gte=_yesterday())
    if city:
        rows = rows.filter(Q(first__city=city) | Q(second__city=city))
    if source:
        rows = rows.filter(Q(first__source=source) | Q(second__source=source))
    return rows.order_by("night", "-rank", "pk")


def held(*, city: int | None = None, source: int | None = None, over: bool = False) -> QuerySet[Event]:
    """Events that are held for review and not over, the soonest first; or those that are over, the last first."""
    rows = Event.objects.roots().filter(visibility=Event.Visibility.HELD)
    rows = rows.exclude(_to_come()) if over else rows.filter(_to_come())
    if city:
        rows = rows.filter(city=city)
    if source:
        rows = rows.filter(Exists(Listing.objects.filter(event__root=OuterRef("pk"), source=source)))
    return rows.order_by("-night", "-starts_at", "-pk") if over else rows.order_by("night", "starts_at", "pk")


def unplaced(*, city: int | None = None, source: int | None = None) -> QuerySet[Listing]:
    """Listings that cannot be an event, are still listed and not over, and that nobody has put aside as they are."""
    aside = Dismissal.objects.filter(listing=OuterRef("pk"), at__gte=OuterRef("changed_at"))
    rows = Listing.objects.live().filter(Q(night=None) | Q(last_night=None) | Q(last_night__gte=_yesterday()))
    rows = rows.filter(~Exists(aside), event=None)
    if city:
        rows = rows.filter(source__city=city)
    if source:
        rows = rows.filter(source=source)
    return rows.order_by(F("night").asc(nulls_last=True), "-changed_at", "pk")


def comments() -> QuerySet[Comment, Any]:
    """Comments that are held, or reported and not decided: the reported ones first, the oldest of each.

    Annotated with `reported`, whether anybody has.
    """
    reports = CommentReport.objects.open().filter(comment=OuterRef("pk"))
    rows = Comment.objects.exclude(text="").annotate(reported=Exists(reports))
    rows = rows.filter(Q(state=Comment.State.HELD) | Q(reported=True))
    return rows.order_by("-reported", "created_at", "pk")


def reports() -> QuerySet[EventReport]:
    """Reports of events that nobody has settled: wishes to take something down first, the oldest of each."""
    return EventReport.objects.filter(settled_at=None).order_by("-kind", "at", "pk")
