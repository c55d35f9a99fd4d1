"""Nights: the local date on which the night out begins. A city's night ends at 06:00."""

import datetime as dt
from zoneinfo import ZoneInfo

NIGHT_ENDS = dt.time(6)


def night_of(local: dt.datetime, *, time_known: bool = True) -> dt.date:
    """The night that a local time belongs to: 01:00 on Saturday is Friday's night.

    Without a known time the night is the local date.
    """
    if time_known and local.time() < NIGHT_ENDS:
        return local.date() - dt.timedelta(days=1)
    return local.date()


def last_night_of(
    start: dt.datetime, end: dt.datetime | None, *, all_day: bool = False, time_known: bool = True
) -> dt.date:
    """The last night of what begins and ends at these local times; `end` is exclusive.

    A party until 09:00 is still one night: a stay of under 24 hours never becomes a second night by its morning.
    """
    first = night_of(start, time_known=time_known and not all_day)
    if end is None or end <= start:
        return first
    if all_day:
        return max(first, last_day_of(end))
    if end - start < dt.timedelta(hours=24):
        return first
    return max(first, night_of(end - dt.timedelta(microseconds=1)))


def last_day_of(end: dt.datetime) -> dt.date:
    """The last day of days that end at this local time: the exclusive midnight, or 01:00 where clocks skip it."""
    return (end - dt.timedelta(hours=1, microseconds=1)).date()


def tonight(now: dt.datetime, timezone: str) -> dt.date:
    """The night that it is at an instant in a zone."""
    return night_of(now.astimezone(ZoneInfo(timezone)))


def weekend(night: dt.date) -> tuple[dt.date, dt.date]:
    """First and last night, Friday to Sunday, of the weekend that a night lies in or before; begun ones go on."""
    friday = night + dt.timedelta(days=(4 - night.weekday()) % 7)
    if night.weekday() in (5, 6):
        return night, night + dt.timedelta(days=6 - night.weekday())
    return friday, friday + dt.timedelta(days=2)


def quarter_of(now: dt.datetime) -> int:
    """The number of the quarter of an hour: what is made of several cities' nights changes with it, since nights end
    on a quarter everywhere on earth."""
    return int(now.timestamp()) // 900
