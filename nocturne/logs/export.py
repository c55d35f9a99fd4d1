"""Lines to an OpenTelemetry collector, as OTLP over HTTP in JSON: https://opentelemetry.io/docs/specs/otlp/"""

import contextlib
import http.client
import json
import logging
import os
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping
from typing import Any

from .files import say
from .lines import Json

# Lines that wait at most while the collector is away, then the oldest go; lines in one request; seconds between two.
WAITING = 10_000
BATCH = 500
PAUSE = 1.0
REST = 30.0
TIMEOUT = 5.0

_SEVERITY = {"DEBUG": 5, "INFO": 9, "WARNING": 13, "ERROR": 17, "CRITICAL": 21}


class Collector(logging.Handler):
    """Sends records from a thread of its own, so that nothing waits for the collector; one thread a process."""

    def __init__(self, *, endpoint: str, headers: Mapping[str, str], service: str) -> None:
        super().__init__()
        self.url = f"{endpoint.rstrip('/')}/v1/logs"
        self.headers = {**headers, "Content-Type": "application/json"}
        self.service = service
        self.setFormatter(Json())
        self._waiting: deque[dict[str, Any]] = deque(maxlen=WAITING)
        self._sending = threading.Lock()
        self._ended = threading.Event()
        self._process = 0
        self._failing = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            row = _row(record, json.loads(self.format(record)))
        except Exception:
            self.handleError(record)
            return
        if self._process != os.getpid():  # the first line, or the first after a fork, which threads do not survive
            self._begin()
        self._waiting.append(row)

    def flush(self) -> None:
        """Send what waits, in one try; at the end of the process, too."""
        if self._process == os.getpid():
            while self._waiting and self._send():
                pass

    def close(self) -> None:
        if self._process == os.getpid():  # what a fork left of the parent's event may be locked for ever
            self._ended.set()
            self.flush()
        super().close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._waiting.clear()  # what waits in the parent is sent by the parent
        self._sending, self._ended = threading.Lock(), threading.Event()
        threading.Thread(target=self._run, args=(self._ended,), name="log export", daemon=True).start()

    def _run(self, ended: threading.Event) -> None:
        rest = PAUSE
        while not ended.wait(rest):
            sent = True
            while self._waiting and sent and not ended.is_set():
                sent = self._send()
            rest = PAUSE if sent else REST

    def _send(self) -> bool:
        """Send a batch; whether that went well. What cannot be sent waits, what the collector will not have is lost."""
        with self._sending:
            rows = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not rows:  # the other thread was faster
                return True
            try:
                self._post(rows)
            except urllib.error.HTTPError as error:
                error.close()
                final = error.code < 500 and error.code not in (408, 429)
                self._tell(f"answers {error.code}")
            except (OSError, http.client.HTTPException) as error:
                final = False
                self._tell(str(getattr(error, "reason", error)))
            else:
                if self._failing:
                    self._failing = False
                    say(f"The collector at {self.url} takes logs again.")
                return True
            if not final:
                room = WAITING - len(self._waiting)
                self._waiting.extendleft(reversed(rows[-room:] if room else []))
            return final

    def _post(self, rows: list[dict[str, Any]]) -> None:
        resource = {"attributes": [_attribute("service.name", self.service)]}
        scope = {"scope": {"name": "nocturne.logs"}, "logRecords": rows}
        body = json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}).encode()
        request = urllib.request.Request(self.url, body, self.headers, method="POST")
        with contextlib.closing(urllib.request.urlopen(request, timeout=TIMEOUT)) as answer:
            answer.read()

    def _tell(self, why: str) -> None:
        if not self._failing:
            self._failing = True
            say(f"The collector at {self.url} does not take logs ({why}). See OTEL_EXPORTER_OTLP_ENDPOINT.")


def _row(record: logging.LogRecord, line: dict[str, Any]) -> dict[str, Any]:
    """A LogRecord of OTLP: what is no field of its own there is an attribute."""
    for name in ("time", "level"):
        line.pop(name)
    return {
        "timeUnixNano": str(int(record.created * 1e9)),
        "observedTimeUnixNano": str(time.time_ns()),
        "severityNumber": _SEVERITY.get(record.levelname, 9),
        "severityText": record.levelname,
        "body": {"stringValue": line.pop("message")},
        "attributes": [_attribute(name, value) for name, value in line.items() if value is not None],
    }


def _attribute(name: str, value: object) -> dict[str, Any]:
    match value:
        case bool():
            typed: dict[str, Any] = {"boolValue": value}
        case int():
            typed = {"intValue": str(value)}
        case float():
            typed = {"doubleValue": value}
        case _:
            typed = {"stringValue": str(value)}
    return {"key": name, "value": typed}
