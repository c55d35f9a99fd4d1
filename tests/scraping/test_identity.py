import datetime as dt

from events.drafts import EventDraft, When, Where
from scraping.identity import fingerprint, settle


def draft(day=5, hour=20, **fields):
    when = When(start=dt.datetime(2026, 12, day, hour), timezone="Europe/Berlin")
    return EventDraft(**{"title": "Jazz Night", "when": when, "where": Where(venue="Blue Note"), **fields})


def ids(*drafts, **options):
    return [found.external_id for found in settle(drafts, **options)]


def test_an_event_keeps_the_id_of_its_source():
    assert ids(draft(external_id="a"), draft(6, external_id="b")) == ["a", "b"]


def test_an_instance_of_a_series_has_its_original_date_even_where_it_was_moved():
    moved = draft(9, external_id="a", series_key="a", instance="2026-12-05")
    assert ids(moved) == ["a/2026-12-05"]


def test_an_id_that_a_feed_repeats_is_told_apart_by_date_and_then_by_time():
    assert ids(draft(5, external_id="a"), draft(6, external_id="a")) == ["a/2026-12-05", "a/2026-12-06"]
    assert ids(draft(5, 18, external_id="a"), draft(5, 20, external_id="a")) == [
        "a/2026-12-05T18:00",
        "a/2026-12-05T20:00",
    ]


def test_ids_are_unique_even_where_everything_but_the_title_is_the_same():
    found = ids(draft(external_id="a"), draft(external_id="a", title="Rock Night"))
    assert len(set(found)) == 2


def test_without_an_id_the_address_is_one_and_without_an_address_the_content():
    assert ids(draft(url="http://www.venue.example/jazz/?utm_source=x")) == ["https://venue.example/jazz"]
    assert ids(draft()) == [fingerprint(draft())]


def test_an_address_that_several_share_is_told_apart_by_date():
    url = "https://venue.example/program"
    assert ids(draft(5, url=url), draft(6, url=url)) == [f"{url}/2026-12-05", f"{url}/2026-12-06"]


def test_ids_that_change_are_passed_over():
    one = ids(draft(external_id="x1", url="https://venue.example/jazz"), ids_stable=False)
    other = ids(draft(external_id="x2", url="https://venue.example/jazz"), ids_stable=False)
    assert one == other == ["https://venue.example/jazz"]


def test_exact_doubles_become_one_and_that_is_told():
    (found,) = settle([draft(external_id="a"), draft(external_id="a"), draft(external_id="a")])
    assert [problem.message for problem in found.problems] == ["The source lists it 3 times."]


def test_drafts_without_a_date_have_ids_too():
    found = ids(draft(when=None, external_id="a"), draft(when=None, title="Other"))
    assert found[0] == "a"
    assert len(set(found)) == 2


def test_the_fingerprint_is_of_title_start_and_venue_however_spelled():
    same = draft(title="JAZZ  Night!", where=Where(venue="Blue Nóte"), url="https://other.example/")
    assert fingerprint(same) == fingerprint(draft())
    others = [draft(6), draft(5, 21), draft(title="Rock Night"), draft(where=Where(venue="Other"))]
    assert fingerprint(draft()) not in map(fingerprint, others)


def test_an_instant_is_not_mistaken_for_a_local_time():
    utc = draft(when=When(start=dt.datetime(2026, 12, 5, 20), timezone="UTC"))
    assert fingerprint(utc) != fingerprint(draft())
