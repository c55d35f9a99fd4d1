"""Three days before an issue is due; who is asked to send it does so at once."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from subscriptions.tasks import send_digest

from ..issues import EARLIER


@pytest.fixture(autouse=True)
def _at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DIGEST_PAUSE = 0
    monkeypatch.setattr("subscriptions.tasks.send_digest.apply_async", lambda args, **options: send_digest(*args))


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(EARLIER, tick=False) as traveller:
        yield traveller
