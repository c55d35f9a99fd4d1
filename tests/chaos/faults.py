"""What fails, one after the other: each function makes it so, holds it, and puts it right where nobody else does."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.run import Run

ALERT_SECONDS = 240  # an alert wants to be seen in some looks in a row, each a minute after the other


def worker(run: "Run") -> None:
    """One of two workers is killed with -9, with what it was reading and sending; then the other."""
    for name in ("worker-1", "worker-2"):
        run.processes.kill(name)
        run.kills += 3  # two children and the mail that was under way
        time.sleep(run.hold / 2)


def web(run: "Run") -> None:
    """One of two web servers is killed with -9; then the other."""
    for name in ("web-1", "web-2"):
        run.processes.kill(name)
        time.sleep(run.hold / 2)


def valkey_stopped(run: "Run") -> None:
    run.servers["valkey"].stop()
    time.sleep(run.hold)
    run.servers["valkey"].start()


def valkey_hung(run: "Run") -> None:
    run.servers["valkey"].hang()
    time.sleep(run.hold)
    run.servers["valkey"].wake()


def postgres(run: "Run") -> None:
    """A fast restart, as for an update: all connections end."""
    run.servers["postgres"].stop()
    run.kills += 2  # mails that were sent and could not be written down
    run.servers["postgres"].start()


def disk(run: "Run") -> None:
    """The disk counts as full: /health says so, an alert opens after some looks, and the site goes on."""
    run.say(disk=97)
    run.expect("what /health says of the disk", lambda: run.health_says("97 % is used"))
    run.expect("the alert of the disk", lambda: run.alert_is_open("site:disk"), seconds=ALERT_SECONDS)
    run.say(disk=0)


def smtp(run: "Run") -> None:
    """The mail server refuses all. After twenty errors the digest is held, for a person, who lets it go on here."""
    run.mailbox.failing = True
    time.sleep(run.hold)
    run.mailbox.failing = False
    run.let_digest_go_on()


def sources(run: "Run") -> None:
    """Every publisher answers 500."""
    run.publishers.failing = True
    time.sleep(run.hold)
    run.publishers.failing = False


def summer_time(run: "Run") -> None:
    """The clock of all processes goes on by two hours, over the one that Berlin leaves out."""
    run.step(2 * 3600)


FAULTS: dict[str, Callable[["Run"], None]] = {
    "worker": worker,
    "web": web,
    "valkey-stopped": valkey_stopped,
    "valkey-hung": valkey_hung,
    "postgres": postgres,
    "disk": disk,
    "smtp": smtp,
    "sources": sources,
    "summer-time": summer_time,
}
