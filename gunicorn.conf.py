"""Read by gunicorn when it starts here: its own lines go where those of the application go, and look like them."""

import logging.config
import os
import runpy
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

SETTINGS = Path(__file__).resolve().parent / "nocturne" / "settings.py"


class NocturneLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        # Run, not imported, and the environment put back: workers that a reload starts read settings of their own.
        given = dict(os.environ)
        try:
            logging.config.dictConfig(runpy.run_path(str(SETTINGS))["LOGGING"])
        finally:
            os.environ.clear()
            os.environ.update(given)


logger_class = NocturneLogger
