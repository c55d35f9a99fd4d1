"""Events to which people go, for tests of the mail that they get; and a worker that dies at any line."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from django.db import connection
from django.utils import timezone as clock

from events.compose import compose
from events.models import Event, Rsvp
from nocturne.models import EmailLog, User
from tests.factories import make_event, make_listing
from tests.mailservers import MailServer

ADA, BOB = "ada@example.org", "bob@example.org"


def make_user(email: str = ADA) -> User:
    return User.objects.get_or_create(email=email)[0]


def make_gig(title: str = "Jazz", **columns: Any) -> Event:
    """An event that a source lists, so that editors' values change it as a source's would."""
    event = make_event(title, **columns)
    make_listing(event)
    compose([event.pk], now=clock.now())
    for name, value in columns.items():
        if name in ("status", "visibility"):
            Event.objects.filter(pk=event.pk).update(**{name: value})
    event.refresh_from_db()
    return event


def goes(event: Event, email: str = ADA, answer: str = "going", **columns: Any) -> Rsvp:
    return Rsvp.objects.create(event=event, user=make_user(email), answer=answer, **columns)


class Killed(BaseException):
    pass


def killed_at_each_line(
    work: Callable[[], object], modules: tuple[Any, ...], begin: Callable[[], object]
) -> Iterator[str]:
    """Begin anew and do the work, dying at each line of these modules, the last time that it is reached.

    The connection to the database is lost with it, as that of a process that is killed.
    """
    files = {module.__file__ for module in modules}
    begin()
    reached = traced(work, files)
    for number in sorted({line: number for number, line in enumerate(reached)}.values()):
        begin()
        with contextlib.suppress(Killed):
            traced(work, files, die_at=number)
            raise AssertionError("It did not come that far.")
        connection.close()
        connection.connect()
        yield f"{number}: {reached[number]}"


def traced(work: Callable[[], object], files: set[str], *, die_at: int = -1) -> list[str]:
    """The lines of these files in the order in which the work reaches them."""
    reached: list[str] = []

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if what == "line":
            reached.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
            if len(reached) == die_at + 1:
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return reached


def got_one_each(
    work: Callable[[], object],
    modules: tuple[Any, ...],
    mail_server: MailServer,
    people: set[str],
    begin: Callable[[], object] = lambda: None,
) -> None:
    """At whichever line of these modules the work is killed, each of the people has one mail once it was repeated, or
    the ledger says of whom that is not known."""

    def begin_anew() -> None:
        mail_server.recipients.clear()
        EmailLog.objects.all().delete()
        begin()

    lines = 0
    for line in killed_at_each_line(work, modules, begin_anew):
        work()
        got = Counter(mail_server.recipients)
        under_way = set(EmailLog.objects.filter(state="sending").values_list("address", flat=True))
        assert set(got.values()) <= {1}, line
        assert set(got) | under_way == people, line
        lines += 1
    assert lines > 60
