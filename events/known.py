"""Cities by slug, remembered for a minute: to tell which page is asked for takes no query.

What is remembered only names the page. Whoever makes it reads the city anew, so that nothing old is ever shown.
"""

import threading
import time

from django.http import Http404

from events.models import City

SECONDS = 60
_remembered: dict[str, tuple[float, City]] = {}
_lock = threading.Lock()


def known_city(slug: str) -> City:
    """An active city, maybe as it was a minute ago. Raise Http404."""
    found = _remembered.get(slug)
    if found is None or time.monotonic() - found[0] > SECONDS:
        return read_city(slug)
    return found[1]


def read_city(slug: str) -> City:
    """An active city as it is. Raise Http404."""
    city = City.objects.active().filter(slug=slug).first()
    with _lock:
        if city is None:
            _remembered.pop(slug, None)
            raise Http404
        _remembered[slug] = (time.monotonic(), city)
    return city


def forget() -> None:
    with _lock:
        _remembered.clear()
