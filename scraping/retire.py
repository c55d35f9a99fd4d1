"""Listings that a source no longer shows. Marked, never deleted."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db import transaction

from events import compose
from events.models import Event, Listing
from nocturne.locks import area_lock

from .models import Run, RunItem
from .schedule import Claim

CONFIRM_AFTER = dt.timedelta(hours=6)
MAX_ITEMS = 5
MAX_SHARE = 0.2


class TooMany(Exception):
    """So much is missing at once that the answer is doubted rather than the events."""


def missing(
    claimed: Claim,
    seen: Collection[str] | None,
    now: dt.datetime,
    *,
    until: dt.datetime | None = None,
    horizon: dt.datetime | None = None,
    left_out: Collection[int] = (),
    doubt: bool = True,
) -> list[Listing]:
    """The listings to mark after a good reading: missing for the first time, or for the second, hours later.

    `seen` are the external ids in the reading, None if the answer is the same as last time, so that what was missing
    is missing again. `until` is the start of its last event: a page of the next thirty events says nothing of those
    after; and `horizon` how far it expanded series. Raises TooMany for more than 5 listings that are more than 20 % of
    what could be missing, unless `doubt` is false. Of `left_out`, ids of rows, an editor's rules say that they are not
    wanted: these are marked however many they are.
    """
    future = claimed.source.listings.live().filter(starts_at__gt=now)
    if seen is None:
        return list(future.filter(missing_since__lte=now - CONFIRM_AFTER).select_related("city"))
    expected: list[tuple[int, str]] = []
    if until:
        read = future.filter(starts_at__lte=until).exclude(series__isnull=False, starts_at__gte=horizon)
        expected = list(read.values_list("pk", "external_id"))
    missed = [pk for pk, key in expected if key not in seen]
    if doubt and len(missed) > MAX_ITEMS and len(missed) > MAX_SHARE * len(expected):
        raise TooMany(f"{len(missed)} of {len(expected)} events are missing at once: nothing was retired.")
    marked = [*missed, *left_out]
    gone = future.filter(pk__in=marked).select_related("city") if marked else ()
    return [row for row in gone if row.missing_since is None or row.missing_since <= now - CONFIRM_AFTER]


def retire(claimed: Claim, run: Run, listings: Sequence[Listing], now: dt.datetime) -> set[int]:
    """Mark listings as missing, or retire those that were; the ids of cities whose lists changed."""
    if not listings:
        return set()
    claimed.begin(run)
    areas = defaultdict(list)
    for listing in listings:
        areas[listing.city and (listing.city.area_id or listing.city_id)].append(listing)
    cities: set[int] = set()
    for area, group in sorted(areas.items(), key=lambda pair: pair[0] or 0):
        with transaction.atomic():
            if area:
                area_lock(area)
            claimed.check()
            actions = []
            for listing in group:
                if listing.missing_since is None:
                    listing.missing_since = now
                    actions.append(RunItem.Action.MISSING)
                else:
                    listing.retired_at = now
                    actions.append(RunItem.Action.RETIRED)
                    run.retired += 1
            Listing.objects.bulk_update(group, ["missing_since", "retired_at"], batch_size=500)
            RunItem.objects.bulk_create(
                (
                    RunItem(run=run, listing=listing, action=action)
                    for listing, action in zip(group, actions, strict=True)
                ),
                ignore_conflicts=True,
            )
            retired = {listing.event_id for listing in group if listing.retired_at and listing.event_id}
            roots = Event.objects.filter(pk__in=retired).values_list("root", flat=True)
            cities |= compose.compose(roots, now=now).cities
    return cities
