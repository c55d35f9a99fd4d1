"""What a source changes beneath an editor's own value: visitors do not see it, so an editor is told."""

from collections.abc import Callable, Sequence

from events.drafts import EventDraft
from events.models import Listing
from quality.models import Finding
from quality.rules import Found

from .assess import Item

RULE = "override.beneath"
# What a source says of the fields that editors can write over; the visibility is nothing that sources speak of.
SAID: dict[str, Callable[[EventDraft], object]] = {
    "title": lambda draft: draft.title,
    "description": lambda draft: draft.description,
    "starts_at": lambda draft: draft.when and (draft.when.start, draft.when.timezone),
    "ends_at": lambda draft: draft.when and (draft.when.end, draft.when.timezone),
    "venue": lambda draft: draft.where.venue,
    "address": lambda draft: draft.where.address,
    "price_min": lambda draft: draft.price.minimum,
    "price_max": lambda draft: draft.price.maximum,
    "currency": lambda draft: draft.price.currency,
    "is_free": lambda draft: draft.price.is_free,
    "status": lambda draft: draft.status,
    "category": lambda draft: draft.categories[:1],
    "organizer": lambda draft: draft.organizer,
    "url": lambda draft: draft.url,
    "image_url": lambda draft: draft.image_url,
}


def found(items: Sequence[Item]) -> dict[str, list[Found]]:
    """By key, what these items change of overridden fields of their events, before they are written.

    What was found before stays found as long as one of these fields is overridden.
    """
    items_by_row = {item.listing.pk: item for item in items if item.listing and item.placed}
    if not items_by_row:
        return {}
    placed = Listing.objects.filter(pk__in=items_by_row, event__isnull=False).exclude(event__root__overrides={})
    rows = list(placed.select_related("event__root").only("draft", "event__root__overrides"))
    known = Finding.objects.filter(listing__in=rows, rule=RULE) if rows else ()
    messages = {finding.listing_id: finding.message for finding in known}
    told = {}
    for row in rows:
        item, before = items_by_row[row.pk], row.as_draft()
        own = [name for name in SAID if row.event and row.event.root.overrides.get(name) not in ("", None)]
        changed = [name.replace("_", " ") for name in own if SAID[name](before) != SAID[name](item.draft)]
        message = messages.get(row.pk, "") if own else ""
        if changed:
            message = f"The source has changed what an editor's value stands over: {', '.join(changed)}."
        if message:
            told[item.key] = [Found(rule=RULE, severity="warning", weight=0, message=message)]
    return told
