"""A database as an earlier state of the code left it, with data in it, is brought to the present one.

tests/data/schema_before_0_1.sql.gz: the demo, as pg_dump --inserts wrote it before answers, comments and accounts came.
"""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from psycopg import sql

from events.models import City, Event, Listing, Rsvp
from subscriptions.models import Subscription
from tests.processes import database_url

DUMP = Path(__file__).resolve().parents[1] / "data" / "schema_before_0_1.sql.gz"


@pytest.fixture
def former(transactional_db: None) -> Iterator[None]:
    """The database of the test is that of the dump meanwhile."""
    present = connection.settings_dict["NAME"]
    name = f"{present}_former"
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        with psycopg.connect(database_url(), autocommit=True) as loading:
            loading.execute(gzip.decompress(DUMP.read_bytes()))
        ContentType.objects.clear_cache()
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = present
        ContentType.objects.clear_cache()
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_what_an_earlier_release_left_is_migrated_and_served(former: None, client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_event")
        (events,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM events_listing")
        (listings,) = cursor.fetchone()
    assert events > 100
    call_command("migrate", verbosity=0)
    said = io.StringIO()
    call_command("migrate", plan=True, stdout=said)
    assert "No planned migration operations" in said.getvalue()
    assert (Event.objects.count(), Listing.objects.count()) == (events, listings)
    assert (Rsvp.objects.count(), Subscription.objects.count()) == (1, 1)
    said = io.StringIO()
    call_command("recompose", stdout=said)
    assert "0 changed" in said.getvalue()
    for city in City.objects.filter(active=True):
        assert client.get(city.get_absolute_url()).status_code == 200
    answered = Rsvp.objects.get().event
    assert client.get(answered.get_absolute_url()).status_code == 200
    assert client.get("/health/ready").json()["status"] == "ok"
