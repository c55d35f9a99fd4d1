"""Which machine this is, and how much of it is used: disks, memory, processor; as far as the system tells."""

import os
import resource
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from django.conf import settings


def host() -> str:
    return socket.gethostname()


def disks() -> dict[str, tuple[int, int]]:
    """Bytes used and in all of each disk that the site writes to, by what is on it: site, media, logs, backups.

    What cannot be looked at is left out; of several on one disk the first stands for all.
    """
    found: dict[str, tuple[int, int]] = {}
    seen = set()
    written = {
        "site": settings.DATA_DIR,
        "media": settings.MEDIA_ROOT,
        "logs": settings.LOG_DIR,
        "backups": settings.BACKUP_DIR,
    }
    for name, path in written.items():
        with suppress(OSError, ValueError):
            place = _existing(Path(path or settings.DATA_DIR))
            device = place.stat().st_dev
            if device in seen:
                continue
            seen.add(device)
            usage = shutil.disk_usage(place)
            # what is kept for root is not free to us
            found[name] = (usage.total - usage.free, usage.total)
    return found


def _existing(path: Path) -> Path:
    """The path, or the nearest above it that is there."""
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))


def fullest() -> tuple[str, float]:
    """The disk of which most is used, and how many percent; 0 where no disk can be looked at."""
    percents = {name: 100 * used / total for name, (used, total) in disks().items() if total}
    return max(percents.items(), key=lambda one: one[1], default=("site", 0.0))


def memory() -> tuple[int, int] | None:
    """Bytes of memory in use and in all; None where the system has no /proc."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines) if rest}
    total = found.get("MemTotal", 0)
    return (total - found.get("MemAvailable", found.get("MemFree", 0)), total) if total else None


def load() -> float | None:
    """How many processes run or wait for a processor, for each processor, over the last minute."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return None


def own_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def own_memory() -> int:
    """Resident bytes of this process; the most it ever had where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * os.sysconf("SC_PAGE_SIZE")
