"""The site's own processes, on the database of a test."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def database_url() -> str:
    """The address of the database that the test has."""
    values = connection.settings_dict
    host = values["HOST"]
    address = f"{values['USER']}@{'' if host.startswith('/') else host}{':' if values['PORT'] else ''}{values['PORT']}"
    return f"postgresql://{address}/{values['NAME']}{f'?host={host}' if host.startswith('/') else ''}"


def environment(**more: str) -> dict[str, str]:
    own = {
        "DJANGO_SETTINGS_MODULE": "nocturne.settings",
        "ENVIRONMENT": "development",
        "DATABASE_URL": database_url(),
        "RATE_LIMIT_REQUESTS_PER_MINUTE": "0",
        "RATE_LIMIT_REQUESTS_PER_HOUR": "0",
        "RATE_LIMIT_BURST": "0",
        "PAGE_CACHE_SECONDS": "0",
    }
    return {**os.environ, **own, **more}


def start(module: str, *arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
    """`python -m module` in the clone; what it says is thrown away."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(**variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(url: str, timeout: float = 20) -> int:
    with urllib.request.urlopen(url, timeout=timeout) as found:
        return int(found.status)


def eventually(true: Callable[[], object], seconds: float = 40) -> bool:
    """Whether it comes to be true within so long; what cannot be reached yet is not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if true():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False
