"""A real PostgreSQL and a real Valkey for development and tests, out of wheels, without Docker.

Any number of processes call `ensure` with the same folder and share its servers. Each server has a
supervisor, a process of its own, which ends it when nobody uses it any more. All bookkeeping is in locks on
files, which the kernel drops with the process that holds them, however it ends; no process number is trusted.

    use.lock         shared by all users; the supervisor takes it for itself to find out that there are none
    start.lock       held while looking whether the server runs, and starting it
    supervisor.lock  held by the supervisor as long as it or its server lives
"""

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nocturne.dev.engines import ENGINES, Engine, NotStarted, write_private

START_SECONDS = 90
STOP_SECONDS = 20
TICK_SECONDS = 0.5

# Locks on the servers that this process and its forks use, by folder.
_used: dict[Path, int] = {}
_supervisors: list[subprocess.Popen[str]] = []


def ensure(directory: Path, *names: str, durable: bool = True) -> dict[str, str]:
    """The addresses of the named servers ("postgres", "valkey"), which run until this process ends, at least.

    Their data are kept in `directory`; without `durable` a power cut may cost them. Raise NotStarted.
    """
    try:
        with contextlib.ExitStack() as stack:
            # all are begun before the first is waited for
            starts = {name: _begin(_folder(directory, name), name, durable, stack) for name in names}
            return {name: _await(_folder(directory, name), name, process) for name, process in starts.items()}
    except PermissionError as error:
        raise NotStarted(
            f"{error.filename} belongs to another user: run as that user, or remove {directory}."
        ) from None


def leave() -> None:
    """Stop using the servers, and wait until those that nobody else uses have ended."""
    folders = list(_used)
    while _used:
        os.close(_used.popitem()[1])
    time.sleep(2 * TICK_SECONDS if folders else 0)
    for folder in folders:
        with contextlib.suppress(FileNotFoundError), _lock(folder / "use.lock", fcntl.LOCK_SH):
            pass  # a supervisor that is stopping its server holds it until it is done
    for supervisor in _supervisors:
        supervisor.poll()


def _folder(directory: Path, name: str) -> Path:
    return directory.resolve() / name


@contextlib.contextmanager
def _lock(path: Path, how: int) -> Iterator[int]:
    """Hold a lock on a file; raise BlockingIOError if `how` says not to wait."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, how)
        yield file
    finally:
        os.close(file)


def _begin(folder: Path, name: str, durable: bool, stack: contextlib.ExitStack) -> subprocess.Popen[str] | None:
    """Use the server of a folder; start its supervisor if there is none, and return that."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder not in _used:
        file = os.open(folder / "use.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_SH)  # waits for a supervisor that is just stopping
        _used[folder] = file
    stack.enter_context(_lock(folder / "start.lock", fcntl.LOCK_EX))
    try:
        with _lock(folder / "supervisor.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            pass
    except BlockingIOError:
        return None
    log = folder / "server.log"
    with open(log, "ab" if log.exists() and log.stat().st_size < 1_000_000 else "wb") as output:
        supervisor = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "nocturne.dev.servers",
                name,
                str(folder),
                "durable" if durable else "fast",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is not for the servers
            cwd=Path(__file__).resolve().parent.parent.parent,
        )
    _supervisors.append(supervisor)
    return supervisor


def _await(folder: Path, name: str, supervisor: subprocess.Popen[str] | None) -> str:
    """The server's address, once it answers there."""
    engine = ENGINES[name]
    deadline = time.monotonic() + START_SECONDS
    if supervisor and supervisor.stdout:
        with supervisor.stdout as output:
            if select.select([output], [], [], START_SECONDS)[0] and (url := output.readline().strip()):
                return url
        last = "it said nothing"
        with contextlib.suppress(FileNotFoundError):
            last = (folder / "server.log").read_text(errors="replace").strip().rpartition("\n")[2]
        raise NotStarted(f"{engine.title} did not start ({last}); more in {folder / 'server.log'}")
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if engine.answers(url := (folder / "url").read_text()):
                return url
        time.sleep(0.1)
    raise NotStarted(f"{engine.title} runs and does not answer; see {folder / 'server.log'}")


def _supervise(engine: Engine) -> None:
    """Keep the server running as long as it is used; print its address when it is ready."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: stopping.append(number))
    use = os.open(engine.folder / "use.lock", os.O_RDWR)
    with _lock(engine.folder / "supervisor.lock", fcntl.LOCK_EX):
        process = _start(engine)
        write_private(engine.folder / "url", engine.url)
        print(engine.url, flush=True)
        # Nobody reads on, and who waits for the end of the output is not to wait for ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        started = time.monotonic()
        while not stopping and _is_used(engine.folder / "use.lock", use):
            time.sleep(TICK_SECONDS)
            if process.poll() is None and engine.intact():
                continue
            print(f"{engine.title} is lost ({process.returncode}); starting it again", file=sys.stderr)
            if process.returncode is None:
                _stop(process)
            elif time.monotonic() - started < 5:
                raise NotStarted(f"{engine.title} does not stay alive.")
            process, started = _start(engine), time.monotonic()
        _stop(process)
        engine.tidy()


def _is_used(path: Path, file: int) -> bool:
    """False leaves the lock with us: newcomers wait for it until we have gone."""
    try:
        if not os.path.samestat(path.stat(), os.fstat(file)):
            return False  # the folder was removed, and perhaps made anew by somebody else
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _start(engine: Engine) -> subprocess.Popen[bytes]:
    for attempt in range(3):
        _end_strays(engine)
        if attempt == 2:
            engine.discard()
        engine.prepare()
        process = engine.start(stdout=sys.stderr, stderr=sys.stderr, preexec_fn=_end_with_supervisor)
        deadline = time.monotonic() + START_SECONDS / 3
        while process.poll() is None and time.monotonic() < deadline:
            if engine.ready(process):
                return process
            time.sleep(0.02)
        _stop(process)
    raise NotStarted(f"{engine.title} does not start.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # to both engines: end the sessions, write everything down, go
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_strays(engine: Engine) -> None:
    """End the processes of a server whose supervisor was killed: two on the same data would ruin them."""
    import psutil

    def strays() -> Iterator[Any]:
        for process in psutil.process_iter(["name", "cmdline"]):
            if process.info["name"] == engine.program and engine.marker in " ".join(process.info["cmdline"] or ()):
                yield process

    for end in (psutil.Process.terminate, psutil.Process.kill):
        deadline = time.monotonic() + STOP_SECONDS
        while (found := list(strays())) and time.monotonic() < deadline:
            for process in found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    end(process)
            psutil.wait_procs(found, timeout=1)
        if not found:
            return


# Loaded here: between fork and exec nothing can be.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_supervisor() -> None:
    """Have the kernel stop the server if its supervisor is killed; elsewhere the next start finds it."""
    if _libc:
        _libc.prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    engine_name, engine_folder, durability = sys.argv[1:]
    try:
        _supervise(ENGINES[engine_name](Path(engine_folder), durable=durability == "durable"))
    except (NotStarted, OSError, subprocess.CalledProcessError) as failure:
        sys.exit(str(failure))
