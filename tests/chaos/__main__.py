"""What visitors see while parts of the site fail: make chaos, or python -m tests.chaos [--faults web,smtp].

Two web servers and two workers over a PostgreSQL and a Valkey of their own. Visitors read, sign up and say that they
come; calendars that grow are read; a digest goes out. Then one part after the other fails for HOLD seconds, and it is
measured when all works again by itself: pages, the mail of a new sign-up, a reading, the digest. The clock of all
processes is 2027-03-28 from midnight (UTC) on, and steps over the change to summer time in the end.

The exit status is 1 if anything is lost or double in the end, or anything needed longer than a minute to come back.
The report is printed and written to chaos-report.json.
"""

import argparse
import contextlib
import datetime as dt
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import clock
from tests.chaos.site import ROOT, Server

MIDNIGHT = dt.datetime(2027, 3, 28, tzinfo=dt.UTC)  # an hour before Berlin goes to summer time
REPORT = "chaos-report.json"


@contextlib.contextmanager
def engines(folder: Path) -> Iterator[dict[str, Server]]:
    servers = {name: Server(name, folder / name) for name in ("postgres", "valkey")}
    try:
        yield servers
    finally:
        for server in servers.values():
            server.wake()
            server.stop()
            server.engine.tidy()


def set_up(folder: Path, servers: dict[str, Server], mail_port: int, allowed: list[str]) -> dict[str, str]:
    """The environment of all processes; this one has the same settings and the same clock."""
    file = folder / "said.json"
    clock.tell(file, ahead=(MIDNIGHT - dt.datetime.now(dt.UTC)).total_seconds(), disk=0)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "nocturne.settings",
        "ENVIRONMENT": "development",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": servers["postgres"].engine.url,
        "REDIS_URL": servers["valkey"].engine.url,  # type: ignore[attr-defined]
        "SITE_URL": "http://chaos.example",
        "ALLOWED_HOSTS": "chaos.example,127.0.0.1",
        "BEHIND_PROXY": "true",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail_port),
        "DIGEST_BATCH": "3",
        "DIGEST_PAUSE": "1",
        "FETCH_ALLOW": ",".join(allowed),
        "FETCH_HOST_SECONDS": "0",
        "SCRAPE_MIN_MINUTES": "1",
        "LOG_DIR": str(folder / "logs"),
        "METRICS_DIR": str(folder / "metrics"),
        "MEDIA_ROOT": str(folder / "media"),
        **clock.environment(file),
    }
    clock.follow()
    import django

    django.setup()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # of the mail server here
    return dict(os.environ)


def main() -> int:
    from tests.chaos.faults import FAULTS

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", default=",".join(FAULTS), help="some of them, comma-separated")
    parser.add_argument("--hold", type=float, default=20, help="seconds that a fault lasts")
    parser.add_argument("--calm", type=float, default=15, help="seconds after each, at least")
    parser.add_argument("--readers", type=int, default=900)
    parser.add_argument("--report", default=REPORT)
    options = parser.parse_args()
    chosen = options.faults.split(",")
    if unknown := set(chosen) - set(FAULTS):
        parser.error(f"There is no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}.")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nocturne-chaos-") as name:
        os.chmod(name, 0o755)  # PostgreSQL may run as another user
        from tests.chaos.run import Run

        report = Run(Path(name), hold=options.hold, calm=options.calm, readers=options.readers).report(chosen)
    report["minutes"] = round((time.monotonic() - began) / 60, 1)
    (ROOT / options.report).write_text(json.dumps(report, indent=2) + "\n")
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
