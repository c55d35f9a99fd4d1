"""What platforms' terms forbid is not fetched, unless the operator says that it is permitted."""

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from events.models import Source
from nocturne import http
from scraping import schedule, terms
from scraping.models import OptOut
from scraping.pipeline import scrape
from tests.factories import make_city


@pytest.fixture(autouse=True)
def _permits_nothing(settings: Settings) -> None:
    settings.FETCH_PERMITTED_HOSTS = []


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("ra.co", "Resident Advisor"),
        ("de.ra.co", "Resident Advisor"),
        ("RA.CO.", "Resident Advisor"),
        ("dice.fm", "DICE"),
        ("link.dice.fm", "DICE"),
        ("www.eventbrite.com", "Eventbrite"),
        ("www.eventbrite.co.uk", "Eventbrite"),
        ("eventbrite.com.au", "Eventbrite"),
        ("www.ticketmaster.de", "Ticketmaster"),
        ("m.facebook.com", "Facebook"),
        # interfaces for programs, and hosts that only look alike
        ("app.ticketmaster.com", ""),
        ("www.eventbriteapi.com", ""),
        ("extra.co", ""),
        ("dice.fm.example", ""),
        ("eventbrite.venue.example", ""),
        ("", ""),
    ],
)
def test_platforms_are_known_by_their_hosts(host: str, name: str) -> None:
    assert terms.platform(host) == name


def test_the_refusal_names_the_setting_and_the_other_way() -> None:
    with pytest.raises(http.FetchError, match=r"organiser's own calendar.*FETCH_PERMITTED_HOSTS=dice\.fm\.") as error:
        terms.obey("https://dice.fm/venue/blue-note")
    assert error.value.kind == "terms"


def test_a_permitted_host_is_read_with_its_subdomains_and_no_other(settings: Settings) -> None:
    settings.FETCH_PERMITTED_HOSTS = ["dice.fm"]
    terms.obey("https://dice.fm/venue/blue-note")
    terms.obey("https://link.dice.fm/1")
    with pytest.raises(http.FetchError):
        terms.obey("https://ra.co/events/1")


def test_a_redirect_to_a_forbidden_host_is_refused_before_it_is_asked(
    httpserver: HTTPServer, settings: Settings
) -> None:
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    httpserver.expect_request("/go").respond_with_data(status=302, headers={"Location": "https://dice.fm/event/1"})
    with pytest.raises(http.FetchError, match="DICE") as error:
        http.fetch(httpserver.url_for("/go"), obey=terms.obey)
    assert error.value.kind == "terms"


def test_preview_obeys(capsys: Any) -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("preview", "https://ra.co/events/1", stdout=out)
    assert "FETCH_PERMITTED_HOSTS=ra.co" in json.loads(out.getvalue())["error"]


@pytest.mark.django_db
def test_preview_obeys_opt_outs(httpserver: HTTPServer, settings: Settings) -> None:
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    OptOut.objects.create(host=httpserver.host)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("preview", httpserver.url_for("/"), stdout=out)
    assert "asked not to be read" in json.loads(out.getvalue())["error"]
    assert httpserver.log == []


@pytest.mark.django_db
def test_a_source_of_a_forbidden_host_fails_with_the_reason_and_asks_nothing() -> None:
    source = Source.objects.create(name="DICE", url="https://dice.fm/venue/blue-note", city=make_city())
    schedule.ensure([source])
    outcome = scrape(source.pk, now=dt.datetime(2026, 12, 1, tzinfo=dt.UTC), due_only=False)
    assert (outcome.status, outcome.run.error) == ("failed", "terms")
    assert "FETCH_PERMITTED_HOSTS=dice.fm" in outcome.run.message
