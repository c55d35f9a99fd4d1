"""manage.py add_source: the same as in the admin, in a terminal."""

import io

import pytest
import time_machine
from django.core.management import CommandError, call_command

from events.models import Source
from scraping.models import Schedule
from scraping.pipeline import scrape
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.scraping.sites import NOW, Site, marked, nights, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _december() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def add(*arguments: str, **options: object) -> str:
    out = io.StringIO()
    call_command("add_source", *arguments, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_what_was_found_is_shown_and_the_best_is_added(site: Site) -> None:
    berlin = make_city()
    event = make_event("Ada Blum and friends", local="2026-12-05T20:00", venue=make_venue())
    make_listing(event)
    site.pages["/"] = page(marked("Otto Klang"), '<a href="/all.ics">Subscribe</a>', title="Klub Null")
    site.pages["/all.ics"] = nights("Ada Blum and friends", "Otto Klang", "Third evening")
    said = add(f"{site.url}/", city="berlin")
    assert "2026-12-05 20:00  Ada Blum and friends · Klub Null · known" in said
    assert "Cities: Berlin 3." in said
    assert "Of the first 3 with a city: 1 are there already, 0 may be, 2 are new." in said
    assert f"Also: {site.url}/ (1 event to come" in said
    source = Source.objects.get(url=f"{site.url}/all.ics")
    assert (source.name, source.city, source.homepage) == ("Klub Null", berlin, f"{site.url}/")
    assert Schedule.objects.filter(source=source).exists()
    assert f"manage.py scrape --source {source.pk}" in said


def test_what_is_added_is_what_a_reading_then_brings(site: Site) -> None:
    make_city()
    site.pages["/all.ics"] = nights("Ada Blum", "Otto Klang")
    add(f"{site.url}/all.ics")
    outcome = scrape(Source.objects.get(url__endswith="/all.ics").pk, now=NOW)
    assert (outcome.status, outcome.run.new, outcome.run.held) == ("changed", 2, 0)


def test_a_dry_run_only_shows(site: Site) -> None:
    site.pages["/all.ics"] = nights("Ada Blum")
    said = add(f"{site.url}/all.ics", "--dry-run")
    assert "Ada Blum" in said
    assert not Source.objects.filter(url__startswith=site.url).exists()


def test_exact_asks_nobody(site: Site) -> None:
    said = add(f"{site.url}/later.ics", "--exact", "--name", "Klub")
    assert site.asked == []
    assert "Klub, was added" in said
    assert Source.objects.get(name="Klub").url == f"{site.url}/later.ics"


def test_nothing_found_is_told_with_what_to_try(site: Site) -> None:
    site.pages["/"] = page("Welcome")
    with pytest.raises(CommandError, match=r"No events were found at .*iCal.*--exact"):
        add(site.url)
    assert not Source.objects.filter(url__startswith=site.url).exists()


@pytest.mark.parametrize(
    "address",
    ["https://klub.example/cal", "http://klub.example/cal", "https://klub.example/cal/", "webcal://KLUB.example/cal"],
)
def test_an_address_that_a_source_has_changes_nothing(address: str) -> None:
    source = make_source(name="Klub", url="https://klub.example/cal")
    assert add(address) == f"Source {source.pk}, Klub, has this address already; nothing was changed.\n"
    assert Source.objects.filter(name__startswith="Klub").count() == 1


def test_what_is_found_under_another_address_may_be_known_too(site: Site) -> None:
    source = make_source(name="Klub", url=f"{site.url}/all.ics")
    site.pages["/"] = page('<a href="/all.ics">Subscribe</a>')
    site.pages["/all.ics"] = nights("Ada Blum")
    assert f"Source {source.pk}, Klub, has this address already" in add(site.url)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hello"], "no address of the web"),
        (["https://klub.example/cal", "--city", "nowhere"], "No city has the code 'nowhere'"),
        (["https://klub.example/cal", "--exact", "--timezone", "Mars/Olympus"], "timezone: "),
        (["https://klub.example/cal", "--exact", "--trust", "101"], "trust: "),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        add(*arguments)
    assert not Source.objects.filter(url__startswith="https://klub").exists()
