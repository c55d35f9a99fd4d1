"""What is watched of sources as a whole; each has a judgement and an alert of its own in health.py."""

import datetime as dt

from django.utils import timezone as clock

from events.models import Source
from nocturne import health

from .models import Health

FAILING = 0.2  # of the sources, from which on it is more than the trouble of single ones
WAITING = dt.timedelta(hours=2)


@health.register("sources")
def sources() -> str:
    scraped = Source.objects.scraped()
    count = scraped.count()
    failing = scraped.filter(health__state=Health.State.FAILING).count()
    if failing > 1 and failing > FAILING * count:
        return f"{failing} of {count} sources fail."
    waiting = scraped.filter(schedule__next_at__lt=clock.now() - WAITING).count()
    return f"{waiting} of {count} sources were to be read hours ago." if waiting * 2 > count else ""
