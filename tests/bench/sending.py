"""What a digest costs beside plain SMTP: make bench, or python -m tests.bench.sending [--subscribers 2000].

A digest is drafted, released, queued, written, claimed and sent, its pauses at 0, to a server of its own process that
keeps nothing; the same bytes go to the same server by smtplib.sendmail on one connection. Printed is how many mails a
second the digest makes of those of smtplib, the median of rounds that measure both one after the other. A batch of
1000 goes over one connection, too; one of 10, which is the default, opens one for each ten. PIPELINING is what most
mail servers offer, and smtplib does not use. CPU is the same ratio in seconds of CPU, ours and the database's, which
other work on the machine leaves alone.

With --only-render nothing is sent: what planning, queueing and writing take, in seconds, queries and memory.
"""

import argparse
import contextlib
import datetime as dt
import resource
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.bench.databases import ROOT, database, database_seconds, use_settings
from tests.bench.results import record

CITIES = ("berlin", "los-angeles", "tokyo")
ELSEWHERE = {"tokyo": {"country": "JP", "timezone": "Asia/Tokyo", "latitude": 35.68, "longitude": 139.69}}
EVENTS = 120
WAYS = (("batches of 10", 10, False), ("batches of 1000", 1000, False), ("batches of 1000, PIPELINING", 1000, True))
GOALS = {"batches of 10": 0.3, "batches of 1000": 0.7, "batches of 1000, PIPELINING": 0.7}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--searches", type=int, default=300, help="with --only-render: different ones in each city")
    parser.add_argument("--only-render", action="store_true")
    options = parser.parse_args()
    use_settings()
    from django.conf import settings

    settings.DEBUG = False  # else each statement is kept
    with database():
        if options.only_render:
            _render(options.subscribers, options.searches)
        else:
            _send(options.subscribers, options.rounds)
    return 0


def _send(subscribers: int, rounds: int) -> None:
    from django.conf import settings

    city = populate("berlin", subscribers, [""])
    with sink("--plain") as plain, sink() as pipelining:
        point_at(plain)
        wires = _wires(city)
        size = statistics.mean(len(wire) for _, wire in wires)
        print(f"{subscribers:,} mails of {size / 1000:.1f} kB on the wire, {rounds} rounds, mails a second", flush=True)
        settings.DIGEST_PAUSE = 0
        found: dict[str, list[tuple[Seconds, Seconds, Seconds]]] = {name: [] for name, _, _ in WAYS}
        for _ in range(rounds):
            for name, batch, at_once in WAYS:
                settings.DIGEST_BATCH = batch
                port = pipelining if at_once else plain
                point_at(port)
                found[name].append((_by_smtplib(wires, port), *_by_digest(city, subscribers)))
    print(
        f"{'':30}{'smtplib':>9}{'digest':>9}{'ratio':>8}{'from':>8}{'to':>8}{'CPU':>8}{'sending alone':>16}{'CPU':>8}"
    )
    for name, rows in found.items():
        bare, whole = (statistics.median(row[place].clock for row in rows) for place in (0, 1))
        ratios = [row[0].clock / row[1].clock for row in rows]
        alone = statistics.median(row[0].clock / row[2].clock for row in rows)
        record(f"digest in {name}, beside smtplib", statistics.median(ratios), least=GOALS[name])
        busy, busy_alone = (statistics.median(row[0].cpu / row[place].cpu for row in rows) for place in (1, 2))
        print(
            f"{name:30}{subscribers / bare:9.0f}{subscribers / whole:9.0f}{statistics.median(ratios):8.2f}"
            f"{min(ratios):8.2f}{max(ratios):8.2f}{busy:8.2f}{alone:16.2f}{busy_alone:8.2f}"
        )


class Seconds(NamedTuple):
    """By the clock, and of CPU: ours and that of our connection's process of the database."""

    clock: float
    cpu: float

    @classmethod
    def now(cls) -> "Seconds":
        return cls(time.perf_counter(), time.process_time() + database_seconds())

    def since(self, other: "Seconds") -> "Seconds":
        return Seconds(self.clock - other.clock, self.cpu - other.cpu)


def populate(slug: str, subscribers: int, searches: list[str]) -> Any:
    """A city with a busy week and readers, whose searches are these by turns."""
    from django.utils import timezone as clock

    from subscriptions.models import Subscriber, Subscription
    from tests.factories import make_city, make_event, make_venue

    city = make_city(slug, **ELSEWHERE.get(slug, {}))
    venues = [make_venue(f"Haus {n} – Bühne & Café", city=city) for n in range(30)]
    categories = ("music", "film", "stage", "talk", "art", "party")
    tonight = city.tonight()
    for n in range(EVENTS):
        local = f"{tonight + dt.timedelta(days=1 + n % 12)}T{18 + n % 5}:00"
        venue, category = venues[n * 7 % len(venues)], categories[n % len(categories)]
        title = f"{n}. Abend mit Zoë und den “Nachtvögeln” – Konzert, Gespräch und Tanz"
        make_event(title, local=local, venue=venue, city=city, category=category)
    long_ago = clock.now() - dt.timedelta(days=60)
    for start in range(0, subscribers, 5000):
        numbers = range(start, min(start + 5000, subscribers))
        people = [Subscriber(email=f"reader-{n}@{slug}.example.org", confirmed_at=long_ago) for n in numbers]
        Subscriber.objects.bulk_create(people)
        rows = [
            Subscription(
                subscriber=person,
                city=city,
                status="active",
                confirmed_at=long_ago,
                requested_at=long_ago,
                search=searches[n % len(searches)],
            )
            for n, person in zip(numbers, people, strict=True)
        ]
        Subscription.objects.bulk_create(rows)
    return city


def released(city: Any) -> Any:
    """A new issue of the city."""
    from nocturne.models import User
    from subscriptions import digests

    editor = User.objects.get_or_create(email="editor@example.org")[0]
    digest = digests.draft(city)
    assert digests.release(digest, by=editor), digest.why
    return digest


def forget() -> None:
    """All issues and mails; and their dead rows, so that no round has those of the one before."""
    from django.db import connection

    from nocturne.models import EmailLog
    from subscriptions.models import Digest

    EmailLog.objects.all().delete()
    Digest.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def point_at(port: int) -> None:
    from django.conf import settings

    options = {"host": "127.0.0.1", "port": port, "timeout": 30}
    settings.MAILERS = {"default": {"BACKEND": "nocturne.smtp.EmailBackend", "OPTIONS": options}}


@contextlib.contextmanager
def sink(*arguments: str) -> Iterator[int]:
    """The port of a server that keeps nothing."""
    command = [sys.executable, "-m", "tests.bench.sink", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def _wires(city: Any) -> list[tuple[str, bytes]]:
    """Receivers, and the bytes of their mails before dots are doubled."""
    from subscriptions import sending
    from subscriptions.writing import Writer

    digest = released(city)
    sending._queue_rows(digest, sending.recipients(digest), digest.released_at)
    writer = Writer(digest, as_bytes=True)
    made: list[Any] = []
    for rows in sending._batches(digest, None):
        writer.look_up(rows)
        made += map(writer.write, rows)
    return [(one.recipient, one.wire.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")) for one in made]


def _by_smtplib(wires: list[tuple[str, bytes]], port: int) -> Seconds:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        begun = Seconds.now()
        for recipient, wire in wires:
            connection.sendmail("nocturne@localhost", [recipient], wire)
        return Seconds.now().since(begun)


def _by_digest(city: Any, subscribers: int) -> tuple[Seconds, Seconds]:
    """What the whole way of an issue takes, and what it takes once its rows are in the ledger."""
    from subscriptions import sending

    forget()
    queue, marks = sending._queue, [Seconds.now()]

    def then_note(*arguments: Any, **options: Any) -> None:
        queue(*arguments, **options)
        marks.append(Seconds.now())

    sending._queue = then_note
    digest = released(city)
    sending.send(digest.pk, everybody=True)
    sending._queue = queue
    begun, queued, ended = *marks, Seconds.now()
    assert sending.progress_of(digest) == {"sent": subscribers}
    return ended.since(begun), ended.since(queued)


def _render(subscribers: int, searches: int) -> None:
    """All that sending does before the mail server is asked, batch by batch, and nothing kept."""
    from django.conf import settings

    queries = [""] + [f"q=Abend&price={n}" for n in range(1, searches)]
    share = subscribers // len(CITIES)
    cities = [populate(slug, share, queries) for slug in CITIES]
    forget()
    settings.DIGEST_BATCH = 1000
    print(f"{share * len(CITIES):,} subscribers, {len(CITIES)} cities, {searches} searches in each", flush=True)
    print(f"{'':24}{'seconds':>9}{'mails':>10}{'queries a batch':>17}{'MB now':>9}{'MB most':>9}")
    _say("before", 0, 0, "")
    costs, queries, memory = [], [], []
    for city in cities:
        begun = Seconds.now()
        digest = released(city)
        written, counts = write_all(digest)
        took = Seconds.now().since(begun)
        memory.append(_say(f"{city.name}", took.clock, written, f"{min(counts)} to {max(counts)}"))
        costs.append(took.cpu / written)
        queries += counts[1:-1] or counts  # the first batch plans, the last is short
    record("digests written, a mail of the last city beside the first", costs[-1] / costs[0], most=1.25)
    record("digests written, queries of the last batches beside the first", queries[-1] / queries[0], most=1.25)
    record("digests written, memory after the last city beside the first", memory[-1] / memory[0], most=1.15)


def write_all(digest: Any) -> tuple[int, list[int]]:
    from django.db import connection
    from django.utils import timezone as clock

    from subscriptions import sending
    from subscriptions.writing import Writer

    sending._queue_rows(digest, sending.recipients(digest), clock.now())
    writer = Writer(digest, as_bytes=True)
    written, counts, queries = 0, [], [0]

    def count(execute: Any, *arguments: Any) -> Any:
        queries[0] += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        for rows in sending._batches(digest, None):
            queries[0] = 0
            writer.look_up(rows)
            written += sum(writer.write(row) is not None for row in rows)
            counts.append(queries[0])
    return written, counts


def _say(what: str, seconds: float, written: int, queries: str) -> float:
    """Tell of it; megabytes that are held now."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[1]) * resource.getpagesize() / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{what:24}{seconds:9.1f}{written:10,}{queries:>17}{now:9.0f}{most:9.0f}", flush=True)
    return now


if __name__ == "__main__":
    sys.exit(main())
