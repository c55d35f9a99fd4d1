"""What an issue says: which events, in which order. Pure: rows in, a plan out."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from events.models import Event
from events.nights import night_of

LIMIT = 20
PICKS = 6
RUNS = 4
CHANGES = 8
A_VENUE = 3
A_CATEGORY = LIMIT * 3 // 10
GOOD_SCORE = 80

Nights = tuple[dt.date, dt.date]
Status = Event.Status
OFF = frozenset({Status.CANCELLED, Status.POSTPONED})
ON = frozenset({Status.SCHEDULED, Status.SOLD_OUT})
MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, and the further nights on which the same is on at the same venue."""

    event: Event
    also: tuple[dt.date, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of an event that readers may count on: cancelled, postponed, or moved from when or where it was."""

    event: Event
    what: str
    before: dt.datetime | None = None
    venue_before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Nothing is in two parts. `total` counts all that is on, with what found no place; `more_runs` those of runs."""

    nights: Nights
    changed: tuple[Changed, ...] = ()
    picks: tuple[Entry, ...] = ()
    new: tuple[Entry, ...] = ()
    rest: tuple[Entry, ...] = ()
    runs: tuple[Entry, ...] = ()
    more_runs: int = 0
    total: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.picks or self.new or self.rest or self.runs)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.picks + self.new + self.rest + self.runs


def nights_of(week: dt.date, tonight: dt.date) -> Nights:
    """First and last night of a mail of a week's issue: seven, the last one at most 13 days after the Monday."""
    first = max(week, tonight)
    return first, min(first + dt.timedelta(days=6), last_night(week))


def last_night(week: dt.date) -> dt.date:
    """The last night that a mail of the week, that of Sunday, tells of."""
    return week + dt.timedelta(days=12)


def in_order(events: Iterable[Event], *, pinned: Sequence[int], popularity: Mapping[int, float]) -> list[Event]:
    """The pinned first, as they were pinned; then what is told well, the most popular first.

    Of equals each night has one before any has a second, so that a busy Monday does not fill the mail.
    """
    places = {pk: place for place, pk in enumerate(pinned)}
    by_strength = sorted(
        events,
        key=lambda e: (e.score < GOOD_SCORE, -popularity.get(e.pk, 0), -e.score, e.night, e.starts_at, e.pk),
    )
    seen: Counter[tuple[bool, float, dt.date]] = Counter()
    keys: dict[int, tuple[Any, ...]] = {}
    for event in by_strength:
        strength = (event.score < GOOD_SCORE, -popularity.get(event.pk, 0))
        of_night = (*strength, event.night)
        keys[event.pk] = (places.get(event.pk, len(places)), *strength, seen[of_night])
        seen[of_night] += 1
    return sorted(by_strength, key=lambda e: (*keys[e.pk], e.night, e.starts_at, e.pk))


def plan(
    events: Sequence[Event],
    *,
    nights: Nights,
    now: dt.datetime,
    since: dt.datetime | None = None,
    pinned: Collection[int] = (),
    changes: Mapping[int, Mapping[str, Any]] | None = None,
) -> Plan:
    """A plan of events that are in their order. `changes` holds by event what was before, `since` the last issue.

    Without a last issue nothing is new: everything would be.
    """
    changed = _changed(events, changes or {}, pinned=pinned, nights=nights, now=now)
    told = {one.event.pk for one in changed}
    on = [e for e in events if e.pk not in told and e.status in ON and is_to_come(e, nights, now)]
    one_off = fold([e for e in on if not e.is_run or e.pk in pinned], pinned=pinned)
    one_off.sort(key=lambda entry: entry.event.pk not in pinned)  # also what was pinned after the release
    runs = [Entry(e) for e in on if e.is_run and e.pk not in pinned]
    chosen = choose(one_off, limit=LIMIT - min(len(runs), RUNS), pinned=pinned)
    # a short list needs no parts
    many = len(chosen) > PICKS
    pins = sum(entry.event.pk in pinned for entry in chosen)
    picks = chosen[: max(PICKS, pins)] if many else chosen[:pins]
    others = chosen[len(picks) :]
    new = [entry for entry in others if many and since and entry.event.created_at >= since]
    shown_runs = sorted(runs[:RUNS], key=lambda entry: (entry.event.last_night, entry.event.pk))
    return Plan(
        nights=nights,
        changed=tuple(changed),
        picks=tuple(picks),
        new=tuple(sorted(new, key=_by_time)),
        rest=tuple(sorted((entry for entry in others if entry not in new), key=_by_time)),
        runs=tuple(shown_runs),
        more_runs=len(runs) - len(shown_runs),
        total=len(on),
    )


def is_to_come(event: Event, nights: Nights, now: dt.datetime) -> bool:
    """On at one of the nights, and not begun; a run lasts, and a day without a time is to come while it is that day."""
    first, last = nights
    if event.is_run:
        return event.night <= last and event.last_night >= first and (event.ends_at is None or event.ends_at > now)
    if not first <= event.night <= last:
        return False
    return event.starts_at > now or event.all_day or not event.time_known


def fold(events: Sequence[Event], *, pinned: Collection[int] = ()) -> list[Entry]:
    """Of what is on at several nights at one venue the first, in the place of the strongest, with the other nights.

    Two shows of one night are two things to go to, each with its own time; what an editor pinned stands for itself.
    """
    groups: dict[tuple[Any, ...], list[Event]] = {}
    for event in events:
        place = event.venue_id or event.address or event.pk
        own = event.pk if event.pk in pinned else 0
        groups.setdefault((" ".join(event.title.casefold().split()), place, own), []).append(event)
    entries = []
    for group in groups.values():
        head, *others = sorted(group, key=lambda e: (e.starts_at, e.pk))
        entries.append(Entry(head, tuple(sorted({e.night for e in others} - {head.night}))))
        entries += [Entry(e) for e in others if e.night == head.night]
    return entries


def choose(entries: Sequence[Entry], *, limit: int, pinned: Collection[int] = ()) -> list[Entry]:
    """The first of each venue and category up to their shares, then again the first, until there are `limit`.

    What an editor pinned is always there, and counts. What has no venue or category is no other's share.
    """
    venues: Counter[int] = Counter()
    categories: Counter[str] = Counter()
    taken: list[Entry] = []
    left: list[Entry] = []
    for entry in entries:
        event = entry.event
        fits = len(taken) < limit and (
            (not event.venue_id or venues[event.venue_id] < A_VENUE)
            and (not event.category or categories[event.category] < A_CATEGORY)
        )
        if fits or event.pk in pinned:
            taken.append(entry)
            venues[event.venue_id or 0] += 1
            categories[event.category] += 1
        else:
            left.append(entry)
    return taken + left[: max(0, limit - len(taken))]


def merged_changes(changes: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[int, dict[str, Any]]:
    """What was before the first of several changes, by event; `changes` are in the order of their sequence."""
    before: dict[int, dict[str, Any]] = {}
    for event_id, values in changes:
        before[event_id] = {**values, **before.get(event_id, {})}
    return before


def _changed(
    events: Sequence[Event],
    changes: Mapping[int, Mapping[str, Any]],
    *,
    pinned: Collection[int],
    nights: Nights,
    now: dt.datetime,
) -> list[Changed]:
    """What readers may count on and find otherwise, soonest first."""
    found = []
    for event in events:
        one = _change(event, changes.get(event.pk, {}))
        if one is None or (one.what == MOVED and event.pk in pinned):
            continue
        if is_to_come(event, nights, now) or (one.before and _was_to_come(event, one.before, nights, now)):
            found.append(one)
    return sorted(found, key=lambda one: (one.before or one.event.starts_at, one.event.pk))[:CHANGES]


def _change(event: Event, before: Mapping[str, Any]) -> Changed | None:
    if event.status in OFF:
        return Changed(event, event.status)
    if event.status not in ON:
        return None
    start = dt.datetime.fromisoformat(before["starts_at"]) if before.get("starts_at") else event.starts_at
    was_timed = before.get("time_known", event.time_known) and not before.get("all_day", event.all_day)
    # a time that was not known before is news, and no move
    night = night_of(start.astimezone(event.zone), time_known=bool(was_timed))
    moved = start != event.starts_at and (was_timed or night != event.night)
    venue = before.get("venue") or ""
    if venue and event.venue and venue != event.venue.name:
        return Changed(event, MOVED, start if moved else None, venue)
    return Changed(event, MOVED, start) if moved else None


def _was_to_come(event: Event, before: dt.datetime, nights: Nights, now: dt.datetime) -> bool:
    return before > now and nights[0] <= night_of(before.astimezone(event.zone)) <= nights[1]


def _by_time(entry: Entry) -> tuple[Any, ...]:
    return entry.event.night, entry.event.starts_at, entry.event.pk
