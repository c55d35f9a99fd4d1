"""Which event a listing belongs to.

Order of evidence: editors' verdicts, identity (a listing keeps its event), the exact row, the canonical URL, then
what is alike in title, place and time. Decided for a whole batch at once, among the listings of the area's nights,
in a fixed number of queries. What is only likely waits for an editor as an unsure verdict.
"""

import datetime as dt
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from events.models import City, Listing

from . import records
from .clusters import Clusters, Edge, edges
from .links import link
from .records import Record
from .similarity import Comparison, Limits, compare_all
from .verdicts import Editors, remember

# Two events that are there already become one only on evidence as strong as this.
STRONG = 90
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Match:
    """The root event that a listing joins or has, or None for a new event, which all of one `group` share.

    `joined` says that another listing of the event was there before.
    """

    event_id: int | None
    group: int
    joined: bool
    score: int | None = None
    reasons: tuple[str, ...] = ()


def limits() -> Limits:
    return Limits(settings.MATCH_TITLE_PERCENT, settings.MATCH_LOCATION_PERCENT, settings.MATCH_MINUTES)


def match(listings: Sequence[Listing], *, area: City) -> dict[int, Match]:
    """The match of each listing, by its id. All have ids, time and city; new ones have no event, and need no row yet.

    Runs within the transaction that saves, under the area's lock. Events that turn out to be one are merged; the
    caller creates the new events and composes what the matches name.
    """
    if not listings:
        return {}
    asked = frozenset(listing.pk for listing in listings)
    found = _candidates(listings, asked, area)
    pairs = _edges(found, len(asked))
    known = frozenset(listing.pk for listing in listings if not listing._state.adding)
    editors = Editors(known)
    further = _others(found, pairs, editors, len(asked), area)
    found += further
    editors.load_between(_within_reach(found, pairs))
    clusters = Clusters(found, limits(), lambda i, j: editors.apart(found[i].key, found[j].key))
    joined, unsure = join(found, clusters, editors.edges(found) + pairs)
    survivors = _merge(found, clusters)
    unsure += _moved(found, len(asked), clusters, editors)
    remember(found, known, [*joined, *unsure])
    evidence = {position: edge.comparison for edge in reversed(joined) for position in (edge.first, edge.second)}
    return {
        found[position].key: _answer(position, found, clusters, survivors, evidence.get(position))  # type: ignore[misc]
        for position in range(len(asked))
    }


def _candidates(listings: Sequence[Listing], asked: frozenset[int], area: City) -> list[Record]:
    """The asked listings first, then those of the area's events on their nights and the nights beside them."""
    nights = {listing.night + days * _DAY for listing in listings if listing.night for days in (-1, 0, 1)}
    cities = list(City.objects.filter(Q(area=area) | Q(pk=area.pk)).values_list("pk", flat=True))
    others = Listing.objects.filter(event__isnull=False, city__in=cities, night__in=nights).exclude(pk__in=asked)
    return [
        *records.of_rows(listings, area=area),
        *records.of_listings(others, area=area),
    ]


def _edges(found: list[Record], asked: int) -> list[Edge]:
    """The edges of the asked records, which come first.

    A reading shows what one source lists. Where nobody else lists anything near, only the same row twice is one
    event, and that has one address or fingerprint: so a first large calendar is hardly compared at all.
    """
    if any(not record.live or record.source != found[0].source for record in found[:asked]):
        return edges(found, limits(), new=range(asked))
    nights = {record.night + days * _DAY for record in found[asked:] for days in (-1, 0, 1)}
    named = Counter(name for record in found for name in (record.url, record.fingerprint) if name)
    near = [
        position
        for position, record in enumerate(found)
        if position >= asked or record.night in nights or max(named[record.url], named[record.fingerprint]) > 1
    ]
    new = range(bisect_left(near, asked))
    some = edges([found[p] for p in near], limits(), new=new)
    return [edge._replace(first=near[edge.first], second=near[edge.second]) for edge in some]


def _others(found: list[Record], edges: list[Edge], editors: Editors, asked: int, area: City) -> list[Record]:
    """What is not among the candidates yet: the further listings of events that may be joined, on whatever night,
    and those that editors put together with an asked one."""
    known = {record.key for record in found}
    roots = {record.root for record in found[:asked]}
    roots |= {found[position].root for edge in edges for position in (edge.first, edge.second)}
    further = Listing.objects.filter(
        Q(event__root__in=roots - {None}) | Q(pk__in=editors.partners()), event__isnull=False
    )
    return [record for record in records.of_listings(further, area=area) if record.key not in known]


def _within_reach(found: list[Record], edges: list[Edge]) -> list[int]:
    """The listings that may come together: both ends of the edges and what is one event with them."""
    ends = {position for edge in edges for position in (edge.first, edge.second)}
    roots = {found[position].root for position in ends} - {None}
    return [int(record.key) for position, record in enumerate(found) if position in ends or record.root in roots]


def join(found: list[Record], clusters: Clusters, edges: list[Edge]) -> tuple[list[Edge], list[Edge]]:
    """Join what is the same; the edges that brought something together, and those that an editor has to decide."""
    joined, unsure = [], []
    clusters.expect([edge for edge in edges if edge.comparison.outcome == "same"])
    for edge in edges:
        if clusters.together(edge.first, edge.second):
            continue
        roots = {found[p].root for end in (edge.first, edge.second) for p in clusters.members(end)} - {None}
        strong = edge.sure or edge.comparison.score >= STRONG or len(roots) < 2
        if edge.comparison.outcome == "same" and strong:
            if clusters.join(edge):
                joined.append(edge)
        else:
            unsure.append(edge.as_unsure())
    return joined, [edge for edge in unsure if clusters.open(edge)]


def _merge(found: list[Record], clusters: Clusters) -> dict[int, int]:
    """Make the roots of each cluster one event; the event that stays, by the id of each root."""
    stays: dict[int, int] = {}
    for members in clusters.sets():
        roots = {root for position in members if (root := found[position].root) is not None}
        if roots:
            survivor = link(roots) if len(roots) > 1 else min(roots)
            stays |= dict.fromkeys(roots, survivor)
    return stays


def _moved(found: list[Record], asked: int, clusters: Clusters, editors: Editors) -> list[Edge]:
    """A listing that keeps its event but says another time or place by now than others of it: for an editor."""
    pairs = []
    for position in range(asked):
        record = found[position]
        if record.root is None or not record.live:
            continue
        for other in clusters.members(position):
            partner = found[other]
            if partner.root != record.root or partner.source == record.source or not partner.live:
                continue
            if not editors.together(record.key, partner.key):
                pairs.append((position, other))
    compared = compare_all(found, pairs, clusters.limits)
    edges = [Edge(*pair, comparison) for pair, comparison in zip(pairs, compared, strict=True)]
    return [edge.as_unsure() for edge in edges if edge.comparison.conflict]


def _answer(
    position: int,
    found: list[Record],
    clusters: Clusters,
    survivors: dict[int, int],
    evidence: Comparison | None,
) -> Match:
    members = clusters.members(position)
    roots = {root for member in members if (root := found[member].root) is not None}
    return Match(
        event_id=survivors[min(roots)] if roots else None,
        group=min(int(found[member].key) for member in members),
        joined=found[position].root is None and bool(roots),
        score=evidence.score if evidence else None,
        reasons=evidence.reasons if evidence else (),
    )
