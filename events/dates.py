"""Nights and times in words of the site's language, in the event's own zone.

How a language writes a date or a time stands in its catalogue, as a format of Django's `date` filter.
"""

import datetime as dt

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _, pgettext

from events.models import Event
from events.nights import last_day_of

DAY = dt.timedelta(days=1)


def day_words(date: dt.date, *, year: int | None = None) -> str:
    """Sat 6 Dec; with the year unless it is `year`."""
    if date.year == year:
        return date_format(date, pgettext("date format", "D j M"))
    return date_format(date, pgettext("date format", "D j M Y"))


def date_words(date: dt.date) -> str:
    """6 Dec 2026."""
    return date_format(date, pgettext("date format", "j M Y"))


def long_day_words(date: dt.date, *, year: int) -> str:
    """Saturday 6 December; with the year unless it is `year`."""
    if date.year == year:
        return date_format(date, pgettext("date format", "l j F"))
    return date_format(date, pgettext("date format", "l j F Y"))


def time_words(moment: dt.datetime) -> str:
    """20:00, by the clock of `moment`."""
    return date_format(moment, pgettext("time format", "H:i"))


def moment_words(moment: dt.datetime, *, year: int | None = None) -> str:
    """Sat 6 Dec, 20:00."""
    return f"{day_words(moment.date(), year=year)}, {time_words(moment)}"


def span_words(first: dt.date, last: dt.date, *, year: int | None = None) -> str:
    """Sat 6 Dec, or Sat 6 – Sun 7 Dec."""
    if first == last:
        return day_words(first, year=year)
    if (first.year, first.month) == (last.year, last.month):
        begins = date_format(first, pgettext("date format", "D j"))
        return f"{begins} – {day_words(last, year=year)}"
    return f"{day_words(first, year=last.year)} – {day_words(last, year=year)}"


def night_name(night: dt.date, tonight: dt.date) -> str:
    """Last night, Tonight, Tomorrow; "" for those that have no such name."""
    return {tonight - DAY: _("Last night"), tonight: _("Tonight"), tonight + DAY: _("Tomorrow")}.get(night, "")


def night_words(night: dt.date, tonight: dt.date) -> tuple[str, str]:
    """The heading of a night and its date: ("Tonight", "Fri 4 Dec"), ("Monday", "7 Dec")."""
    if name := night_name(night, tonight):
        return name, day_words(night, year=tonight.year)
    if night.year != tonight.year:
        return date_format(night, "l"), date_words(night)
    return date_format(night, "l"), date_format(night, pgettext("date format", "j M"))


def clock_words(event: Event) -> str:
    """20:00, or that it is all day or not given."""
    if event.all_day:
        return _("all day")
    return time_words(event.local_start) if event.time_known else _("time not given")


def zone_words(moment: dt.datetime) -> str:
    """CET; zones without a name of letters by their offset, UTC+05:45."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = f"{moment:%z}"
    return f"UTC{offset[:3]}" + (f":{offset[3:5]}" if offset[3:5] != "00" else "")


def last_day(event: Event) -> dt.date:
    """The calendar day on which an event ends; the end of days is the exclusive midnight after."""
    end = event.local_end
    if end is None or end <= event.local_start:
        return event.local_start.date()
    return last_day_of(end) if event.all_day or not event.time_known else end.date()


def when_words(event: Event, *, year: int | None = None) -> str:
    """The whole time of an event: "Fri night, 01:00 (Sat 6 Dec) CET", "Fri 5 Dec, 20:00–23:00 CET"."""
    start, end = event.local_start, event.local_end
    if event.all_day or not event.time_known:
        return f"{span_words(start.date(), last_day(event), year=year)}, {clock_words(event)}"
    zone = zone_words(start)
    if end and end - start >= DAY:
        return f"{moment_words(start, year=year)} – {moment_words(end, year=year)} {zone_words(end)}"
    times = f"{time_words(start)}–{time_words(end)}" if end and end > start else time_words(start)
    if event.after_midnight:
        said = _("%(day)s night, %(times)s (%(date)s) %(zone)s")
        day = date_format(event.night, pgettext("night format", "D"))
        return said % {"day": day, "times": times, "date": day_words(start.date(), year=year), "zone": zone}
    return f"{day_words(start.date(), year=year)}, {times} {zone}"


def machine_start(event: Event) -> str:
    """The start for <time datetime> and JSON-LD: only as exact as it is known."""
    return machine_times(event.local_start, event.local_end, timed=_timed(event))[0]


def machine_end(event: Event) -> str:
    """The end likewise, "" if unknown; of days the last one, included."""
    return machine_times(event.local_start, event.local_end, timed=_timed(event))[1]


def machine_times(start: dt.datetime, end: dt.datetime | None, *, timed: bool) -> tuple[str, str]:
    """Start and end of an event, for programs, of its local times; `timed` says that they are more than days."""
    begins = start.isoformat(timespec="minutes") if timed else start.date().isoformat()
    if end is None or end <= start:
        return begins, ""
    return begins, end.isoformat(timespec="minutes") if timed else last_day_of(end).isoformat()


def _timed(event: Event) -> bool:
    return event.time_known and not event.all_day
