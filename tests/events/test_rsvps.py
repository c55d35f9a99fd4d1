"""Answers to events: one a user, whatever is merged, repeated or said by two at once."""

import datetime as dt
import threading
from typing import Any

import pytest
import time_machine
from django.db import connection

from events import rsvps
from events.models import Event, Rsvp
from nocturne.models import User
from quality.merging import merge, unmerge
from tests.factories import make_event, make_listing

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


def make_user(name: str = "ada") -> User:
    return User.objects.create(email=f"{name}@example.org")


def told(event: Event) -> tuple[int, int]:
    number = rsvps.counts([event.pk]).get(event.pk, rsvps.Counts())
    return number.going, number.interested


def make_two() -> tuple[Event, Event]:
    """Two that an editor may merge and take apart again."""
    two = make_event("Concert"), make_event("Concert!")
    for event in two:
        make_listing(event)
    return two


@pytest.fixture(autouse=True)
def clock_at() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_an_answer_can_be_given_changed_repeated_and_taken_back() -> None:
    event, ada, bob = make_event(), make_user(), make_user("bob")
    for _ in range(2):
        rsvps.answer(event, ada, "going")
    rsvps.answer(event, bob, "interested")
    assert told(event) == (1, 1)
    rsvps.answer(event, bob, "going")
    assert told(event) == (2, 0)
    for _ in range(2):
        rsvps.answer(event, ada, None)
    assert told(event) == (1, 0)
    assert rsvps.answers(bob, [event.pk]) == {event.pk: "going"}
    assert rsvps.answers(ada, [event.pk]) == {}


def test_saying_the_same_again_leaves_the_time_of_the_answer(clock_at: Any) -> None:
    event, ada = make_event(), make_user()
    rsvps.answer(event, ada, "going")
    clock_at.shift(3600)
    rsvps.answer(event, ada, "going")
    assert Rsvp.objects.get().answered_at == NOW
    rsvps.answer(event, ada, "interested")
    assert Rsvp.objects.get().answered_at == NOW + dt.timedelta(hours=1)
    assert Rsvp.objects.get().created_at == NOW


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"local": "2026-11-29T20:00"}, "over"),
        ({"status": "cancelled"}, "cancelled"),
        ({"visibility": "hidden"}, "not shown"),
        ({"visibility": "held"}, "not shown"),
    ],
)
def test_what_is_closed_takes_no_answer_and_lets_one_be_taken_back(columns: dict[str, Any], why: str) -> None:
    event, ada = make_event(**columns), make_user()
    with pytest.raises(rsvps.Closed, match=why):
        rsvps.answer(event, ada, "going")
    Rsvp.objects.create(event=event, user=ada, answer="going")
    rsvps.answer(event, ada, "going")  # which it says already
    with pytest.raises(rsvps.Closed):
        rsvps.answer(event, ada, "interested")
    rsvps.answer(event, ada, None)
    assert not Rsvp.objects.exists()


def test_a_run_takes_answers_until_its_last_night() -> None:
    rsvps.answer(make_event(local="2026-11-20T10:00", local_end="2026-12-02T18:00"), make_user(), "going")


class TestMerging:
    def test_the_one_that_is_seen_has_all_answers_each_user_once_with_the_newest(self, clock_at: Any) -> None:
        first, second = make_two()
        ada, bob, eve = make_user("ada"), make_user("bob"), make_user("eve")
        rsvps.answer(first, ada, "going")
        rsvps.answer(first, bob, "going")
        clock_at.shift(60)
        rsvps.answer(second, ada, "interested")
        rsvps.answer(second, eve, "going")
        root = merge(first, second)
        assert told(root) == (2, 1)
        assert rsvps.answers(ada, [root.pk]) == {root.pk: "interested"}
        assert [event.pk for event in rsvps.events_of(ada, since=NOW.date())] == [root.pk]

    def test_unmerging_gives_each_its_own_back(self, clock_at: Any) -> None:
        first, second = make_two()
        ada, bob = make_user("ada"), make_user("bob")
        rsvps.answer(second, ada, "interested")
        root = merge(first, second)
        clock_at.shift(60)
        merged = Event.objects.get(pk=second.pk)
        rsvps.answer(merged, ada, "going")  # by an address from before
        rsvps.answer(root, bob, "going")
        assert told(root) == (2, 0)
        unmerge(merged)
        assert told(first) == (2, 0)
        assert told(second) == (0, 1)

    def test_what_is_taken_back_does_not_come_forth_again(self) -> None:
        first, second = make_two()
        ada = make_user()
        rsvps.answer(first, ada, "going")
        rsvps.answer(second, ada, "going")
        root = merge(first, second)
        rsvps.answer(root, ada, None)
        assert told(root) == (0, 0)
        unmerge(Event.objects.get(pk=second.pk))
        assert (told(first), told(second)) == ((0, 0), (0, 0))


@pytest.mark.django_db(transaction=True)
def test_several_at_once_leave_one_answer_each() -> None:
    event = make_event()
    users = [make_user(f"user-{number}") for number in range(3)]
    begin = threading.Barrier(6)
    failures: list[Exception] = []

    def say(user: User, said: str) -> None:
        begin.wait()
        try:
            for _ in range(5):
                rsvps.answer(event, user, said, now=NOW)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=(user, said)) for user in users for said in ("going", "interested")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(told(event)) == Rsvp.objects.count() == 3


def test_counts_of_many_events_are_one_query(django_assert_num_queries: Any) -> None:
    ada, events = make_user(), [make_event() for _ in range(5)]
    for event in events:
        rsvps.answer(event, ada, "going")
    with django_assert_num_queries(1):
        rsvps.counted(events[:2], events[2:])
    assert [event.going for event in events] == [1] * 5
    with django_assert_num_queries(0):
        rsvps.counted([], [])
