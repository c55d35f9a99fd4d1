from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from tests.factories import make_city, make_event, make_listing

pytestmark = pytest.mark.django_db


def recompose(*arguments: str) -> str:
    out = StringIO()
    call_command("recompose", *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_mends_what_differs_and_then_changes_nothing() -> None:
    event = make_event("As listed")
    make_listing(event)
    assert recompose() == "1 event, 1 changed."
    Event.objects.filter(pk=event.pk).update(title="Edited past the overrides")
    assert recompose("--dry-run") == "1 event, 1 would change."
    assert Event.objects.get().title == "Edited past the overrides"
    assert recompose() == "1 event, 1 changed."
    assert Event.objects.get().title == "As listed"
    with CaptureQueriesContext(connection) as queries:
        assert recompose() == "1 event, 0 changed."
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]


def test_one_city_only() -> None:
    for city in (make_city(), make_city("los-angeles")):
        make_listing(make_event(city=city))
    assert recompose("--city", "ca--los-angeles") == "1 event, 1 changed."
    with pytest.raises(CommandError, match="No city has the code 'xx'"):
        recompose("--city", "xx")
