"""Blocks of the documents that are marked ```console run: done in their order, they say what stands there.

Each document has a folder and a database of its own; … stands for any words, and on a line of its own for any lines.
Lines behind "$ " and "> " are what is typed.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from nocturne.dev.engines import Postgres
from tests.nocturne.test_docs import DOCUMENTS, ROOT
from tests.processes import database_url

MARK = re.compile(r"^```console run\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKED = [document for document in DOCUMENTS if MARK.search(document.read_text())]


def steps(document: Path) -> Iterator[tuple[str, str]]:
    """What is typed, and what is to be said then."""
    for block in MARK.findall(document.read_text()):
        _, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert parts, f"{document.name}: a block that is run begins with $"
        for part in parts:
            typed, *said = part.splitlines()
            while said and said[0].startswith("> "):
                typed += "\n" + said.pop(0).removeprefix("> ")
            yield typed, "\n".join(said)


def is_like(found: str, said: str) -> bool:
    """Whether an output is what stands in the document, where … stands for what varies."""
    patterns = [
        "(?s:.*)" if line == "…" else "[^\n]*?".join(map(re.escape, line.split("…")))
        for line in said.strip().splitlines()
    ]
    lines = "\n".join(line.rstrip() for line in found.strip().splitlines())
    return re.fullmatch("\n".join(patterns), lines) is not None


@pytest.fixture
def scratch(django_db_setup: None, tmp_path: Path, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """An environment with an empty database, for a folder that has all of the clone and keeps what is written."""
    for entry in ROOT.iterdir():
        if entry.name not in (".data", ".env", ".git", "backups") and entry.suffix != ".ics":
            (tmp_path / entry.name).symlink_to(entry)
    present = connection.settings_dict["NAME"]
    name, template = f"{present}_docs", f"{present.partition('_run_')[0]}_template"
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        connection.settings_dict["NAME"] = name
        try:
            yield {
                "DATABASE_URL": database_url(),
                "REDIS_URL": os.environ["REDIS_URL"],
                "CACHE_PREFIX": f"{os.environ['CACHE_PREFIX']}-docs",
                "ENVIRONMENT": "development",
                "ENV_FILE": os.devnull,
                "LOG_DIR": "",
                "SLOW_QUERY_SECONDS": "0",  # a busy machine would say more than the document
                "PYTHONUNBUFFERED": "1",
                "HOME": str(tmp_path),
                "PATH": os.pathsep.join(
                    [str(ROOT / ".venv/bin"), os.environ["PATH"], str(Postgres.package() / "pginstall/bin")]
                ),
            }
        finally:
            connection.settings_dict["NAME"] = present
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("document", MARKED, ids=lambda path: path.name)
def test_what_is_marked_as_run_does_what_it_says(document: Path, scratch: dict[str, str], tmp_path: Path) -> None:
    for typed, said in steps(document):
        done = subprocess.run(
            ["sh", "-euc", typed],
            check=False,
            cwd=tmp_path,
            env=scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{typed}\n{done.stdout}"
        assert is_like(done.stdout, said), f"{typed}\n{done.stdout}"


def test_the_documents_have_such_blocks() -> None:
    assert {document.name for document in MARKED} >= {"developers.md", "editors.md", "operators.md"}


@pytest.mark.parametrize(
    ("found", "said", "alike"),
    [
        ("4 cities known.\n", "4 cities known.", True),
        ("4 cities known.\n", "… cities known.", True),
        ("5 cities known.\n", "4 cities known.", False),
        ("a\nb\nc\n", "a\n…", True),
        ("a\nb\nc\n", "a\n…\nc", True),
        ("a\nb\nb\nc\n", "a\n…\nc", True),
        ("a\nb\n", "a", False),
        ("a\nb c\n", "a\nb …", True),
        ("one\ntwo\n", "… two", False),
    ],
)
def test_an_output_is_compared_but_for_what_varies(found: str, said: str, alike: bool) -> None:
    assert is_like(found, said) is alike
