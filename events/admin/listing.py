"""Listings: what each source says, as it was read."""

import json
from dataclasses import fields
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from events.drafts import EventDraft, Price, When, Where
from events.models import Listing
from nocturne.admin import RecordAdmin, SearchFilter, link, link_outside
from nocturne.admin.pages import NOTHING


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("live", "listed by its source"),
            ("missing", "missing in the last reading"),
            ("retired", "no longer listed"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        match self.value():
            case "live":
                return queryset.filter(missing_since=None)
            case "missing":
                return queryset.filter(missing_since__isnull=False, retired_at=None)
            case "retired":
                return queryset.filter(retired_at__isnull=False)
        return queryset


def standing(listing: Listing) -> str:
    if listing.retired_at:
        return f"no longer listed since {listing.retired_at:%-d %b %Y}"
    return f"missing since {listing.missing_since:%-d %b %Y}" if listing.missing_since else "listed"


# As a draft is written; the database keeps no order.
ORDER = {field.name: n for n, field in enumerate(f for kind in (When, Where, Price, EventDraft) for f in fields(kind))}


def draft_rows(draft: dict[str, Any], above: str = "") -> list[tuple[str, object]]:
    """A draft's fields with their values, groups flattened: ("when start", "2026-12-05T20:00:00")."""
    rows: list[tuple[str, object]] = []
    for name, value in sorted(draft.items(), key=lambda item: ORDER.get(item[0], len(ORDER))):
        label = f"{above} {name}".strip().replace("_", " ")
        if isinstance(value, dict):
            rows += draft_rows(value, label)
        elif isinstance(value, list):
            words = (f"{each['code']}: {each['message']}" if isinstance(each, dict) else str(each) for each in value)
            rows.append((label, "\n".join(words)))
        elif isinstance(value, bool):
            rows.append((label, "yes" if value else "no"))
        else:
            rows.append((label, value))
    return rows


@admin.register(Listing)
class ListingAdmin(RecordAdmin):
    """Never edited and never deleted: what editors know better they write over the event."""

    list_display = ("title", "source_link", "event_link", "local_time", "place", "score", "standing", "site")
    list_display_links = ("title",)
    list_filter = (
        ("source", SearchFilter),
        ("city", SearchFilter),
        ("event", admin.EmptyFieldListFilter),
        StandingFilter,
        ("event__root", SearchFilter),
        ("series", SearchFilter),
        ("venue", SearchFilter),
    )
    list_select_related = ("source", "event", "city", "venue")
    search_fields = ("title", "external_id", "url")
    date_hierarchy = "night"
    ordering = ("-changed_at", "pk")
    actions = list[Any]()
    inlines = list[Any]()
    fieldsets = (
        (None, {"fields": (("source", "site"), ("event_link", "root_link"), ("score", "standing"))}),
        ("Draft, as read", {"fields": ("as_read",)}),
        ("When and where", {"fields": (("local_start", "timezone", "night", "last_night"), ("city", "venue"))}),
        ("Identity", {"fields": (("external_id", "series"), "canonical_url", "fingerprint", "content_hash")}),
        ("History", {"fields": (("first_seen_at", "changed_at", "missing_since", "retired_at"),)}),
    )

    @admin.display(description="Local time", ordering="starts_at")
    def local_time(self, listing: Listing) -> str:
        return listing.local_start.replace("T", " ")[:16] or NOTHING

    @admin.display(description="Where", ordering="venue__name")
    def place(self, listing: Listing) -> str:
        return ", ".join(each.name for each in (listing.venue, listing.city) if each) or NOTHING

    @admin.display(description="Source", ordering="source")
    def source_link(self, listing: Listing) -> str:
        return link(listing.source)

    @admin.display(description="Event", ordering="event")
    def event_link(self, listing: Listing) -> str:
        return link(listing.event, listing.event and f"#{listing.event_id} {listing.event}")

    @admin.display(description="Merged into")
    def root_link(self, listing: Listing) -> str:
        merged = listing.event and listing.event.merged_into_id
        return link(listing.event.root if merged else None)  # type: ignore[union-attr]

    @admin.display(description="Standing")
    def standing(self, listing: Listing) -> str:
        return standing(listing)

    @admin.display(description="At the source")
    def site(self, listing: Listing) -> str:
        return link_outside(listing.url)

    @admin.display(description="Draft")
    def as_read(self, listing: Listing) -> str:
        rows = draft_rows(listing.draft)
        text = json.dumps(listing.draft, indent=2, ensure_ascii=False)
        return render_to_string("admin/events/listing/draft.html", {"rows": rows, "json": text})
