"""Tests run against a real PostgreSQL and a real Valkey: those that DATABASE_URL and REDIS_URL name, or embedded
ones in .data/test. Each worker has a database and a part of Valkey of its own.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import django
import pytest
from django.conf import settings

from nocturne.dev import servers
from nocturne.dev.engines import NotStarted

ROOT = Path(__file__).resolve().parent.parent
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}

pytest_plugins = ("tests.databases", "tests.caches", "tests.network", "tests.browsers", "tests.mailservers")


def _begin_run() -> None:
    """Set what all workers of a run inherit."""
    missing = [name for name, variable in VARIABLES.items() if not os.environ.get(variable)]
    try:
        urls = servers.ensure(ROOT / ".data" / "test", *missing, durable=False)
    except NotStarted as error:
        raise pytest.UsageError(str(error)) from error
    for name, url in urls.items():
        # Of Valkey's 4096 databases a run takes some that no other run takes at the same time, most likely.
        os.environ[VARIABLES[name]] = f"{url}/{os.getpid() % 128 * 32}" if name == "valkey" else url
    os.environ["MEDIA_ROOT"] = str(ROOT / ".data" / "test" / "media")  # which is empty: tests have their own
    os.environ["TEST_RUN"] = str(os.getpid())
    os.environ["TEST_SERVERS"] = " ".join(missing)
    os.environ["LOG_DIR"] = ""  # what tests do is not for the log of the site
    os.environ["ENVIRONMENT"] = "development"
    os.environ["OFFLINE_PAGES"] = "false"  # Playwright sees no request that a service worker has seen
    os.environ["ENV_FILE"] = os.devnull  # what a developer has in .env is nothing to the tests


def _begin_worker(name: str) -> None:
    """Set what is a worker's own: numbers of two databases for broker and cache, and the keys in them."""
    address = urlsplit(os.environ["REDIS_URL"])
    number = int(address.path.strip("/") or 0) + 2 * int(name.removeprefix("gw"))
    os.environ["REDIS_URL"] = address._replace(path=f"/{number}").geturl()
    os.environ["CACHE_PREFIX"] = f"test-{os.environ['TEST_RUN']}-{name}"


if "PYTEST_XDIST_WORKER" not in os.environ:
    _begin_run()
_begin_worker(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
os.environ["DJANGO_SETTINGS_MODULE"] = "nocturne.settings"
django.setup()
# those of limits set their own; all others ask as often as they like
settings.RATE_LIMIT_REQUESTS_PER_MINUTE = settings.RATE_LIMIT_REQUESTS_PER_HOUR = 0
# and those of kept pages turn them on; all others change rows without telling
settings.PAGE_CACHE_SECONDS = 0
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a thousand times as fast
# A worker that inherits it would read the settings before this file has said which part of Valkey is its own.
del os.environ["DJANGO_SETTINGS_MODULE"]
