"""What manage.py sees to before a command runs: the environment, and servers where none are named."""

import contextlib
import os
import socket
import sys
import warnings
from pathlib import Path
from typing import NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

from nocturne.dev import servers
from nocturne.dev.engines import ENGINES, NotStarted, Postgres
from nocturne.dev.progress import step

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / ".data"
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}

# Commands that ask no server anything.
SERVERLESS = frozenset(
    "check collectstatic compilemessages diffsettings findstatic help makemessages makemigrations preview "
    "startapp startproject version".split()
)


def prepare(arguments: list[str]) -> None:
    """Make os.environ fit for a command line; end with a sentence where the command could not run."""
    environ.Env.read_env(os.environ.get("ENV_FILE") or ROOT / ".env")
    os.environ.setdefault("ENVIRONMENT", "development")
    command = arguments[1] if len(arguments) > 1 else "help"
    options = set(arguments[2:])
    if command.startswith("-") or command == "help" or options & {"-h", "--help"}:
        return
    if command in SERVERLESS and "--database" not in options:
        if not os.environ.get("DATABASE_URL"):
            # Without a database there is no history to compare with, and here that is as it should be.
            warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        _load_settings()
        return
    given = [name for name, variable in VARIABLES.items() if os.environ.get(variable)]
    if os.environ["ENVIRONMENT"] == "development":
        _start_servers([name for name in VARIABLES if name not in given])
        _allow_demo(new=command == "dev")
    _load_settings()
    if "postgres" in given:
        _reach_database()
    if "valkey" in given:
        _reach_valkey(needed=command == "dev")


def _load_settings() -> None:
    from django.conf import settings

    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        _end(str(error))


def _start_servers(names: list[str]) -> None:
    """Set the addresses of the embedded servers, which run as long as this process, at least."""
    if not names:
        return
    titles = " and ".join(ENGINES[name].title for name in names)
    missing = [name for name in names if not ENGINES[name].installed()]
    if missing:
        variables = " and ".join(VARIABLES[name] for name in missing)
        _end(f"{variables} not set, and no {titles} installed to do without: pip install -r requirements.txt")
    try:
        with step(f"{titles}, data in {DATA.name}/"):
            for name, url in servers.ensure(DATA, *names).items():
                os.environ[VARIABLES[name]] = url
    except NotStarted as error:
        _end(str(error))
    if "postgres" in names:
        os.environ["PATH"] += f"{os.pathsep}{Postgres.package() / 'pginstall' / 'bin'}"  # psql for dbshell


def _allow_demo(*, new: bool) -> None:
    """Let the guarded client reach the demo feeds. Their port is part of their addresses, so it is chosen once."""
    file = DATA / "demo_port"
    if new and not file.exists():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            file.write_text(str(probe.getsockname()[1]))
    with contextlib.suppress(FileNotFoundError):
        os.environ["DEMO_ADDRESS"] = f"127.0.0.1:{file.read_text().strip()}"
        allowed = [item for item in os.environ.get("FETCH_ALLOW", "").split(",") if item]
        os.environ["FETCH_ALLOW"] = ",".join([*allowed, os.environ["DEMO_ADDRESS"]])


def _reach_database() -> None:
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as error:
        settings = connection.settings_dict
        host, port = settings["HOST"] or "localhost", settings["PORT"] or 5432
        where = f"the socket in {host}" if host.startswith("/") else f"{host}:{port}"
        reason = str(error).strip().splitlines()[0].rsplit("failed: ", 1)[-1]
        _end(f"PostgreSQL cannot be reached at {where}, which DATABASE_URL names: {reason}")


def _reach_valkey(*, needed: bool) -> None:
    import redis
    from django.conf import settings

    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
        with contextlib.closing(client):
            client.ping()
    except (redis.RedisError, ValueError) as error:
        options = client.connection_pool.connection_kwargs
        where = f"{options.get('host')}:{options.get('port')}"
        sentence = f"Valkey cannot be reached at {where}, which REDIS_URL names: {error}"
        if needed:
            _end(sentence)
        print(f"{sentence} Nothing is cached and no work is queued.", file=sys.stderr)


def _end(sentence: str) -> NoReturn:
    sys.exit(sentence)
