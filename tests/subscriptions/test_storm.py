import re
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nobody_gets_two_and_nobody_is_left_out_whatever_is_killed() -> None:
    """The bench of workers, Valkey and a mail server in bad weather, with few subscribers and a slow server."""
    command = [sys.executable, "-m", "tests.bench.subscribers", "--subscribers", "60", "--delay", "0.15"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=230, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r" mails: ", done.stdout)) == 5
    assert re.search(r"^ +0 got two or more: nobody$", done.stdout, re.MULTILINE)
