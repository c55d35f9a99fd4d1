"""A run: the site is set up, one fault follows the other, and what was promised is compared with what is there."""

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos import clock, ledger
from tests.chaos.__main__ import MIDNIGHT, engines, set_up
from tests.chaos.faults import FAULTS
from tests.chaos.outside import Mailbox, Publishers
from tests.chaos.site import Processes, Server
from tests.chaos.visitors import Balancer, Crowd, Seen

PUBLISHERS = 12
USERS = 20
BACK_SECONDS = 60  # within which all works again
PATIENCE = 150  # seconds that are waited for it
DRAIN_SECONDS = 420


class Run:
    def __init__(self, folder: Path, *, hold: float, calm: float, readers: int) -> None:
        self.folder, self.hold, self.calm, self.readers = folder, hold, calm, readers
        self.publishers = Publishers(PUBLISHERS, MIDNIGHT.date())
        self.mailbox = Mailbox()
        self.kills = 0
        self.servers: dict[str, Server] = {}
        self.wrong: list[str] = []
        self._turn = 0

    def report(self, faults: list[str]) -> dict[str, Any]:
        with contextlib.ExitStack() as stack:
            stack.callback(self.mailbox.stop)
            self.servers = stack.enter_context(engines(self.folder))
            allowed = [self.publishers.host(number) for number in range(PUBLISHERS)]
            environment = set_up(self.folder, self.servers, self.mailbox.port, allowed)
            self._populate()
            self.processes = Processes(self.folder, environment)
            stack.callback(self.processes.stop)
            ports = [self.processes.web(name) for name in ("web-1", "web-2")]
            self.processes.worker("worker-1")
            self.processes.worker("worker-2")
            self.processes.beat()
            self.balancer = Balancer(ports)
            self.crowd = Crowd(self.balancer, city=(self.city.slug, self.city.code), events=self.events)
            self.expect("the site", self._pages_answer)
            self.crowd.begin(list(self.users))
            phases = [self._phase("calm", lambda run: time.sleep(run.hold))]
            phases += [self._phase(name, FAULTS[name]) for name in faults]
            self.crowd.stop()
            balance = self._settle()
            for name in ("web-1", "web-2", "worker-1", "worker-2", "beat"):
                self._keep_errors(name)
            return self._told(phases, balance)

    # what faults use

    def say(self, **said: float) -> None:
        clock.tell(self.folder / "said.json", **said)

    def step(self, seconds: float) -> None:
        ahead = json.loads((self.folder / "said.json").read_text())["ahead"]
        self.say(ahead=ahead + seconds)
        time.sleep(2 * clock.LOOK_SECONDS)

    def expect(self, what: str, true: Callable[[], object], *, seconds: float = BACK_SECONDS) -> None:
        """Note what does not come to be true in time."""
        if self._wait(true, seconds) is None:
            self.wrong.append(f"{what} was not there within {seconds:.0f} s")

    def alert_is_open(self, key: str) -> bool:
        from nocturne.models import Alert

        return Alert.objects.filter(key=key, resolved_at=None).exists()

    def health_says(self, what: str) -> bool:
        return any(what in Balancer._ask(port, "GET", "/health", None, {})[1].decode() for port in self.balancer.ports)

    def let_digest_go_on(self) -> None:
        from subscriptions import digests

        self.issue.refresh_from_db()
        self.was_held = digests.go_on(self.issue)

    # the phases

    def _phase(self, name: str, fault: Callable[["Run"], None]) -> tuple[Seen, dict[str, float | None]]:
        print(f"{name} ...", flush=True)
        seen = self.balancer.seen = Seen(name)
        fault(self)
        over = time.monotonic()
        back = self._back(over)
        time.sleep(max(0.0, over + self.calm - time.monotonic()))
        for what, seconds in back.items():
            if seconds is None or seconds > BACK_SECONDS:
                self.wrong.append(f"{name}: {what} was back after {seconds or f'more than {PATIENCE}'} s")
        _say(seen, back)
        return seen, back

    def _back(self, over: float) -> dict[str, float | None]:
        """Seconds after the end of a fault until each works; None if that was not to be seen."""
        from django.utils import timezone

        now = timezone.now()
        digest_before = self._digest_mails()
        wanted: dict[str, Callable[[], object]] = {
            "pages": self._pages_answer,
            "health": self._is_healthy,
            "mail of a sign-up": lambda: self._mailed_since(over),
            "reading": lambda: self._read_since(now),
        }
        if digest_before < self.readers:
            wanted["digest"] = lambda: self._digest_mails() > digest_before
        back: dict[str, float | None] = {}
        asked = 0.0
        while len(back) < len(wanted) and time.monotonic() - over < PATIENCE:
            if time.monotonic() - asked > 2:
                asked = time.monotonic()
                self._have_read()
            for what, true in wanted.items():
                if what not in back and self._holds(true):
                    back[what] = round(time.monotonic() - over, 1)
            time.sleep(0.3)
        return {what: back.get(what) for what in wanted}

    def _pages_answer(self) -> bool:
        return all(self._status(port, f"/{self.city.slug}/") == 200 for port in self.balancer.ports)

    def _is_healthy(self) -> bool:
        return all(self._status(port, "/health") == 200 for port in self.balancer.ports)

    @staticmethod
    def _status(port: int, path: str) -> int:
        return Balancer._ask(port, "GET", path, None, {})[0]

    def _mailed_since(self, over: float) -> bool:
        taken = set(self.mailbox.taken)
        return any(at > over and address in taken for address, at in list(self.crowd.signed_up.items()))

    def _digest_mails(self) -> int:
        return sum(address.endswith(ledger.READERS) for address in list(self.mailbox.taken))

    @staticmethod
    def _read_since(now: Any) -> bool:
        from scraping.models import Schedule

        return Schedule.objects.filter(last_success_at__gt=now).exists()

    def _have_read(self) -> None:
        """Have two of the publishers read now, as an editor may."""
        from scraping.tasks import scrape_source

        for _ in range(2):
            self._turn += 1
            with contextlib.suppress(Exception):  # the queue is away: that is one of the faults
                scrape_source.apply_async(args=(self.sources[self._turn % PUBLISHERS], True), expires=30, retry=False)

    @staticmethod
    def _holds(true: Callable[[], object]) -> bool:
        from django.db import connection

        try:
            return bool(true())
        except Exception:
            connection.close()  # it may be one that has ended
            return False

    def _wait(self, true: Callable[[], object], seconds: float) -> float | None:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self._holds(true):
                return time.monotonic() - began
            time.sleep(0.3)
        return None

    # before and after

    def _populate(self) -> None:
        from django.core.management import call_command

        from events.models import Event, Source
        from nocturne.models import User
        from scraping import schedule
        from tests.bench.sending import populate, released

        call_command("migrate", verbosity=0, interactive=False)
        self.city = populate("berlin", self.readers, [""])
        rows = Event.objects.filter(city=self.city, night__gt=self.city.tonight()).order_by("pk")
        self.events = [(event.pk, event.get_absolute_url()) for event in rows[:60]]
        self.issue = released(self.city)
        Source.objects.bulk_create(
            Source(name=f"Publisher {number}", url=self.publishers.url(number), city=self.city)
            for number in range(PUBLISHERS)
        )
        found = list(Source.objects.filter(name__startswith="Publisher").order_by("pk"))
        self.sources = [source.pk for source in found]
        schedule.ensure(found)
        self.users = {_session(User.objects.create_user(f"guest-{n}@example.org")): n for n in range(USERS)}
        self.users = {session: User.objects.get(email=f"guest-{n}@example.org").pk for session, n in self.users.items()}

    def _settle(self) -> ledger.Balance:
        """Wait until all that was promised is done, and compare. What a killed worker had in hand is given up after a
        quarter of an hour, and a mail that was refused is tried again after minutes: the clock goes on by as much."""
        print("settling ...", flush=True)
        self.step(1200)
        size = self.publishers.stop_growing()
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until and not self._holds(lambda: self._is_done(size)):
            self._have_read()
            time.sleep(2)
        time.sleep(5)  # what should not be sent twice would be by now
        balance = ledger.Balance()
        ledger.events(self.publishers, balance)
        ledger.sign_ups(self.crowd, self.mailbox, balance)
        ledger.answers(self.crowd, self.users, balance)
        ledger.digest(self.issue, self.readers, self.mailbox, self.kills, balance)
        return balance

    def _is_done(self, size: int) -> bool:
        from events.models import Listing
        from nocturne.models import EmailLog

        open_mails = EmailLog.objects.filter(state__in=(EmailLog.State.QUEUED, EmailLog.State.SENDING))
        read = Listing.objects.filter(source__in=self.sources).count() == size * PUBLISHERS
        return read and not open_mails.exists()

    def _keep_errors(self, name: str) -> None:
        path = self.folder / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        self.errors = getattr(self, "errors", {})
        self.errors[name] = [line for line in lines if "ERROR" in line or "CRITICAL" in line][-15:]

    def _told(self, phases: list[tuple[Seen, dict[str, float | None]]], balance: ledger.Balance) -> dict[str, Any]:
        told = []
        for seen, back in phases:
            told.append(
                {
                    "phase": seen.name,
                    "requests": seen.requests,
                    "failures": dict(seen.failures),
                    "retried": seen.retried,
                    "median_seconds": round(seen.percentile(0.5), 4),
                    "p95_seconds": round(seen.percentile(0.95), 4),
                    "worst_seconds": round(seen.worst(), 3),
                    "back_after_seconds": back,
                }
            )
        print("\n" + ", ".join(f"{count} {what}" for what, count in balance.counts.items()))
        print(f"started again: {', '.join(self.processes.restarts) or 'nothing'}")
        wrong = self.wrong + balance.wrong
        print(
            "\n".join(["WRONG:", *wrong[:30]]) if wrong else "Nothing lost, nothing double, all back within a minute."
        )
        return {"phases": told, "counts": balance.counts, "wrong": wrong, "errors": self.errors}


def _say(seen: Seen, back: dict[str, float | None]) -> None:
    median, failed = seen.percentile(0.5) * 1000, ", ".join(f"{count} {kind}" for kind, count in seen.failures.items())
    print(f"  {seen.requests} requests, failed: {failed or 'none'}; {seen.retried} went to the other server;", end="")
    print(f" median {median:.0f} ms, worst {seen.worst():.1f} s")
    print(f"  back after {', '.join(f'{seconds} s: {what}' for what, seconds in back.items())}", flush=True)


def _session(user: Any) -> str:
    """The key of a new session of a user."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)
