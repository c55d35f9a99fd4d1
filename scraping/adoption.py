"""Which listing of the source is each draft of this reading? The half of "identify" that asks the database."""

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL

from events.drafts import EventDraft
from events.models import Listing, Source
from quality.canonical import canonical

from .identity import fingerprint
from .schedule import Claim

# An id that comes again for a new date after its old date has passed: "<id> @ <date>".
_DATED = re.compile(r"^(.*) @ \d{4}-\d{2}-\d{2}$", re.DOTALL)
ID_LENGTH = 255
CHURN_ITEMS = 3
CHURN_READINGS = 2


@dataclass(frozen=True, slots=True)
class Identified:
    """A draft under its final id; `listing` is the row that it belongs to (few columns loaded), None if it is new.

    `adopted` says that the row was known under another id.
    """

    draft: EventDraft
    listing: Listing | None
    adopted: bool = False

    @property
    def key(self) -> str:
        return self.draft.external_id


def identify(source: Source, drafts: Sequence[EventDraft], now: dt.datetime) -> list[Identified]:
    """Find each draft's listing by id, then by URL or fingerprint where the id is new.

    An id whose date has passed and that comes again opens a new listing, as a page that reuses one URL each week
    does: only a future date can move. A new id whose URL or fingerprint equals that of exactly one listing, which
    nothing else in this reading claims, adopts that listing.
    """
    drafts = [_storable(draft) for draft in drafts]
    known = _Known(source, drafts, now)
    identified = [known.by_id(draft) for draft in drafts]
    return known.adopt(identified)


def _storable(draft: EventDraft) -> EventDraft:
    """The draft with its ids as their columns hold them; the id of a festival stays equal to its parts' key."""
    ids = {name: getattr(draft, name) for name in ("external_id", "series_key", "part_of_key")}
    changed = {name: short for name, value in ids.items() if (short := _storable_id(value)) != value}
    return draft.replace(**changed) if changed else draft


def _storable_id(name: str) -> str:
    """Ids that do not fit, or that look like ours for an id that came again, are cut and told apart by a hash."""
    room = ID_LENGTH - len(" @ 2026-01-01")
    if len(name) <= room and not _DATED.match(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{name[: room - 33]}#{digest}"


class _Known:
    """The listings of a source that a reading can be about: two queries, however many there are."""

    COLUMNS = (
        "pk",
        "source_id",
        "external_id",
        "event_id",
        "city_id",
        "content_hash",
        "canonical_url",
        "fingerprint",
        "local_start",
        "starts_at",
        "missing_since",
        "retired_at",
    )

    def __init__(self, source: Source, drafts: Sequence[EventDraft], now: dt.datetime) -> None:
        self.now = now
        ids = {draft.external_id for draft in drafts} | {_dated(draft) for draft in drafts}
        current = Q(starts_at__gte=now) | Q(starts_at=None)
        # one array, not thousands of parameters
        named = Q(external_id__in=RawSQL("SELECT unnest(%s::text[])", (list(ids),)))
        rows = source.listings.filter(current | named).only(*self.COLUMNS)
        self.rows = {row.external_id: row for row in rows}
        self.family: dict[str, list[Listing]] = {}
        for row in self.rows.values():
            if dated := _DATED.match(row.external_id):
                self.family.setdefault(dated[1], []).append(row)
        self.taken: set[int] = set()

    def by_id(self, draft: EventDraft) -> Identified:
        row = self._row(draft)
        if row is None or row.pk in self.taken:
            fresh = draft.external_id in self.rows
            return Identified(draft.replace(external_id=_dated(draft)) if fresh else draft, None)
        self.taken.add(row.pk)
        return Identified(draft.replace(external_id=row.external_id), row)

    def _row(self, draft: EventDraft) -> Listing | None:
        """The row of a draft's id: the one of its date, else the one whose date can still move."""
        members = [self.rows.get(draft.external_id), *self.family.get(draft.external_id, ())]
        rows = [row for row in members if row is not None]
        date = draft.when and draft.when.start.date().isoformat()
        same_date = [row for row in rows if date is None or row.local_start[:10] == date]
        movable = [row for row in rows if row.starts_at is None or row.starts_at >= self.now]
        return next(iter(same_date or movable), None)

    def adopt(self, identified: list[Identified]) -> list[Identified]:
        if not self.rows or all(item.listing for item in identified):
            return identified
        drafts = [item.draft for item in identified]
        urls = Counter(canonical(draft.url) for draft in drafts if draft.url)
        prints = Counter(fingerprint(draft) for draft in drafts)
        free = [row for row in self.rows.values() if row.pk not in self.taken and row.retired_at is None]
        by_url = _unique((row.canonical_url, row) for row in self.rows.values() if row.canonical_url)
        by_print = _unique((row.fingerprint, row) for row in free if row.fingerprint)
        adopted = []
        for item in identified:
            row = None
            if item.listing is None and item.draft.when:
                url, content = canonical(item.draft.url), fingerprint(item.draft)
                row = by_print.get(content) if prints[content] == 1 else None
                row = row or (by_url.get(url) if urls[url] == 1 else None)
            if row is None or row.pk in self.taken or not self._movable(row):
                adopted.append(item)
            else:
                self.taken.add(row.pk)
                adopted.append(Identified(item.draft, row, adopted=True))
        return adopted

    def _movable(self, row: Listing) -> bool:
        return row.retired_at is None and (row.starts_at is None or row.starts_at >= self.now)


def _dated(draft: EventDraft) -> str:
    return f"{draft.external_id} @ {draft.when.start:%Y-%m-%d}" if draft.when else draft.external_id


def _unique(pairs: Iterable[tuple[str, Listing]]) -> dict[str, Listing]:
    """The rows whose key no other row has."""
    pairs = list(pairs)
    count = Counter(key for key, _ in pairs)
    return {key: row for key, row in pairs if count[key] == 1}


def notice_churn(claimed: Claim, identified: Sequence[Identified]) -> int:
    """How many readings in a row most events came under new ids; at the second the source's ids are not believed.

    From then on ids come from content, and each listing is adopted once more.
    """
    adopted = sum(1 for item in identified if item.adopted)
    old = sum(1 for item in identified if item.listing)
    if adopted < CHURN_ITEMS or adopted * 2 < old or not claimed.source.ids_stable:
        return 0
    churned = claimed.schedule.churned + 1
    if churned >= CHURN_READINGS:
        Source.objects.filter(pk=claimed.source.pk).update(ids_stable=False)
    return churned


def content_hash(data: dict[str, Any], city_id: int | None, timezone: str) -> str:
    """Equal as long as a listing need not be written again; `data` is the JSON of its draft."""
    facts = [data, city_id, timezone]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
