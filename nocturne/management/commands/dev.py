"""manage.py dev [--port N]: what `make run` runs."""

import contextlib
import errno
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from events.places import activate
from nocturne.dev import environment, servers
from nocturne.dev.children import Children
from nocturne.dev.progress import step
from nocturne.models import User

MANAGE = [sys.executable, str(environment.ROOT / "manage.py")]


class Command(BaseCommand):
    help = "Run the site with demo events, a worker and beat, for development, until Ctrl-C."
    requires_system_checks = ()  # the web server makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("dev is for development; in production see docs/operators.md.")
        _check_port(port)
        connections.close_all()  # a fork is about to share them
        children = Children()
        try:
            with _signals():
                self._run(children, port)
        finally:
            children.stop()
            connections.close_all()
            servers.leave()

    def _run(self, children: Children, port: int) -> None:
        with step("Migrating the database"):
            call_command("migrate", verbosity=0, interactive=False)
        with step("Loading the cities"):
            call_command("load_cities", verbosity=0)
        login = environment.login()
        with step("Seeing to the administrator"):
            password = _administrator(login)
        _start(children, "web", [*MANAGE, "runserver", f"127.0.0.1:{port}"])
        try:
            self._demo(children)
        except Exception as error:
            self.stderr.write(f"The demo failed, the site runs without: {error}")
        with step("Waiting for the site"):
            _wait_for(port)
        _start(children, "worker", [sys.executable, "-m", "celery", "--app=nocturne", "worker", "--beat", *WORKER])
        self._tell(login["email"], password, f"http://127.0.0.1:{port}")
        make = os.getppid() if "MAKELEVEL" in os.environ else None
        while not (make and _ending(make)):
            time.sleep(1)
            for name in children.restart_ended():
                self.stderr.write(f"{name} ended; it is started again.")
                time.sleep(2)

    def _demo(self, children: Children) -> None:
        demo = import_module("nocturne.dev.demo")
        port = environment.DEMO_PORT.read_text()
        _start(children, "demo", [sys.executable, "-m", "nocturne.dev.demo", "--port", port])
        sources = demo.sources(f"http://127.0.0.1:{port}")
        with step(f"Adding {len(sources)} demo sources"):
            activate({source["city"] for source in sources})
            for source in sources:
                options = dict(source)
                call_command("add_source", options.pop("url"), exact=True, stdout=io.StringIO(), **options)
            _wait_for(int(port))
        with step("Reading the sources that are due", talks=True):
            call_command("scrape")

    def _tell(self, email: str, password: str, site: str) -> None:
        self.stdout.write(
            f"""
The site   {site}/
The admin  {site}/admin/  {email}  {password}
The mail   {site}/dev/mail/
API key    {settings.ADMIN_API_KEY}

Ctrl-C ends it. The data stay in {environment.DATA.name}/; remove that, and the next start begins anew."""
        )
        self.stdout.flush()


WORKER = (
    "--concurrency=2",
    "--loglevel=WARNING",
    "--without-gossip",
    "--without-mingle",
)


def _start(children: Children, name: str, command: list[str]) -> None:
    env = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        # Celery warns root every time; here the worker reads what one's own computer offers it
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }
    # on the standard output are greetings; what matters is on the standard error
    children.start(name, command, cwd=environment.ROOT, env=env, stdout=subprocess.DEVNULL)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "is in use" if taken else f"cannot be used ({error})"
            other = port + 1 if taken else 8001
            raise CommandError(f"Port {port} {why}: make run PORT={other}") from error


def _administrator(login: dict[str, str]) -> str:
    """The password that lets the administrator in, as far as it is known."""
    user = User.objects.filter(email=login["email"]).first()
    if user is None:
        User.objects.create_superuser(login["email"], login["password"])
    elif not user.check_password(login["password"]):
        return "(the password was changed)"
    return login["password"]


def _wait_for(port: int, seconds: float = 180) -> None:
    """Wait until something answers HTTP at a port."""
    deadline = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        try:
            connection.request("HEAD", "/robots.txt")
            connection.getresponse()
            return
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > deadline:
                raise CommandError(f"Nothing answers at 127.0.0.1:{port}: {error}") from error
            time.sleep(0.1)
        finally:
            connection.close()


def _ending(make: int) -> bool:
    """Whether the make that runs us was killed; or interrupted, which make keeps to itself and waits for us."""
    if os.getppid() != make:
        return True
    try:
        status = Path(f"/proc/{make}/status").read_text()
    except OSError:  # no Linux
        return False
    blocked = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(blocked >> (signal.SIGINT - 1) & 1)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C, kill and a closed terminal end the block, and are no error."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: Any) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)  # impatience does not stop what follows
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        yield
