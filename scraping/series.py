"""The instances of iCalendar events: single ones, series with exceptions, moved and cancelled instances."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from events.drafts import Problem, When
from events.text import fold
from scraping.contentlines import Component
from scraping.extractors import Window
from scraping.recurrence import Rule, TooDense, occurrences, parse_rule
from scraping.stamps import Clock, Stamp, move
from scraping.times import duration

# Instances of one series in one reading, or one a day in a window of years.
MAX_INSTANCES = 2_000
# Moved instances times components of their series under one UID; and rules of one series.
MAX_PAIRS, MAX_RULES = 20_000, 20


@dataclass(frozen=True, slots=True)
class Instance:
    """One event on one date: its component, and its original local date (or time) if the UID has several."""

    event: Component
    when: When | None
    instance: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Length:
    """How long an event lasts: so much by the clock, and then so many hours as they pass. A DURATION counts its days by
    the clock and its hours as they pass (RFC 5545); what ends at a time of day lasts until the clock shows it."""

    shown: dt.timedelta
    passing: dt.timedelta = dt.timedelta()

    @property
    def total(self) -> dt.timedelta:
        return self.shown + self.passing

    def after(self, local: dt.datetime, zone: str) -> dt.datetime:
        end = local + self.shown
        if not self.passing:
            return end
        passed = move(move(end, zone, "UTC") + self.passing, "UTC", zone).replace(fold=0)
        return passed if passed > local else end + self.passing  # of an hour that is shown twice


def instances(events: Sequence[Component], clock: Clock, window: Window) -> Iterator[Instance]:
    """The instances inside the window of all components that share one UID."""
    if len(events) == 1 and not _is_part_of_series(events[0]):
        yield from _single(events[0], clock, window, "")
        return
    moved = [event for event in events if "RECURRENCE-ID" in event.properties]
    masters = _newest([event for event in events if "RECURRENCE-ID" not in event.properties])
    if len(moved) * len(masters) > MAX_PAIRS:  # each would be held against each: a feed that has one id for all
        yield from _moved(_latest(moved, clock), [], clock, window)
        moved = []
    yield from _moved(_latest(moved, clock), masters, clock, window)
    seen: set[str] = set()
    for master in masters:
        if moved or _is_part_of_series(master):
            yield from _series(master, moved, clock, window)
            continue
        start = clock.first(master, "DTSTART")
        instance = ""
        if len(events) > 1 and start:
            instance = start.local.date().isoformat()
            instance = start.local.isoformat(timespec="minutes") if instance in seen else instance
            seen.add(instance)
        yield from _single(master, clock, window, instance)


def _is_part_of_series(event: Component) -> bool:
    return not event.properties.keys().isdisjoint(("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"))


def _sequence(event: Component) -> int:
    text = event.text("SEQUENCE")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _newest(masters: list[Component]) -> list[Component]:
    """Without the versions that a later SEQUENCE of the same event replaces.

    The same event has the same title or start; what shares the UID alone is another, in a feed that repeats ids.
    """
    newest: dict[str, int] = {}
    for master in masters:
        for key in _same(master):
            newest[key] = max(_sequence(master), newest.get(key, 0))
    return [master for master in masters if all(_sequence(master) >= newest[key] for key in _same(master))]


def _same(master: Component) -> tuple[str, str]:
    start = master.first("DTSTART")
    return f"title {fold(master.text('SUMMARY')[:300])}", f"start {start.value if start else ''}"


def _latest(moved: list[Component], clock: Clock) -> list[Component]:
    """One component for each RECURRENCE-ID, the one with the highest SEQUENCE, of equal ones the last."""
    chosen: dict[Stamp | int, Component] = {}
    for event in moved:
        key = clock.first(event, "RECURRENCE-ID") or id(event)
        if key not in chosen or _sequence(event) >= _sequence(chosen[key]):
            chosen[key] = event
    return list(chosen.values())


def _single(event: Component, clock: Clock, window: Window, instance: str) -> Iterator[Instance]:
    start = clock.first(event, "DTSTART")
    if start is None:
        line = event.first("DTSTART")
        said = f"“{line.value[:80]}” is not a date" if line else "it has no DTSTART"
        yield Instance(event, None, instance, (Problem(code="date.unreadable", message=f"No start: {said}."),))
        return
    length, problems = _length(event, start, clock)
    when = _when(event, start, start.local, length, clock)
    if window.holds(when):
        yield Instance(event, when, instance, problems)


def _when(event: Component, start: Stamp, local: dt.datetime, length: _Length | None, clock: Clock) -> When:
    end = length.after(local, start.zone or clock.fallback) if length else None
    midnights = local.time() == dt.time() and (end is None or end.time() == dt.time())
    if start.is_date or (event.text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE" and midnights):
        return When(start=local, end=end, all_day=True, timezone=start.zone)
    return When(start=local, end=end, timezone=start.zone)


def _length(event: Component, start: Stamp, clock: Clock) -> tuple[_Length | None, tuple[Problem, ...]]:
    """How long the event lasts, None where it does not say or says nonsense."""
    end = clock.first(event, "DTEND")
    if end is not None:
        length = end.on(start, clock.fallback) - start.local
        if start.is_date and not end.is_date and end.local.time() != dt.time():
            length += dt.timedelta(days=1)
        if length < dt.timedelta():
            return None, (
                Problem(code="date.end-before-start", message="It ends before it starts; the end is left out."),
            )
        if start.is_date and not length:
            return _Length(dt.timedelta(days=1)), ()
        return _Length(length) if length else None, ()
    line = event.first("DURATION")
    if line and (stated := duration(line.value.strip().lstrip("+"))):
        if start.is_date:
            return _Length(dt.timedelta(days=-(-stated // dt.timedelta(days=1)))), ()
        days = dt.timedelta(days=stated.days)
        return _Length(days, stated - days), ()
    return None, ()


def _moved(moved: list[Component], masters: list[Component], clock: Clock, window: Window) -> Iterator[Instance]:
    """The instances that have a component of their own, under their original date; not those that are excluded."""
    several = bool(moved) and any(_several_a_day(master, clock) for master in masters)
    first = next((stamp for master in masters if (stamp := clock.first(master, "DTSTART"))), None)
    for event in moved:
        original = clock.first(event, "RECURRENCE-ID")
        start = clock.first(event, "DTSTART") or original
        if start is None or original is None:
            yield from _single(event, clock, window, "")
            continue
        if any(_excludes(master, original, event, clock) for master in masters):
            continue
        length, problems = _length(event, start, clock)
        when = _when(event, start, start.local, length, clock)
        if window.holds(when):
            begin = first or start
            yield Instance(
                event, when, _instance(original.on(begin, clock.fallback), begin.zone, clock, several), problems
            )


def _excludes(master: Component, original: Stamp, event: Component, clock: Clock) -> bool:
    """Is the instance excluded by an EXDATE, or part of a version that the master has replaced?"""
    start = clock.first(master, "DTSTART")
    if start is None:
        return False
    local = original.on(start, clock.fallback)
    if "RRULE" in event.properties and _sequence(event) < _sequence(master):
        until = local + dt.timedelta(microseconds=1)
        try:
            walks = (
                occurrences(rule, start.local, local, until, budget=clock.budget)
                for rule in _rules(master, start, clock)
            )
            if not any(local in walk for walk in walks):
                return True
        except TooDense:
            return False
    times, days = _exclusions(master, start, clock)
    return local in times or local.date() in days


def _exclusions(master: Component, start: Stamp, clock: Clock) -> tuple[set[dt.datetime], set[dt.date]]:
    if id(master) not in clock.exclusions:
        stamps = clock.stamps(master, "EXDATE")
        clock.exclusions[id(master)] = (
            {stamp.on(start, clock.fallback) for stamp in stamps if not stamp.is_date or start.is_date},
            {stamp.local.date() for stamp in stamps if stamp.is_date},
        )
    return clock.exclusions[id(master)]


def _rules(master: Component, start: Stamp, clock: Clock) -> Iterator[Rule]:
    """The readable rules of a series."""
    for line in master.properties.get("RRULE", ())[:MAX_RULES]:
        try:
            yield _localised(parse_rule(line.value), start, clock)
        except ValueError:
            continue


def _several_a_day(master: Component, clock: Clock) -> bool:
    start = clock.first(master, "DTSTART")
    return start is not None and any(rule.several_a_day for rule in _rules(master, start, clock))


def _instance(local: dt.datetime, zone: str | None, clock: Clock, several: bool) -> str:
    if zone == "UTC":
        local = move(local, "UTC", clock.fallback)
    return local.isoformat(timespec="minutes") if several else local.date().isoformat()


@dataclass(frozen=True, slots=True)
class _Change:
    """A RANGE=THISANDFUTURE: from this original time on the series looks and lasts like `event`, so much later."""

    since: dt.datetime
    event: Component
    shift: dt.timedelta
    length: _Length | None


def _series(master: Component, moved: list[Component], clock: Clock, window: Window) -> Iterator[Instance]:
    start = clock.first(master, "DTSTART")
    if start is None:
        yield from _single(master, clock, window, "")
        return
    length, problems = _length(master, start, clock)
    originals = [(event, stamp) for event in moved if (stamp := clock.first(event, "RECURRENCE-ID"))]
    changes = _changes(originals, start, clock)
    times, days = _exclusions(master, start, clock)
    times = times | {stamp.on(start, clock.fallback) for _, stamp in originals if not stamp.is_date or start.is_date}
    days = days | {stamp.local.date() for _, stamp in originals if stamp.is_date}
    lengths = [one.total for one in (length, *(change.length for change in changes)) if one]
    margin = max(lengths, default=dt.timedelta()) + dt.timedelta(days=1)
    margin += max((abs(change.shift) for change in changes), default=dt.timedelta())
    several = _several_a_day(master, clock)
    window = window.of_series
    starts, broken = _starts(master, start, clock, window, margin)
    for local in starts:
        if local in times or local.date() in days:
            continue
        change = next((c for c in changes if c.since <= local), None)
        if change:
            when = _when(change.event, start, local + change.shift, change.length, clock)
        else:
            when = _when(master, start, local, length, clock)
        if window.holds(when):
            name = _instance(local, start.zone, clock, several)
            yield Instance(change.event if change else master, when, name, problems + broken)


def _changes(originals: list[tuple[Component, Stamp]], start: Stamp, clock: Clock) -> list[_Change]:
    """Changes of all later instances, the last first."""
    changes = []
    for event, original in originals:
        line = event.first("RECURRENCE-ID")
        begin = clock.first(event, "DTSTART")
        if line and begin and line.parameter("RANGE").upper() == "THISANDFUTURE":
            since = original.on(start, clock.fallback)
            shift = begin.on(start, clock.fallback) - since
            changes.append(_Change(since, event, shift, _length(event, begin, clock)[0]))
    return sorted(changes, key=lambda change: change.since, reverse=True)


def _starts(
    master: Component, start: Stamp, clock: Clock, window: Window, margin: dt.timedelta
) -> tuple[list[dt.datetime], tuple[Problem, ...]]:
    """Original local starts of a series, exclusions included, and what is wrong with its rules."""
    since, until = window.local(start.zone or clock.fallback)
    since, until = since - margin, until + margin
    limit = max(MAX_INSTANCES, (until - since).days + 1)
    found = {start.local, *(stamp.on(start, clock.fallback) for stamp in clock.stamps(master, "RDATE"))}
    problems: tuple[Problem, ...] = ()
    for line in master.properties.get("RRULE", ())[:MAX_RULES]:
        try:
            rule = _localised(parse_rule(line.value), start, clock)
            if rule.until and rule.until < start.local and len(found) == 1:
                found = set()
            walk = occurrences(rule, start.local, since, until, budget=clock.budget)
            for local in islice(walk, max(0, limit - len(found))):
                found.add(local)
            if next(walk, None):
                raise TooDense("the rule has too many instances")
        except TooDense as cut:
            problems = (Problem(code="series.cut", message=f"Not all dates of the series are listed: {cut}."),)
        except ValueError as error:
            problems = (Problem(code="series.unreadable", message=f"Only the first date is listed: {error}."),)
    found -= _excluded(master, start, clock, since, until)
    return sorted(local for local in found if since <= local < until), problems


def _excluded(
    master: Component, start: Stamp, clock: Clock, since: dt.datetime, until: dt.datetime
) -> set[dt.datetime]:
    """The local starts that rules of exclusion (EXRULE, of the older standard) name; none where one is too dense."""
    found: set[dt.datetime] = set()
    for line in master.properties.get("EXRULE", ())[:MAX_RULES]:
        try:
            rule = _localised(parse_rule(line.value), start, clock)
            walk = occurrences(rule, start.local, since, until, budget=clock.budget)
            dates = set(islice(walk, (until - since).days + MAX_INSTANCES))
            if next(walk, None) is None:
                found |= dates
        except (TooDense, ValueError):
            continue
    return found


def _localised(rule: Rule, start: Stamp, clock: Clock) -> Rule:
    """The rule with its UNTIL on the clock of the series."""
    if rule.until is None or not rule.until_utc:
        return rule
    if start.is_date:
        return replace(rule, until=Stamp(rule.until, "UTC", written=rule.until).on(start, clock.fallback))
    return replace(rule, until=move(rule.until, "UTC", start.zone or clock.fallback))
