"""Times that lines of iCalendar state, and how one calendar tells time."""

import datetime as dt
import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from scraping.contentlines import Component, Property
from scraping.recurrence import Budget
from scraping.times import FIRST_YEAR, LAST_YEAR, day_comes_first, moment
from scraping.zones import iana

# Steps that all series of a calendar may cost together.
MAX_STEPS = 3_000_000
# Of the zones that a calendar defines itself: how many are looked at, and the lines and rules of one.
MAX_ZONES, MAX_ZONE_LINES, MAX_ZONE_RULES = 20, 2_000, 10

# Clocks change once or twice a year; the library that reads zones would walk a rule of seconds from its first year.
_ZONE_RULE = re.compile(
    r"RRULE:(?:(?:FREQ=YEARLY|INTERVAL=\d{1,3}|COUNT=\d{1,3}|UNTIL=[\dTZ]{8,16}|BYMONTH=\d{1,2}|BYDAY=[-+\dA-Z,]{2,24}|"
    r"BYMONTHDAY=[-\d,]{1,24}|WKST=[A-Z]{2});?)+\s*",
    re.I,
)
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
    budget: Budget = field(kw_only=True)
    # the exclusions of each series, by the id of its component, as several ask for them
    exclusions: dict[int, tuple[set[dt.datetime], set[dt.date]]] = field(default_factory=dict)
    _zones: dict[str, str | dt.tzinfo | None] = field(default_factory=dict)
    _definitions: dict[str, Component] | None = None

    def __post_init__(self) -> None:
        names = (self.calendar.text(name) for name in ("X-WR-TIMEZONE", "TIMEZONE-ID"))
        self.own = next((zone for name in names if name and (zone := iana(name))), None)
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
            return self._in_words(text)
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        try:
            local = dt.datetime.combine(dt.date(year, month, day), dt.time(hour % 24, minute, min(second, 59)))
            local += dt.timedelta(days=hour // 24)  # 24:00
        except ValueError:
            return self._in_words(text)
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

    def _in_words(self, text: str) -> Stamp | None:
        """A time that is not written as the standard has it: "12/05/2026 8:00 PM", seconds since 1970."""
        found = moment(text, day_first=day_comes_first(self.fallback))
        if found is None:
            return None
        zone = self.own if found.zone is None else found.zone
        return Stamp(found.local, zone, is_date=found.clock is None, written=found.local)

    def _zone(self, name: str) -> str | dt.tzinfo | None:
        if name not in self._zones:
            zone: str | dt.tzinfo | None = iana(name)
            # A name like "GMT -0500" does not tell when clocks change; what the calendar defines under it does.
            if not isinstance(zone, str) or zone.startswith("Etc/GMT"):
                zone = self._defined(name) or zone or self.own
            self._zones[name] = zone
        return self._zones[name]

    def _defined(self, name: str) -> str | dt.tzinfo | None:
        """The zone that the calendar itself defines under a name of its own."""
        if self._definitions is None:
            self._definitions = {}
            for definition in self.calendar.children("VTIMEZONE"):
                if len(self._definitions) < MAX_ZONES:
                    self._definitions.setdefault(definition.text("TZID").strip('"'), definition)
        found = self._definitions.get(name)
        if found is None:
            return None
        if zone := iana(found.text("X-LIC-LOCATION")):
            return zone
        return _zone_of(found.raw)


def _zone_of(lines: list[str]) -> dt.tzinfo | None:
    """The zone that the lines of a VTIMEZONE define; None where they are wrong, or more than a zone needs."""
    rules = [line for line in lines if line[:5].upper() == "RRULE"]
    if len(lines) > MAX_ZONE_LINES or len(rules) > MAX_ZONE_RULES or not all(map(_ZONE_RULE.fullmatch, rules)):
        return None
    from icalendar import Timezone  # slow to load, and few calendars define zones of their own

    try:
        zone = Timezone.from_ical("\r\n".join([*lines, "END:VTIMEZONE"])).to_tz()  # type: ignore[attr-defined]
        dt.datetime(2026, 1, 1, tzinfo=zone).utcoffset()
    except Exception:  # a definition has no end of ways to be wrong; then its times are floating
        return None
    return zone
