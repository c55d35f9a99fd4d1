"""Files that several processes write to and rotate, without a line lost or torn."""

import contextlib
import fcntl
import logging
import os
import sys
import time
from pathlib import Path

from . import NAMES, subject_of

# Seconds until a file that could not be written is tried again.
REST_SECONDS = 60


class SharedFile:
    """An append-only file that becomes PATH.1 when it is full, and PATH.1 becomes PATH.2, up to PATH.`backups`.

    A line is one write to a file opened for appending, which the kernel keeps whole. Before each the file is looked
    at: once another process has rotated, it is opened anew. What is written in between lands in PATH.1, where the
    file went. Rotating is done under a lock on the file that is rotated, so that it needs no second file.
    """

    def __init__(self, path: Path, *, max_bytes: int, backups: int) -> None:
        self.path, self.max_bytes, self.backups = path, max_bytes, backups
        self._descriptor = -1
        self._file = (0, 0)

    def write(self, line: str) -> None:
        """Append a line; OSError if that cannot be done."""
        data = memoryview(f"{line}\n".encode("utf-8", "backslashreplace"))
        size = self._open()
        if size and size + len(data) > self.max_bytes:
            self._rotate(len(data))
            self._open()
        while data:  # a full disk takes a part, and then raises
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        """Have the file open that the path names now; its size."""
        with contextlib.suppress(FileNotFoundError):
            found = os.stat(self.path)
            if self._descriptor >= 0 and _identity(found) == self._file:
                return found.st_size
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        found = os.fstat(self._descriptor)
        self._file = _identity(found)
        return found.st_size

    def _rotate(self, coming: int) -> None:
        try:
            # opened for the lock alone: after a fork the other descriptor is shared, and so would be its lock
            lock = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:  # another process is at it
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            full, now = os.fstat(lock), os.stat(self.path)
            if _identity(full) != _identity(now) or full.st_size + coming <= self.max_bytes:
                return  # another process was faster
            names = [str(self.path), *(f"{self.path}.{number}" for number in range(1, self.backups + 1))]
            for number in range(self.backups, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(names[number - 1], names[number])
        except FileNotFoundError:  # another process was faster, and nobody has written since
            return
        finally:
            os.close(lock)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


class Files(logging.Handler):
    """Writes each record to the file of its subject. What cannot be written is told once, and breaks nothing."""

    def __init__(self, *, folder: str, max_bytes: int, backups: int) -> None:
        super().__init__()
        self.folder = Path(folder)
        self._files = {
            name: SharedFile(self.folder / f"{name}.log", max_bytes=max_bytes, backups=backups) for name in NAMES
        }
        self.rests_until = 0.0
        self._failing = False

    def emit(self, record: logging.LogRecord) -> None:
        if time.monotonic() < self.rests_until:
            return
        try:
            self._files[subject_of(record)].write(self.format(record))
        except OSError as error:
            self._rest(error)
        except Exception:
            self.handleError(record)
        else:
            if self._failing:
                self._failing = False
                say(f"Logs are written to {self.folder} again.")

    def close(self) -> None:
        with self.lock or contextlib.nullcontext():
            for file in self._files.values():
                with contextlib.suppress(OSError):
                    file.close()
        super().close()

    def _rest(self, error: OSError) -> None:
        self.rests_until = time.monotonic() + REST_SECONDS
        if not self._failing:
            self._failing = True
            say(
                f"Logs cannot be written to {self.folder} ({error.strerror}); they go to the console only, until they"
                " can. See that it is a folder that this user may write to, with room; or empty LOG_DIR."
            )


def say(sentence: str) -> None:
    """Tell about the logs what they cannot tell themselves."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # the console may be gone, too
        print(sentence, file=sys.stderr, flush=True)
