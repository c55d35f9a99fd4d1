"""Digests in bad weather, and who got how many: python -m tests.bench.subscribers [--subscribers 5000].

Subscribers of three cities in three time zones, two Celery workers as processes of their own, a mail server on the
loopback that delays, answers 421, 451 and 550 and drops connections. Meanwhile each worker is killed with -9 once,
Valkey is killed and started anew, two events are merged and one is cancelled. In the end everybody must have got
exactly one mail, but for those whom the server refuses for good (550) and those that were under way when a worker or
a connection ended, which the ledger names as uncertain. The exit status is 1 otherwise.

Hours are not waited for: what is put off becomes due at once, and the claim of a worker that was killed has run out.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from nocturne.dev.engines import Valkey
from tests.bench.databases import ROOT, database, use_settings
from tests.bench.results import record
from tests.bench.sending import populate, released
from tests.mailservers import Handler, MailServer

WORKER = ("-m", "celery", "--app=nocturne", "worker", "--pool=prefork", "--concurrency=1", "--loglevel=ERROR")
CITIES = ("berlin", "los-angeles", "tokyo")
PATIENCE = 120  # seconds without a new mail, after which nothing more is expected
GONE = 50  # of so many addresses the server refuses one for good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=5000)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that the server takes for each mail")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        valkey = _Valkey(Path(folder))
        os.environ["REDIS_URL"] = valkey.url
        try:
            use_settings()
            with database():
                return _storm(options.subscribers, options.delay, options.seed, valkey)
        finally:
            valkey.kill()


class _Valkey:
    """A Valkey of this run's own, which may be killed."""

    def __init__(self, folder: Path) -> None:
        self._engine = Valkey(folder, durable=False)
        self.start()
        self.url = self._engine.url

    def start(self) -> None:
        self._engine.prepare()
        self._process = self._engine.start(stdout=subprocess.DEVNULL)
        while not self._engine.ready(self._process):
            time.sleep(0.05)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class _Rough(Handler):
    """Takes most mails, some late; refuses some addresses for good, others for now; and hangs up at any point."""

    def __init__(self, mails: MailServer, delay: float, seed: int) -> None:
        super().__init__(mails)
        self.troubles: Counter[str] = Counter()
        self._delay = delay
        self._chance = random.Random(seed)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        trouble = self._one_of({"drop": 0.003, "421": 0.003})
        if trouble:
            return self._hang_up(server, trouble)
        return await super().handle_MAIL(server, session, envelope, address, options)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if is_gone(address):
            self.troubles["550"] += 1
            return "550 5.1.1 no such user"
        trouble = self._one_of({"451": 0.02, "drop": 0.003})
        if trouble == "451":
            return "451 4.7.1 later"
        if trouble:
            return self._hang_up(server, trouble)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        trouble = self._one_of({"drop before it is taken": 0.001, "drop after it is taken": 0.001, "451": 0.005})
        if self._one_of({"delay": 0.01}):
            await asyncio.sleep(0.3)
        await asyncio.sleep(self._delay)
        if trouble == "451":
            return "451 4.3.0 later"
        if trouble == "drop before it is taken":
            return self._hang_up(server, "")
        answer = await super().handle_DATA(server, session, envelope)
        return self._hang_up(server, "") if trouble else answer

    def _one_of(self, chances: dict[str, float]) -> str:
        drawn = self._chance.random()
        for trouble, chance in chances.items():
            drawn -= chance
            if drawn < 0:
                self.troubles[trouble] += 1
                return trouble
        return ""

    def _hang_up(self, server: SMTP, how: str) -> str:
        assert server.transport
        if how == "421":
            server.transport.write(b"421 4.3.2 going down\r\n")
            server.transport.close()
        else:
            server.transport.abort()
        return "421 gone"


def is_gone(address: str) -> bool:
    """Whether the server refuses an address for good."""
    return int(address.partition("@")[0].rpartition("-")[2]) % GONE == 7


class _Workers:
    """Two Celery workers, each the leader of a session of its own, so that all of its processes are killed at once."""

    def __init__(self, smtp_port: int) -> None:
        from django.db import connection

        values = connection.settings_dict
        host, port = values["HOST"], values["PORT"]
        place = f"@/{values['NAME']}?host={host}" if host.startswith("/") else f"@{host}:{port}/{values['NAME']}"
        own = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(smtp_port), "SMTP_USER": "", "DIGEST_PAUSE": "0"}
        secret = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
        self._environment = {**os.environ, **own, "DATABASE_URL": f"postgresql://{values['USER']}{secret}{place}"}
        self._running = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *WORKER],
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, number: int) -> None:
        """Kill one with -9, and start another in its place."""
        from django.utils import timezone as clock

        from subscriptions.models import Digest

        self._end(self._running[number])
        Digest.objects.update(claimed_until=clock.now())  # instead of the minutes that a claim lasts
        self._running[number] = self._start()

    def close(self) -> None:
        for worker in self._running:
            self._end(worker)

    @staticmethod
    def _end(worker: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _storm(subscribers: int, delay: float, seed: int, valkey: _Valkey) -> int:
    share, rest = divmod(subscribers, len(CITIES))
    cities = [populate(slug, share + (n < rest), [""]) for n, slug in enumerate(CITIES)]
    pairs = [(city.events.order_by("pk")[0], city.events.order_by("pk")[1]) for city in cities]
    for pair in pairs:
        _list(*pair)
    for city in cities:
        released(city)
    mails = MailServer()
    mails.pipelining = True
    rough = _Rough(mails, delay, seed)
    begun = time.monotonic()
    with _served(rough) as port, contextlib.closing(_Workers(port)) as workers:
        after: list[int] = []  # how many mails had arrived when the event was cancelled

        def cancel() -> None:
            _cancel(pairs[-1][0])
            after.append(len(mails.received))

        happenings = _happenings(subscribers, workers, valkey, lambda: _merge(*pairs[0]), cancel)
        _wait(subscribers, mails, happenings, begun)
    _tell_of_the_cancelled(mails, sum(after))
    return _tell(subscribers, mails, rough, time.monotonic() - begun, left=happenings)


Happenings = list[tuple[int, str, Callable[[], object]]]


def _happenings(
    subscribers: int, workers: _Workers, valkey: _Valkey, merge: Callable[[], object], cancel: Callable[[], object]
) -> Happenings:
    """What happens once so many mails have arrived."""
    return [
        (subscribers * 20 // 100, "the first worker is killed", lambda: workers.kill(0)),
        (subscribers * 30 // 100, "two events are merged", merge),
        (subscribers * 40 // 100, "Valkey is killed, and started anew", lambda: (valkey.kill(), valkey.start())),
        (subscribers * 50 // 100, "an event is cancelled", cancel),
        (subscribers * 60 // 100, "the second worker is killed", lambda: workers.kill(1)),
    ]


def _list(*events: Any) -> None:
    """Merging decides on listings, so there has to be one each."""
    from tests.factories import make_listing

    for event in events:
        make_listing(event)


def _merge(one: Any, other: Any) -> None:
    from quality.merging import merge

    merge(one, other)


def _cancel(event: Any) -> None:
    from django.utils import timezone as clock

    from events import compose
    from events.models import Event

    Event.objects.filter(pk=event.pk).update(overrides={"status": "cancelled"})
    compose.compose([event.pk], now=clock.now())


@contextlib.contextmanager
def _served(rough: _Rough) -> Iterator[int]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(rough, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _wait(subscribers: int, mails: MailServer, happenings: Happenings, begun: float) -> None:
    """Tick as beat does, faster, until all is sent; and have happen what is to happen."""
    from django.db.models import F
    from django.utils import timezone as clock
    from kombu.exceptions import OperationalError

    from nocturne.models import EmailLog
    from subscriptions.tasks import digests_due

    last, since = 0, time.monotonic()
    while time.monotonic() - since < PATIENCE:
        with contextlib.suppress(OperationalError):  # Valkey is away
            digests_due.apply_async(expires=5, retry=False)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            time.sleep(0.01)
            while happenings and len(mails.recipients) >= happenings[0][0]:
                _, what, happen = happenings.pop(0)
                happen()
                print(f"{time.monotonic() - begun:6.1f} s, {len(mails.recipients):5,} mails: {what}", flush=True)
        queued = EmailLog.objects.filter(state="queued")
        queued.filter(due_at__gt=clock.now()).update(due_at=F("queued_at"))  # instead of the hours until then
        if len(mails.recipients) > last:
            last, since = len(mails.recipients), time.monotonic()
        elif EmailLog.objects.count() >= subscribers and not queued.exists() and time.monotonic() - since > 3:
            return


def _tell_of_the_cancelled(mails: MailServer, after: int) -> None:
    rows = zip(mails.recipients, mails.received, strict=True)
    told = [b"Cancelled:" in raw for address, raw in list(rows)[after:] if CITIES[-1] in address]
    print(f"of {len(told):,} mails to that city after it was cancelled {sum(told):,} say so")


def _tell(subscribers: int, mails: MailServer, rough: _Rough, seconds: float, *, left: Happenings) -> int:
    """Count, name, judge: the exit status."""
    import datetime as dt

    from django.utils import timezone as clock

    from nocturne import mail
    from nocturne.models import EmailLog
    from subscriptions.models import Subscriber

    mail.settle(now=clock.now() + dt.timedelta(hours=1))
    got = Counter(mails.recipients)
    everybody = set(Subscriber.objects.values_list("email", flat=True))
    ledger = dict(EmailLog.objects.values_list("address", "state"))
    uncertain = {address for address, state in ledger.items() if state == "uncertain"}
    refused = {address for address, state in ledger.items() if state == "failed" and is_gone(address)}
    none = everybody - got.keys()
    lost = none - uncertain - refused
    wrong = {address for address, count in got.items() if count > 1 or address not in everybody}
    unlike = {a for a, state in ledger.items() if (state == "sent") != (a in got) and a not in uncertain}
    print(f"{seconds:.0f} s; the server: " + ", ".join(f"{n} x {what}" for what, n in sorted(rough.troubles.items())))
    print(f"of {len(everybody):,} subscribers")
    print(f"  {sum(count == 1 for count in got.values()):6,} got exactly one")
    print(f"  {len(none & refused):6,} got none, refused for good by the server (550), failed in the ledger")
    print(f"  {len(none & uncertain):6,} got none, uncertain in the ledger")
    print(f"  {len(lost):6,} got none for another reason: {', '.join(sorted(lost)[:20]) or 'nobody'}")
    print(
        f"  {sum(count > 1 for count in got.values()):6,} got two or more: {', '.join(sorted(wrong)[:20]) or 'nobody'}"
    )
    print(f"uncertain in the ledger, {len(uncertain)}:")
    for row in EmailLog.objects.filter(state="uncertain").order_by("started_at"):
        print(f"  {row.address:44} {'arrived' if row.address in got else 'did not arrive'}: {row.why}")
    print(f"{len(unlike)} rows of the ledger differ from what arrived")
    for _, what, _ in left:
        print(f"It was over before {what}.")
    record("digest in bad weather, share lost, double or told wrong", len(lost | wrong | unlike) / subscribers, most=0)
    fine = not (lost or wrong or unlike or left) and len(everybody) == subscribers
    print("Nobody got two, nobody was left out." if fine else "FAILED")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
