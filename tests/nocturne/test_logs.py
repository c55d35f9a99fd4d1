"""What is written to which log, by whom, and what never is."""

import importlib.util
import json
import logging
import logging.config
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from nocturne import timing
from nocturne.celery import app
from nocturne.logs import NAMES, SUBJECTS, configuration, files, lines, subject_of, work
from nocturne.logs.masking import masked
from nocturne.tokens import make_token

from .test_settings import PRODUCTION, read

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """Where the logs of the test go, as JSON."""
    before = settings.LOGGING
    settings.LOGGING = configuration(
        level="INFO", json=True, folder=str(tmp_path / "logs"), max_bytes=1_000_000, backups=2
    )
    logging.config.dictConfig(settings.LOGGING)
    yield tmp_path / "logs"
    logging.config.dictConfig(before)


def written(folder: Path, name: str) -> list[dict[str, Any]]:
    file = folder / f"{name}.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def record(logger: str = "events", message: str = "hello", *args: object) -> logging.LogRecord:
    return logging.LogRecord(logger, logging.WARNING, __file__, 1, message, args, None)


# --- files -----------------------------------------------------------------------------------------

# Four processes, forked from one that has the file open already, write 5000 lines each.
WRITERS = """
import os, sys
from pathlib import Path
from nocturne.logs.files import SharedFile

file = SharedFile(Path(sys.argv[1]), max_bytes=60_000, backups=60)
file.write("first " + "x" * 60)
children = []
for writer in range(4):
    child = os.fork()
    if not child:
        for number in range(5000):
            file.write(f"{writer} {number} " + "x" * (number % 120))
        os._exit(0)
    children.append(child)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def test_four_processes_lose_and_tear_no_line_over_many_rotations(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", WRITERS, str(tmp_path / "app.log")], cwd=ROOT, check=True)
    found = sorted(tmp_path.iterdir())
    assert 20 < len(found) < 60
    assert max(file.stat().st_size for file in found) <= 60_000 + 4 * 140  # each may have had one line under way
    rows = [line for file in found for line in file.read_text().splitlines()]
    expected = [f"{writer} {number} " + "x" * (number % 120) for writer in range(4) for number in range(5000)]
    assert sorted(rows) == sorted(["first " + "x" * 60, *expected])


def test_only_so_many_files_are_kept_and_one_that_was_taken_away_is_begun_anew(tmp_path: Path) -> None:
    file = files.SharedFile(tmp_path / "app.log", max_bytes=10, backups=2)
    for number in range(6):
        file.write(f"line {number}")
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"app.log": "line 5\n", "app.log.1": "line 4\n", "app.log.2": "line 3\n"}
    (tmp_path / "app.log").unlink()
    file.write("next")
    assert (tmp_path / "app.log").read_text() == "next\n"


def test_what_cannot_be_written_is_told_once_and_breaks_nothing(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("a file where the folder should be")
    log = logging.getLogger("events")
    log.warning("one")  # then the file is left alone for a minute
    monkeypatch.setattr(files, "REST_SECONDS", 0)
    handler = next(one for one in logging.getLogger().handlers if isinstance(one, files.Files))
    handler.rests_until = 0
    log.warning("two")
    log.warning("three")
    folder.unlink()
    folder.mkdir()
    (folder / "app.log").symlink_to("/dev/full")
    log.warning("four")
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Logs ")]
    assert len(said) == 1
    assert said[0].startswith(f"Logs cannot be written to {folder} (")
    (folder / "app.log").unlink()
    log.warning("five")
    assert [row["message"] for row in written(folder, "app")] == ["five"]
    assert f"Logs are written to {folder} again.\n" in capsys.readouterr().err


# --- which log -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logger", "name"),
    [
        *((name, name) for name in NAMES),
        ("scraping.pipeline", "scraper"),
        ("scraping.api", "api"),
        ("subscriptions.views.sign_up", "email"),
        ("nocturne.mail", "email"),
        ("nocturne.mailing", "app"),
        ("django.db.backends", "database"),
        ("nocturne.api", "api"),
        ("quality.audit", "app"),
        ("celery.worker", "app"),
        ("gunicorn.error", "app"),
        ("root", "app"),
    ],
)
def test_a_line_goes_to_the_log_of_its_subject(logger: str, name: str) -> None:
    assert subject_of(record(logger)) == name


def test_modules_that_have_a_subject_exist() -> None:
    ours = [name for names in SUBJECTS.values() for name in names if name.split(".")[0] in ("nocturne", "scraping")]
    assert len(ours) > 8
    assert [name for name in ours if not importlib.util.find_spec(name)] == []


def test_a_fault_in_a_request_to_the_api_is_the_apis(folder: Path, client: Client) -> None:
    given = {"HTTP_X_REQUEST_ID": "from-the-proxy-1"}
    assert client.get("/api/nothing", **given).status_code == 404
    assert client.get("/anymail/nothing/", **given).status_code == 404
    (api,), (site,) = written(folder, "api"), written(folder, "app")
    assert (api["message"], site["message"]) == ("Not Found: /api/nothing", "Not Found: /anymail/nothing/")
    assert api["request_id"] == site["request_id"] == "from-the-proxy-1"
    assert work.current() is None


@pytest.mark.parametrize(
    ("folder", "json_lines", "performance"),
    [
        ("/tmp/x", False, "nocturne.logs.files.Files"),
        ("/tmp/x", True, "nocturne.logs.files.Files"),
        ("", True, "logging.StreamHandler"),
        ("", False, "logging.NullHandler"),
    ],
)
def test_files_are_written_unless_the_setting_is_empty(folder: str, json_lines: bool, performance: str) -> None:
    config = configuration(level="INFO", json=json_lines, folder=folder, max_bytes=1, backups=1)
    handlers = config["handlers"]
    assert config["root"]["handlers"] == (["console", "files"] if folder else ["console"])
    assert {handlers[name]["formatter"] for name in config["root"]["handlers"]} == {"json" if json_lines else "line"}
    assert handlers["performance"].get("()", handlers["performance"].get("class")) == performance
    assert handlers["performance"]["formatter"] == "json"


def test_files_have_ten_megabytes_and_five_are_kept_unless_settings_say_else() -> None:
    found = read(**PRODUCTION)["LOGGING"]["handlers"]["files"]
    assert (found["max_bytes"], found["backups"]) == (10_000_000, 5)
    found = read(**PRODUCTION, LOG_FILE_MB="0.5", LOG_BACKUPS="2")["LOGGING"]["handlers"]["files"]
    assert (found["max_bytes"], found["backups"]) == (500_000, 2)


@pytest.mark.parametrize("variable", [{"LOG_LEVEL": "LOUD"}, {"LOG_FILE_MB": "0"}, {"LOG_BACKUPS": "0"}])
def test_what_of_logs_cannot_be_is_refused(variable: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(variable))):
        read(**PRODUCTION, **variable)


def test_gunicorns_own_lines_have_the_same_form() -> None:
    code = """
import runpy
from gunicorn.config import Config
logger = runpy.run_path("gunicorn.conf.py")["logger_class"](Config())
logger.info("Listening at: %s", "http://127.0.0.1:8000")
"""
    env = {"PATH": os.environ["PATH"], **PRODUCTION, "ENV_FILE": os.devnull, "LOG_DIR": ""}
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    (line,) = result.stderr.splitlines()
    assert line.endswith("Z INFO    gunicorn.error: Listening at: http://127.0.0.1:8000")


# --- lines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("to Ada.Blum+x@mail.example.org: refused", "to [e-mail]: refused"),
        ("<ada@example.org>", "<[e-mail]>"),
        ("?email=ada%40example.org&city=7", "?email=[e-mail]&city=7"),
        ("Key (email)=(ada@localhost) already exists", "Key (email)=([e-mail]) already exists"),
        ("postgresql://user:p.w@db.example.org/n", "postgresql://[credentials]@db.example.org/n"),
        ("Not Found: /admin/reset/MQ/cdz5x8-" + "0f" * 16 + "/", "Not Found: /admin/reset/[token]/"),
        ("https://api.example/v1?city=7&api_key=abc&page=2", "https://api.example/v1?city=7&api_key=[secret]&page=2"),
        ("https://api.example/?access_token=abc", "https://api.example/?access_token=[secret]"),
        ("monkey=7", "monkey=7"),
        ("from 81.2.69.160.", "from 81.2.69.0/24."),
        ("from [2a02:8071:b81:5::7]:443", "from [2a02:8071:b81::/48]:443"),
        ("db at 10.0.0.5:5432 and 127.0.0.1", "db at 10.0.0.5:5432 and 127.0.0.1"),
        ("at 21:59:22.123, release 1.2.3, Foo::bar", "at 21:59:22.123, release 1.2.3, Foo::bar"),
        ("@venue is no address", "@venue is no address"),
        ("celery@web1.example.org and celery@vm ready", "celery@web1.example.org and celery@vm ready"),
    ],
)
def test_logs_keep_nobodys_address_and_no_secret(text: str, kept: str) -> None:
    assert masked(text) == kept


def test_a_token_of_ours_is_masked_wherever_it_stands() -> None:
    token = make_token("preferences", 4711, 3)
    said = masked(f"Gone: /subscribe/preferences/{token}/data.json, {token}")
    assert said == "Gone: /subscribe/preferences/[token]/data.json, [token]"


def test_long_text_without_end_takes_no_long_time() -> None:
    text = "a.b-" * 50_000 + "@" + "=" + ":" * 50_000 + "1." * 50_000
    assert len(masked(text)) > 100_000


def test_masking_reaches_tracebacks_and_fields(folder: Path) -> None:
    extra = {"request_id": "own", "fields": {"a": "b@c.de", "several": ["b@c.de", 7], "count": 7}}
    try:
        raise ValueError("no such reader: ada@example.org")
    except ValueError:
        logging.getLogger("events").exception("failed for %s", "ada@example.org", extra=extra)
    (row,) = written(folder, "app")
    assert (row["message"], row["a"], row["several"], row["count"]) == (
        *("failed for [e-mail]", "[e-mail]", "['[e-mail]', 7]"),
        7,
    )
    assert row["exception"].endswith("ValueError: no such reader: [e-mail]")
    assert row["exception"].startswith("Traceback")


def test_nobodys_text_passes_for_a_line_of_its_own() -> None:
    forged = record("events", "city %s", "x\n2026-12-05 20:00:00,000Z INFO    app: all is well\r\x1b[2J")
    lines.Prepared().filter(forged)
    first, second = lines.Line().format(forged).split("\n")
    assert first.endswith("Z WARNING events: city x")
    assert second == "    2026-12-05 20:00:00,000Z INFO    app: all is well\\x0d\\x1b[2J"
    assert "\n" not in lines.Json().format(forged)


def test_a_faulty_call_costs_its_own_words_only(folder: Path) -> None:
    words = ("one",)
    logging.getLogger("events").warning("%s of %s", *words)
    assert written(folder, "app")[0]["message"] == "%s of %s (with arguments that do not fit)"


# --- requests and tasks ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_answer_names_its_request(client: Client) -> None:
    def answered(**given: str) -> str:
        return client.get("/about/", headers=given)["X-Request-ID"]

    assert answered(**{"X-Request-ID": "abc-DEF_1.23"}) == "abc-DEF_1.23"
    own = {answered(), answered(), answered(**{"X-Request-ID": "short"}), answered(**{"X-Request-ID": "a b; c" * 3})}
    assert len(own) == 4
    assert {len(one) for one in own} == {32}


def view(request: HttpRequest, token: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text WHERE pg_sleep(0.02) IS NOT NULL", [token])
    return HttpResponse("done")


urlpatterns = [path("slow/<str:token>/", view, name="slow")]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_slow_queries_and_requests_are_named_without_what_they_were_about(
    client: Client, folder: Path, settings: Any
) -> None:
    settings.SLOW_QUERY_SECONDS, settings.SLOW_REQUEST_SECONDS = 10, 0  # 0 is never
    client.get("/slow/hush/")
    assert not folder.exists()
    settings.SLOW_QUERY_SECONDS, settings.SLOW_REQUEST_SECONDS = 0.01, 0.01
    client.get("/slow/hush/?q=hush")
    (query,), (request,) = written(folder, "database"), written(folder, "app")
    assert query["message"] == (
        "slow query: 0.0 s in GET slow (/slow/<str:token>/): SELECT %s::text WHERE pg_sleep(0.02) IS NOT NULL"
    )
    assert request["message"].startswith("slow request: GET slow (/slow/<str:token>/) took 0.")
    assert (request["status"], request["queries"], query["request_id"]) == (200, 1, request["request_id"])
    assert request["query_seconds"] >= 0.02
    assert "hush" not in f"{query}{request}"


@pytest.mark.django_db
def test_of_a_slow_insert_one_row_is_told(folder: Path, settings: Any) -> None:
    settings.SLOW_QUERY_SECONDS = 0.000001
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM (VALUES (%s, %s::varchar(9)), (%s, %s), (%s, %s)) AS three", [*"aabbcc"])
    assert [line["message"].partition("SELECT")[2] for line in written(folder, "database")] == [
        " * FROM (VALUES (%s, %s::varchar(9)), …) AS three"
    ]


def test_the_id_of_a_request_goes_with_the_tasks_that_it_queues(folder: Path) -> None:
    queue = f"logs-{os.getpid()}"

    @app.task(name=f"tests.{queue}.second")
    def second() -> None:
        logging.getLogger("scraping.pipeline").warning("second")

    @app.task(name=f"tests.{queue}.first")
    def first() -> None:
        logging.getLogger("events").warning("first")
        second.apply_async(queue=queue)

    try:
        work.begin(work.Work("the-request-1"))
        first.apply_async(queue=queue)
        work.begin(None)
        alone = first.apply_async(queue=queue).id
        with start_worker(app, pool="solo", queues=[queue], perform_ping_check=False):
            await_rows(folder, "performance", 4)
    finally:
        work.begin(None)
        for task in (first, second):
            app.tasks.pop(task.name)
    assert [row["request_id"] for row in written(folder, "scraper")] == ["the-request-1", alone]
    rows = [row for row in written(folder, "app") if row["message"] == "first"]
    assert [(row["request_id"], row["task"]) for row in rows] == [("the-request-1", first.name), (alone, first.name)]
    assert {(row["what"], row["outcome"]) for row in written(folder, "performance")} == {
        (first.name, "SUCCESS"),
        (second.name, "SUCCESS"),
    }


def await_rows(folder: Path, name: str, count: int) -> None:
    for _ in range(500):
        if len(written(folder, name)) >= count:
            return
        files.time.sleep(0.02)
    raise AssertionError(f"{name}.log has {written(folder, name)}")


def test_what_is_timed_says_how_long_it_took_and_how_it_ended(folder: Path) -> None:
    @timing.log_calls
    def call(secret: str) -> str:
        raise KeyError(secret)

    @timing.timed("decorated")
    def decorated() -> int:
        return 7

    with timing.timed("block", source=3):
        assert decorated() + decorated() == 14
    with pytest.raises(KeyError):
        call("hush")
    rows = written(folder, "performance")
    assert [(row["what"].split(".")[-1], row["outcome"]) for row in rows] == [
        *(("decorated", "ok"), ("decorated", "ok"), ("block", "ok"), ("call", "KeyError"))
    ]
    assert rows[2]["source"] == 3
    assert 0 <= rows[0]["seconds"] <= rows[2]["seconds"]
    assert "hush" not in str(rows)
