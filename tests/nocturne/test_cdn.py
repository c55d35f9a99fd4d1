"""STATIC_CDN_URL: what pages take from a CDN, and what they do not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import os, sys, json, django
django.setup()
from django.conf import settings
settings.STATIC_ROOT = sys.argv[1]
from django.core.management import call_command
call_command("collectstatic", verbosity=0, interactive=False)
from django.templatetags.static import static
from django.test import Client
from nocturne.pages import public_page
page = Client().get("/version", secure=True, headers={"Host": "example.org"})
offline = public_page("offline.html", {})
print(json.dumps({
    "script": static("js/page.js"), "drawing": static("covers.svg"), "policy": page["Content-Security-Policy"],
    "text": offline.text, "files": os.listdir(sys.argv[1] + "/js"),
}))
"""


@pytest.mark.slow
def test_pages_name_the_cdn_and_may_use_it_and_drawings_stay_at_home(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "nocturne.settings",
        "ENVIRONMENT": "production",
        "SECRET_KEY": "s" * 25 + "k" * 25,
        "SITE_URL": "https://example.org",
        "STATIC_CDN_URL": "https://cdn.example.org",
    }
    command = [sys.executable, "-W", "ignore", "-c", CODE, str(tmp_path)]
    printed = subprocess.check_output(command, cwd=ROOT, env=environment, text=True)
    found = json.loads(printed.splitlines()[-1])
    assert found["script"].startswith("https://cdn.example.org/static/js/page.")
    assert found["script"].rpartition("/")[2] in found["files"]
    assert found["drawing"].startswith("/static/covers.")
    policy = {
        name: sources for name, _, sources in (part.strip().partition(" ") for part in found["policy"].split(";"))
    }
    for kind in ("default-src", "script-src", "style-src", "img-src"):
        assert {"'self'", "https://cdn.example.org"} <= set(policy[kind].split()), kind
    assert 'content="https://cdn.example.org/static/share.' in found["text"]
    assert "https://example.orghttps" not in found["text"]
