"""Keeping the Findings of a source as its last reading left them."""

from collections.abc import Mapping, Sequence

from django.db.models import Q

from events.models import Listing, Source

from .models import Finding
from .rules import Found

# The key of what is found of a source's answer as a whole.
WHOLE = ""
FEW = 200


def record(
    source: Source,
    listings_by_key: Mapping[str, Listing | None],
    findings_by_key: Mapping[str, Sequence[Found]],
) -> int:
    """Make the findings of these keys what was found, and return how many rows were written or deleted.

    Keys are external ids; those that are in neither mapping keep their findings. What is found again keeps its
    row and the date when it was first seen.
    """
    keys = listings_by_key.keys() | findings_by_key.keys()
    # also what was found of these listings under ids that they have no more
    known = {listing.pk for listing in listings_by_key.values() if listing}
    rows = Finding.objects.filter(source=source)
    if len(keys) < FEW:  # of a whole calendar all findings of its source are fewer than its ids
        rows = rows.filter(Q(key__in=keys) | Q(listing__in=known))
    stored = {(row.key, row.rule): row for row in rows if row.key in keys or row.listing_id in known}
    wanted = {
        (key, found.rule): Finding(
            source=source,
            listing=listings_by_key.get(key),
            key=key,
            rule=found.rule,
            severity=found.severity,
            weight=found.weight,
            message=found.message,
        )
        for key, many in findings_by_key.items()
        for found in many
    }
    changed = [row for at, row in wanted.items() if at not in stored or _told(row) != _told(stored[at])]
    gone = [row.pk for at, row in stored.items() if at not in wanted]
    if changed:
        Finding.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["source", "key", "rule"],
            update_fields=["listing", "severity", "weight", "message"],
        )
    if gone:
        Finding.objects.filter(pk__in=gone).delete()
    return len(changed) + len(gone)


def _told(row: Finding) -> tuple[int | None, str, int, str]:
    return row.listing_id, row.severity, row.weight, row.message
