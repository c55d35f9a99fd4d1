"""Read by gunicorn when it starts here, so that `gunicorn nocturne.wsgi` alone is right; options go before this.

Its own lines go where those of the application go, and look like them.
"""

import logging.config
import os
import runpy
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from nocturne import database
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


_found = _settings()
worker_class = "gthread"
threads = _found["WEB_THREADS"]
workers = _found["WEB_CONCURRENCY"] or max(1, min(max(2, os.cpu_count() or 1), database.most_processes(threads)))
# Told to end, a worker takes no more requests and answers those that it has, for so long.
graceful_timeout = 30
# A worker that does not say for so long that it is alive is replaced; requests of gthread may take longer.
timeout = 60
# Longer than proxies keep a connection that nobody uses, so that they never find it closed.
keepalive = 75
# Nobody commands it by a socket, which would have to lie in a home that the user of a service does not have.
control_socket_disable = True
# What tells that workers live is written to files, each second: not to a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None


class NocturneLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.config.dictConfig(_found["LOGGING"])


logger_class = NocturneLogger


def on_starting(server: Any) -> None:
    """Before any worker: they count into files of one folder, for Prometheus."""
    if server.cfg.workers > (most := database.most_processes(server.cfg.threads)):
        server.log.warning(
            "%s processes of %s threads share DB_POOL_MAX, which suffices for %s: requests may wait for a connection.",
            server.cfg.workers,
            server.cfg.threads,
            most,
        )
    if _found["ENABLE_METRICS"] and not folder.share(_found["METRICS_DIR"], "web"):
        server.log.warning("METRICS_DIR (%s) cannot be written to: each worker counts alone.", _found["METRICS_DIR"])


def post_fork(server: Any, worker: Any) -> None:
    """Before the application is loaded; with --preload it is by now, and has no pool, which forks must not share."""
    os.environ[database.PROCESSES] = str(worker.cfg.workers)


def post_worker_init(worker: Any) -> None:
    """Again after wsgi.py, for --preload, whose thread is left behind in the master."""
    from nocturne.watching import watch

    watch.begin("web")


def worker_exit(server: Any, worker: Any) -> None:
    from nocturne.watching import watch

    watch.end()


def child_exit(server: Any, worker: Any) -> None:
    folder.sweep()
