"""What a thread is working on, a request or a task, so that its lines in the logs can say so."""

import dataclasses
import re
import uuid
from contextvars import ContextVar
from typing import Any

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


@dataclasses.dataclass(slots=True)
class Work:
    """`id` is that of the request that it began with, also in the tasks that the request queued."""

    id: str
    subject: str = "app"  # of lines that belong to no other
    task: str = ""
    request: Any = None
    queries: int = 0
    query_seconds: float = 0.0

    @property
    def name(self) -> str:
        """The task, or method, view and route of the request: never its address, which may hold a token."""
        if self.request is None:
            return self.task
        match = getattr(self.request, "resolver_match", None)
        where = f"{match.view_name} (/{match.route})" if match else "(no view)"
        return f"{self.request.method} {where}"


_current: ContextVar[Work | None] = ContextVar("work", default=None)


def current() -> Work | None:
    return _current.get()


def begin(work: Work | None) -> None:
    _current.set(work)


def id_for(given: str | None) -> str:
    """The id that somebody in front of us has given, if it has the form of one, else a new one."""
    return given if given and _SANE.fullmatch(given) else uuid.uuid4().hex
