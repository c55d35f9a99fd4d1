"""What editors do to events: their values go over those of the sources, and visitors see it at once."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone as clock

from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock
from nocturne.models import User

from . import images
from .compose import ComposeResult, compose
from .decisions import keep, undoes
from .models import City, Decision, Event


def override(root_ids: Iterable[int], changes: Mapping[str, Any], *, now: dt.datetime) -> ComposeResult:
    """Set editors' values (events/overrides.py) of root events; None or "" lets a field follow the sources again.

    Fields that are not in `changes` keep their values. A field that follows the sources again does so in the events
    that are merged into these, too, whose values would else come forth.
    """
    blank = {name for name, value in changes.items() if value in ("", None)}
    with transaction.atomic():
        ids = _lock(root_ids, venue_id=changes.get("venue"))
        members = Q(root__in=ids, overrides__has_any_keys=sorted(blank)) if blank else Q()
        events = list(Event.objects.filter(Q(pk__in=ids) | members).order_by("pk").select_for_update())
        for event in events:
            values = event.overrides | changes if event.pk in ids else event.overrides
            event.overrides = {name: value for name, value in values.items() if name not in blank}
        Event.objects.bulk_update(events, ["overrides"], batch_size=500)
        images.note([changes.get("image_url") or ""], now=now)
        return _compose(ids, now)


def show(root_ids: Iterable[int], visibility: str | None, *, by: User, now: dt.datetime) -> Decision | None:
    """Override the visibility of root events, None for what the score says; None if that changes nothing."""
    with transaction.atomic():
        ids = _lock(root_ids)
        before = _visibilities(ids)
        override(ids, {"visibility": visibility}, now=now)
        after = _visibilities(ids)
        changed = {str(pk): [before[pk], after[pk]] for pk in after if before[pk] != after[pk]}
        if not changed:
            return None
        events = Event.objects.filter(pk__in=ids).order_by("pk")
        first = events[0]
        title = f"“{first.title}”" if len(ids) == 1 else f"{len(ids)} events, as “{first.title}”"
        path = reverse("admin:events_event_change", args=[first.pk])
        return keep(Decision.Kind.VISIBILITY, f"{_SHOWN[visibility]}: {title}.", {"events": changed}, by=by, path=path)


_SHOWN: dict[str | None, str] = {
    Event.Visibility.PUBLISHED: "Published",
    Event.Visibility.HELD: "Held for review",
    Event.Visibility.HIDDEN: "Hidden",
    Event.Visibility.ARCHIVED: "Archived",
    None: "Left to the score",
}


def _visibilities(root_ids: Iterable[int]) -> dict[int, str | None]:
    """Editors' visibilities of events and of what is merged into them, by id; None where there is none."""
    return dict(Event.objects.filter(root__in=root_ids).values_list("pk", "overrides__visibility"))


@undoes(Decision.Kind.VISIBILITY, "events.change_event")
def _show_as_before(decision: Decision) -> str:
    """Each event's visibility goes back unless somebody has decided it anew since."""
    changed = {int(pk): (before, after) for pk, (before, after) in decision.state["events"].items()}
    roots = _lock(Event.objects.filter(pk__in=changed).order_by().values_list("root", flat=True))
    events = list(Event.objects.filter(pk__in=changed).order_by("pk").select_for_update())
    stand = [event for event in events if event.overrides.get("visibility") == changed[event.pk][1]]
    if not stand:
        raise ValueError("It has been decided anew since, so nothing was taken back.")
    for event in stand:
        before, _ = changed[event.pk]
        others = {name: value for name, value in event.overrides.items() if name != "visibility"}
        event.overrides = others if before is None else others | {"visibility": before}
    Event.objects.bulk_update(stand, ["overrides"], batch_size=500)
    _compose(roots, clock.now())
    left = len(events) - len(stand)
    return f"Events that were decided anew since and stay: {left}." if left else ""


def recompose(root_ids: Iterable[int], *, now: dt.datetime) -> ComposeResult:
    """Compose root events anew, as after a change of their venue."""
    with transaction.atomic():
        return _compose(_lock(root_ids), now)


def _lock(root_ids: Iterable[int], *, venue_id: int | None = None) -> set[int]:
    """Lock the areas of these events and of the venue that they move to."""
    ids = set(root_ids)
    # without a venue not "venues IS NULL": that is each of thousands of cities that have none
    cities = City.objects.filter(Q(events__in=ids) | Q(venues__in=[venue_id] if venue_id else [])).distinct()
    area_lock(*(area_id or pk for pk, area_id in cities.values_list("pk", "area_id")))
    return ids


def _compose(ids: set[int], now: dt.datetime) -> ComposeResult:
    result = compose(ids, now=now)
    bump_on_commit(result.cities)
    return result
