"""What the documents say is true of the code: commands, targets, settings, links and examples."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import get_commands, load_command_class
from django.http import QueryDict
from django.urls import resolve

from events import reports
from events.models import City
from events.search import EventSearch
from nocturne.celery import app
from nocturne.configuration import value
from nocturne.dev import reference
from nocturne.variables import VARIABLES
from nocturne.watching import conditions, outage
from quality.rules import RULES
from quality.suspicious import PATTERNS
from scraping import breaker, detect, health
from scraping.extractors import Document
from scraping.normalise import normalise
from subscriptions.models import Digest
from tests.scraping.reading import window

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OWN = ("nocturne", "events", "quality", "scraping", "subscriptions")
WIDTH = 140
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def code_of(document: Path) -> Iterator[str]:
    """The lines and spans that are code."""
    text = document.read_text()
    for match in FENCE.finditer(text):
        yield from match[2].splitlines()
    text = FENCE.sub("", text)
    yield from re.findall(r"^ {4}(.+)$", text, re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", text)


def table(name: str, first: str) -> list[list[str]]:
    """The rows of the table in a document whose first column is headed so."""
    head, found, lines = f"| {first} |", [], text_of(name).splitlines()
    for line in lines[next(i for i, line in enumerate(lines) if line.startswith(head)) + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def options_of(command: str) -> set[str]:
    """The options of a command of manage.py; those that all have are left out."""
    found = load_command_class(get_commands()[command], command)
    parser = found.create_parser("manage.py", command)
    return {option for action in parser._actions for option in action.option_strings}


def commands_named() -> Iterator[tuple[str, str, list[str]]]:
    for document in DOCUMENTS:
        for code in code_of(document):
            for name, rest in re.findall(r"manage\.py ([a-z_]+)([^|;&]*)", code):
                yield document.name, name, re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest)
    for cell, _ in table("README.md", "command"):
        name, *rest = cell.strip("`").split(maxsplit=1)
        yield "README.md", name, re.findall(r"--[a-z-]+", " ".join(rest))


@pytest.mark.parametrize(
    ("document", "command", "options"), [pytest.param(*row, id=" ".join(map(str, row[:2]))) for row in commands_named()]
)
def test_commands_exist_with_the_options_that_are_named(document: str, command: str, options: list[str]) -> None:
    assert command in get_commands()
    assert set(options) <= options_of(command)


def test_the_readme_names_every_command_of_ours() -> None:
    own = {name for name, app in get_commands().items() if str(app) in OWN}
    assert own <= {cell.strip("`").split()[0] for cell, _ in table("README.md", "command")}


def test_the_targets_of_make_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z.-]+):.*?##", text_of("Makefile"), re.MULTILINE)) | {".venv"}
    named = {
        (document.name, target)
        for document in DOCUMENTS
        for code in code_of(document)
        for target in re.findall(r"(?:^|[\s(])make ([a-z.][a-z.-]*)", code)
    }
    assert {target for _, target in named} >= {"run", "test", "test-all", "lint", "format", "lock"}
    assert [(name, target) for name, target in named if target not in targets] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_pictures_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", document.read_text()))
    for link in links:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (document.parent / unquote(parts.path)).resolve() if parts.path else document
        assert target.is_file(), link
        assert not parts.fragment or parts.fragment in anchors(target), link


def test_pictures_are_small_and_are_used() -> None:
    pictures = list((ROOT / "docs/images").iterdir())
    said = "".join(document.read_text() for document in DOCUMENTS)
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 200_000, picture.name
        assert f"images/{picture.name}" in said


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_lines_of_prose_are_no_wider_than_agreed(document: Path) -> None:
    prose = FENCE.sub("", document.read_text()).splitlines()
    wide = [line for line in prose if len(line) > WIDTH and not line.startswith(("|", "    "))]
    assert wide == []


# --- settings -------------------------------------------------------------------------------------


def variables_read() -> set[str]:
    """The variables that settings.py asks for, and what it asks."""
    files = ("settings", "configuration", "database", "mailers", "version")
    trees = [ast.parse(text_of(f"nocturne/{name}.py")) for name in files]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [node.args[0] for node in calls if ast.unparse(node.func) in ("value", "os.environ.get")]
    return {argument.value for argument in asked if isinstance(argument, ast.Constant)}


def test_settings_ask_for_every_variable_that_is_declared() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "FETCH_ALLOW", "LOG_LEVEL"} <= variables_read()
    assert variables_read() == set(VARIABLES)


@pytest.mark.parametrize("name", reference.FILES)
def test_the_reference_of_variables_is_made_of_the_table(name: str) -> None:
    assert text_of(name) == reference.FILES[name](), "make reference"


def test_the_example_can_be_taken_as_it_is() -> None:
    lines = [line for line in text_of(".env.example").splitlines() if line]
    assert {line.removeprefix("# ").partition("=")[0] for line in lines} >= set(VARIABLES)
    active = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert not {name for name in active if VARIABLES[name].secret or VARIABLES[name].required}
    assert {"RATE_LIMIT_BURST", "DIGEST_HOUR", "LOG_LEVEL"} <= set(active)
    with mock.patch.dict(os.environ, {"ENVIRONMENT": "development", **active}, clear=True):
        assert {name: value(name) for name in active} == {name: VARIABLES[name].default for name in active}


def test_settings_that_are_named_in_prose_exist() -> None:
    known = {*VARIABLES, "POSTGRES_PASSWORD", "PEER_PYTHON"}
    for name in ("operators.md", "monitoring.md", "troubleshooting.md", "mail.md", "developers.md"):
        words = re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", FENCE.sub("", text_of(f"docs/{name}")))
        assert set(words) <= known, name


# --- alerts and jobs ------------------------------------------------------------------------------

# How the keys of alerts are written where they are raised; one that is new has to be named here and in the document.
KEYS = {
    "breaker.alert_key(row.source.url)": breaker.alert_key("https://venue.example/"),
    "alert_key(row.source_id)": health.alert_key(7),
    "digest.matter": Digest(pk=7).matter,
    "_key(row.pk)": reports._key(7),
    "KEY": outage.KEY,
    "row.key": "",  # that of a Trouble
    "f'{SITE}{what}'": "",  # that of _of_site
}


def alerts_raised() -> Iterator[str]:
    """The key of each alert that the code can raise, with 7 or something like it for what varies."""
    files = [file for app in OWN for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts]
    calls = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    for call in calls:
        function = ast.unparse(call.func).rpartition(".")[2]
        if function not in ("raise_alert", "Trouble", "_of_site"):
            continue
        first = call.args[0]
        if isinstance(first, ast.Constant):
            yield f"{conditions.SITE if function == '_of_site' else ''}{first.value}"
        elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
            yield f"{first.values[0].value}7"
        else:
            yield KEYS[ast.unparse(first)]


def test_each_alert_is_told_with_what_to_do() -> None:
    rows = table("docs/monitoring.md", "key")
    told = {key for row in rows for key in re.findall(r"`([a-z:…-]+)`", row[0])}
    raised = {re.sub(r"(?<!site):.*", ":…", key) for key in alerts_raised() if key}
    assert {"site:errors", "backup", "source:…", "host:…", "takedown:…"} <= raised
    assert told == raised
    assert all(when and action for _, when, action in rows)


def test_each_rule_for_prometheus_is_told_with_what_to_do() -> None:
    rows = table("docs/monitoring.md", "alert")
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert told == re.findall(r"- alert: (\w+)", text_of("docs/monitoring/alerts.yml"))


def test_each_task_of_beat_is_told() -> None:
    told = {cell.strip("`") for cell, _, _ in table("docs/operators.md", "task")}
    assert told == {entry["task"] for entry in app.conf.beat_schedule.values()}


# --- examples -------------------------------------------------------------------------------------


def test_addresses_for_visitors_are_understood() -> None:
    rows = table("docs/visitors.md", "address")
    assert len(rows) > 5
    city = City(slug="los-angeles", currency="USD", timezone="America/Los_Angeles")
    for cell, _ in rows:
        address = urlsplit(cell.strip("`"))
        assert resolve(address.path).url_name == "city"
        search = EventSearch.parse(QueryDict(address.query), city, tonight=city.tonight())
        assert search.notices == ()
        assert search.query() != ""


def test_requests_for_programs_exist() -> None:
    paths = import_module("nocturne.api").api.get_openapi_schema()["paths"]
    for cell, _ in table("docs/operators.md", "request"):
        method, path = cell.strip("`").split()
        pattern = re.sub(r"/\d+(?=/|$)", "/{source_id}", path)
        assert method.lower() in paths[pattern]


def test_the_calendar_of_the_first_steps_has_what_they_tell() -> None:
    said = text_of("docs/first-steps.md")
    assert "--directory docs/examples" in said
    document = Document(
        url="http://127.0.0.1:9000/calendar.ics", body=(ROOT / "docs/examples/calendar.ics").read_bytes()
    )
    assert document.url in said
    found = detect.read(document, window())
    assert (found.format, found.problems) == ("ics", ())
    drafts = {draft.title: normalise(draft) for draft in found.drafts}
    assert {draft.where.locality for draft in drafts.values()} == {"Hamburg"}
    assert drafts["Midnight Quartet"].price.minimum == 12
    assert drafts["Pub Quiz"].price.is_free
    assert "SATURDAY IS FOR DANCING!!!" in drafts


def formats() -> list[tuple[str, str]]:
    """Each format of docs/sources.md with its example."""
    _, *sections = re.split(r"^### (?=`)", text_of("docs/sources.md"), flags=re.MULTILINE)
    return [(section.split("`")[1], match[2]) for section in sections if (match := FENCE.search(section))]


def test_all_formats_are_told_in_their_order() -> None:
    assert [name for name, _ in formats()] == [one.__name__.rpartition(".")[2] for one in detect.EXTRACTORS]


@pytest.mark.parametrize(("format", "example"), formats(), ids=[name for name, _ in formats()])
def test_the_example_of_a_format_is_read_as_the_page_says(format: str, example: str) -> None:
    found = detect.read(Document(url="https://bluenote.example/program", body=example.encode()), window())
    assert (found.format, found.problems) == (format, ())
    (draft,) = found.drafts
    assert draft.title == "Jazz Night"
    hour = 19 if draft.when.timezone == "UTC" else 20
    assert draft.when.start.isoformat(timespec="hours") == f"2026-12-05T{hour}"


def test_the_extractor_of_the_documents_works(monkeypatch: pytest.MonkeyPatch) -> None:
    extractor, test = (match[2] for match in FENCE.finditer(text_of("docs/developers.md")) if match[1] == "python")
    module = ModuleType("scraping.extractors.programme")
    exec(extractor, module.__dict__)
    assert len([line for line in extractor.splitlines() if line.strip()]) <= 30
    monkeypatch.setattr(detect, "EXTRACTORS", (module, *detect.EXTRACTORS))
    scope: dict[str, Any] = {}
    exec(test, scope)
    (check,) = (value for name, value in scope.items() if name.startswith("test_"))
    check()


def test_editors_are_told_of_every_action_by_its_name() -> None:
    said = " ".join(text_of("docs/editors.md").split())
    files = [*ROOT.glob("*/admin/*.py"), *ROOT.glob("*/admin.py")]
    code = "".join(file.read_text() for file in files)
    actions = re.findall(r'@admin\.action\(description="([^":]+)', code)
    assert "Scrape now" in actions
    assert [words for words in actions if f"*{words}" not in said] == []


def test_the_table_of_rules_is_that_of_the_code() -> None:
    rows = [
        (code.strip("`"), severity, weight, said) for code, severity, weight, said in table("docs/quality.md", "code")
    ]
    assert rows == [(one.code, one.severity, str(one.weight), one.sentence) for one in (*RULES, *PATTERNS)]


def test_the_table_of_patterns_explains_each() -> None:
    explained = table("docs/quality.md", "pattern")
    assert [code.strip("`") for code, _ in explained] == [one.code for one in PATTERNS]


def test_the_packages_of_production_stand_with_their_licences() -> None:
    dependencies = tomllib.loads(text_of("pyproject.toml"))["project"]["dependencies"]
    named = " ".join(packages for _, packages in table("docs/legal.md", "under"))
    assert set(re.findall(r"`([\w-]+)`", named)) == {re.split(r"[\[~]", one)[0] for one in dependencies}
