"""What each publisher says of an event, beside what Nocturne shows of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from events.dates import day_words, moment_words, time_words
from events.drafts import EventDraft, Price
from events.models import Event, EventChange, Listing
from events.prices import event_price, price_words
from events.text import fold

STATUS_WORDS = {
    Event.Status.SCHEDULED: gettext_lazy("takes place"),
    Event.Status.POSTPONED: gettext_lazy("postponed"),
    Event.Status.CANCELLED: gettext_lazy("cancelled"),
    Event.Status.SOLD_OUT: gettext_lazy("sold out"),
    Event.Status.NOT_LISTED: gettext_lazy("no longer listed"),
}
# The fields of EventChange, as visitors read them.
FIELD_WORDS = {
    "starts_at": gettext_lazy("start"),
    "ends_at": gettext_lazy("end"),
    "venue": gettext_lazy("venue"),
    "status": gettext_lazy("status"),
    "all_day": gettext_lazy("all day"),
    "time_known": gettext_lazy("time given"),
    "online": gettext_lazy("online"),
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """`differs` are the values, in words, in which the listing is not what the event's page says."""

    name: str
    homepage: str
    url: str
    price: str
    differs: tuple[str, ...]
    first_seen: dt.date
    changed: dt.date | None
    missing_since: dt.date | None


def publisher(listing: Listing, event: Event) -> Publisher:
    draft = listing.as_draft()
    first_seen, changed = listing.first_seen_at.date(), listing.changed_at.date()
    return Publisher(
        name=listing.source.publisher_name,
        homepage=web_address(listing.source.homepage),
        url=web_address(listing.url),
        price=_price_words(draft.price),
        differs=tuple(_differences(draft, listing, event)),
        first_seen=first_seen,
        changed=changed if changed > first_seen else None,
        missing_since=listing.missing_since.date() if listing.missing_since else None,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """Where a publisher tells of an event."""

    name: str
    url: str


def told_by_root(roots: Iterable[int]) -> dict[int, list[Told]]:
    """The publishers' pages of events by root id, the most trusted first, each once; one query."""
    rows = (
        Listing.objects.live()
        .filter(event__root__in=list(roots))
        .order_by("-source__trust", "pk")
        .values_list("event__root_id", "source__publisher", "source__name", "url")
    )
    found: dict[int, dict[Told, None]] = defaultdict(dict)
    for root_id, publisher_name, name, url in rows:
        if web_address(url):
            found[root_id][Told(publisher_name or name, url)] = None
    return {root_id: list(told) for root_id, told in found.items()}


def web_address(url: str) -> str:
    """The address if it is one that a link may have, else ""."""
    return url if url.lower().startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class Change:
    at: dt.datetime
    when: str
    words: tuple[str, ...]


def change(row: EventChange, event: Event) -> Change:
    """A step of an event's history in words: "status: takes place → cancelled"."""
    words = []
    for name, label in FIELD_WORDS.items():
        if name in row.after:
            old, new = (_value_words(name, values.get(name), event) for values in (row.before, row.after))
            words.append(f"{label}: {old} → {new}")
    at = row.at.astimezone(event.zone)
    return Change(at, moment_words(at), tuple(words))


def _differences(draft: EventDraft, listing: Listing, event: Event) -> Iterator[str]:
    if fold(draft.title) != fold(event.title):
        yield _("“%(text)s”") % {"text": draft.title}
    if listing.night and listing.night != event.night:
        yield day_words(listing.night, year=event.night.year)
    if draft.when and draft.when.time_known and not draft.when.all_day and listing.starts_at:
        clock = time_words(listing.starts_at.astimezone(event.zone))
        known = event.time_known and not event.all_day
        if not known or clock != time_words(event.local_start):
            yield clock
    if draft.where.venue and event.venue and listing.venue_id not in (None, event.venue_id):
        yield _("at %(venue)s") % {"venue": draft.where.venue}
    price = _price_words(draft.price)
    if price and event_price(event) and price != event_price(event):
        yield price
    if draft.status != event.status and not listing.retired_at and event.status != Event.Status.NOT_LISTED:
        yield str(STATUS_WORDS[Event.Status(draft.status)])


def _value_words(name: str, value: Any, event: Event) -> str:
    if name == "status":
        return str(STATUS_WORDS.get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in ("starts_at", "ends_at") and value:
        return moment_words(dt.datetime.fromisoformat(value).astimezone(event.zone), year=event.night.year)
    return str(value or _("not given"))


def _price_words(price: Price) -> str:
    return price_words(minimum=price.minimum, maximum=price.maximum, currency=price.currency, is_free=price.is_free)
