"""Logs by subject: app, api, scraper, database, email, and performance.

Every line goes to the console and to the file of its subject; those of performance only to their file or, without
files, to a console for programs. A logger of one of these names is its subject's; the loggers of modules belong to one
as SUBJECTS says. This package is read by the settings and by gunicorn's master, so that it imports nothing that needs
the settings.
"""

import functools
import logging
from typing import Any

from .work import current

# Whose lines are not of "app": the longest name counts that is a logger's, or one of its parents'.
SUBJECTS = {
    "api": ("api", "ninja", "nocturne.api", "nocturne.keys", "scraping.api"),
    "scraper": ("scraper", "scraping"),
    "database": ("database", "django.db", "psycopg"),
    "email": (
        *("email", "anymail", "subscriptions", "nocturne.addresses", "nocturne.mail"),
        *("nocturne.outbox", "nocturne.prebuilt", "nocturne.rate", "nocturne.reports", "nocturne.smtp"),
        *("nocturne.suppression", "nocturne.webhooks"),
    ),
    "performance": ("performance",),
}
NAMES = ("app", *SUBJECTS)
_BY_LOGGER = {logger: subject for subject, loggers in SUBJECTS.items() for logger in loggers}


@functools.lru_cache(maxsize=1000)
def _subject_of(logger: str) -> str:
    while logger and logger not in _BY_LOGGER:
        logger = logger.rpartition(".")[0]
    return _BY_LOGGER.get(logger, "app")


def subject_of(record: logging.LogRecord) -> str:
    """The subject of a line; what is of no other and happens in a request to the API is the API's."""
    subject, work = _subject_of(record.name), current()
    return work.subject if subject == "app" and work else subject


def configuration(
    *, level: str, json: bool, folder: str, max_bytes: int, backups: int, collector: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What logging.config.dictConfig takes; without a folder there are no files.

    `collector` has endpoint, headers and service of an OpenTelemetry collector that gets all lines, too.
    """
    files = {
        "()": "nocturne.logs.files.Files",
        "filters": ["prepared"],
        "folder": folder,
        "max_bytes": max_bytes,
        "backups": backups,
    }
    console = {"class": "logging.StreamHandler", "filters": ["prepared"]}
    kind = "json" if json else "line"
    export = {"()": "nocturne.logs.export.Collector", "filters": ["prepared"]}
    also = ["collector"] if collector else []
    performance = files if folder else console if json else {"class": "logging.NullHandler"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"prepared": {"()": "nocturne.logs.lines.Prepared"}},
        "formatters": {"line": {"()": "nocturne.logs.lines.Line"}, "json": {"()": "nocturne.logs.lines.Json"}},
        "handlers": {
            "console": {**console, "formatter": kind},
            **({"files": {**files, "formatter": kind}} if folder else {}),
            "performance": {**performance, "formatter": "json"},
            **({"collector": {**export, **collector}} if collector else {}),
        },
        "root": {"handlers": ["console", *(["files"] if folder else []), *also], "level": level},
        "loggers": {
            "performance": {"handlers": ["performance", *also], "level": "INFO", "propagate": False},
            "django": {"handlers": [], "level": "INFO"},  # instead of Django's own, which say each line a second time
            # of runserver: its handler would show tokens, and django.request has said all that matters
            "django.server": {"handlers": [], "propagate": True, "level": "ERROR"},
            "django.utils.autoreload": {"level": "WARNING"},
            "gunicorn.error": {"handlers": [], "propagate": True},  # it has a format of its own otherwise
            # one line for each request otherwise
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }
