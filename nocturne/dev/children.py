"""The processes that `make run` starts. They end with it, however it ends."""

import contextlib
import os
import signal
import subprocess
import time
from typing import Any

STOP_SECONDS = 8


class Children:
    """Named processes, each the leader of a session of its own: Ctrl-C in the terminal is for us to pass on.

    A minder, forked from us, knows them too. It sees our end of a pipe close when we are killed, and ends them then.
    """

    def __init__(self) -> None:
        self._commands: dict[str, tuple[list[str], dict[str, Any]]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        reader, self._pipe = os.pipe()
        self._minder = os.fork()
        if self._minder == 0:
            os.close(self._pipe)
            _mind(reader)
        os.close(reader)

    def start(self, name: str, command: list[str], **how: Any) -> None:
        """Start a process; `how` goes to Popen."""
        self._commands[name] = command, how
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **how)
        os.write(self._pipe, b"+%d\n" % process.pid)
        self._running[name] = process

    def restart_ended(self) -> list[str]:
        """Start those again that ended by themselves; their names."""
        ended = [name for name, process in self._running.items() if process.poll() is not None]
        for name in ended:
            process = self._running.pop(name)
            _kill_session(process.pid)
            os.write(self._pipe, b"-%d\n" % process.pid)
            command, how = self._commands[name]
            self.start(name, command, **how)
        return ended

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _kill_session(process.pid)
            process.wait()
        os.close(self._pipe)
        os.waitpid(self._minder, 0)


def _mind(reader: int) -> None:
    """In the minder: note who runs until the pipe ends, end who is left then, and exit."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        running: set[int] = set()
        with open(reader) as lines:
            for line in lines:
                (running.add if line[0] == "+" else running.discard)(int(line[1:]))
        for leader in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(leader, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(map(_runs, running)):
            time.sleep(0.1)
        for leader in running:
            _kill_session(leader)
    finally:
        os._exit(0)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _kill_session(leader: int) -> None:
    """End what a process that was told to end has left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
