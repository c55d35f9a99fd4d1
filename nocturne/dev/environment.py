"""What manage.py sees to before a command runs: the environment, and servers where none are named."""

import argparse
import contextlib
import json
import os
import secrets
import socket
import sys
import warnings
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from nocturne.configuration import read_file
from nocturne.dev import servers
from nocturne.dev.engines import ENGINES, NotStarted, Postgres, write_private
from nocturne.dev.progress import step

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / ".data"
DEMO_PORT = DATA / "demo_port"
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}

# Commands that ask no server anything.
SERVERLESS = frozenset(
    "check collectstatic compilemessages diffsettings findstatic help makemessages makemigrations preview "
    "startapp startproject version".split()
)


def prepare(arguments: list[str]) -> None:
    """Make os.environ fit for a command line; end with a sentence where the command could not run."""
    try:
        read_file(ROOT / ".env")
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    os.environ.setdefault("ENVIRONMENT", "development")
    command = arguments[1] if len(arguments) > 1 else "help"
    options = set(arguments[2:])
    if command.startswith("-") or command == "help" or options & {"-h", "--help"}:
        return
    of_a_file = command == "find_duplicates" and any(option.startswith("--input") for option in options)
    # the opt-outs that an address has to be compared with are in the database
    of_the_web = command == "preview" and any(option.startswith(("http://", "https://")) for option in options)
    if of_a_file or (command in SERVERLESS and "--database" not in options and not of_the_web):
        if not _is_given("DATABASE_URL"):
            # Without a database there is no history to compare with, and here that is as it should be.
            warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        if command == "preview" and os.environ["ENVIRONMENT"] == "development":
            _allow_demo()
        _load_settings()
        return
    given = [name for name, variable in VARIABLES.items() if _is_given(variable)]
    if os.environ["ENVIRONMENT"] == "development":
        _start_servers([name for name in VARIABLES if name not in given])
        if command == "dev":
            _set_up_development(arguments[2:])
        _allow_demo()
    _load_settings()
    if command == "runserver":
        _count_together()
    if "postgres" in given:
        _reach_database()
    if "valkey" in given:
        _reach_valkey(needed=command == "dev")


def _load_settings() -> None:
    from django.conf import settings

    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def _count_together() -> None:
    """Count into files, as the worker beside it does, so that /metrics has both."""
    from django.conf import settings

    from nocturne.watching import folder

    if settings.ENABLE_METRICS:
        folder.share(settings.METRICS_DIR, "web")


def _is_given(variable: str) -> bool:
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def _start_servers(names: list[str]) -> None:
    """Set the addresses of the embedded servers, which run as long as this process, at least."""
    if not names:
        return
    missing = [name for name in names if not ENGINES[name].installed()]
    if missing:
        variables = " and ".join(VARIABLES[name] for name in missing)
        sys.exit(f"Nothing says where the servers are: set {variables}, or pip install -r requirements.txt")
    titles = " and ".join(ENGINES[name].title for name in names)
    try:
        with step(f"{titles}, data in {DATA.name}/"):
            for name, url in servers.ensure(DATA, *names).items():
                os.environ[VARIABLES[name]] = url
    except NotStarted as error:
        sys.exit(str(error))
    if "postgres" in names:
        os.environ["PATH"] += f"{os.pathsep}{Postgres.package() / 'pginstall' / 'bin'}"  # psql for dbshell


def _set_up_development(arguments: list[str]) -> None:
    """What `make run` and its children need besides; it is chosen once, and kept."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--port", default="8000")
    DATA.mkdir(exist_ok=True)  # no server has made it where they are given
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{parser.parse_known_args(arguments)[0].port}")
    os.environ.setdefault("ADMIN_API_KEY", login()["api_key"])
    if not DEMO_PORT.exists():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            DEMO_PORT.write_text(str(probe.getsockname()[1]))


def login() -> dict[str, str]:
    """The administrator of this clone: email, password, api_key."""
    file = DATA / "admin.json"
    with contextlib.suppress(FileNotFoundError):
        return dict(json.loads(file.read_text()))
    new = {"email": "admin@example.org", "password": secrets.token_urlsafe(12), "api_key": secrets.token_urlsafe(32)}
    write_private(file, json.dumps(new, indent=2) + "\n")
    return new


def _allow_demo() -> None:
    """Let the guarded client reach the demo's feeds. Their port is part of what sources are known by."""
    with contextlib.suppress(FileNotFoundError):
        address = f"127.0.0.1:{DEMO_PORT.read_text()}"
        allowed = [item for item in os.environ.get("FETCH_ALLOW", "").split(",") if item and item != address]
        os.environ["FETCH_ALLOW"] = ",".join([*allowed, address])


def _reach_database() -> None:
    import psycopg
    from django.db import connection

    try:
        connection.get_new_connection(connection.get_connection_params()).close()
    except psycopg.OperationalError as error:
        settings = connection.settings_dict
        host, port = settings["HOST"] or "localhost", settings["PORT"] or 5432
        where = f"the socket in {host}" if host.startswith("/") else f"{host}:{port}"
        reason = str(error).strip().splitlines()[0].rsplit("failed: ", 1)[-1]
        sys.exit(f"PostgreSQL cannot be reached at {where}, which DATABASE_URL names: {reason}")


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
            sys.exit(sentence)
        print(f"{sentence} Nothing is cached and no work is queued.", file=sys.stderr)
