"""What editors do to events: their values go over those of the sources, and visitors see it at once."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock

from .compose import ComposeResult, compose
from .models import City, Event


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
        return _compose(ids, now)


def recompose(root_ids: Iterable[int], *, now: dt.datetime) -> ComposeResult:
    """Compose root events anew, as after a change of their venue."""
    with transaction.atomic():
        return _compose(_lock(root_ids), now)


def _lock(root_ids: Iterable[int], *, venue_id: int | None = None) -> set[int]:
    """Lock the areas of these events and of the venue that they move to."""
    ids = set(root_ids)
    cities = City.objects.filter(Q(events__in=ids) | Q(venues=venue_id)).distinct()
    area_lock(*(area_id or pk for pk, area_id in cities.values_list("pk", "area_id")))
    return ids


def _compose(ids: set[int], now: dt.datetime) -> ComposeResult:
    result = compose(ids, now=now)
    bump_on_commit(result.cities)
    return result
