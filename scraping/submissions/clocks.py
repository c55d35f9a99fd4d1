"""What a wall clock of a city can show, and how long an event is."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from events.dates import time_words
from events.drafts import When, instant
from events.nights import last_night_of

LONGEST = dt.timedelta(days=366)


def skipped(local: dt.datetime, zone: ZoneInfo) -> str:
    """What to ask where clocks are put forward over a time, "" where they show it."""
    shown = instant(local, zone.key).astimezone(zone)
    if shown.replace(tzinfo=None) == local:
        return ""
    said = _("Clocks are put forward that night and never show %(time)s. Is %(other)s meant?")
    return said % {"time": time_words(local), "other": time_words(shown)}


def moved(local: dt.datetime, timezone: str, zone: ZoneInfo) -> dt.datetime:
    """The same moment on the clock of another zone, naive."""
    return instant(local, timezone).astimezone(zone).replace(tzinfo=None)


def last_day(when: When) -> dt.date:
    """The last night of an event on its city's clock."""
    return last_night_of(when.start, when.end, all_day=when.all_day, time_known=when.time_known)
