"""Links that put an event into a calendar on the web, without a program of ours in between."""

import datetime as dt
from urllib.parse import urlencode

from events.dates import last_day
from events.ics import place_words
from events.models import Event
from nocturne.origin import absolute

# What calendars on the web want to hear where no end is known.
LENGTH = dt.timedelta(hours=2)
MAX_TEXT = 500


def google_link(event: Event) -> str:
    """Google Calendar's form, filled in."""
    if event.time_known and not event.all_day:
        first, last = (f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}" for moment in _times(event))
    else:
        first, last = (f"{day:%Y%m%d}" for day in _days(event))
    fields = {
        "action": "TEMPLATE",
        "text": event.title,
        "dates": f"{first}/{last}",
        "ctz": event.timezone,
        "location": place_words(event),
        "details": _details(event),
    }
    return "https://calendar.google.com/calendar/render?" + urlencode(fields)


def outlook_link(event: Event) -> str:
    """The form of Outlook on the web, filled in."""
    fields = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": event.title,
        "location": place_words(event),
        "body": _details(event),
    }
    if event.time_known and not event.all_day:
        first, last = (f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}" for moment in _times(event))
    else:
        first, last = (day.isoformat() for day in _days(event))
        fields["allday"] = "true"
    return "https://outlook.live.com/calendar/0/deeplink/compose?" + urlencode(
        fields | {"startdt": first, "enddt": last}
    )


def _times(event: Event) -> tuple[dt.datetime, dt.datetime]:
    end = event.ends_at
    return event.starts_at, end if end and end > event.starts_at else event.starts_at + LENGTH


def _days(event: Event) -> tuple[dt.date, dt.date]:
    """The first day, and the one after the last."""
    return event.local_start.date(), last_day(event) + dt.timedelta(days=1)


def _details(event: Event) -> str:
    text = event.description[:MAX_TEXT].strip()
    return "\n\n".join(part for part in (text, absolute(event.get_absolute_url())) if part)
