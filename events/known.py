"""Cities by slug or code, remembered for a minute: to tell which page is asked for takes no query.

What is remembered only names the page. Whoever makes it reads the city anew, so that nothing old is ever shown.
"""

import datetime as dt
import threading
import time

from django.db import DEFAULT_DB_ALIAS
from django.http import Http404

from events.models import City
from events.prepared import Prepared

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


def known_tonight(name: str) -> dt.date | None:
    """The date of tonight in an active city, maybe as it was a minute ago; None in others."""
    try:
        return known_city(name).tonight()
    except Http404:
        return None


def read_city(name: str) -> City:
    """An active city as it is. Raise Http404. Codes have two hyphens, slugs never do."""
    asked = _BY_CODE if "--" in name else _BY_SLUG
    rows = asked.rows(1, name=name) if name.isprintable() and len(name) <= MAX_NAME else []
    with _lock:
        if not rows:
            _remembered.pop(name, None)
            raise Http404
        city = City.from_db(DEFAULT_DB_ALIAS, _columns(), rows[0])
        _remembered[name] = (time.monotonic(), city)
    return city


def _columns() -> list[str]:
    return [field.attname for field in City._meta.concrete_fields]


def _named(field: str) -> Prepared:
    return Prepared(lambda: City.objects.active().filter(**{field: "?"}).values_list(*_columns()), name="?")


_BY_SLUG, _BY_CODE = _named("slug"), _named("code")


def forget() -> None:
    with _lock:
        _remembered.clear()
