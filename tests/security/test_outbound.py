"""What the site asks for on behalf of strangers goes through one client, which reaches public addresses only."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from nocturne import http
from scraping.addresses import readings
from scraping.models import Discovery
from tests.factories import make_city

CLIENTS = {"aiohttp", "ftplib", "http", "httpx", "httpx2", "requests", "smtplib", "socket", "telnetlib", "urllib3"}
# Who may open connections, and to what: all but the first only to what the operator has named in a setting.
ALLOWED = {
    "nocturne/http.py": "whatever strangers name: public addresses only",
    "nocturne/watching/calls.py": "ALERT_WEBHOOK_URL and HEARTBEAT_URL",
    "nocturne/watching/machine.py": "its own host's name",
    "nocturne/logs/export.py": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "nocturne/smtp.py": "SMTP_HOST",
    "nocturne/probe.py": "the site's own port, for containers",
    "nocturne/outbox.py": "kinds of errors alone",
}
DEVELOPMENT = ("nocturne/dev/", "nocturne/management/commands/dev.py")
INSIDE = (
    *("http://127.0.0.1/", "http://localhost:8000/admin/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/"),
    *(
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
    ),
    *("file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://127.0.0.1/", "http://example.org:22/"),
    *("http://user:pw@127.0.0.1/", "http://0/", "http://metadata.google.internal/", "dict://127.0.0.1:11211/stats"),
)


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    text = path.read_text()
    if not any(name in text for name in (*CLIENTS, "urllib.request")):
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module or "")
    # http.HTTPStatus and urllib.parse open nothing
    return {name for name in found if name.partition(".")[0] in CLIENTS or name == "urllib.request"} - {"http"}


def test_no_other_module_opens_a_connection() -> None:
    base = Path(settings.BASE_DIR)
    found = {}
    for app in ("nocturne", "events", "quality", "scraping", "subscriptions"):
        for path in (base / app).rglob("*.py"):
            name = str(path.relative_to(base))
            if not name.startswith(DEVELOPMENT) and imported(path):
                found[name] = imported(path)
    assert set(found) <= set(ALLOWED), found
    assert {"nocturne/http.py", "nocturne/watching/calls.py"} <= set(found)


@pytest.mark.django_db
@pytest.mark.parametrize("url", INSIDE)
def test_a_pasted_link_to_inside_is_never_asked(url: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused at once, or by the client that a worker asks with."""
    settings.FETCH_ALLOW = []
    make_city()
    monkeypatch.setattr("scraping.submissions.views.links.read_soon", lambda found: None)
    answer = Client(headers={"Sec-Fetch-Site": "same-origin"}).post("/submit/link/", {"url": url, "city": "berlin"})
    assert answer.status_code in (303, 422)
    rows = list(Discovery.objects.all())
    assert len(rows) == (answer.status_code == 303)
    for row in rows:
        for address in readings(row.url):
            with pytest.raises(http.FetchError):
                http.fetch(address)
