"""Facts from the pages of single events, where the list that a source is lacks them.

A list that states time and place is never followed. Else the pages of its site that it links to are read, few in one
reading, the next events first, and what they said is kept: a page is read again only if its item in the list has
changed, or after a week and then ever more rarely if the facts are still lacking.
"""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from events.drafts import EventDraft, When, Where, instant
from events.models import Source
from events.text import fold
from nocturne.http import FetchError
from quality.canonical import canonical

from . import selection
from .detect import read
from .extractors import Document, Window
from .fetch import Later, ask, validator
from .models import Detail
from .normalise import normalise

MAX_PAGES = 20
MAX_SECONDS = 120
AGAIN_AFTER = dt.timedelta(days=7)
# A site whose pages said nothing new so often is left alone for a week.
FRUITLESS = 5
KEPT_FOR = dt.timedelta(days=60)
# A calendar says all that it has to say.
_COMPLETE = frozenset(("ics", "xcal"))
_PASSING = ("connect", "timeout", "http.429", "http.5")


@dataclass(frozen=True, slots=True)
class Completed:
    """The drafts with what their pages say. `left` says that pages wait for the next reading."""

    drafts: list[EventDraft]
    left: bool = False


def complete(
    source: Source,
    drafts: Sequence[EventDraft],
    refused: Collection[selection.Key],
    *,
    format: str,
    window: Window,
    now: dt.datetime,
) -> Completed:
    """Fill in what a list does not say from the pages of its events; what the list says stays as it is.

    Expects normalised drafts; those that the source's rules refuse are not followed.
    """
    groups: dict[str, list[EventDraft]] = {}
    for draft in lacking(drafts, source.url, format=format):
        if selection.key(draft) not in refused:
            groups.setdefault(draft.url, []).append(draft)
    if not groups:
        return Completed(list(drafts))
    follower = _Follower(source, groups, window, now)
    left = follower.follow()
    return Completed([follower.filled(draft) for draft in drafts], left)


def lacking(drafts: Sequence[EventDraft], source_url: str, *, format: str) -> list[EventDraft]:
    """Those whose pages may be read, since the list does not say their time or place."""
    if format in _COMPLETE:
        return []
    return [draft for draft in drafts if lacks(draft) and _is_of(draft.url, source_url)]


def lacks(draft: EventDraft) -> bool:
    """Whether the time or the place is not known."""
    when, where = draft.when, draft.where
    if when is None or when.all_day or not when.time_known:
        return True
    return not (where.venue or where.address or where.online or where.latitude is not None)


class _Follower:
    """The pages of one reading: those that are known, and which are asked."""

    def __init__(self, source: Source, groups: dict[str, list[EventDraft]], window: Window, now: dt.datetime) -> None:
        self.source, self.groups, self.window, self.now = source, groups, window, now
        self.rows = {row.url: row for row in Detail.objects.filter(source=source, url__in=list(groups))}
        self.hashes = {url: _hash(items) for url, items in groups.items()}

    def follow(self) -> bool:
        """Ask the pages that are due, within the budget; whether some are left."""
        due = sorted((url for url in self.groups if self._is_due(url)), key=self._first)
        end = time.monotonic() + MAX_SECONDS
        asked = 0
        for asked, url in enumerate(due):
            if self._is_fruitless():
                return False
            if asked == MAX_PAGES or time.monotonic() > end or not self._ask(url):
                return True
        if asked:
            gone = Detail.objects.filter(source=self.source, read_at__lt=self.now - KEPT_FOR)
            gone.exclude(url__in=list(self.groups)).delete()
        return False

    def filled(self, draft: EventDraft) -> EventDraft:
        """The draft with the facts of its page, if that was read for the item as it is now."""
        row = self.rows.get(draft.url)
        if row is None or draft not in self.groups.get(draft.url, ()) or row.item_hash != self.hashes[draft.url]:
            return draft
        found = _matching(draft, [EventDraft.from_json(each) for each in row.facts], self.window.timezone)
        return _fill(draft, found) if found else draft

    def _first(self, url: str) -> tuple[bool, dt.datetime]:
        starts = [_start(draft.when, self.window) for draft in self.groups[url] if draft.when]
        return not starts, min(starts, default=self.now)

    def _is_due(self, url: str) -> bool:
        row = self.rows.get(url)
        if row is None or row.item_hash != self.hashes[url]:
            return True
        wait = AGAIN_AFTER * 2 ** min(row.tries - 1, 4)
        return row.read_at + wait <= self.now and any(lacks(self.filled(draft)) for draft in self.groups[url])

    def _is_fruitless(self) -> bool:
        read = [row for row in self.rows.values() if row.read_at > self.now - AGAIN_AFTER]
        return len(read) >= FRUITLESS and not any(row.facts for row in read)

    def _ask(self, url: str) -> bool:
        """Read a page and keep what it says; False where the site is to be left alone for now."""
        row = self.rows.get(url) or Detail(source=self.source, url=url)
        same = row.item_hash == self.hashes[url]
        try:
            response = ask(url, etag=row.etag, last_modified=row.last_modified)
        except Later:
            return False
        except FetchError as error:
            if error.kind.startswith(_PASSING):
                return False
            row.facts, row.etag, row.last_modified = [], "", ""
        else:
            if response.status == 200:
                row.facts = self._facts(Document.of(response), self.groups[url])
                row.etag = validator(response, "etag", length=500)
                row.last_modified = validator(response, "last-modified", length=100)
        row.item_hash, row.read_at = self.hashes[url], self.now
        row.tries = row.tries + 1 if same else 1
        row.save()
        self.rows[url] = row
        return True

    def _facts(self, page: Document, items: Sequence[EventDraft]) -> list[dict[str, Any]]:
        """What a page says about the items that link to it, as JSON of drafts."""
        found = [normalise(draft, base_url=page.url) for draft in read(page, self.window).drafts if draft.when]
        matching = (_matching(item, found, self.window.timezone) for item in items)
        return [draft.to_json() for draft in dict.fromkeys(filter(None, matching))]


def _is_of(url: str, source_url: str) -> bool:
    """Whether a page is of the source's own site; other sites are sources of their own."""
    page, own = ((urlsplit(each).hostname or "").removeprefix("www.") for each in (url, source_url))
    return bool(page) and page == own and url.rstrip("/") != source_url.rstrip("/")


def _matching(item: EventDraft, found: Sequence[EventDraft], timezone: str) -> EventDraft | None:
    """The draft of a page that is about the item: of its date, and under its title or address."""
    same = [draft for draft in found if item.when is None or _day(draft.when, timezone) == _day(item.when, timezone)]
    same = [draft for draft in same if _is_named(item, draft)]
    return same[0] if len(same) == 1 else None


def _is_named(item: EventDraft, draft: EventDraft) -> bool:
    """Pages show other events, too, which are on the same night."""
    short, long = sorted((fold(item.title), fold(draft.title)), key=len)
    return bool(short and short in long) or (bool(draft.url) and canonical(draft.url) == canonical(item.url))


def _fill(item: EventDraft, page: EventDraft) -> EventDraft:
    """Whole groups, and only those that the list does not know."""
    when, price = item.when, item.price
    knows_time = when is not None and when.time_known and not when.all_day
    knows_price = price.minimum is not None or price.maximum is not None or price.is_free is not None
    return item.replace(
        when=when if knows_time else page.when,
        where=item.where if _is_placed(item.where) else page.where,
        price=price if knows_price else page.price,
        status=page.status if item.status == "scheduled" else item.status,
        problems=item.problems if when else tuple(p for p in item.problems if not p.code.startswith("date")),
        **{name: getattr(item, name) or getattr(page, name) for name in _TEXTS},
    )


_TEXTS = ("description", "image_url", "organizer", "performers", "categories", "language")


def _is_placed(where: Where) -> bool:
    return bool(where.venue or where.address or where.online or where.latitude is not None)


def _start(when: When, window: Window) -> dt.datetime:
    return instant(when.start, when.timezone or window.timezone)


def _day(when: When | None, timezone: str) -> dt.date | None:
    """The local date; a stated instant is a date only in the zone of the place."""
    if when is None:
        return None
    if when.timezone == "UTC" and when.time_known and not when.all_day:
        return instant(when.start, "UTC").astimezone(ZoneInfo(timezone)).date()
    return when.start.date()


def _hash(items: Sequence[EventDraft]) -> str:
    """Of what a list says about the events of one page; texts and pictures of lists change for no reason."""
    facts = sorted(
        json.dumps(item.replace(description="", image_url="", problems=()).to_json(), sort_keys=True) for item in items
    )
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
