"""Who goes: answers to events, read through what these were merged into.

An answer stays with the event that it was given to, so that unmerging gives each its own back. Until then a user
counts once, with the newest answer.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from nocturne.cache import bump
from nocturne.models import User
from nocturne.origin import absolute

from .models import Attendee, Event, Rsvp
from .versions import Version


@dataclass(frozen=True, slots=True)
class Counts:
    going: int = 0
    interested: int = 0


class Closed(Exception):
    """No answer can be given any more; says why."""


@transaction.atomic
def answer(event: Event, user: User, said: str | None, *, now: dt.datetime | None = None) -> None:
    """Keep what a user says to an event, None to take it back. Closed if it is over, cancelled or not to be seen.

    What is taken back is taken back from all that was merged: a yes from before must not come forth again.
    """
    now = now or clock.now()
    mine = Rsvp.objects.filter(event__root=event.root_id, user=user)
    if said is None:
        if mine.delete()[0]:
            _count_anew(event)
        return
    root = event if event.merged_into_id is None else Event.objects.select_related("city").get(pk=event.root_id)
    stands = mine.standing().first()
    if stands and stands.answer == said:
        return
    if why := why_closed(root, now):
        raise Closed(why)
    new = Rsvp(event=root, user=user, answer=Rsvp.Answer(said), created_at=now, answered_at=now)
    Rsvp.objects.bulk_create(
        [new], update_conflicts=True, unique_fields=["event", "user"], update_fields=["answer", "answered_at"]
    )
    _count_anew(root)


def _count_anew(event: Event) -> None:
    """Counts on public pages follow within a minute: a city whose people answer all day renders no page more often.

    Who answers has the new count at once, by the fragment.
    """
    transaction.on_commit(partial(bump, event.city_id, at_once=False))


def why_closed(event: Event, now: dt.datetime) -> str:
    """Why a root event takes no answers, "" if it does."""
    if event.visibility not in (Event.Visibility.PUBLISHED, Event.Visibility.ARCHIVED):
        return _("This event is not shown any more.")
    if event.last_night < event.city.tonight(now):
        return _("This event is over.")
    if event.status == Event.Status.CANCELLED:
        return _("This event is cancelled.")
    return ""


# Each change of an answer to any of these root events makes another one; 0 if there is none.
VERSION_OF_ANSWERS = """
SELECT coalesce(bit_xor(hash_record_extended((answer.xmin, answer.ctid), answer.id)), 0) FROM events_rsvp answer
WHERE answer.event_id IN (SELECT id FROM events_event WHERE root_id = ANY(%(roots)s::bigint[]))
"""
# Standing answers (RsvpQuerySet.standing) by root event and answer, and in each row the version of all answers.
_COUNTS = f"""
SELECT root_id, answer, count(*), ({VERSION_OF_ANSWERS}) FROM (
    SELECT DISTINCT ON (event.root_id, said.user_id) event.root_id, said.answer
    FROM events_rsvp said JOIN events_event event ON event.id = said.event_id
    WHERE event.root_id = ANY(%(roots)s::bigint[])
    ORDER BY event.root_id, said.user_id, said.answered_at DESC, said.id DESC
) standing GROUP BY root_id, answer
"""


def counts(root_ids: Iterable[int]) -> dict[int, Counts]:
    """How many go and how many are interested, of those root events that anybody answered to; one query."""
    return _counts(root_ids)[0]


def counted(*lists: Iterable[Event | Version]) -> int:
    """Tell the events of a page's lists how many go to them: `going` and `interested`; one query for all.

    What comes back is the version of the answers that were counted.
    """
    events = [event for events in lists for event in events]
    found, version = _counts(event.pk for event in events)
    for event in events:
        number = found.get(event.pk, Counts())
        event.going, event.interested = number.going, number.interested
    return version


def _counts(root_ids: Iterable[int]) -> tuple[dict[int, Counts], int]:
    roots, version = list(set(root_ids)), 0
    numbers: dict[int, dict[str, int]] = defaultdict(dict)
    if roots:
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS, {"roots": roots})
            for root_id, said, number, of_all in cursor.fetchall():
                numbers[root_id][said], version = number, of_all
    found = {
        root_id: Counts(by_answer.get(Rsvp.Answer.GOING, 0), by_answer.get(Rsvp.Answer.INTERESTED, 0))
        for root_id, by_answer in numbers.items()
    }
    return found, version


def answers(user: User, root_ids: Iterable[int]) -> dict[int, str]:
    """What a user has said, by root event."""
    rows = Rsvp.objects.filter(user=user, event__root__in=set(root_ids)).standing()
    return dict(rows.values_list("event__root", "answer"))


def events_of(user: User, *, since: dt.date) -> list[Event]:
    """The events that a user has answered to and visitors may see, from a night on, in their order; with the answer
    as `answer`."""
    stand: Mapping[int, str] = dict(
        Rsvp.objects.filter(user=user, event__root__last_night__gte=since)
        .standing()
        .values_list("event__root", "answer")
    )
    events = list(Event.objects.shown().filter(pk__in=stand).for_list())
    for event in events:
        event.answer = stand[event.pk]
    return events


def attendee(user: User) -> Attendee:
    """What a user has chosen; an unsaved row of what goes without choosing if there is none."""
    return Attendee.objects.filter(user=user).first() or Attendee(user=user)


def choose(user: User, **columns: bool) -> None:
    """Keep choices of a user, as `reminders`."""
    Attendee.objects.update_or_create(user=user, defaults=columns)


@transaction.atomic
def renew_calendar(user: User) -> None:
    """Give the private calendar a new address, so that the former one ends."""
    Attendee.objects.bulk_create([Attendee(user=user)], ignore_conflicts=True)
    row = Attendee.objects.select_for_update().get(user=user)
    row.calendar_version += 1
    row.save(update_fields=["calendar_version"])


def exported(user: User) -> dict[str, Any]:
    """What is kept of a user's answers and choices."""
    rows = Rsvp.objects.filter(user=user).select_related("event__city").order_by("answered_at", "pk")
    chosen = attendee(user)
    return {
        "answers": [
            {
                "event": row.event.title,
                "address": absolute(row.event.get_absolute_url()),
                "answer": row.answer,
                "created_at": row.created_at,
                "answered_at": row.answered_at,
            }
            for row in rows
        ],
        "mail": {"reminders": chosen.reminders, "notices": chosen.notices},
    }


def erase(user: User) -> None:
    Rsvp.objects.filter(user=user).delete()
    Attendee.objects.filter(user=user).delete()
