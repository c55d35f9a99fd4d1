"""Editors' decisions about pairs, merges and splits, kept so that each can be taken back.

What a decision changes is two things: the pointers of events (which is merged into which) and verdicts. Both are
noted before and after, whatever made the change, and an undo puts back what differs.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.dateparse import parse_datetime

from events import compose
from events.decisions import keep, undoes
from events.models import City, Decision, Event, Listing
from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock
from nocturne.models import User

from . import merging
from .links import relink, unlink
from .models import Verdict
from .verdicts import decide

_VERDICT = ("outcome", "score", "reasons", "decided_by_id", "by_editor", "decided_at")


class Settled(ValueError):
    """Somebody has decided the pair meanwhile; the sentence says who, when and how."""


@transaction.atomic
def settle(verdict: Verdict, outcome: str, *, by: User) -> Decision | None:
    """Decide a pair that waits: the same event, which merges the two, or different ones, which takes them apart.

    None if this editor has decided it so already. Raise Settled if the pair waits no more, and ValueError where the
    two cannot be one.
    """
    _lock(verdict.first, verdict.second)
    row = Verdict.objects.select_for_update().filter(pk=verdict.pk).first()
    if row is None:
        raise Settled("The pair is no longer in question: the sources say something else by now.")
    if row.by_editor and row.decided_by_id == by.pk and row.outcome == outcome:
        return None
    if row.by_editor:
        who, when = row.decided_by or "an editor", f"{row.decided_at:%-d %b, %H:%M} UTC"
        raise Settled(f"This pair was decided by {who} on {when}: {row.get_outcome_display()}. Yours was not taken.")
    if row.outcome != Verdict.Outcome.UNSURE:
        raise Settled(f"The matcher knows by now: {row.get_outcome_display()}. Yours was not taken.")
    return decide_pair(row, outcome, by=by)


@transaction.atomic
def decide_pair(verdict: Verdict, outcome: str, *, by: User) -> Decision | None:
    """An editor's word on a pair, whoever had decided it before. Raise ValueError where the two cannot be one."""
    _lock(verdict.first, verdict.second)
    sides = Listing.objects.select_related("source", "event__city").in_bulk([verdict.first_id, verdict.second_id])
    first, second = sides[verdict.first_id], sides[verdict.second_id]
    path = reverse("admin:quality_verdict_change", args=[verdict.pk])
    words = "The same event" if outcome == Verdict.Outcome.SAME else "Different events"
    act = _make_same if outcome == Verdict.Outcome.SAME else _make_different
    summary = f"{words}: “{first.title[:150]}” ({first.source}) and “{second.title[:150]}” ({second.source})."
    _, decision = recorded([first, second], lambda: act(first, second, by), lambda _: summary, by=by, path=path)
    return decision


def _make_same(first: Listing, second: Listing, by: User) -> None:
    if first.event and second.event and first.event_id != second.event_id:
        merging.merge(first.event, second.event, by=by)
    else:
        decide([first.pk], [second.pk], Verdict.Outcome.SAME, by=by)


def _make_different(first: Listing, second: Listing, by: User) -> None:
    """Of two that are one event now, the one that came to it later leaves."""
    if first.event and second.event and first.event.root_id == second.event.root_id:
        merging.split(first if first.event.pk > second.event.pk else second, by=by)
    decide([first.pk], [second.pk], Verdict.Outcome.DIFFERENT, by=by)


@transaction.atomic
def recorded[T](
    listings: Iterable[Listing], act: Callable[[], T], summary: Callable[[T], str], *, by: User, path: str = ""
) -> tuple[T, Decision | None]:
    """Do something to these listings and their events, and keep what it changed; visitors see it at once.

    `summary` makes the sentence of what was done out of what `act` returns. No Decision if nothing has changed.
    """
    rows = list(listings)
    _lock(*rows)
    homes = Event.objects.filter(listings__in=rows).order_by().values_list("root", flat=True)
    events = set(Event.objects.filter(root__in=list(homes)).values_list("pk", flat=True))
    around = {row.pk for row in rows} | set(Listing.objects.filter(event__in=events).values_list("pk", flat=True))
    homes_before = dict(Listing.objects.filter(pk__in=around).values_list("pk", "event"))
    before = _pointers(events), _verdicts(around)
    result = act()
    homes_after = dict(Listing.objects.filter(pk__in=around).values_list("pk", "event"))
    # an event that a split has made comes out of the one that its listing was of
    new = {event: homes_before[pk] for pk, event in homes_after.items() if event and event not in events}
    after = _pointers(events | new.keys()), _verdicts(around)
    state = {
        "events": _changes(before[0] | {str(pk): home for pk, home in new.items()}, after[0]),
        "verdicts": _changes(before[1], after[1]),
    }
    if not state["events"] and not state["verdicts"]:
        return result, None
    _show_at_once(events | new.keys())
    return result, keep(Decision.Kind.PAIR, summary(result), state, by=by, path=path)


@undoes(Decision.Kind.PAIR, "quality.change_verdict")
def _as_before(decision: Decision) -> str:
    """Events together or apart as they were, and verdicts what they were."""
    pointers, verdicts = decision.state["events"], decision.state["verdicts"]
    events = {int(pk) for pk in pointers} | {int(other) for pair in pointers.values() for other in pair if other}
    pairs = [tuple(int(pk) for pk in pair.split()) for pair in verdicts]
    listings = {pk for pair in pairs for pk in pair}
    _lock(*Listing.objects.filter(pk__in=listings).select_related("event"))
    changed = {int(pk) for pk in pointers}
    now_pointers, now_verdicts = _pointers(changed), _verdicts(listings)
    if any(now_pointers.get(pk) != after for pk, (_, after) in pointers.items()) or any(
        now_verdicts.get(pair) != after for pair, (_, after) in verdicts.items()
    ):
        raise ValueError("It has been decided anew since, so nothing was taken back.")
    roots = set(Event.objects.filter(pk__in=events).values_list("root", flat=True))
    for event in Event.objects.filter(pk__in=changed).order_by("pk"):
        was, _ = pointers[str(event.pk)]
        if was is None:
            unlink(event)
        else:
            relink(event, was)
    for (first, second), (was, _) in zip(pairs, verdicts.values(), strict=True):
        _put_back(first, second, was)
    roots |= set(Event.objects.filter(pk__in=events).values_list("root", flat=True))
    roots |= set(Event.objects.roots().filter(part_of__in=roots).values_list("pk", flat=True))
    compose.compose(roots, now=clock.now())
    _show_at_once(events | roots)
    return ""


def _put_back(first: int, second: int, was: dict[str, Any] | None) -> None:
    pair = Verdict.objects.filter(first=first, second=second)
    if was is None:
        pair.delete()
        return
    at = parse_datetime(was["decided_at"])
    by = was["decided_by_id"]
    if by is not None and not User.objects.filter(pk=by).exists():
        by = None
    pair.update(**{**was, "decided_at": at, "decided_by_id": by})


def _lock(*listings: Listing) -> None:
    """The areas of these listings and of their events."""
    cities = {listing.city_id for listing in listings}
    homes = [listing.event_id for listing in listings if listing.event_id]
    wanted = City.objects.filter(Q(pk__in=cities - {None}) | Q(events__in=homes) | Q(events__members__in=homes))
    area_lock(*(area or pk for pk, area in wanted.order_by().distinct().values_list("pk", "area_id")))


def _pointers(events: Iterable[int]) -> dict[str, int | None]:
    rows = Event.objects.filter(pk__in=events).values_list("pk", "merged_into")
    return {str(pk): merged_into for pk, merged_into in rows}


def _verdicts(listings: Iterable[int]) -> dict[str, dict[str, Any]]:
    """The verdicts among these listings by "first second", as JSON."""
    rows = Verdict.objects.filter(first__in=listings, second__in=listings)
    found = {}
    for first, second, *values in rows.values_list("first", "second", *_VERDICT):
        row = dict(zip(_VERDICT, values, strict=True))
        found[f"{first} {second}"] = {**row, "decided_at": row["decided_at"].isoformat()}
    return found


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: [before.get(key), value] for key, value in after.items() if before.get(key) != value}


def _show_at_once(events: Iterable[int]) -> None:
    bump_on_commit(Event.objects.filter(pk__in=events).order_by().values_list("city", flat=True).distinct())
