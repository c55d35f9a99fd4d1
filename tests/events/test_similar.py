import datetime as dt

import pytest

from events.models import Series
from events.similar import similar
from tests.factories import make_event, make_source, make_venue

pytestmark = pytest.mark.django_db
TONIGHT = dt.date(2026, 12, 4)


def test_the_likest_text_comes_first_and_venue_and_series_count() -> None:
    venue = make_venue("Klub Null")
    series = Series.objects.create(source=make_source(), key="jam")
    event = make_event("Jazz trio live", category="music", venue=venue, series=series)
    make_event("Brass band", category="music")
    make_event("Jazz trio plays", category="music", local="2026-12-15T20:00")
    make_event("Reading", category="books", venue=venue)
    make_event("Open stage", category="comedy", series=series)
    make_event("Jazz trio late", category="music", local="2026-12-30T20:00")
    titles = [one.title for one in similar(event, tonight=TONIGHT)]
    assert titles == ["Jazz trio plays", "Open stage", "Reading", "Brass band"]


def test_of_one_title_the_next_date_is_shown() -> None:
    event = make_event("Jazz", category="music")
    for day in ("2026-12-12", "2026-12-08", "2026-12-10"):
        make_event("Soul", category="music", local=f"{day}T20:00")
    [one] = similar(event, tonight=TONIGHT)
    assert one.night == dt.date(2026, 12, 8)
