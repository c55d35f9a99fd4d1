"""What matching would do with listings that are not there yet. Reads only: it takes no lock and writes nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from events.models import City, Listing

from . import records
from .clusters import Clusters, edges
from .matching import join, limits
from .records import Record

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`known` is of an event that is there, `event_id`; `unsure` may be, and waits for an editor; else it is new."""

    outcome: Literal["known", "unsure", "new"]
    event_id: int | None = None
    reasons: tuple[str, ...] = ()


def foresee(new: Sequence[Record], *, area: City) -> list[Foreseen]:
    """What would become of each record if it were saved now; the records are of one source and have no event.

    Editors' verdicts play no part, since they hang on listings that are there.
    """
    nights = {record.night + days * _DAY for record in new for days in (-1, 0, 1)}
    cities = list(City.objects.filter(Q(area=area) | Q(pk=area.pk)).values_list("pk", flat=True))
    listings = Listing.objects.filter(event__isnull=False, city__in=cities, night__in=nights)
    found = [*new, *records.of_listings(listings, area=area)]
    pairs = edges(found, limits(), new=range(len(new)))
    clusters = Clusters(found, limits())
    joined, unsure = join(found, clusters, pairs)
    seen: dict[int, Foreseen] = {}
    for position in range(len(new)):
        roots = [root for member in clusters.members(position) if (root := found[member].root) is not None]
        if roots:
            reasons = next((e.comparison.reasons for e in joined if position in (e.first, e.second)), ())
            seen[position] = Foreseen("known", min(roots), reasons)
    for edge in unsure:
        for position, other in ((edge.first, edge.second), (edge.second, edge.first)):
            if position < len(new) and found[other].root is not None:
                seen.setdefault(position, Foreseen("unsure", found[other].root, edge.comparison.reasons))
    return [seen.get(position, Foreseen("new")) for position in range(len(new))]
