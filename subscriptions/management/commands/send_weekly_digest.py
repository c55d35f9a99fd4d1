"""Say what would go to how many, or send it now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone as clock

from events.models import City
from nocturne.models import EmailLog
from subscriptions import digests, sending
from subscriptions.models import WEEKDAYS, Digest, Subscription
from subscriptions.planning import Plan


class Command(BaseCommand):
    help = (
        "Say what the weekly digest would be, and to how many it would go. With --send it goes now, whatever the day "
        "that subscribers chose, to those who have not had it; to be repeated at will."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--city", metavar="CODE", help="only this city, as de--berlin")
        parser.add_argument("--send", action="store_true", help="release what is drafted, and send it now")

    def handle(self, *, city: str | None, send: bool, **options: Any) -> None:
        cities = _cities(city)
        if not cities:
            self.stdout.write("Nobody is subscribed, so there is nothing to send.")
        for one in cities:
            if send:
                self._send(one)
            else:
                self._foresee(one)

    def _foresee(self, city: City) -> None:
        now = clock.now()
        digest = digests.coming(city, now)
        had = set(_had(digest)) if digest.pk else set()
        waiting = [row for row in sending.recipients(digest) if row.subscriber.email not in had]
        plans = {query: _plan(digest, query, now) for query in {"", *(row.search for row in waiting)}}
        some = sum(not plans[row.search].is_empty for row in waiting)
        state = digest.get_state_display() if digest.pk else "not drafted yet"
        self.stdout.write(f"{digest} ({state}), {_events(plans[''].total)}:")
        for entry in plans[""].entries:
            event = entry.event
            when = f"until {event.last_night:%a %-d %b}" if event.is_run else f"{event.night:%a %-d %b}"
            self.stdout.write(f"  {when}  {event.title}")
        self.stdout.write(f"  would go to {some:,} of {len(waiting):,} who have not had it ({_days(waiting)}).")

    def _send(self, city: City) -> None:
        digest = digests.draft(city)
        if digest.state == Digest.State.HELD:
            self.stdout.write(f"{digest} is held: {digest.why} Let it go on in the admin, then repeat this.")
            return
        digests.release(digest)
        if digest.state == Digest.State.EMPTY:
            self.stdout.write(f"{digest}: {digest.why}")
            return
        Digest.objects.filter(pk=digest.pk, state=Digest.State.SENT).update(state=Digest.State.SENDING)
        before = sending.progress_of(digest)
        sending.send(digest.pk, everybody=True, progress=self._progress)
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        digest.refresh_from_db()
        after = sending.progress_of(digest)
        sent = after.get(EmailLog.State.SENT, 0) - before.get(EmailLog.State.SENT, 0)
        states = ", ".join(f"{count:,} {state}" for state, count in sorted(after.items())) or "nobody to send it to"
        self.stdout.write(f"{digest}: {sent:,} sent now; in all {states}.")
        if digest.state == Digest.State.HELD:
            raise CommandError(f"It is held: {digest.why}")
        if digest.claim:
            self.stdout.write("  Another process is sending it.")

    def _progress(self, done: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{done:,} mails", ending="")
            self.stderr.flush()


def _cities(code: str | None) -> list[City]:
    if code is None:
        active = Subscription.objects.active().order_by().values("city")
        return list(City.objects.active().filter(pk__in=active).order_by("name", "pk"))
    found = City.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"There is no city {code!r}; codes are as de--berlin or ca--los-angeles.")
    if not found.active:
        raise CommandError(f"{found} is not active: nobody gets mail about it.")
    return [found]


def _plan(digest: Digest, query: str, now: Any) -> Plan:
    return digests.plan_of(digest, digests.search_of(digest, query), now=now)


def _had(digest: Digest) -> Any:
    """Addresses whose mail needs no more sending."""
    rows = EmailLog.objects.filter(matter=digest.matter).exclude(state=EmailLog.State.QUEUED)
    return rows.values_list("address", flat=True)


def _days(rows: list[Subscription]) -> str:
    counts = {day: sum(row.weekday == day for row in rows) for day in range(7)}
    return ", ".join(f"{WEEKDAYS[day]} {count:,}" for day, count in counts.items() if count) or "nobody"


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"
