"""The folder in which processes count together: prometheus_client has a file of each process and kind in it.

The families of processes of a machine, as web and worker, have a folder each, which is emptied when the family starts.
What a process that ended has counted is added up in one file, so that files do not become more with each that ends.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # read by the library when it is first imported
ENDED = "ended"  # stands where the number of the process does


def share(root: str | os.PathLike[str], family: str) -> bool:
    """Have this process and its children count together, as this family; before anything imports the library.

    False, and each counts for itself, if the folder cannot be written to.
    """
    folder = Path(root) / family
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            for file in _files(folder):
                if not _lives(file):
                    file.unlink(missing_ok=True)
    except OSError:
        return False
    os.environ[VARIABLE] = str(folder)
    os.register_at_fork(after_in_child=_begin_anew)
    return True


def _begin_anew() -> None:
    """In a child at once, not when it counts first: Celery's beat closes all files that it has of its parent."""
    if metrics := sys.modules.get("nocturne.metrics"):
        metrics.query_seconds.collect()


def is_shared() -> bool:
    return VARIABLE in os.environ


def family() -> str:
    """The name under which this process counts."""
    return Path(os.environ.get(VARIABLE, "process")).name


def sweep() -> None:
    """Put away the files of this family's processes that have ended: gauges go, counts are added up."""
    if not is_shared():
        return
    from prometheus_client.mmap_dict import MmapedDict

    folder = Path(os.environ[VARIABLE])
    with _locked(folder):
        for file in _files(folder):
            if _lives(file) or file.stem.endswith(f"_{ENDED}"):
                continue
            if file.name.startswith(("counter_", "histogram_")):
                _add(MmapedDict, file, folder / f"{file.name.partition('_')[0]}_{ENDED}.db")
            file.unlink(missing_ok=True)


def _add(kind: Any, file: Path, total: Path) -> None:
    counted = kind(str(total))
    try:
        for key, value, _, _ in kind.read_all_values_from_file(str(file)):
            counted.write_value(key, counted.read_value(key)[0] + value, 0.0)
    finally:
        counted.close()


@contextlib.contextmanager
def files(root: str | os.PathLike[str]) -> Iterator[list[str]]:
    """The files of all families, which are left as they are meanwhile."""
    folders = sorted(folder for folder in Path(root).iterdir() if folder.is_dir())
    with contextlib.ExitStack() as locks:
        for folder in folders:
            locks.enter_context(_locked(folder))
        yield [str(file) for folder in folders for file in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*_*.db"))


def _lives(file: Path) -> bool:
    number = file.stem.rpartition("_")[2]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, which lives
    return True


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
