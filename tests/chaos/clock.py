"""What the processes of the site are told while they run: what time it is, and how full the disk is.

`environment` makes each Python process that gets it look into one file, twice a second: it starts sitecustomize.py of
the folder beside this. The clock of all of them steps at once, that of the database and of Valkey stays.
"""

import datetime as dt
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

VARIABLE = "NOCTURNE_CHAOS_FILE"
LOOK_SECONDS = 0.5


def environment(file: Path) -> dict[str, str]:
    here = Path(__file__).resolve().parent
    return {VARIABLE: str(file), "PYTHONPATH": os.pathsep.join([str(here / "started"), str(here.parents[1])])}


def tell(file: Path, **said: float) -> None:
    """Change what `file` says: `ahead`, in seconds of the true time, and `disk`, in percent or 0 for the true one."""
    known = json.loads(file.read_text()) if file.exists() else {}
    new = file.with_suffix(".new")
    new.write_text(json.dumps({**known, **said}))
    new.rename(file)


def follow() -> None:
    """In a process of the site: do what the file says, in its forks, too."""
    path = os.environ.get(VARIABLE)
    if path and Path(path).exists():
        follower = _Follower(Path(path))
        follower.look()
        follower.begin()
        os.register_at_fork(after_in_child=follower.begin)


class _Follower:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead: float | None = None
        self._travel: Any = None
        self._disks: Any = None

    def begin(self) -> None:
        threading.Thread(target=self._run, name="chaos", daemon=True).start()

    def look(self) -> None:
        try:
            said = json.loads(self._file.read_text())
        except OSError:  # the run is over
            return
        if said.get("ahead", 0.0) != self._ahead:
            self._step(said.get("ahead", 0.0))
        self._fill(said.get("disk", 0.0))

    def _run(self) -> None:
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def _step(self, ahead: float) -> None:
        import time_machine

        if self._travel:
            self._travel.stop()
        self._ahead = ahead
        # starting takes a while, during which the clock stands; what it lost is given back
        now, began = time.time(), time.monotonic()
        self._travel = time_machine.travel(dt.datetime.fromtimestamp(now + ahead, dt.UTC), tick=True)
        started = self._travel.start()
        started.shift(now + ahead + time.monotonic() - began - time.time())

    def _fill(self, percent: float) -> None:
        machine: Any = sys.modules.get("nocturne.watching.machine")  # None until the process has loaded it
        if machine is None:
            return
        self._disks = self._disks or machine.disks
        machine.disks = (lambda: {"site": (int(percent), 100)}) if percent else self._disks
