"""A world of events, made in the database itself from one row of each kind: a million take a minute or two."""

from typing import Any

from django.db import connection, models

VENUES = 20  # of each city
NIGHTS = 45  # so that a city has 500 in its week
WORDS = "lantern comet harbour velvet paper tiger silver meadow cedar copper thunder marble willow ember falcon".split()


def populate(events: int, cities: int) -> list[tuple[int, str, str]]:
    """Events of the next nights, and one listing of each. Id, slug and the path of an event of each city."""
    from events.models import City, Event, Listing, Venue
    from tests.factories import make_city, make_event, make_listing, make_source, make_venue

    city = make_city("berlin")
    venue = make_venue("Hall 0", address="Main Street 1", city=city)
    text = "An evening of songs and stories, with food by the kitchen. Doors open half an hour before. " * 3
    event = make_event(
        "A night", local=f"{city.tonight()}T20:00", city=city, venue=venue, description=text, category="music"
    )
    listing = make_listing(event, source=make_source(city=city))
    each = events // cities
    words = ", ".join(f"'{word}'" for word in WORDS)
    title = f"initcap((ARRAY[{words}])[1 + n % {len(WORDS)}] || ' ' || (ARRAY[{words}])[1 + n / 7 % {len(WORDS)}])"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: all ids below are there
        _copies(cursor, city, cities - 1, {"id": "t.id + n", "slug": "'city-' || n", "name": "'City ' || n",
            "code": "'de--city-' || n", "area_id": "t.id + n", "folded": "'city ' || n", "searched": "'city ' || n",
            "population": "t.population - n"})  # fmt: skip
        of_city = f"{city.pk} + n % {cities}"
        venue_of = f"{venue.pk} + n % ({cities * VENUES})"
        _copies(cursor, venue, cities * VENUES - 1, {"id": "t.id + n", "city_id": f"{city.pk} + n % {cities}",
            "name": "'Hall ' || n", "slug": "'hall-' || n"})  # fmt: skip
        night = f"t.night + (n / {cities} % {NIGHTS})"
        start = f"t.starts_at + make_interval(days => n / {cities} % {NIGHTS}, mins => 15 * (n / 11 % 12))"
        _copies(cursor, event, each * cities, {"id": "t.id + n", "root_id": "t.id + n", "city_id": of_city,
            "venue_id": venue_of, "night": night, "last_night": night, "starts_at": start, "title": title,
            "slug": f"replace(lower({title}), ' ', '-')", "folded": f"lower({title})", "price_min": "n % 40",
            "price_max": "n % 40", "currency": "'EUR'",
            "category": "(ARRAY['music', 'film', 'stage', 'art'])[1 + n % 4]"})  # fmt: skip
        _copies(cursor, listing, each * cities, {"id": "t.id + n", "event_id": f"{event.pk} + n", "city_id": of_city,
            "external_id": "'copy-' || n", "url": "t.url || n", "canonical_url": "t.canonical_url || n",
            "content_hash": "md5(n::text) || md5(n::text)", "night": night, "last_night": night,
            "venue_id": venue_of})  # fmt: skip
        cursor.execute("SET session_replication_role = DEFAULT")
        for model in (City, Venue, Event, Listing):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            cursor.execute(f"ANALYZE {table}")
    first: dict[int, str] = {}
    for found in Event.objects.filter(pk__lte=event.pk + 2 * cities).select_related("city").order_by("pk"):
        first.setdefault(found.city_id, found.get_absolute_url())
    return [(one.pk, one.slug, first[one.pk]) for one in City.objects.filter(pk__in=first).order_by("pk")]


def _copies(cursor: Any, row: models.Model, count: int, columns: dict[str, str]) -> None:
    """Copy a row `count` times; `columns` say in SQL what differs in the n-th, t being the row."""
    names = [field.column for field in row._meta.concrete_fields]
    values = ", ".join(columns.get(name, f't."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    table = row._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table} t, generate_series(1, {count}) n"
        f" WHERE t.id = {row.pk}"
    )
