"""The files of deployment agree with each other and with the code; `make rehearse` runs them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from nocturne.celery import QUEUES, app
from nocturne.dev.release import notes
from nocturne.probe import alive
from nocturne.variables import VARIABLES
from tests.deploy import recipe
from tests.processes import free_port

ROOT = recipe.ROOT
SET = {"SITE_URL": "https://events.example.org", "POSTGRES_PASSWORD": "x"}
OURS = ("backend", "worker", "scraper", "beat")


def test_the_image_runs_as_nobody_in_particular_with_locked_packages_and_asks_itself() -> None:
    build, image = recipe.stages()
    installs = [line for line in build.of("RUN") if "pip install" in line]
    assert installs
    assert all("--require-hashes -r requirements-prod.txt" in line for line in installs)
    assert image.of("USER") == ["nocturne"]
    assert image.base == build.base
    assert recipe.health_command(image) == ["python", "-m", "nocturne.probe"]
    assert set(recipe.environment_of(image)) - {"PATH", "PYTHONUNBUFFERED"} <= set(VARIABLES)


def test_the_image_has_what_runs_and_nothing_secret_or_heavy() -> None:
    files = recipe.in_context()
    assert {
        "manage.py",
        "gunicorn.conf.py",
        "pyproject.toml",
        "nocturne/settings.py",
        "static/css/nocturne.css",
    } <= set(files)
    tops = {name.split("/")[0] for name in files}
    assert not {name for name in tops if name.startswith(".") or name == "tests"}
    for name in (".env", ".git", ".data", ".venv"):
        assert recipe._ignored(f"{name}/x", ".*"), name


def test_compose_says_what_it_needs() -> None:
    with pytest.raises(KeyError, match="SITE_URL is not set"):
        recipe.compose(POSTGRES_PASSWORD="x")
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD is not set"):
        recipe.compose(SITE_URL="https://events.example.org")


def test_compose_has_all_processes_with_health_restart_and_volumes() -> None:
    said = recipe.compose(**SET)
    services = said["services"]
    assert set(services) == {"postgres", "redis", "migrate", *OURS, "caddy", "mailpit"}
    for name in OURS:
        one = services[name]
        assert one["restart"] == "unless-stopped"
        assert one["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert one["env_file"] == [{"path": ".env", "required": False}]
        assert set(one["environment"]) <= set(VARIABLES)
    assert services["migrate"]["restart"] == "no"
    for name in ("postgres", "redis", "worker", "scraper"):
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert services["mailpit"]["profiles"] == ["development"]
    named = {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", ())}
    assert {volume for volume in named if not volume.startswith(".")} == set(said["volumes"])


def test_every_queue_is_served_and_a_task_has_the_time_it_may_take_to_end() -> None:
    services = recipe.compose(**SET)["services"]
    served = {
        word.partition("=")[2] for name in OURS for word in services[name]["command"] if word.startswith("--queues")
    }
    assert served == set(QUEUES)
    for name in ("worker", "scraper"):
        assert int(services[name]["stop_grace_period"].rstrip("m")) * 60 > app.conf.task_time_limit
    for name, unit in recipe.units().items():
        if "worker" in recipe.unit_command(unit):
            assert int(unit["Service"]["TimeoutStopSec"]) > app.conf.task_time_limit, name


def test_procfile_and_units_run_the_same() -> None:
    units = {name.removeprefix("nocturne-"): recipe.unit_command(unit) for name, unit in recipe.units().items()}
    procfile = {name: line.replace("${PORT:-8000}", "8000").split() for name, line in recipe.procfile().items()}
    assert {name: [command[0].rpartition("/")[2], *command[1:]] for name, command in units.items()} == procfile


def test_files_of_secrets_are_read_by_the_settings() -> None:
    said = yaml.safe_load((recipe.DEPLOY / "compose.secrets.yaml").read_text())
    assert set(said["services"]) == {"migrate", *OURS}
    for one in said["services"].values():
        for name, path in one["environment"].items():
            assert VARIABLES[name.removesuffix("_FILE")].secret
            assert path.removeprefix("/run/secrets/") in said["secrets"]


def test_the_proxy_leads_to_the_port_of_the_site_and_keeps_figures_inside() -> None:
    said = (recipe.DEPLOY / "Caddyfile").read_text()
    assert "{$BACKEND:backend:8000}" in said
    assert "respond @metrics 404" in said
    assert said.count("{") == said.count("}")


def test_units_end_and_start_again_and_systemd_understands_them(tmp_path: Path) -> None:
    for name, unit in recipe.units().items():
        assert (unit["Service"]["Restart"], unit["Service"]["User"]) == ("always", "nocturne"), name
    if not shutil.which("systemd-analyze"):
        return
    shutil.copytree(recipe.DEPLOY / "systemd", tmp_path / "units")
    for path in (tmp_path / "units").iterdir():
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.MULTILINE)
        path.write_text(text.replace("/opt/nocturne", str(tmp_path)))
    paths = sorted(map(str, (tmp_path / "units").iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "nocturne" in line] == []


def test_the_workflow_runs_what_a_person_runs() -> None:
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert [step["run"] for step in ci["jobs"]["all"]["steps"] if "run" in step] == [".ci/run"]
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    runs = [step.get("run", "") for step in release["jobs"]["image"]["steps"]]
    assert ".ci/run" in runs
    assert release[True]["push"]["tags"] == ["v*"]  # YAML takes "on" for true


def test_a_release_has_the_notes_of_its_version_or_is_refused() -> None:
    project, log = (
        '[project]\nversion = "1.2.0"',
        "# Changes\n\n## Unreleased\n\n- b\n\n## 1.2.0 (2027)\n\n- a\n\n## 1.1.0\n- z\n",
    )
    assert notes("v1.2.0", pyproject=project, changelog=log) == "- a\n"
    with pytest.raises(SystemExit, match=r"The tag is v1\.3\.0"):
        notes("v1.3.0", pyproject=project, changelog=log)
    with pytest.raises(SystemExit, match="says nothing of"):
        notes("v1.2.0", pyproject=project, changelog="## Unreleased\n\n- b\n")


def test_the_probe_asks_under_the_name_of_the_site(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://events.example.org")
    asked = {"Host": "events.example.org"}
    httpserver.expect_ordered_request("/health/live", headers=asked).respond_with_data("ok")
    httpserver.expect_ordered_request("/health/live", headers=asked).respond_with_data("no", status=503)
    address = f"{httpserver.host}:{httpserver.port}"
    assert (alive(address), alive(address)) == (True, False)
    assert not alive(f"127.0.0.1:{free_port()}")
