"""Sending an issue: rows of the ledger for its subscribers, and batches of mails until none waits.

Whoever is killed leaves rows that tell how far it was; going on is sending what has no final row.
"""

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import batched

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone as clock

from nocturne import alerts, mail, rate
from nocturne.models import Alert, EmailLog
from nocturne.timing import log_calls

from . import digests
from .models import Digest, Subscription
from .writing import NOT_ASKED, STILL_ASKED, Writer, recipients as recipients

log = logging.getLogger(__name__)

MAX_ERRORS = 20  # in a row; then the mail server is down, or will have none of ours
CLAIM = dt.timedelta(seconds=45)  # after the end of a process that was killed somebody else goes on
RENEW = 10.0  # seconds of a batch after which it is renewed; a mail that takes longer may lose it, and harms nothing
AHEAD = 1000  # rows read at once
GOING = (Digest.State.RELEASED, Digest.State.SENDING)
Mailed = EmailLog.State
OUTSTANDING = (Mailed.QUEUED, Mailed.SENDING)
ERRORS = frozenset({Mailed.QUEUED, Mailed.FAILED, Mailed.UNCERTAIN})


def due(*, now: dt.datetime | None = None) -> list[int]:
    """Issues that have something to do: a day to queue, mails to send, or their end."""
    now = now or clock.now()
    rows = EmailLog.objects.filter(kind=EmailLog.Kind.DIGEST, state=Mailed.QUEUED, due_at__lte=now)
    waiting = set(rows.order_by().values_list("matter", flat=True).distinct())
    open_ones = Digest.objects.filter(state__in=GOING).select_related("city").order_by("due_at", "pk")
    return [one.pk for one in open_ones if one.matter in waiting or _days_due(one, now) or _is_first_or_last(one)]


def send(
    digest_id: int,
    *,
    everybody: bool = False,
    seconds: float = float("inf"),
    now: dt.datetime | None = None,
    progress: Callable[[int], None] = lambda sent: None,
) -> int:
    """Send what of an issue is due, for at most about so many seconds; how many mails were dealt with.

    With `everybody` also those whose day has not come. One process at a time does it; others do nothing.
    """
    digest = Digest.objects.select_related("city").get(pk=digest_id)
    claim = _claim(digest, now or clock.now())
    if claim is None:
        return 0
    until = time.monotonic() + seconds
    try:
        _queue(digest, now or clock.now(), everybody=everybody)
        return _send_queued(digest, claim, until, now, progress)
    finally:
        _let_go(digest, claim, now or clock.now())


def progress_of(digest: Digest) -> dict[str, int]:
    """Its mails by state."""
    rows = EmailLog.objects.filter(matter=digest.matter).order_by().values_list("state")
    return dict(rows.annotate(count=Count("pk")))


def redrive(digest: Digest, *, now: dt.datetime | None = None) -> int:
    """Try again what has failed; how many. What may have arrived is not sent again."""
    now = now or clock.now()
    rows = EmailLog.objects.filter(matter=digest.matter, state=Mailed.FAILED).exclude(address="")
    again = rows.update(state=Mailed.QUEUED, attempts=0, due_at=now, finished_at=None, why="")
    if again:
        Digest.objects.filter(pk=digest.pk, state=Digest.State.SENT).update(
            state=Digest.State.SENDING, finished_at=None
        )
    return again


def _is_first_or_last(digest: Digest) -> bool:
    """All days have their rows, so that it may be at its end; or it was released early, and nothing was begun."""
    if digest.queued_until < 0:
        return not EmailLog.objects.filter(matter=digest.matter).exists()
    return digest.queued_until >= 6


def _days_due(digest: Digest, now: dt.datetime) -> list[int]:
    """Days of the week whose subscribers are to be queued: the issue may be released before the first."""
    due = [day for day in range(7) if now >= digests.due_on(digest.city, digest.week, day)]
    return [day for day in due if day > digest.queued_until]


def _queue(digest: Digest, now: dt.datetime, *, everybody: bool) -> None:
    """Rows for those whose turn it is. A day is done once all of it is there; until then it is begun again."""
    days = _days_due(digest, now)
    if everybody:
        _queue_rows(digest, recipients(digest), now)
    elif not days and digest.queued_until < 0:  # released early by an editor: Monday is now
        _queue_rows(digest, recipients(digest, weekdays=range(1)), now)
    for day in days:
        due = digests.due_on(digest.city, digest.week, day)
        on_time = digest.released_at and digest.drafted_at <= due
        # who confirms while the issue is held is there when it goes; of an issue made too late only who waited
        until = max(due, digest.released_at) if on_time and digest.released_at else due
        _queue_rows(digest, recipients(digest, weekdays=range(day, day + 1)).filter(confirmed_at__lte=until), now)
        Digest.objects.filter(pk=digest.pk, queued_until__lt=day).update(queued_until=day)
        digest.queued_until = day


def _queue_rows(digest: Digest, rows: QuerySet[Subscription], now: dt.datetime) -> None:
    # those of one search after the other, so that each is rendered once
    addresses = rows.order_by("search", "pk").values_list("subscriber__email", flat=True).iterator()
    mail.queue_all(EmailLog.Kind.DIGEST, addresses, matter=digest.matter, now=now)


def _send_queued(
    digest: Digest, claim: uuid.UUID, until: float, now: dt.datetime | None, progress: Callable[[int], None]
) -> int:
    writer = Writer(digest, now, as_bytes=mail.takes_bytes())
    done = 0
    for rows in _batches(digest, now):
        if done:
            time.sleep(settings.DIGEST_PAUSE)
        if time.monotonic() > until or not _renew(digest, claim, now or clock.now()):
            break
        taken_at = now or clock.now()
        granted = rate.take(len(rows), now=taken_at)
        if granted:
            begun = _send_batch(digest, claim, rows[:granted], writer, now)
            rate.spend(begun - granted, now=taken_at)
            done += granted
            progress(done)
        if granted < len(rows):
            _wait(digest, claim, rate.free_at(taken_at))
            break
    return done


@log_calls
def _send_batch(
    digest: Digest, claim: uuid.UUID, rows: Sequence[EmailLog], writer: Writer, now: dt.datetime | None
) -> int:
    """Send some rows over one connection; how many were tried, rather than skipped."""
    tried = 0
    renewed = time.monotonic()
    writer.look_up(rows)
    with mail.Outbox(rows, given=STILL_ASKED) as outbox:
        for row in rows:
            if time.monotonic() - renewed > RENEW:
                renewed = time.monotonic()
                if not _renew(digest, claim, now or clock.now()):
                    break
            state = _send_one(row, writer, outbox, now)
            tried += state != Mailed.SKIPPED
            digest.errors = digest.errors + 1 if state in ERRORS else 0
            if digest.errors >= MAX_ERRORS:
                break
    if digest.errors >= MAX_ERRORS:
        _give_up(digest, row)
    return tried


def _batches(digest: Digest, now: dt.datetime | None) -> Iterator[tuple[EmailLog, ...]]:
    """Rows that are due, the oldest first. What was put off is not due any more, so each comes once."""
    rows = EmailLog.objects.filter(matter=digest.matter, state=Mailed.QUEUED).order_by("due_at", "pk")
    after = Q()
    while some := list(rows.filter(after, due_at__lte=now or clock.now())[:AHEAD]):
        yield from batched(some, max(1, settings.DIGEST_BATCH))
        last = some[-1]
        after = Q(due_at__gt=last.due_at) | Q(due_at=last.due_at, pk__gt=last.pk)


def _send_one(row: EmailLog, writer: Writer, outbox: mail.Outbox, now: dt.datetime | None) -> str:
    try:
        state = outbox.send(row, writer.write, now=now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("Mail %s of %s could not be written.", row.pk, row.matter)
        return Mailed.FAILED
    if state == Mailed.SKIPPED and row.why == mail.NO_REASON:
        rows = EmailLog.objects.filter(pk=row.pk, state=Mailed.SKIPPED)
        rows.update(why=writer.why or NOT_ASKED)  # what did not hold at the claim is that it is asked for
    return state


def _wait(digest: Digest, claim: uuid.UUID, until: dt.datetime) -> None:
    """Say that the hour's rate is used up. The tick asks again each minute."""
    local = until.astimezone(digest.city.zone)
    why = f"Waits for the hour's rate of mails, and goes on by itself at about {local:%H:%M}."
    Digest.objects.filter(pk=digest.pk, claim=claim).update(why=why)


def _give_up(digest: Digest, row: EmailLog) -> None:
    digests.hold(digest, f"{MAX_ERRORS} mails in a row could not be sent, the last one because: {row.why}")
    alerts.raise_alert(
        digest.matter,
        f"The digest of {digest} is held: {MAX_ERRORS} mails in a row could not be sent, the last one because: "
        f"{row.why} See to the mail server, then let it go on.",
        severity=Alert.Severity.ERROR,
        path=reverse("admin:subscriptions_digest_change", args=[digest.pk]),
    )


def _claim(digest: Digest, now: dt.datetime) -> uuid.UUID | None:
    """A claim on sending it, unless another process has one that it renews."""
    claim = uuid.uuid4()
    rows = Digest.objects.filter(pk=digest.pk, state__in=GOING).exclude(claimed_until__gt=now)
    claimed = rows.update(claim=claim, claimed_until=now + CLAIM, state=Digest.State.SENDING, why="")
    return claim if claimed else None


def _renew(digest: Digest, claim: uuid.UUID, now: dt.datetime) -> bool:
    """False if an editor holds it, or another process has taken over."""
    rows = Digest.objects.filter(pk=digest.pk, claim=claim)
    return bool(rows.update(claimed_until=now + CLAIM, errors=digest.errors))


def _let_go(digest: Digest, claim: uuid.UUID, now: dt.datetime) -> None:
    """End the claim; and the issue, once the last day has its rows and all of them are final."""
    rows = Digest.objects.filter(pk=digest.pk, claim=claim)
    if digest.queued_until >= 6 and not EmailLog.objects.filter(matter=digest.matter, state__in=OUTSTANDING).exists():
        rows.update(state=Digest.State.SENT, finished_at=now)
    rows.update(claim=None, claimed_until=None, errors=digest.errors)
