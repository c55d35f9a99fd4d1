"""Times that lines of iCalendar state, and how one calendar tells time."""

import datetime as dt
import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from scraping.contentlines import Component, Property
from scraping.recurrence import Budget
from scraping.times import FIRST_YEAR, LAST_YEAR
from scraping.zones import iana

# Steps that all series of a calendar may cost together.
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
