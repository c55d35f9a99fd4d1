"""Mutated documents through everything that reads them: make fuzz, or make fuzz SECONDS=600 SEED=1.

Each goes through detecting, extracting, normalising, settling of ids and the rules. Printed are crashes (an exception
that an extractor was saved from counts as one), results that no column would hold, and what takes longer than two
seconds of CPU. Exit status 1 if there is any. An input is known by its number: ONLY=123 runs that one again.
"""

# ruff: noqa: E402

import datetime as dt
import json
import logging
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from types import FrameType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nocturne.settings")
os.environ.setdefault("ENVIRONMENT", "development")
os.environ.setdefault("ENV_FILE", os.devnull)

import django

django.setup()

from events.drafts import EventDraft
from quality import rules
from scraping.detect import read
from scraping.extractors import MAX_DRAFTS, Document, Window
from scraping.identity import settle
from scraping.normalise import LENGTHS, MAX_URL, normalise
from tests.bench.documents import mutated, valid

SLOW, HANGS = 2.0, 20
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
WINDOW = Window(
    start=NOW,
    end=dt.datetime(2036, 1, 1, tzinfo=dt.UTC),
    horizon=NOW + dt.timedelta(days=180),
    timezone="Europe/Berlin",
)
LIMITS = {"title": LENGTHS["title"], "description": LENGTHS["description"], "url": MAX_URL, "image_url": MAX_URL}


class Hangs(BaseException):
    """The input took too long; no handler of a reader catches it."""


class Fault(Exception):
    """A result that must not be."""


def examine(body: bytes, *, thoroughly: bool = True) -> Counter[str]:
    """Read a document as the pipeline does; Fault for what must not come of any. What came of it, counted."""
    reading = read(Document(url="https://klub.example/events", body=body), WINDOW)
    if fault := next((problem for problem in reading.problems if problem.code == "document.fault"), None):
        raise Fault(fault.message)
    if len(reading.drafts) > MAX_DRAFTS:
        raise Fault(f"{len(reading.drafts)} drafts")
    drafts = settle(normalise(draft, base_url="https://klub.example/events") for draft in reading.drafts)
    for draft in drafts:
        if thoroughly:
            _check(draft)
        rules.assess(draft, now=NOW, city=None, is_new=True)
    return Counter({reading.format or "unknown": 1, "drafts": len(drafts)})


def _check(draft: EventDraft) -> None:
    text = json.dumps(draft.to_json(), ensure_ascii=False)
    text.encode()  # a lone surrogate has no bytes
    if "\\u0000" in text:
        raise Fault("a NUL byte in a draft")
    if EventDraft.from_json(json.loads(text)) != draft:
        raise Fault("a draft that its JSON does not give back")
    for name, limit in LIMITS.items():
        if len(getattr(draft, name)) > limit:
            raise Fault(f"{name} of {len(getattr(draft, name))} characters")
    if any(url and not url.startswith(("http://", "https://")) for url in (draft.url, draft.image_url)):
        raise Fault(f"an address that is none: {draft.url} {draft.image_url}")
    if normalise(draft) != draft.replace(problems=normalise(draft).problems):
        raise Fault("normalising again changes it")


def _alarm(signum: int, frame: FrameType | None) -> None:
    raise Hangs(f"longer than {HANGS} seconds")


def made(number: int) -> tuple[str, bytes]:
    """The input of a number: a valid document in one of ten, else a mutated one, some of them of two spliced."""
    rng = random.Random(number)
    name, body = valid(rng.randrange(10**9))
    if number % 10 == 0:
        return name, body
    if rng.random() < 0.1:
        other = valid(rng.randrange(10**9))[1]
        body = body[: rng.randrange(len(body))] + other[rng.randrange(len(other)) :]
    return name, mutated(body, rng)


def main() -> int:
    if "ONLY" not in os.environ:
        logging.disable()  # the readers log what they are saved from
    signal.signal(signal.SIGPROF, _alarm)  # of CPU: other work on the machine makes no input slow
    seconds, first = float(os.environ.get("SECONDS", "60")), int(os.environ.get("SEED", "1")) * 10**7
    only = os.environ.get("ONLY")
    began, count, found, seen = time.monotonic(), 0, 0, set[str]()
    total, slowest = Counter[str](), 0.0
    numbers = iter([int(only)]) if only else iter(range(first, first + 10**7))
    for number in numbers:
        if time.monotonic() - began > seconds:
            break
        name, body = made(number)
        count += 1
        at = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, HANGS)
        try:
            total += examine(body)
        except (Exception, Hangs) as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__}: {str(error)[:200]} at {place.filename}:{place.lineno}"
            found += 1
            if told not in seen:
                seen.add(told)
                print(f"#{number} {name}, {len(body):,} bytes: {told}", flush=True)
            if only:
                traceback.print_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - at
        slowest = max(slowest, took)
        if took > SLOW:
            found += 1
            print(f"#{number} {name}, {len(body):,} bytes: {took:.1f} s", flush=True)
    spent = time.monotonic() - began
    print(f"{count:,} inputs in {spent:.0f} s, {found} findings, slowest {slowest:.2f} s")
    print(", ".join(f"{what}: {number:,}" for what, number in total.most_common()))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
