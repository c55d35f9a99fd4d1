"""Versions of all rows that a page is made of, as one number a table: each change of a row makes another one. A row
that stood there twice would take itself out.

They are PostgreSQL's own (events/versions.py), so that nothing has to tell of a change.
"""

import datetime as dt
from typing import Any

from events.rsvps import VERSION_OF_ANSWERS
from events.search import WHENS, EventSearch, Nights, nights_of
from events.similar import NIGHTS
from events.versions import VERSION_OF_TOLD
from nocturne.statements import Statement

# Single events from near to far or from first to last, and what lasts until one of the latter.
_FOUND = """
found AS MATERIALIZED (
    SELECT
        concat(count(*), ' ', bit_xor(version)) AS version,
        array_agg(DISTINCT venue_id) AS venues,
        array_agg(DISTINCT image_id) FILTER (WHERE image_id IS NOT NULL) AS images
    FROM (
        SELECT venue_id, image_id, hash_record_extended((xmin, ctid), id) AS version FROM events_event
        WHERE city_id = %(city)s AND visibility = 'published' AND merged_into_id IS NULL
            AND NOT is_run AND (night BETWEEN %(near)s AND %(far)s OR night BETWEEN %(first)s AND %(last)s)
        UNION ALL
        SELECT venue_id, image_id, hash_record_extended((xmin, ctid), id) FROM events_event
        WHERE city_id = %(city)s AND visibility = 'published' AND merged_into_id IS NULL
            AND is_run AND last_night >= %(first)s AND night <= %(last)s
    ) event
)
"""
_SHOWN = """
    found.version,
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_venue WHERE id = ANY(found.venues)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_image WHERE id = ANY(found.images)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_city WHERE id = %(city)s OR area_id = %(area)s)
"""
# Of listings the filters count who lists what, which their index knows.
_SAID = """
said AS MATERIALIZED (
    SELECT
        concat(count(*), ' ', sum(hashint8extended(event_id, source_id))) AS version,
        array_agg(DISTINCT source_id) AS sources
    FROM events_listing
    WHERE city_id = %(city)s AND event_id IS NOT NULL AND retired_at IS NULL
        AND night BETWEEN %(first)s AND %(last)s
)
"""
_PUBLISHERS = """
    said.version,
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_source WHERE id = ANY(said.sources))
"""

# Its publishers, its history, what is said of it, the other dates of its series, and what events/similar.py looks at.
_OF_EVENT = f"""
WITH one AS MATERIALIZED (
    SELECT *, greatest(night, %(tonight)s::date) AS first FROM events_event WHERE id = %(pk)s::bigint
), family AS MATERIALIZED (
    SELECT id, hash_record_extended((xmin, ctid), id) AS version FROM events_event WHERE root_id = %(pk)s
), near AS MATERIALIZED (
    SELECT event.venue_id, event.image_id, hash_record_extended((event.xmin, event.ctid), event.id) AS version
    FROM one JOIN events_event event ON event.city_id = one.city_id
        AND event.night BETWEEN one.first AND one.first + %(nights)s::integer
        AND (event.category = one.category OR event.venue_id = one.venue_id OR event.series_id = one.series_id)
    WHERE event.visibility = 'published' AND event.merged_into_id IS NULL
), said AS MATERIALIZED (
    SELECT source_id, venue_id, hash_record_extended((xmin, ctid), id) AS version FROM events_listing
    WHERE event_id IN (SELECT id FROM family)
), dates AS MATERIALIZED (
    SELECT id, root_id, hash_record_extended((xmin, ctid), id) AS version FROM events_event
    WHERE series_id = (SELECT series_id FROM one)
)
SELECT concat_ws(' ',
    (SELECT concat(count(*), ' ', bit_xor(version)) FROM family),
    (SELECT concat(count(*), ' ', bit_xor(version)) FROM near),
    (SELECT concat(count(*), ' ', bit_xor(version)) FROM said),
    (SELECT concat(count(*), ' ', bit_xor(version)) FROM dates),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_event
        WHERE id IN (SELECT root_id FROM dates WHERE root_id <> id UNION SELECT part_of_id FROM one)),
    (SELECT concat(count(*), ' ', bit_xor(hash_record_extended((xmin, ctid), id))) FROM events_comment
        WHERE event_id IN (SELECT id FROM family)),
    (SELECT concat(count(*), ' ', bit_xor(hash_record_extended((xmin, ctid), id))) FROM events_eventchange
        WHERE event_id = %(pk)s),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_venue
        WHERE id IN (SELECT venue_id FROM one UNION SELECT venue_id FROM near UNION SELECT venue_id FROM said)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_image
        WHERE id IN (SELECT image_id FROM one UNION SELECT image_id FROM near)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_source
        WHERE id IN (SELECT source_id FROM said)),
    (SELECT bit_xor(hash_record_extended((xmin, ctid), id)) FROM events_series
        WHERE id = (SELECT series_id FROM one)),
    (SELECT bit_xor(hash_record_extended((city.xmin, city.ctid), city.id)) FROM events_city city
        WHERE city.id IN (
            SELECT city_id FROM one
            UNION SELECT city_id FROM events_venue WHERE id = (SELECT venue_id FROM one)
            UNION SELECT city_id FROM events_event WHERE id = (SELECT part_of_id FROM one)
        ))
), ({VERSION_OF_ANSWERS})
"""


_NIGHTS = ("city", "area", "near", "far", "first", "last")
# Whatever is asked of a city's nights: those of the page, and those that the filters count.
ANSWERS = Statement(
    "rows_of_list",
    f"WITH {_FOUND}, {_SAID} SELECT concat_ws(' ', {_SHOWN}, {_PUBLISHERS}), ({VERSION_OF_ANSWERS}) FROM found, said",
    *_NIGHTS,
    "roots",
)
TOLD = Statement(
    "rows_of_entries",
    f"WITH {_FOUND} SELECT concat_ws(' ', {_SHOWN}), ({VERSION_OF_TOLD}) FROM found",
    *_NIGHTS,
    "roots",
)
_EVENTS = Statement("rows_of_events", f"WITH {_FOUND} SELECT concat_ws(' ', {_SHOWN}) FROM found", *_NIGHTS)
_EVENT = Statement("rows_of_event", _OF_EVENT, "pk", "tonight", "nights", "roots")


def tell_all(search: EventSearch) -> bool:
    """Whether rows_of_list tells of all that is shown. An order by answers is up to those to all events, and what is
    narrowed to venues or publishers names also those without events."""
    return search.sort != "popular" and not search.venues and not search.sources


def rows_of_list(search: EventSearch, shown: list[int], *, beside: Statement = ANSWERS) -> tuple[str, int]:
    """Of the rows that any page of these nights is made of, and of the answers to these events. What is missing are
    listings of other cities and nights, as far as they leave their event as it is.

    Calendars and feeds have TOLD `beside`: what publishers tell of these events, and no answers. Nothing is missing.
    """
    spans = [nights_of(when, search.tonight) for when in WHENS]
    near = min(since for since, _ in spans), max(until for _, until in spans)
    rows, answers = beside.row(**_nights(search, near), roots=_array(shown))
    return rows, answers


def rows_of_events(search: EventSearch) -> str:
    """Of the rows of all events of these nights, which name no publisher and no answers."""
    [rows] = _EVENTS.row(**_nights(search, search.nights))
    return rows


def _nights(search: EventSearch, near: Nights) -> dict[str, Any]:
    first, last = search.nights
    since, until = near
    city = {"city": search.city.pk, "area": search.city.area_id}
    return {**city, "near": since, "far": until, "first": first, "last": last}


def rows_of_event(pk: int, tonight: dt.date, shown: list[int]) -> tuple[str, int]:
    """Of the rows that the page of a root event is made of, and of the answers to it and to what is like it."""
    rows, answers = _EVENT.row(pk=pk, tonight=tonight, nights=NIGHTS, roots=_array(shown))
    return rows, answers


def _array(ids: list[int]) -> str:
    """As PostgreSQL writes it, in a tenth of the time that a list takes."""
    return f"{{{','.join(map(str, ids))}}}"
