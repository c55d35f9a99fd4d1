"""What is watched of events: a live city that has nothing to show."""

import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse

from nocturne.models import Alert, Change
from nocturne.watching import conditions
from nocturne.watching.conditions import Trouble

from .models import City, Event


@conditions.register("cities")
def cities(now: dt.datetime) -> Iterator[Trouble]:
    """Live cities whose last event, if there ever was one, was over so long ago as ALERT_CITY_HOURS says.

    Who has activated one since then is still adding its sources.
    """
    since = now - dt.timedelta(hours=settings.ALERT_CITY_HOURS)
    # somewhere it is still the day before
    shown = Event.objects.public().filter(city=OuterRef("pk"), last_night__gte=since.date() - dt.timedelta(days=1))
    begun = Change.objects.filter(model="events.City", object_id=OuterRef("pk"), field="active", at__gt=since)
    for city in City.objects.active().filter(~Exists(shown), ~Exists(begun)).order_by("pk"):
        yield Trouble(
            f"city:{city.pk}",
            f"{city} has no event to come. See whether its sources fail or are paused, or add some;"
            " a city that nothing is known of can be made inactive.",
            reverse("admin:events_city_change", args=[city.pk]),
            Alert.Severity.WARNING,
        )
