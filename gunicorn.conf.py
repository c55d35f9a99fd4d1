"""Read by gunicorn when it starts here: its own lines go where those of the application go, and look like them."""

import logging.config
import os
import runpy
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from nocturne.watching import folder

SETTINGS = Path(__file__).resolve().parent / "nocturne" / "settings.py"


def _settings() -> dict[str, Any]:
    """Run, not imported, and the environment put back: workers that a reload starts read settings of their own."""
    given = dict(os.environ)
    try:
        return runpy.run_path(str(SETTINGS))
    finally:
        os.environ.clear()
        os.environ.update(given)


class NocturneLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.config.dictConfig(_settings()["LOGGING"])


logger_class = NocturneLogger


def on_starting(server: Any) -> None:
    """Before any worker: they count into files of one folder, for Prometheus."""
    settings = _settings()
    if settings["ENABLE_METRICS"] and not folder.share(settings["METRICS_DIR"], "web"):
        server.log.warning("METRICS_DIR (%s) cannot be written to: each worker counts alone.", settings["METRICS_DIR"])


def post_worker_init(worker: Any) -> None:
    """Again after wsgi.py, for --preload, whose thread is left behind in the master."""
    from nocturne.watching import watch

    watch.begin("web")


def worker_exit(server: Any, worker: Any) -> None:
    from nocturne.watching import watch

    watch.end()


def child_exit(server: Any, worker: Any) -> None:
    folder.sweep()
