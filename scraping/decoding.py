"""Strangers' bytes become pictures in a process of its own, within limits of memory and time: scraping/decoder.py."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from events.models.image import WIDTHS

DECODER = Path(__file__).with_name("decoder.py")
SECONDS = 60


class NoPicture(Exception):
    """Why bytes are no picture that is kept: `kind` for machines ("image.svg"), the message for people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as published, the right way up, and its WebP files, the smallest first."""

    width: int
    height: int
    colour: str
    files: list[bytes]


def decode(data: bytes) -> Decoded:
    """The picture that these bytes are, whatever their sender calls them; NoPicture where they are none to keep."""
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<"):
        if b"<svg" in head:
            raise NoPicture("image.svg", "The picture is an SVG, which is a program rather than a picture.")
        raise NoPicture("image.page", "What stands at the address is a page and no picture.")
    command = [sys.executable, "-I", str(DECODER), *map(str, WIDTHS)]
    # nothing else of the environment, which has the secrets
    env = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, env=env, check=False)
    except subprocess.TimeoutExpired:
        raise NoPicture("image.slow", f"The picture took more than {SECONDS} seconds.")
    head, _, rest = done.stdout.partition(b"\n")
    try:
        facts = json.loads(head)
    except ValueError:
        raise NoPicture("image.crash", f"Reading the picture ended its process ({done.returncode}).")
    if "error" in facts:
        raise NoPicture(facts["error"], facts["message"])
    ends = accumulate(facts["sizes"], initial=0)
    files = [rest[start:end] for start, end in pairwise(ends)]
    return Decoded(facts["width"], facts["height"], facts["colour"], files)
