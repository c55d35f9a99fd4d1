"""A world of events, made in the database itself from one of each kind that was really read.

Each city has as many events, venues, sources and readers, so that a larger world is one of more cities: at full size
1,000,000 events in 300 cities, 2,000 sources and 100,000 readers. It is made once a night into a template, which stays
until the next night's, and of which every bench gets a copy.
"""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, models

from tests.bench.databases import copy_of, digest_of
from tests.bench.ingestion import served

CITIES = 300
EVENTS, SOURCES, READERS = (count / CITIES for count in (1_000_000, 2000, 100_000))  # of each city
VENUES = 20  # of each city
NIGHTS = 45  # so that a city has 500 in its week
WORDS = "lantern comet harbour velvet paper tiger silver meadow cedar copper thunder marble willow ember falcon".split()
SYLLABLES = "ba bel cor da den du el fa gar hal il jo ka kel la lin lo ma mer mi na nor pa qua ra ri sa sel tor va"
TEXT = " ".join(["An evening of songs and stories, with food by the kitchen. Doors open half an hour before."] * 3)


class Place(NamedTuple):
    """A city of the world, and the path of an event there."""

    pk: int
    slug: str
    event: str


@contextlib.contextmanager
def world(cities: int) -> Iterator[list[Place]]:
    """Have Django use a database of this run's own, with a world of so many cities."""
    from events.models import City

    night = City(timezone="Europe/Berlin").tonight()
    with copy_of(f"world_{cities}", stamp=digest_of(night, Path(__file__).read_text()), fill=lambda: _make(cities)):
        yield _places()


def cities_at(scale: float, *, least: int = 3) -> int:
    return max(least, round(CITIES * scale))


def _make(cities: int) -> None:
    began = time.monotonic()
    _populate(cities)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        size = cursor.fetchone()[0]
    seconds = time.monotonic() - began
    print(f"A world of {round(EVENTS * cities):,} events, {size}, was made in {seconds:.0f} s", flush=True)


def _places() -> list[Place]:
    from events.models import City, Event

    first: dict[int, str] = {}
    for found in Event.objects.select_related("city").order_by("pk")[: 2 * City.objects.count()]:
        first.setdefault(found.city_id, found.get_absolute_url())
    return [Place(one.pk, one.slug, first[one.pk]) for one in City.objects.filter(pk__in=first).order_by("pk")]


def _populate(cities: int) -> None:
    from events.models import City, Event, Listing, Source, Venue, VenueAlias
    from scraping.models import Schedule
    from subscriptions.models import Subscriber, Subscription

    _first()
    tables = (City, Source, Schedule, Venue, VenueAlias, Event, Listing, Subscriber, Subscription)
    rows = {model: model._default_manager.latest("pk") for model in tables}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: all ids below are there
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for model, columns in _columns({model: row.pk for model, row in rows.items()}, cities).items():
            each = {Venue: VENUES, VenueAlias: VENUES, Event: EVENTS, Listing: EVENTS, City: 1}
            each |= {Source: SOURCES, Schedule: SOURCES, Subscriber: READERS, Subscription: READERS}
            with _without_indexes(cursor, model._meta.db_table):
                _copies(cursor, rows[model], round(each[model] * cities) - 1, columns, cities)
        cursor.execute("SET session_replication_role = DEFAULT")
        for model in tables:
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("VACUUM ANALYZE")


def _first() -> None:
    """One of each kind, as reading a calendar and subscribing leave them; the event is tomorrow."""
    from django.utils import timezone as clock

    from events.models import Listing, Source
    from scraping import schedule
    from scraping.pipeline import scrape
    from subscriptions.models import Subscriber, Subscription
    from tests.factories import make_city

    city = make_city("berlin")
    day = city.tonight() + dt.timedelta(days=1)
    lines = f"""BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:copy-0@bench.example|SUMMARY:Lantern Babel
DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T200000|DTEND;TZID=Europe/Berlin:{day:%Y%m%d}T220000
LOCATION:Hall 0\\, Main Street 1|DESCRIPTION:{TEXT}|URL:https://bench.example/0|CATEGORIES:Music|X-COST:12 EUR
END:VEVENT|END:VCALENDAR|"""
    with served(lines.replace("|", "\n").replace("\n", "\r\n").encode()) as url:
        source = Source.objects.create(name="Source", url=url, city=city)
        schedule.ensure([source])
        outcome = scrape(source.pk, due_only=False, force=True)
    assert outcome.status == "changed", outcome
    assert Listing.objects.get().score == 100
    ago = clock.now() - dt.timedelta(days=60)
    reader = Subscriber.objects.create(email="reader-0@bench.example", confirmed_at=ago)
    Subscription.objects.create(subscriber=reader, city=city, status="active", requested_at=ago, confirmed_at=ago)


def _columns(first: dict[type[models.Model], int], cities: int) -> dict[type[models.Model], dict[str, str]]:
    """What differs in the n-th copy of each, in SQL, t being the first one. The n-th of everything is in the city of
    n's rest, and the round of cities, n / cities, says the night, the venue and the source."""
    from events.models import City, Event, Listing, Source, Venue, VenueAlias
    from scraping.models import Schedule
    from subscriptions.models import Subscriber, Subscription

    city, turn = f"{first[City]} + n % {cities}", f"(n / {cities})"
    hall = f"(n % {cities} + {cities} * (({turn} + {turn} / {NIGHTS}) % {VENUES}))"
    sources = f"(({round(SOURCES * cities)} - 1 - n % {cities}) / {cities} + 1)"  # of the city
    source = f"({first[Source]} + n % {cities} + {cities} * ({turn} % {sources}))"
    later = f"make_interval(days => {turn} % {NIGHTS} - 1, mins => 15 * (n / 11 % 12))"
    night = f"t.night + ({turn} % {NIGHTS} - 1)"
    words, syllables = (", ".join(f"'{one}'" for one in some) for some in (WORDS, SYLLABLES.split()))
    pick = "(ARRAY[{}])[1 + (hashint4(n + {}) & 65535) % {}]"
    made = " || ".join(pick.format(syllables, place, len(SYLLABLES.split())) for place in (11, 22, 33, 44))
    title = f"initcap({pick.format(words, 0, len(WORDS))} || ' ' || {made})"
    text = f"{title} || '. ' || (t.draft ->> 'description')"
    link = "'https://bench.example/' || n"
    listing = {"city_id": city, "venue_id": f"{first[Venue]} + {hall}", "night": night, "last_night": night}
    listing["source_id"] = source  # of events no column; it says where their rows lie
    start = f"((t.starts_at AT TIME ZONE t.timezone + {later}) AT TIME ZONE t.timezone)"
    kind = "(ARRAY['music', 'film', 'stage', 'art'])[1 + n % 4]"
    price = "(1 + n % 40)::numeric(10, 2)"
    begins, ends = (
        f"""to_char((t.draft #>> '{{when,{one}}}')::timestamp + {later}, 'YYYY-MM-DD"T"HH24:MI:SS')"""
        for one in ("start", "end")
    )
    draft = (
        f"t.draft || jsonb_build_object('url', {link}, 'title', {title}"
        ", 'external_id', 'copy-' || n || '@bench.example'"
        f", 'when', t.draft -> 'when' || jsonb_build_object('start', {begins}, 'end', {ends})"
        f", 'where', t.draft -> 'where' || jsonb_build_object('venue', 'Hall ' || {hall})"
        f", 'price', t.draft -> 'price' || jsonb_build_object('minimum', ({price})::text, 'maximum', ({price})::text)"
        f", 'categories', jsonb_build_array({kind}), 'description', {text})"
    )
    groups = Event.objects.get(pk=first[Event]).provenance
    provenance = "jsonb_build_object(" + ", ".join(f"'{group}', {first[Listing]} + n" for group in groups) + ")"
    return {
        City: {"id": "t.id + n", "area_id": "t.id + n", "slug": "'city-' || n", "name": "'City ' || n",
            "code": "'de--city-' || n", "folded": "'city ' || n", "searched": "'city ' || n",
            "population": "t.population - n", "latitude": "36 + n / 20", "longitude": "-10 + 2 * (n % 20)"},
        Source: {"id": "t.id + n", "name": "'Source ' || n", "city_id": city, "url": "t.url || '?' || n"},
        Schedule: {"id": "t.id + n", "source_id": f"{first[Source]} + n", "next_at": "t.next_at + interval '3 days'"},
        Venue: {"id": "t.id + n", "city_id": city, "name": "'Hall ' || n", "slug": "'hall-' || n"},
        VenueAlias: {"id": "t.id + n", "city_id": city, "folded": "'hall ' || n", "venue_id": f"{first[Venue]} + n"},
        Event: {**listing, "id": "t.id + n", "root_id": "t.id + n", "starts_at": start, "title": title, "url": link,
            "ends_at": f"{start} + interval '2 hours'", "slug": f"replace(lower({title}), ' ', '-')",
            "folded": f"lower({title}) || ' hall ' || {hall}", "price_min": price, "price_max": price,
            "category": kind, "description": f"{title} || '. ' || t.description", "provenance": provenance},
        Listing: {**listing, "id": "t.id + n", "event_id": f"{first[Event]} + n", "draft": draft,
            "external_id": "'copy-' || n || '@bench.example'", "url": link, "canonical_url": link, "title": title,
            "content_hash": "md5(n::text) || md5(n::text)", "fingerprint": "md5(n::text)", "starts_at": start,
            "local_start": begins},
        Subscriber: {"id": "t.id + n", "email": "'reader-' || n || '@bench.example'"},
        Subscription: {"id": "t.id + n", "city_id": city, "subscriber_id": f"{first[Subscriber]} + n"},
    }  # fmt: skip


@contextlib.contextmanager
def _without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Indexes that are no constraints' are dropped, and made again of all rows, which is several times as fast."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), obj_description(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    found = cursor.fetchall()
    for name, _, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for name, definition, comment in found:
        cursor.execute(definition)
        if comment:
            cursor.execute(f"COMMENT ON INDEX {name} IS %s", [comment])


def _copies(cursor: Any, row: models.Model, count: int, columns: dict[str, str], cities: int) -> None:
    """Copy a row `count` times; `columns` say in SQL what differs in the n-th, t being the row.

    As reading leaves them, rows of a source lie side by side, in the order of its calendar.
    """
    places = [columns[name] for name in ("source_id", "night") if name in columns]
    order = ", ".join([f"n % {cities}", *places, "n"])
    names = [field.column for field in row._meta.concrete_fields]
    values = ", ".join(columns.get(name, f't."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    table = row._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table} t, generate_series(1, {count}) n"
        f" WHERE t.id = {row.pk} ORDER BY {order}"
    )
