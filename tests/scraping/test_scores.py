"""What a reading finds, what the listings score for it, and that the audit agrees with the reading."""

import datetime as dt

import pytest

from events.models import Event, Listing
from quality.audit import look
from quality.models import Finding
from quality.score import score
from tests.factories import make_city
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, read, recomposed, written

pytestmark = pytest.mark.django_db

DIRTY = (
    vevent(
        "Nachtmusik mit Ada", "2026-12-05T21:00", uid="good", description="Stücke für Klavier und Stimme aus Berlin."
    ),
    vevent("View Details", "2026-12-06T21:00", uid="button"),
    vevent("JAZZ", "2026-12-07T21:00", uid="plain", location=""),
    vevent("View Die Lange Nacht", "2026-12-08T21:00", uid="label", description="Lorem ipsum dolor sit amet."),
    vevent("Far away", "2031-12-08T21:00", uid="far"),
    vevent("Over", "2026-11-29T21:00", uid="over"),
    vevent("Casino", "2026-12-09T21:00", uid="spam", description="Best slot gacor tonight."),
)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def scores() -> dict[str, int]:
    return dict(Listing.objects.values_list("external_id", "score"))


def test_every_score_can_be_recomputed_from_the_findings(publisher: Publisher):
    publisher.publish(*DIRTY)
    read(add(publisher))
    assert len(scores()) >= 6
    for listing in Listing.objects.all():
        assert listing.score == score(Finding.objects.filter(listing=listing)), listing
    assert scores()["good"] == 100
    held = set(Event.objects.filter(visibility="held").values_list("listings__external_id", flat=True))
    assert held == {key for key, points in scores().items() if points < 50} >= {"far", "spam"}


def test_the_audit_finds_nothing_to_do_after_a_reading_and_a_reading_nothing_after_the_audit(publisher: Publisher):
    source = add(publisher)
    publisher.publish(*DIRTY)
    read(source)
    with written() as statements:
        tally = look(fix=True, now=NOW)
    assert (statements, tally.counts["reassessed"], tally.counts["drifted"]) == ([], 0, 0)
    assert tally.counts["listings"] >= 5
    assert_settled(source, NOW + HOUR)


def test_what_is_suspicious_is_found_by_the_reading_and_in_what_was_there_before_by_the_audit(publisher: Publisher):
    source = add(publisher)
    days = [vevent(f"Abend {n}", f"2026-12-{n:02}T00:00", uid=str(n)) for n in range(5, 17)]
    publisher.publish(*days[:9])
    read(source)
    assert not Finding.objects.filter(rule="suspicious.midnight").exists()
    publisher.publish(*days)
    read(source, NOW + HOUR)
    found = Finding.objects.filter(rule="suspicious.midnight").values_list("key", flat=True)
    assert set(found) == {"14", "15", "16"}
    look(fix=True, now=NOW + 2 * HOUR)
    assert Finding.objects.filter(rule="suspicious.midnight").count() == 12
    assert all(one.score == score(one.findings.all()) for one in Listing.objects.all())
    assert_settled(source, NOW + 3 * HOUR)


def test_a_whole_feed_in_utc_that_is_called_local_is_held_and_comes_back_when_it_is_right(publisher: Publisher):
    tokyo = make_city("tokyo", country="JP", latitude=35.68, longitude=139.69, timezone="Asia/Tokyo", currency="JPY")
    source = add(publisher, city=tokyo)
    start = dt.datetime(2026, 12, 5, 19)

    def programme(shift: int) -> list[str]:
        """Evenings in Tokyo; nine hours late if they are called UTC and are not."""
        times = [start + dt.timedelta(days=n, minutes=30 * (n % 4), hours=shift) for n in range(12)]
        where = {"zone": "Asia/Tokyo", "location": "Klub Null, Gasse 1, Tokyo"}
        return [vevent(f"Abend {n}", at.isoformat()[:16], uid=str(n), **where) for n, at in enumerate(times)]

    publisher.publish(*programme(9))
    read(source)
    assert set(Event.objects.values_list("visibility", flat=True)) == {"held"}
    assert Finding.objects.filter(rule="suspicious.shifted").count() == 12
    publisher.publish(*programme(0))
    read(source, NOW + HOUR)
    assert set(Event.objects.values_list("visibility", flat=True)) == {"published"}
    assert not Finding.objects.filter(rule="suspicious.shifted").exists()
    assert recomposed().endswith(" 0 changed.")
