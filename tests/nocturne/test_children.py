import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil
import pytest

from nocturne.dev.children import Children
from nocturne.management.commands import dev

ROOT = Path(__file__).resolve().parents[2]
# pytest's workers have threads, which our command has not when it forks
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

# `stubborn` and its own children do not end when they are told to.
PARENT = """
import sys, time
from nocturne.dev import children
children.STOP_SECONDS = 1
started = children.Children()
mark = sys.argv[1]
started.start("polite", ["sleep", mark])
started.start("stubborn", ["sh", "-c", f"trap '' TERM; sleep {mark} & sleep {mark}; sleep {mark}"])
print("started", flush=True)
time.sleep(60)
"""


def sleepers(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cmdline() == ["sleep", mark]:
                found.append(process)
    return found


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def output_of(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout
    return process.stdout


@pytest.fixture
def children() -> Children:
    return Children()


def test_a_kill_of_the_parent_ends_children_and_their_children() -> None:
    mark = f"61.{os.getpid()}"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, mark], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert output_of(parent).readline() == "started\n"
    assert eventually(lambda: len(sleepers(mark)) == 3)
    parent.kill()
    parent.wait()
    assert eventually(lambda: not sleepers(mark))


def test_stop_ends_children_and_their_children(children: Children) -> None:
    mark = f"61.{os.getpid()}1"
    children.start("shell", ["sh", "-c", f"sleep {mark} & sleep {mark}; true"])
    assert eventually(lambda: len(sleepers(mark)) == 2)
    children.stop()
    assert not sleepers(mark)


def test_a_child_that_ends_is_started_again(children: Children) -> None:
    mark = f"61.{os.getpid()}2"
    dev._start(children, "sleeper", ["sleep", mark])  # as `make run` starts them
    assert children.restart_ended() == []
    [first] = sleepers(mark)
    first.send_signal(signal.SIGKILL)
    assert eventually(lambda: children.restart_ended() == ["sleeper"])
    assert eventually(lambda: len(sleepers(mark)) == 1)
    assert sleepers(mark) != [first]
    children.stop()
    assert not sleepers(mark)
