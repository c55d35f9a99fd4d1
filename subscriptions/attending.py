"""Mail to those who go: whom it may go to, the button that ends it, and how what is queued of it is sent."""

import datetime as dt
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone as clock

from events.cards import status_words
from events.dates import when_words
from events.ics import place_words
from events.models import Event, Rsvp
from events.models.rsvp import RsvpQuerySet
from events.prices import event_price
from nocturne import mail, rate
from nocturne.addresses import address_hashes
from nocturne.models import EmailLog, User
from nocturne.origin import absolute
from nocturne.outbox import Build
from nocturne.tokens import BadToken, make_token, read_token

log = logging.getLogger(__name__)

Kind = EmailLog.Kind
State = EmailLog.State
# What somebody chooses about each kind, as the column of Attendee.
CHOICES = {Kind.REMINDER: "reminders", Kind.NOTICE: "notices"}
BATCH = 100
SECONDS = 240  # that one task sends; the next tick goes on
MAX_ERRORS = 20  # in a row; then the mail server is down, and the next tick tries again
ARRIVED = (State.SENDING, State.SENT, State.UNCERTAIN, State.BOUNCED, State.COMPLAINED)  # or may have


def goers(kind: Kind, roots: Iterable[int]) -> list[Rsvp]:
    """The answers of those who go to root events and want this kind of mail, with user and home event."""
    return _going(kind, Rsvp.objects.filter(event__root__in=set(roots)))


def goer(kind: Kind, root: Event, address: str) -> Rsvp | None:
    """The answer of the one with this address, if they still go there and want this kind of mail."""
    found = _going(kind, Rsvp.objects.filter(event__root=root, user__email=address))
    return found[0] if found else None


def _going(kind: Kind, answers: RsvpQuerySet) -> list[Rsvp]:
    wanted = Q(user__attendee=None) | Q(**{f"user__attendee__{CHOICES[kind]}": True})
    stand = answers.standing().values("pk")
    rows = Rsvp.objects.filter(wanted, pk__in=stand, answer=Rsvp.Answer.GOING, user__is_active=True)
    return list(rows.select_related("user", "event").order_by("pk"))


def told(addresses: Iterable[str], matters: Iterable[str]) -> dict[str, set[str]]:
    """By address those of the matters of which it has a mail, or may have one; one query."""
    hashes = {hashed: address for address in addresses for hashed in address_hashes(address)}
    rows = EmailLog.objects.filter(matter__in=list(matters), hashed__in=list(hashes), state__in=ARRIVED)
    found: dict[str, set[str]] = {address: set() for address in hashes.values()}
    for hashed, matter in rows.order_by().values_list("hashed", "matter"):
        found[hashes[hashed]].add(matter)
    return found


def event_of(pk: int, now: dt.datetime) -> Event | None:
    """The event that stands for one now, if visitors may see it and it is not over."""
    found = Event.objects.public().filter(members=pk).select_related("city", "venue__city").first()
    return found if found and found.last_night >= found.city.tonight(now) else None


def send_queued(kind: Kind, write: Build, *, now: dt.datetime | None = None) -> int:
    """Send what is queued of a kind, as far as the hour's rate and the time go; how many mails were dealt with.

    Each row is claimed before it is sent, so that two who do this at once send nothing twice.
    """
    until = time.monotonic() + SECONDS
    done = 0
    while time.monotonic() < until and (some := _send_some(kind, write, now)):
        done += some
    return done


def _send_some(kind: Kind, write: Build, now: dt.datetime | None) -> int:
    """One batch; 0 if there is none that may go now, or too many could not be sent."""
    at = now or clock.now()
    queued = EmailLog.objects.filter(kind=kind, state=State.QUEUED, due_at__lte=at)
    # other apps have mails of these kinds, too, which they send themselves
    ours = queued.filter(matter__startswith=f"{kind.value}:")
    rows = list(ours.order_by("due_at", "pk")[:BATCH])
    granted = rate.take(len(rows), now=at) if rows else 0
    if not granted:
        return 0
    tried = errors = 0
    with mail.Outbox(rows[:granted]) as outbox:
        for row in rows[:granted]:
            state = _send_one(row, outbox, write, now)
            tried += state != State.SKIPPED
            errors = errors + 1 if state in (State.QUEUED, State.FAILED, State.UNCERTAIN) else 0
            if errors >= MAX_ERRORS:
                log.warning("%s mails in a row could not be sent, the last because: %s", errors, row.why)
                break
    rate.spend(tried - granted, now=at)
    return granted if errors < MAX_ERRORS else 0


def _send_one(row: EmailLog, outbox: mail.Outbox, write: Build, now: dt.datetime | None) -> str:
    try:
        return outbox.send(row, write, now=now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("Mail %s of %s could not be written.", row.pk, row.matter)
        return State.FAILED


def mail_about(event: Event, user: User, kind: Kind, *, subject: str, changes: Sequence[str] = ()) -> mail.Mail:
    """A mail that tells of one event what somebody who goes there has to know."""
    end = end_url(kind, user)
    year = event.city.tonight().year
    context = {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "headline": subject,
        "event": event,
        "when": when_words(event, year=year),
        "place": place_words(event),
        "price": event_price(event),
        "status": status_words(event),
        "changes": changes,
        "url": absolute(event.get_absolute_url()),
        "mine_url": absolute(reverse("events:my_events")),
        "end_url": end,
    }
    return mail.Mail(
        user.email,
        f"{subject} · {settings.SITE_NAME}",
        text=render_to_string("subscriptions/mail/event.txt", context),
        html=render_to_string("subscriptions/mail/event.html", context),
        headers=mail.unsubscribe_headers(end),
    )


def end_url(kind: Kind, user: User) -> str:
    """Where one button ends this kind of mail; it works for as long as there is the account."""
    return absolute(reverse("subscriptions:end_mail", args=[make_token(_purpose(kind), user.pk, 0)]))


@dataclass(frozen=True, slots=True)
class Ending:
    kind: Kind
    user: User | None


def ending_of(token: str) -> Ending:
    """What a link ends, and for whom, None if the account is gone; BadToken if it is no such link."""
    kind = Kind.REMINDER
    try:
        pk, _ = read_token(_purpose(kind), token)
    except BadToken:
        kind = Kind.NOTICE
        pk, _ = read_token(_purpose(kind), token)
    return Ending(kind, User.objects.filter(pk=pk).first())


def _purpose(kind: Kind) -> str:
    return f"subscriptions.{CHOICES[kind]}"
