"""Reminders: one mail a user and event, on the day before, at an hour at which people are awake."""

import datetime as dt
from collections import defaultdict

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from events.models import City, Event, Rsvp
from nocturne import mail
from nocturne.models import EmailLog

from . import attending

KIND = EmailLog.Kind.REMINDER
# By the city's clock. Later than the last hour a mail would come at night: then there is none.
FIRST, LAST = dt.time(10), dt.time(21)
OFF = (Event.Status.CANCELLED, Event.Status.POSTPONED)


def queue_due(*, now: dt.datetime | None = None) -> None:
    """A row of the ledger for each user who goes tomorrow; as often as it is called, one each.

    Who answers after the first hour has just thought of it, and gets none.
    """
    now = now or clock.now()
    tomorrow = {event.pk: event for event in _tomorrow(now)}
    addresses: dict[str, list[str]] = defaultdict(list)
    for answer in attending.goers(KIND, tomorrow) if tomorrow else ():
        event = tomorrow[answer.event.root_id]
        if answer.answered_at <= first_moment(event):
            addresses[matter(answer.event_id, event.night)].append(answer.user.email)
    # the rows of a matter are made at once or not at all
    done = set(EmailLog.objects.filter(matter__in=list(addresses)).order_by().values_list("matter", flat=True))
    for about in addresses.keys() - done:
        with transaction.atomic():
            mail.queue_all(KIND, addresses[about], matter=about, now=now)


def send_queued(*, now: dt.datetime | None = None) -> int:
    return attending.send_queued(KIND, lambda row: write(row, now=now), now=now)


def write(row: EmailLog, *, now: dt.datetime | None = None) -> mail.Mail | None:
    """The mail of a row; None if they do not go any more, the day is over, or they were reminded under another name."""
    now = now or clock.now()
    _kind, pk, night = row.matter.split(":")
    event = attending.event_of(int(pk), now)
    if event is None or event.status in OFF or not first_moment(event) <= now < last_moment(event):
        return None
    if night != event.night.isoformat():
        return None
    answer = attending.goer(KIND, event, row.address)
    others = {matter(pk, event.night) for pk in event.members.values_list("pk", flat=True)} - {row.matter}
    if answer is None or attending.told([row.address], others)[row.address]:
        return None
    return attending.mail_about(event, answer.user, KIND, subject=_("Tomorrow: %(title)s") % {"title": event.title})


def matter(pk: int, night: dt.date) -> str:
    """What the ledger calls the reminder of an event on a night. It is the one that was answered to, whatever it is
    merged into: so neither merging nor unmerging brings a second one. Moved to another night it has one of that."""
    return f"reminder:{pk}:{night}"


def first_moment(event: Event) -> dt.datetime:
    """From when on the reminder may go."""
    return _on_the_day_before(event, FIRST)


def last_moment(event: Event) -> dt.datetime:
    return _on_the_day_before(event, LAST)


def _on_the_day_before(event: Event, at: dt.time) -> dt.datetime:
    return dt.datetime.combine(event.night - dt.timedelta(days=1), at, tzinfo=event.zone)


def _tomorrow(now: dt.datetime) -> list[Event]:
    """The events of tomorrow's night to which somebody goes, of cities where it is an hour for mail."""
    cities: dict[dt.date, list[int]] = defaultdict(list)
    for city in City.objects.active().only("pk", "timezone"):
        local = now.astimezone(city.zone)
        if FIRST <= local.time() < LAST:
            cities[local.date() + dt.timedelta(days=1)].append(city.pk)
    if not cities:
        return []
    nights = Q()
    for night, ids in cities.items():
        nights |= Q(city__in=ids, night=night)
    goes = Rsvp.objects.filter(event__root=OuterRef("pk"), answer=Rsvp.Answer.GOING)
    return list(Event.objects.public().filter(nights, Exists(goes)).exclude(status__in=OFF))
