"""The instances of iCalendar events: single ones, series with exceptions, moved and cancelled instances."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from zoneinfo import ZoneInfo

from events.drafts import Problem, When
from events.text import fold
from scraping.contentlines import Component, Property
from scraping.extractors import Window
from scraping.recurrence import Budget, Rule, TooDense, occurrences, parse_rule
from scraping.times import FIRST_YEAR, LAST_YEAR, duration
from scraping.zones import iana

# Instances of one series in one reading, or one a day in a window of years; and the steps for all of a calendar.
MAX_INSTANCES = 2_000
MAX_STEPS = 3_000_000

_STAMP = re.compile(r"\s*(\d{4})-?(\d\d)-?(\d\d)(?:[Tt\s](\d\d):?(\d\d):?(\d\d)?)?[\d.]*\s*([Zz]|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as a line states it: naive, with its zone ("UTC" or IANA, None floating); a date is at 00:00.

    `written` is what the line says before it is put on the calendar's clock.
    """

    local: dt.datetime
    zone: str | None = None
    is_date: bool = False
    written: dt.datetime | None = None

    def on(self, start: "Stamp", fallback: str) -> dt.datetime:
        """The time on the clock of a series that starts at `start`; floating times are those of `fallback`.

        In a series of days it is a day: programs write it as midnight UTC or as midnight of the place in UTC.
        """
        if start.is_date and not self.is_date:
            if self.written and self.written.time() == dt.time():
                return self.written
            local = move(self.local, "UTC", fallback) if self.zone == "UTC" else self.local
            return dt.datetime.combine(local.date(), dt.time())
        if self.is_date or self.zone == start.zone:
            return self.local
        return move(self.local, self.zone or fallback, start.zone or fallback)


@dataclass(frozen=True, slots=True)
class Instance:
    """One event on one date: its component, and its original local date (or time) if the UID has several."""

    event: Component
    when: When | None
    instance: str = ""
    problems: tuple[Problem, ...] = ()


def move(local: dt.datetime, source: str, target: str) -> dt.datetime:
    if source == target:
        return local
    return local.replace(tzinfo=ZoneInfo(source)).astimezone(ZoneInfo(target)).replace(tzinfo=None)


@dataclass(slots=True)
class Clock:
    """How one calendar tells time: its own zones, the zone of its floating times, and what its series may cost."""

    calendar: Component
    fallback: str
    own: str | None = None
    budget: Budget = field(default_factory=lambda: Budget(MAX_STEPS))
    _zones: dict[str, str | dt.tzinfo | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own = iana(self.calendar.text("X-WR-TIMEZONE")) if self.calendar.text("X-WR-TIMEZONE") else None
        self.fallback = self.own or self.fallback

    def stamps(self, event: Component, name: str) -> list[Stamp]:
        """All readable times of that name, in lists too; of periods the start."""
        found = (self.stamp(p, text) for p in event.properties.get(name, ()) for text in p.value.split(","))
        return [stamp for stamp in found if stamp]

    def first(self, event: Component, name: str) -> Stamp | None:
        found = event.first(name)
        return self.stamp(found, found.value) if found else None

    def stamp(self, line: Property, text: str) -> Stamp | None:
        match = _STAMP.match(text)
        if not match:
            return None
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        try:
            local = dt.datetime.combine(dt.date(year, month, day), dt.time(hour % 24, minute, min(second, 59)))
            local += dt.timedelta(days=hour // 24)  # 24:00
        except ValueError:
            return None
        midnight = local.time() == dt.time()
        if match[4] is None or (midnight and line.parameter("VALUE").upper() == "DATE"):
            return Stamp(local, is_date=True)
        written = local
        if match[7]:
            if match[7] not in "Zz":
                offset = dt.datetime.strptime(match[7].replace(":", ""), "%z").utcoffset() or dt.timedelta()
                local -= offset
            zone = self.own or "UTC"
            return Stamp(move(local, "UTC", zone), zone, written=written)
        if not (name := line.parameter("TZID")):
            return Stamp(local, self.own, written=written)
        named = self._zone(name)
        if isinstance(named, dt.tzinfo):  # one that the calendar defines
            utc = local.replace(tzinfo=named).astimezone(dt.UTC).replace(tzinfo=None)
            return Stamp(move(utc, "UTC", self.fallback), self.fallback, written=written)
        return Stamp(local, named, written=written)

    def _zone(self, name: str) -> str | dt.tzinfo | None:
        if name not in self._zones:
            self._zones[name] = iana(name) or self._defined(name) or self.own
        return self._zones[name]

    def _defined(self, name: str) -> str | dt.tzinfo | None:
        """The zone that the calendar itself defines under a name of its own."""
        for definition in self.calendar.children("VTIMEZONE"):
            if definition.text("TZID").strip('"') != name:
                continue
            if zone := iana(definition.text("X-LIC-LOCATION")):
                return zone
            from icalendar import Timezone  # slow to load, and few calendars define zones of their own

            try:
                text = "\r\n".join([*definition.raw, "END:VTIMEZONE"])
                zone = Timezone.from_ical(text).to_tz()  # type: ignore[attr-defined]
                dt.datetime(2026, 1, 1, tzinfo=zone).utcoffset()
            except Exception:  # a definition has no end of ways to be wrong; then its times are floating
                return None
            return zone
        return None


def instances(events: Sequence[Component], clock: Clock, window: Window) -> Iterator[Instance]:
    """The instances inside the window of all components that share one UID."""
    if len(events) == 1 and not _is_part_of_series(events[0]):
        yield from _single(events[0], clock, window, "")
        return
    moved = [event for event in events if "RECURRENCE-ID" in event.properties]
    masters = _newest([event for event in events if "RECURRENCE-ID" not in event.properties])
    yield from _moved(_latest(moved, clock), masters, clock, window)
    seen: set[str] = set()
    for master in masters:
        if _is_part_of_series(master):
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
    return not event.properties.keys().isdisjoint(("RRULE", "RDATE", "RECURRENCE-ID"))


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
    return f"title {fold(master.text('SUMMARY'))}", f"start {start.value if start else ''}"


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
    when = _when(event, start, start.local, length)
    if window.holds(when):
        yield Instance(event, when, instance, problems)


def _when(event: Component, start: Stamp, local: dt.datetime, length: dt.timedelta | None) -> When:
    end = local + length if length else None
    midnights = local.time() == dt.time() and (end is None or end.time() == dt.time())
    if start.is_date or (event.text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE" and midnights):
        return When(start=local, end=end, all_day=True, timezone=start.zone)
    return When(start=local, end=end, timezone=start.zone)


def _length(event: Component, start: Stamp, clock: Clock) -> tuple[dt.timedelta | None, tuple[Problem, ...]]:
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
            return dt.timedelta(days=1), ()
        return length or None, ()
    line = event.first("DURATION")
    if line and (stated := duration(line.value.strip().lstrip("+"))):
        days = dt.timedelta(days=-(-stated // dt.timedelta(days=1)))
        return days if start.is_date else stated, ()
    return None, ()


def _moved(moved: list[Component], masters: list[Component], clock: Clock, window: Window) -> Iterator[Instance]:
    """The instances that have a component of their own, under their original date; not those that are excluded."""
    for event in moved:
        original = clock.first(event, "RECURRENCE-ID")
        start = clock.first(event, "DTSTART") or original
        if start is None or original is None:
            yield from _single(event, clock, window, "")
            continue
        if any(_excludes(master, original, event, clock) for master in masters):
            continue
        length, problems = _length(event, start, clock)
        when = _when(event, start, start.local, length)
        if window.holds(when):
            several = any(_several_a_day(master, clock) for master in masters)
            begin = next((stamp for master in masters if (stamp := clock.first(master, "DTSTART"))), start)
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
        moment = dt.timedelta(microseconds=1)
        if not any(
            local in occurrences(rule, start.local, local, local + moment) for rule in _rules(master, start, clock)
        ):
            return True
    times, days = _exclusions(master, start, clock)
    return local in times or local.date() in days


def _exclusions(master: Component, start: Stamp, clock: Clock) -> tuple[set[dt.datetime], set[dt.date]]:
    stamps = clock.stamps(master, "EXDATE")
    return (
        {stamp.on(start, clock.fallback) for stamp in stamps if not stamp.is_date or start.is_date},
        {stamp.local.date() for stamp in stamps if stamp.is_date},
    )


def _rules(master: Component, start: Stamp, clock: Clock) -> Iterator[Rule]:
    """The readable rules of a series."""
    for line in master.properties.get("RRULE", ()):
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
    length: dt.timedelta | None


def _series(master: Component, moved: list[Component], clock: Clock, window: Window) -> Iterator[Instance]:
    start = clock.first(master, "DTSTART")
    if start is None:
        yield from _single(master, clock, window, "")
        return
    length, problems = _length(master, start, clock)
    originals = [(event, stamp) for event in moved if (stamp := clock.first(event, "RECURRENCE-ID"))]
    changes = _changes(originals, start, clock)
    times, days = _exclusions(master, start, clock)
    times |= {stamp.on(start, clock.fallback) for _, stamp in originals if not stamp.is_date or start.is_date}
    days |= {stamp.local.date() for _, stamp in originals if stamp.is_date}
    margin = max([length or dt.timedelta(), *(c.length or dt.timedelta() for c in changes)]) + dt.timedelta(days=1)
    margin += max((abs(change.shift) for change in changes), default=dt.timedelta())
    several = _several_a_day(master, clock)
    window = window.of_series
    starts, broken = _starts(master, start, clock, window, margin)
    for local in starts:
        if local in times or local.date() in days:
            continue
        change = next((c for c in changes if c.since <= local), None)
        if change:
            when = _when(change.event, start, local + change.shift, change.length)
        else:
            when = _when(master, start, local, length)
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
    for line in master.properties.get("RRULE", ()):
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
    return sorted(local for local in found if since <= local < until), problems


def _localised(rule: Rule, start: Stamp, clock: Clock) -> Rule:
    """The rule with its UNTIL on the clock of the series."""
    if rule.until is None or not rule.until_utc:
        return rule
    if start.is_date:
        return replace(rule, until=Stamp(rule.until, "UTC", written=rule.until).on(start, clock.fallback))
    return replace(rule, until=move(rule.until, "UTC", start.zone or clock.fallback))
