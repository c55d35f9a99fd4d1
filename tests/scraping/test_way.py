"""The way of one event through the functions that docs/developers.md names."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import CodeType

import pytest
import time_machine
from django.test import Client

from scraping import tasks
from tests.nocturne.test_docs import table
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.test_pipeline import NOW, add

TOOL = sys.monitoring.OPTIMIZER_ID  # the number that debuggers and coverage leave alone
START = sys.monitoring.events.PY_START
pytestmark = pytest.mark.django_db


def code_of(name: str) -> CodeType:
    module, _, function = name.rpartition(".")
    found = getattr(import_module(module), function)
    code: CodeType = inspect.unwrap(getattr(found, "run", found)).__code__  # a task's function is its run
    return code


@contextmanager
def called(names: list[str]) -> Iterator[list[str]]:
    """Those of the functions that are called within the block, in the order of their first calls."""
    codes = {code_of(name): name for name in names}
    found: list[str] = []

    def note(code: CodeType, _: int) -> object:
        found.append(codes[code])
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(TOOL, "way")
    try:
        sys.monitoring.register_callback(TOOL, START, note)
        for code in codes:
            sys.monitoring.set_local_events(TOOL, code, START)
        yield found
    finally:
        for code in codes:
            sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(TOOL)
        sys.monitoring.restart_events()


def test_the_functions_that_are_named_are_called_in_that_order(
    publisher: Publisher, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.publish(vevent("ADA BLUM (live!)", "2026-12-05T01:00", uid="a"))
    source = add(publisher)
    queued: list[int] = []
    monkeypatch.setattr(tasks.scrape_source, "apply_async", lambda args, **options: queued.append(*args))
    names = [cell.strip("`") for cell, _ in table("docs/developers.md", "function")]
    with called(names) as found, time_machine.travel(NOW, tick=False):
        tasks.scrape_due()
        tasks.scrape_source(*queued)
        page = client.get("/berlin/").content.decode()
    assert queued == [source.pk]
    assert "ADA BLUM (live!)" in page
    assert found == names
