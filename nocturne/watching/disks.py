"""How full the disks of all machines are: processes note what they see of their own, for whoever looks for trouble."""

import datetime as dt
import hashlib

from . import machine, minutes

PREFIX = "disk:"  # of the names in the minutes, with the disk and the machine behind it
MINUTES = 2  # within which each machine notes it again
LENGTH = 40  # of a name


def note(*, now: dt.datetime) -> None:
    """Write down the fullest disk of this machine."""
    disk, percent = machine.fullest()
    name = f"{PREFIX}{disk} on {machine.host()}"
    if len(name) > LENGTH:  # machines of a cluster may differ at the end of their names alone
        name = f"{name[: LENGTH - 7]}~{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    minutes.note({name: percent}, now=now)


def fullest(now: dt.datetime) -> tuple[str, float]:
    """The fullest of all, as "media on web-1", and how many percent of it are used; 0 where nobody has noted any."""
    noted = minutes.lately(MINUTES, now=now).highest.items()
    found = {name.removeprefix(PREFIX): percent for name, percent in noted if name.startswith(PREFIX)}
    return max(found.items(), key=lambda one: one[1], default=("", 0.0))
