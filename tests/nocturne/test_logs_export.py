"""What a collector of OpenTelemetry gets."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nocturne.logs import export, lines

from .test_settings import PRODUCTION, read

ROOT = Path(__file__).resolve().parents[2]


def taken(server: HTTPServer) -> list[dict[str, Any]]:
    """The rows that arrived, with their attributes as a dictionary."""
    rows = []
    for request, answer in server.log:
        if answer.status_code == 200:
            (resource,) = request.get_json()["resourceLogs"]
            (scope,) = resource["scopeLogs"]
            for row in scope["logRecords"]:
                attributes = {one["key"]: next(iter(one["value"].values())) for one in row["attributes"]}
                rows.append({**row, "attributes": attributes, "resource": resource["resource"]})
    return rows


# A process as production has it: it logs, forks, logs in the child, and ends.
PROCESS = """
import logging, logging.config, os
import django
django.setup()
logging.getLogger("scraping.pipeline").error("parent to %s", "ada@example.org")
child = os.fork()
if not child:
    logging.getLogger("performance").info("timed", extra={"fields": {"seconds": 0.5, "queries": 7}})
    logging.shutdown()
    os._exit(0)
os.waitpid(child, 0)
"""


def test_all_lines_arrive_once_with_what_they_have_and_without_addresses(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/logs", method="POST", headers={"Authorization": "Basic eA=="}).respond_with_data(
        "{}"
    )
    env = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "nocturne.settings",
        "ENVIRONMENT": "development",
        "LOG_DIR": "",
        "OTEL_EXPORTER_OTLP_ENDPOINT": httpserver.url_for("").rstrip("/"),
        "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20eA==",
    }
    result = subprocess.run(
        [sys.executable, "-c", PROCESS], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert "does not take logs" not in result.stderr
    rows = {row["body"]["stringValue"]: row for row in taken(httpserver)}
    assert sorted(rows) == ["parent to [e-mail]", "timed"]
    assert len(taken(httpserver)) == 2
    error, timed = rows["parent to [e-mail]"], rows["timed"]
    assert (error["severityNumber"], error["attributes"]["logger"]) == (17, "scraping.pipeline")
    assert (timed["attributes"]["seconds"], timed["attributes"]["queries"]) == (0.5, "7")
    assert error["resource"] == {"attributes": [{"key": "service.name", "value": {"stringValue": "nocturne"}}]}


def test_lines_wait_for_a_collector_that_is_away_and_go_on_after_one_that_will_not_have_them(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [503, 503, 400, 200, 200]

    def answer(request: Request) -> Response:
        return Response("{}", status=answers.pop(0))

    httpserver.expect_request("/v1/logs").respond_with_handler(answer)
    collector = export.Collector(endpoint=httpserver.url_for("/"), headers={}, service="nocturne")
    collector.addFilter(lines.Prepared())
    try:
        for number in range(3):
            collector.handle(logging.LogRecord("events", 20, __file__, 1, f"line {number}", None, None))
            collector.flush()  # 503, 503, and the third time 400 to all three
        collector.handle(logging.LogRecord("events", 20, __file__, 1, "line 3", None, None))
        collector.flush()
    finally:
        collector.close()
    assert [
        len(request.get_json()["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) for request, _ in httpserver.log
    ] == [*(1, 2, 3, 1)]
    assert [row["body"]["stringValue"] for row in taken(httpserver)] == ["line 3"]
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0].split("/v1/logs")[1] for line in said] == [" does not take logs", " takes logs again."]


def test_an_endpoint_that_is_no_address_is_refused_and_none_is_the_default() -> None:
    with pytest.raises(Exception, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is .*: it must be an address"):
        read(**PRODUCTION, OTEL_EXPORTER_OTLP_ENDPOINT="collector:4317")
    assert "collector" not in read(**PRODUCTION)["LOGGING"]["handlers"]
