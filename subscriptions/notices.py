"""Notices: that an event to which somebody goes is cancelled, postponed or moved; once a change.

A change waits until it has settled: several within that time are one mail, what was changed back is none. What a
reader is told is the difference between what they knew, by their answer or the last notice, and what holds now.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from events.models import Event, EventChange, Rsvp
from events.publishers import change as in_words
from nocturne import mail
from nocturne.models import EmailLog

from . import attending

KIND = EmailLog.Kind.NOTICE
SETTLED = dt.timedelta(minutes=30)
PATIENCE = dt.timedelta(hours=4)  # with what never settles
BATCH = 500
Status = Event.Status
# What the statuses mean to those who go.
ON, CANCELLED, POSTPONED = "on", "cancelled", "postponed"
MEANING = {Status.CANCELLED: CANCELLED, Status.POSTPONED: POSTPONED}

type Changed = Mapping[str, tuple[Any, Any]]  # what was known and what holds, by field of EventChange


def queue_due(*, now: dt.datetime | None = None) -> None:
    """Rows of the ledger for what has settled."""
    now = now or clock.now()
    untold = EventChange.objects.filter(told_at=None).order_by().values_list("event__root")
    spans = untold.annotate(first=Min("at"), last=Max("at"))
    settled = spans.filter(Q(last__lte=now - SETTLED) | Q(first__lte=now - PATIENCE))
    for root_id, *_span in settled.order_by("first")[:BATCH]:
        queue(root_id, now=now)


@transaction.atomic
def queue(root_id: int, *, now: dt.datetime) -> None:
    """Rows for those who go to an event and do not know yet; and the changes count as told, with them or not at all."""
    untold = EventChange.objects.filter(event__root=root_id, told_at=None)
    changes = list(untold.order_by("pk").select_for_update(of=("self",), skip_locked=True))
    if not changes:
        return  # another process is at it
    event = attending.event_of(root_id, now)
    if event is not None:
        goers = attending.goers(KIND, [event.pk])
        known = _Known(event, goers)
        addresses = [answer.user.email for answer in goers if known.news(answer)]
        mail.queue_all(KIND, addresses, matter=matter(known.newest), now=now)
    EventChange.objects.filter(pk__in=[one.pk for one in changes]).update(told_at=now)


def send_queued(*, now: dt.datetime | None = None) -> int:
    return attending.send_queued(KIND, lambda row: write(row, now=now), now=now)


def write(row: EmailLog, *, now: dt.datetime | None = None) -> mail.Mail | None:
    """The mail of a row; None if there is nothing to tell any more, or if more has changed since: that has its own."""
    now = now or clock.now()
    number = int(row.matter.rpartition(":")[2])
    told = EventChange.objects.filter(pk=number).first()
    event = attending.event_of(told.event_id, now) if told else None
    if event is None:
        return None
    answer = attending.goer(KIND, event, row.address)
    if answer is None:
        return None
    news = _Known(event, [answer]).news(answer)
    if not news or _is_superseded(row, number, event):
        return None
    before, after = ({name: pair[i] for name, pair in news.items()} for i in (0, 1))
    words = in_words(EventChange(event=event, at=now, before=before, after=after), event).words
    return attending.mail_about(event, answer.user, KIND, subject=_subject(news, event), changes=words)


def _is_superseded(row: EmailLog, number: int, event: Event) -> bool:
    """Whether a later notice tells of it: one that is to be made, or is there for this address. A later change alone
    does not mean so, since it may have been told before the two events became one."""
    later = EventChange.objects.filter(event__root=event, pk__gt=number)
    if later.filter(told_at=None).exists():
        return True
    matters = [matter(pk) for pk in later.values_list("pk", flat=True)]
    return EmailLog.objects.filter(matter__in=matters, hashed=row.hashed).exists()


def matter(change: int) -> str:
    """What the ledger calls the notice of all changes up to one of these."""
    return f"notice:{change}"


class _Known:
    """What of an event's changes, and of those of what is merged into it, these people were told."""

    def __init__(self, event: Event, answers: Sequence[Rsvp]) -> None:
        self._event = event
        self._changes = list(EventChange.objects.filter(event__root=event).order_by("pk"))
        self.newest = max((one.pk for one in self._changes), default=0)
        numbers = {matter(one.pk): one.pk for one in self._changes}
        told = attending.told([answer.user.email for answer in answers], numbers)
        self._told = {address: max((numbers[one] for one in some), default=0) for address, some in told.items()}

    def news(self, answer: Rsvp) -> Changed:
        """What somebody does not know yet: neither did it hold when they answered, nor were they told of it."""
        last = self._told[answer.user.email]
        places = (self._event.pk, answer.event_id)
        here = (one for one in self._changes if one.event_id in places)
        return difference([one for one in here if one.pk > last and one.at > answer.answered_at], self._event)


def difference(changes: Iterable[EventChange], event: Event) -> Changed:
    """Of what these changes changed, what is not as it was before the first of them; only what is worth a mail."""
    before: dict[str, Any] = {}
    for one in changes:
        before = {**one.before, **before}
    holds = _now(event)
    news = {name: (value, holds[name]) for name, value in before.items() if name in holds}
    return {name: pair for name, pair in news.items() if _is_news(name, *pair, before=before, event=event)}


def _now(event: Event) -> dict[str, Any]:
    return {
        "starts_at": event.starts_at.isoformat(),
        "venue": event.venue.name if event.venue else "",
        "online": event.online,
        "status": event.status,
    }


def _is_news(name: str, was: Any, now: Any, *, before: Mapping[str, Any], event: Event) -> bool:
    """A place or an hour that was not given before and is now is no move."""
    match name:
        case "status":
            return MEANING.get(was, ON) != MEANING.get(now, ON)
        case "starts_at":
            then, start = (dt.datetime.fromisoformat(value).astimezone(event.zone) for value in (was, now))
            timed = before.get("time_known", event.time_known) and not before.get("all_day", event.all_day)
            return then != start if timed and event.time_known else then.date() != start.date()
        case "venue":
            return bool(was) and was != now
    return was != now


def _subject(news: Changed, event: Event) -> str:
    words = {CANCELLED: _("Cancelled: %(title)s"), POSTPONED: _("Postponed: %(title)s")}
    if "status" in news:
        said = words.get(MEANING.get(news["status"][1], ON), _("Takes place after all: %(title)s"))
    else:
        said = words.get(MEANING.get(Status(event.status), ON), _("Moved: %(title)s"))
    return said % {"title": event.title}
