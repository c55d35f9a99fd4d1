"""Cities by slug or code, remembered for a minute: to tell which page is asked for takes no query.

What is remembered only names the page. Whoever makes it reads the city anew, so that nothing old is ever shown.
"""

import threading
import time

from django.db.models import Q
from django.http import Http404

from events.models import City

SECONDS = 60
MAX_NAME = 140
_remembered: dict[str, tuple[float, City]] = {}
_lock = threading.Lock()


def known_city(name: str) -> City:
    """An active city, maybe as it was a minute ago. Raise Http404."""
    found = _remembered.get(name)
    if found is None or time.monotonic() - found[0] > SECONDS:
        return read_city(name)
    return found[1]


def read_city(name: str) -> City:
    """An active city as it is. Raise Http404. Codes have two hyphens, slugs never do."""
    meant = Q(code=name) if "--" in name else Q(slug=name)
    city = City.objects.active().filter(meant).first() if name.isprintable() and len(name) <= MAX_NAME else None
    with _lock:
        if city is None:
            _remembered.pop(name, None)
            raise Http404
        _remembered[name] = (time.monotonic(), city)
    return city


def forget() -> None:
    with _lock:
        _remembered.clear()
