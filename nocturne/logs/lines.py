"""A line of a log: prepared once for all handlers, then written for people or for programs."""

import datetime as dt
import json
import logging
import re

from .masking import masked
from .work import current

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


class Prepared(logging.Filter):
    """Puts into a record what is worked on, and takes out what logs must not keep. It lets everything through."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "is_prepared", False):  # another handler has done it
            return True
        record.is_prepared = True
        work = current()
        record.request_id = work.id if work else ""
        record.task = work.task if work else ""
        try:
            text = record.getMessage()
        except Exception:  # a faulty log call costs its own words only
            text = f"{record.msg} (with arguments that do not fit)"
        record.msg, record.args = masked(text), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        return True


def _details(record: logging.LogRecord) -> str:
    return "\n".join(text for text in (record.exc_text, record.stack_info) if text)


class Line(logging.Formatter):
    """2026-12-05 20:00:00,123Z WARNING scraping.tasks [8f2c…]: what happened

    What has several lines is indented from the second on, so that nobody's text can pass for a line of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        when = dt.datetime.fromtimestamp(record.created, dt.UTC)
        time = f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03}Z"
        request_id = getattr(record, "request_id", "")
        id_part = f" [{request_id}]" if request_id else ""
        text = "\n".join(part for part in (record.getMessage(), _details(record)) if part)
        text = _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text).replace("\n", "\n    ")
        return f"{time} {record.levelname:<7} {record.name}{id_part}: {text}"


class Json(logging.Formatter):
    """One object a line: time, level, logger, message, process; request_id, task and exception where there are some;
    and the figures and texts that the call gave as extra={"fields": …}."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            "request_id": getattr(record, "request_id", ""),
            "task": getattr(record, "task", ""),
            "exception": _details(record),
        }
        kept = {name: value for name, value in line.items() if value != ""}
        fields = {
            name: value if value is None or isinstance(value, (int, float)) else masked(str(value))
            for name, value in getattr(record, "fields", {}).items()
        }
        return json.dumps({**fields, **kept}, ensure_ascii=False)
