"""Assessing again what a source lists: what the rules say now, and what shows only in all of it together."""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from events import compose
from events.drafts import EventDraft
from events.models import City, Event, Listing, Source
from nocturne.cache import bump_on_commit
from nocturne.locks import area_lock

from . import findings, rules, suspicious
from .models import Finding
from .rules import Found
from .score import score
from .tally import Tally, batches

BATCH = 500
# They speak of a draft that could not be taken over: what is stored is older than what was read.
_OF_ANOTHER_DRAFT = frozenset({"date.unreadable", "city.unknown", "item.refused"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Differing:
    """A listing as it was when it was assessed, and what was found."""

    pk: int
    content_hash: str
    area_id: int
    score: int
    found: tuple[Found, ...]


def to_come(now: dt.datetime) -> QuerySet[Listing]:
    """Listings, shown by their sources, of events that are not over anywhere on earth."""
    return Listing.objects.live().filter(event__isnull=False, last_night__gte=now.date() - dt.timedelta(days=1))


def reassess(source: Source, *, now: dt.datetime, fix: bool, area: City | None = None) -> Tally:
    """Assess all that a source lists and that is to come; with `area`, tell only of what lies in there.

    With `fix`, findings and scores that differ are written and their events composed, area by area and in short
    transactions; what a reading has changed in between is left to it.
    """
    tally = Tally()
    listings = to_come(now).filter(source=source).order_by("pk")
    suspicions = _suspicions(listings)
    if area is not None:
        listings = listings.filter(city__area=area)
    pks = list(listings.values_list("pk", flat=True))
    for some in batches(pks, BATCH):
        differing = _assess(source, some, suspicions, tally, now)
        tally.counts["reassessed"] += len(differing)
        if fix and differing:
            _write(source, differing, now)
    return tally


def _suspicions(listings: QuerySet[Listing]) -> dict[int, list[Found]]:
    """What is suspicious, by listing; those of which there is nothing are left out."""
    pks, seen = [], []
    for listing in listings.select_related("city").iterator(chunk_size=BATCH):
        if (draft := _draft(listing)) is not None and listing.city is not None:
            pks.append(listing.pk)
            seen.append(suspicious.Seen.of(draft, listing.starts_at, listing.city.zone))
    return {pk: found for pk, found in zip(pks, suspicious.find(seen), strict=True) if found}


def _draft(listing: Listing) -> EventDraft | None:
    try:
        return listing.as_draft()
    except (ValueError, KeyError, TypeError):
        log.exception("the draft of listing %s cannot be read", listing.pk)
        return None


def _assess(
    source: Source, pks: Sequence[int], suspicions: dict[int, list[Found]], tally: Tally, now: dt.datetime
) -> list[_Differing]:
    stored: dict[int, list[Finding]] = defaultdict(list)
    for row in Finding.objects.filter(listing__in=pks):
        stored[row.listing_id or 0].append(row)
    differing = []
    for listing in Listing.objects.filter(pk__in=pks).select_related("city"):
        known = stored[listing.pk]
        codes = {row.rule for row in known}
        draft = _draft(listing)
        if draft is None or listing.city is None or codes & _OF_ANOTHER_DRAFT:
            tally.counts["unreadable"] += 1
            _count(tally, codes, listing.score)
            continue
        # over when it was first seen, if that was found then: later it may be
        is_new = "date.past" in codes
        found = rules.assess(draft, now=now, city=listing.city, is_new=is_new, home=source.city)
        found += suspicions.get(listing.pk, [])
        _count(tally, {one.rule for one in found}, score(found))
        if _told(known) != _told(found) or listing.score != score(found):
            area_id = listing.city.area_id or listing.city.pk
            differing.append(_Differing(listing.pk, listing.content_hash, area_id, score(found), tuple(found)))
    return differing


def _count(tally: Tally, codes: Iterable[str], points: int) -> None:
    tally.counts["listings"] += 1
    tally.rules.update(codes)
    tally.scores[str(min(points // 10, 9) * 10)] += 1


def _told(rows: Iterable[Finding | Found]) -> set[tuple[str, str, int, str]]:
    return {(row.rule, row.severity, row.weight, row.message) for row in rows}


def _write(source: Source, differing: Sequence[_Differing], now: dt.datetime) -> None:
    by_area: dict[int, list[_Differing]] = defaultdict(list)
    for one in differing:
        by_area[one.area_id].append(one)
    for area_id, some in sorted(by_area.items()):
        with transaction.atomic():
            area_lock(area_id)
            rows = Listing.objects.select_for_update().in_bulk([one.pk for one in some])
            same = [one for one in some if one.pk in rows and rows[one.pk].content_hash == one.content_hash]
            for one in same:
                rows[one.pk].score = one.score
            findings.record(
                source,
                {rows[one.pk].external_id: rows[one.pk] for one in same},
                {rows[one.pk].external_id: one.found for one in same},
            )
            Listing.objects.bulk_update([rows[one.pk] for one in same], ["score"], batch_size=BATCH)
            roots = Event.objects.filter(listings__in=[one.pk for one in same]).values_list("root", flat=True)
            bump_on_commit(compose.compose(roots, now=now).cities)
