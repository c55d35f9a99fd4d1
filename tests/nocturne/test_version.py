import json
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from nocturne import version

ROOT = Path(settings.BASE_DIR)


def test_the_site_says_which_release_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "_COMMIT", "abc123")
    answer = client.get("/version")
    number = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert answer.json() == {"name": settings.SITE_NAME, "version": number, "commit": "abc123"}
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/version").status_code == 405
    monkeypatch.setattr(version, "_COMMIT", "")
    assert "commit" not in json.loads(client.get("/version").content)


def test_the_commit_is_what_an_image_says_or_git_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(version, "ROOT", tmp_path)
    assert version.commit() == ""
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text("# pack-refs with: peeled\n1111 refs/heads/main\n")
    assert version.commit() == "1111"
    (git / "refs/heads/main").write_text("2222\n")
    assert version.commit() == "2222"
    (git / "HEAD").write_text("3333\n")
    assert version.commit() == "3333"
    monkeypatch.setenv("COMMIT", "4444")
    assert version.commit() == "4444"


def test_the_changelog_has_the_next_release_on_top() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    assert headings[0] == "## Unreleased"
