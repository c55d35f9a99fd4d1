"""What is like an event: the same venue, series or category within 14 nights, nearest by its text first."""

import datetime as dt

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, F, Q, Value, When

from events.models import Event

MAX_SIMILAR = 6
NIGHTS = 14
# What the same venue and the same series count beside the similarity of the texts, which is from 0 to 1.
VENUE, SERIES = 0.15, 0.3


def similar(event: Event, *, tonight: dt.date) -> list[Event]:
    """The next date of each title, other than the event's own; [] if there is nothing like it."""
    kin = Q(category=event.category, is_run=False) if event.category else Q(pk__in=[])
    nearness = TrigramSimilarity("folded", event.folded) + Value(0.0)
    for field, weight in (("venue", VENUE), ("series", SERIES)):
        if value := getattr(event, f"{field}_id"):
            kin |= Q(**{field: value})
            nearness += Case(When(**{field: value}, then=Value(weight)), default=Value(0.0))
    first = max(event.night, tonight)
    near = (
        Event.objects.public()
        .filter(kin, city=event.city_id, night__range=(first, first + dt.timedelta(days=NIGHTS)))
        .exclude(Q(pk=event.root_id) | Q(title=event.title))
        .exclude(status__in=(Event.Status.CANCELLED, Event.Status.NOT_LISTED))
        .select_related("city", "venue", "image")
        .order_by(nearness.desc(), F("night"), "starts_at", "pk")
    )
    firsts: dict[str, Event] = {}
    for one in near[: 5 * MAX_SIMILAR]:
        known = firsts.get(one.title)
        # of one title the next date stands for all, in the place of the likest
        if known is None or (one.night, one.starts_at) < (known.night, known.starts_at):
            firsts[one.title] = one
    return list(firsts.values())[:MAX_SIMILAR]
