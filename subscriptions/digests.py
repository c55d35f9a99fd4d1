"""The issues: drafted for editors, released with what they hold, and read back as it is now."""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from events.models import City, Event, EventChange
from events.search import EventSearch, popularity
from nocturne import alerts
from nocturne.models import User

from . import planning, searches
from .models import Digest, DigestItem, Subscription
from .planning import Plan

log = logging.getLogger(__name__)

MAX_ITEMS = 2000
WEEK = dt.timedelta(days=7)
State = Digest.State
Choice = DigestItem.Choice
SEEN = (Event.Visibility.PUBLISHED, Event.Visibility.ARCHIVED)  # what had its night stays in the issue of its week


def due_on(city: City, week: dt.date, weekday: int) -> dt.datetime:
    """When the mails of a day of the week go: DIGEST_HOUR by the city's clock, also where it was changed that night."""
    day = week + dt.timedelta(days=weekday)
    return dt.datetime.combine(day, dt.time(settings.DIGEST_HOUR), city.zone).astimezone(dt.UTC)


def week_at(city: City, now: dt.datetime) -> dt.date:
    """The Monday of the issue that is made at an instant: the next one from DIGEST_DRAFT_HOURS before it goes."""
    today = now.astimezone(city.zone).date()
    monday = today - dt.timedelta(days=today.weekday())
    drafted = dt.timedelta(hours=settings.DIGEST_DRAFT_HOURS)
    return monday + WEEK if now >= due_on(city, monday + WEEK, 0) - drafted else monday


def draft(city: City, *, now: dt.datetime | None = None) -> Digest:
    """The issue of the city that is made now; there is one, however often this is called."""
    new = coming(city, now or clock.now())
    if new.pk is None:
        Digest.objects.bulk_create([new], ignore_conflicts=True)  # of two at once one gets through
    return Digest.objects.select_related("city").get(city=city, week=new.week)


def draft_due(*, now: dt.datetime | None = None) -> int:
    """Draft what is due: issues of cities with somebody who had confirmed before the time of their day; how many."""
    now = now or clock.now()
    active = Subscription.objects.active().order_by()
    cities = City.objects.active().filter(pk__in=active.values("city"))
    week_of = {city: week_at(city, now) for city in cities}
    have = set(Digest.objects.filter(week__in=set(week_of.values())).values_list("city", "week"))
    drafted = 0
    for city, week in week_of.items():
        if (city.pk, week) not in have and active.filter(city=city).filter(_awaited(city, week, now)).exists():
            draft(city, now=now)
            drafted += 1
    return drafted


def _awaited(city: City, week: dt.date, now: dt.datetime) -> Q:
    """Subscriptions whose mail of a week is due, or is within the time that editors have."""
    ahead = dt.timedelta(hours=settings.DIGEST_DRAFT_HOURS)
    awaited = Q(pk__in=[])
    for weekday in range(7):
        due = due_on(city, week, weekday)
        if now >= due - ahead:
            awaited |= Q(weekday=weekday, confirmed_at__lt=due)
    return awaited


def release_due(*, now: dt.datetime | None = None) -> int:
    """Release what nobody held; how many."""
    now = now or clock.now()
    released = 0
    for digest in Digest.objects.filter(state=State.DRAFTED, due_at__lte=now).select_related("city"):
        try:
            released += release(digest, now=now)
        except Exception:  # one city's trouble is no other's; the next tick tries again
            log.exception("The digest of %s could not be released.", digest)
    return released


@transaction.atomic
def release(digest: Digest, *, by: User | None = None, now: dt.datetime | None = None) -> bool:
    """Freeze what the issue holds, and let it be sent; whether this call did. One that is held needs `by`."""
    now = now or clock.now()
    states = (State.DRAFTED, State.HELD) if by else (State.DRAFTED,)
    # whoever comes at the same time waits here, and finds it done
    found = Digest.objects.select_for_update().filter(pk=digest.pk, state__in=states, released_at=None).first()
    if found is None:
        digest.refresh_from_db()
        return False
    events = candidates(digest, now)
    columns: dict[str, Any] = {"released_at": now, "released_by": by, "state": State.RELEASED, "why": ""}
    if is_over(digest, now):
        columns |= {"state": State.EMPTY, "why": "Its week was over.", "finished_at": now}
    elif not any(event.status in planning.ON for event in events):
        columns |= {"state": State.EMPTY, "why": "Nothing is on in these days.", "finished_at": now}
    else:
        _freeze(digest, events)
    Digest.objects.filter(pk=digest.pk).update(**columns)
    digest.refresh_from_db()
    return True


def hold(digest: Digest, why: str = "By an editor.") -> bool:
    """Keep an issue from being released, or from being sent any further; whether this call did."""
    states = (State.DRAFTED, State.RELEASED, State.SENDING)
    columns = {"state": State.HELD, "why": why[:500], "claim": None, "claimed_until": None}
    held = Digest.objects.filter(pk=digest.pk, state__in=states).update(**columns)
    digest.refresh_from_db()
    return bool(held)


def hold_unfinished(*, taken_at: dt.datetime, **_: object) -> None:
    """Hold what may have gone out since a backup was taken that is used now: the ledger does not know it any more."""
    now = clock.now()
    draft_due(now=now)
    why = f"Restored from a backup of {taken_at:%-d %b %Y, %H:%M} UTC: some may have had it already."
    for digest in Digest.objects.exclude(state__in=(State.SENT, State.EMPTY)).filter(due_at__lte=now):
        hold(digest, why)


def go_on(digest: Digest) -> bool:
    """Let what is held take its course again; whether it was. What was not released is a draft again."""
    alerts.resolve(digest.matter)
    rows = Digest.objects.filter(pk=digest.pk, state=State.HELD)
    went = rows.filter(released_at=None).update(state=State.DRAFTED, why="", errors=0)
    went += rows.filter(released_at__isnull=False).update(state=State.SENDING, why="", errors=0)
    digest.refresh_from_db()
    return bool(went)


def choose(digest: Digest, event: Event, choice: str) -> str:
    """Pin an event, drop it, or leave it to its rank; what it is now, in words. The choice is that of its root."""
    items_of(digest).filter(event__root=event.root_id).exclude(event=event.root_id).update(choice=Choice.NONE)
    if choice == Choice.NONE:
        items_of(digest).filter(event=event.root_id).update(choice=choice)
    else:
        DigestItem.objects.update_or_create(digest=digest, event_id=event.root_id, defaults={"choice": choice})
    return Choice(choice).label


def is_over(digest: Digest, now: dt.datetime) -> bool:
    """Nothing of it is sent any more: the next issue has come."""
    return now >= due_on(digest.city, digest.week + WEEK, 0)


def candidates(digest: Digest, now: dt.datetime) -> list[Event]:
    """What an issue that is not released would hold, in its order."""
    chosen = list(items_of(digest).exclude(choice=Choice.NONE).order_by("pk").values_list("event__root", "choice"))
    dropped = {root for root, choice in chosen if choice == Choice.DROPPED}
    pinned = [root for root, choice in chosen if choice == Choice.PINNED]
    first, last = planning.nights_of(digest.week, digest.city.tonight(now))[0], planning.last_night(digest.week)
    changed = _changes(digest, now).values("event__root")
    on = Q(is_run=False, night__range=(first, last)) | Q(is_run=True, night__lte=last, last_night__gte=first)
    told = Q(pk__in=changed, status__in=(*planning.ON, *planning.OFF))
    rows = Event.objects.public().in_city(digest.city).exclude(pk__in=dropped)
    rows = rows.filter((on & Q(status__in=planning.ON)) | told)
    found = list(rows.annotate(popularity=popularity()).select_related("city", "venue"))
    strength = {event.pk: event.popularity for event in found}
    return planning.in_order(found, pinned=pinned, popularity=strength)[:MAX_ITEMS]


def plan_of(digest: Digest, search: EventSearch, *, now: dt.datetime) -> Plan:
    """What the issue says to those of a search at an instant: its events as they are now, those merged as one."""
    roots, pinned = _roots(digest, now)
    rows = Event.objects.roots().filter(search.conditions(), pk__in=roots, visibility__in=SEEN)
    rows = rows if search.runs else rows.one_off()
    found = rows.select_related("city", "venue").in_bulk()
    changes = _changes(digest, now).filter(event__root__in=found).order_by("at", "sequence")
    return planning.plan(
        [found[root] for root in roots if root in found],
        nights=planning.nights_of(digest.week, digest.city.tonight(now)),
        now=now,
        since=since(digest),
        pinned=pinned,
        changes=planning.merged_changes(changes.values_list("event__root", "before")),
    )


def items_of(digest: Digest) -> QuerySet[DigestItem]:
    """Also of one that is not saved, which has none."""
    return DigestItem.objects.filter(digest=digest.pk)


def coming(city: City, now: dt.datetime) -> Digest:
    """The issue that is made now; one that is not saved if it was not drafted."""
    week = week_at(city, now)
    found = Digest.objects.select_related("city").filter(city=city, week=week).first()
    return found or Digest(city=city, week=week, due_at=due_on(city, week, 0), drafted_at=now)


def search_of(digest: Digest, query: str) -> EventSearch:
    return searches.search_of(query, digest.city)


def _roots(digest: Digest, now: dt.datetime) -> tuple[list[int], set[int]]:
    """Roots of the events of an issue in their order, each once, and which of them are pinned."""
    rows = list(items_of(digest).order_by("position", "pk").values_list("event__root", "choice", "position"))
    dropped = {root for root, choice, _ in rows if choice == Choice.DROPPED}
    pinned = {root for root, choice, _ in rows if choice == Choice.PINNED} - dropped
    if digest.released_at:
        ordered: Iterable[int] = (root for root, _, position in rows if position is not None)
    else:
        ordered = (event.pk for event in candidates(digest, now))
    return [root for root in dict.fromkeys(ordered) if root not in dropped], pinned


def since(digest: Digest) -> dt.datetime | None:
    """When the city's last issue was released; None if this is the first."""
    before = Digest.objects.filter(city=digest.city_id, week__lt=digest.week, released_at__isnull=False)
    return before.exclude(state=State.EMPTY).order_by("-week").values_list("released_at", flat=True).first()


def _changes(digest: Digest, now: dt.datetime) -> Any:
    """Changes since the last issue, or within a week, of events that were on or are to come."""
    begun = since(digest) or min(digest.released_at or now, now) - WEEK
    rows = EventChange.objects.filter(event__city=digest.city_id, at__gte=begun)
    return rows.filter(event__night__gte=digest.week - WEEK)


def _freeze(digest: Digest, events: Sequence[Event]) -> None:
    """A row for each event with its place; what editors chose stays with it."""
    DigestItem.objects.bulk_create(
        [DigestItem(digest=digest, event=event, position=place) for place, event in enumerate(events)],
        update_conflicts=True,
        unique_fields=["digest", "event"],
        update_fields=["position"],
        batch_size=1000,
    )
