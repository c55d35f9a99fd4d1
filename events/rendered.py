"""Pages that this process has rendered, served again for as long as the rows that they were made of are as they were.

One query asks for the versions of all these rows, as PostgreSQL counts them, so that nothing has to tell of a change:
what is shown is what stands in the database. What no version tells of, how other cities' listings name their
publishers, ends after a quarter of an hour.
"""

import json
import time
from collections.abc import Iterable
from typing import Any

from django.db import connection

from events.rsvps import VERSION_OF_ANSWERS
from events.search import WHENS, EventSearch, nights_of
from nocturne import metrics
from nocturne.entries import LIFETIME, Entry, Memory
from nocturne.pagestore import name_of

BYTES = 24_000_000  # of one process

MEMORY = Memory(BYTES)

# Whatever is asked of a city's nights: those of the page, and those that the filters count.
_VERSION = f"""
WITH found AS MATERIALIZED (
    SELECT venue_id, image_id, hash_record_extended((xmin, ctid), id) AS version FROM events_event
    WHERE city_id = %(city)s AND visibility = 'published' AND merged_into_id IS NULL
        AND (night BETWEEN %(near)s AND %(far)s OR night BETWEEN %(first)s AND %(last)s)
    UNION ALL
    SELECT venue_id, image_id, hash_record_extended((xmin, ctid), id) FROM events_event
    WHERE city_id = %(city)s AND visibility = 'published' AND merged_into_id IS NULL
        AND is_run AND last_night >= %(first)s AND night <= %(last)s
), said AS MATERIALIZED (
    SELECT source_id, hash_record_extended((xmin, ctid), id) AS version FROM events_listing
    WHERE city_id = %(city)s AND event_id IS NOT NULL AND night BETWEEN %(first)s AND %(last)s
)
SELECT concat_ws(' ',
    (SELECT concat(count(*), ' ', bit_xor(version)) FROM found),
    (SELECT concat(count(*), ' ', bit_xor(version)) FROM said),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_venue
        WHERE id IN (SELECT venue_id FROM found)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_image
        WHERE id IN (SELECT image_id FROM found)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_source
        WHERE id IN (SELECT source_id FROM said)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_city
        WHERE id = %(city)s OR area_id = %(area)s)
), ({VERSION_OF_ANSWERS})
"""


class Rendered:
    """One form of a search as it was rendered, to be had as `content`, None if it has to be rendered (anew).

    Whoever renders it keeps it; what was read before tells which rows it was made of, or older ones.
    """

    def __init__(self, search: EventSearch, form: str) -> None:
        self.search = search
        self._name = name_of(search.key, form, search.query(), search.tonight, search.notices)
        self._rows = ""
        self.content = self._found() if _is_told(search) else None

    def keep(self, content: bytes, shown: Iterable[int], answers: str) -> None:
        """`answers` is the version of those to the events shown, from before they were counted."""
        if not _is_told(self.search):
            return
        head = json.dumps({"answers": answers, "shown": list(shown)}).encode()
        entry = Entry(b"", b"", time.time(), head + b"\n" + content)
        MEMORY.put(self._name, self._rows.encode(), entry)

    def _found(self) -> bytes | None:
        found = MEMORY.get(self._name)
        if found is None or time.time() - found[1].made > LIFETIME:
            self._rows, _ = _versions(self.search, [])
            return self._counted(None)
        head, _, content = found[1].value.partition(b"\n")
        kept = json.loads(head)
        self._rows, answers = _versions(self.search, kept["shown"])
        return self._counted(content if (self._rows.encode(), answers) == (found[0], kept["answers"]) else None)

    def _counted(self, content: bytes | None) -> bytes | None:
        (metrics.cache_misses if content is None else metrics.cache_hits).labels("rendered").inc()
        return content


def _is_told(search: EventSearch) -> bool:
    """Whether the rows that are asked for tell of all that is shown: order by answers is up to all answers, and what
    is narrowed to venues or publishers names also those without events."""
    return search.sort != "popular" and not search.venues and not search.sources


def _versions(search: EventSearch, shown: list[int]) -> tuple[str, str]:
    """Of the rows that any page of these nights is made of, and of the answers to these events."""
    spans = [nights_of(when, search.tonight) for when in WHENS]
    first, last = search.nights
    values: dict[str, Any] = {
        "city": search.city.pk,
        "area": search.city.area_id,
        "near": min(since for since, _ in spans),
        "far": max(until for _, until in spans),
        "first": first,
        "last": last,
        "roots": shown,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, values)
        rows, answers = cursor.fetchone()
    return rows, str(answers)
