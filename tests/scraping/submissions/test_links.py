"""A pasted link: a worker reads that one page, and what is found fills in the form."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from events.models import Listing
from scraping import tasks
from scraping.models import Discovery, Submission
from scraping.submissions import steps
from tests.factories import make_event, make_listing, make_venue
from tests.html import parsed, text_of, texts
from tests.scraping.feeds import calendar, vevent
from tests.scraping.sending import NOW, make_editor, said
from tests.scraping.sites import Site, marked, nights, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ticking(at: Any) -> Iterator[Any]:
    """Time goes on, for the servers that are read."""
    with time_machine.travel(NOW) as traveller:
        yield traveller


def paste(visitor: Client, url: str, **fields: str) -> str:
    """The address of the page that waits."""
    response = visitor.post("/submit/link/", {"url": url, **fields})
    assert response.status_code == 303, response.content.decode()
    return str(response["Location"])


def read(visitor: Client, url: str, **fields: str) -> Any:
    """The page once a worker was there."""
    address = paste(visitor, url, **fields)
    tasks.read_pasted(Discovery.objects.latest("pk").pk)
    return parsed(visitor.get(address))


def test_the_page_waits_for_a_worker_and_then_offers_what_it_found(
    visitor: Client, site: Site, pasted: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    site.pages["/events"] = page(marked("Ada Blum", "Otto Klang"))
    with django_capture_on_commit_callbacks(execute=True):
        address = paste(visitor, f"{site.url}/events", city="berlin")
    row = Discovery.objects.get()
    assert (pasted, site.asked, row.user, row.city and row.city.slug) == ([row.pk], [], None, "berlin")

    waiting = visitor.get(address)
    tree = parsed(waiting)
    assert text_of(tree, "h1") == "One moment"
    assert tree.css_first("noscript") is not None
    assert 'http-equiv="refresh"' in waiting.content.decode()
    progress = tree.css_first("#progress").attributes["hx-get"]
    assert visitor.get(progress).status_code == 204  # nothing is new

    tasks.read_pasted(row.pk)
    assert visitor.get(progress)["HX-Refresh"] == "true"
    tree = parsed(visitor.get(address))
    assert texts(tree, ".offers h2") == ["Ada Blum", "Otto Klang"]
    assert text_of(tree, ".offers li p") == "Sat 5 Dec, 20:00 · Klub Null · Berlin"
    assert site.asked == ["/events"]

    take = tree.css(".offers a.go")[1].attributes["href"]
    tree = parsed(visitor.get(take))
    assert tree.css_first("#submit-title").attributes["value"] == "Otto Klang"
    assert tree.css_first("#submit-date").attributes["value"] == "2026-12-06"
    assert tree.css_first("#submit-time").attributes["value"] == "20:00"
    assert tree.css_first("#submit-venue").attributes["value"] == "Klub Null"
    assert tree.css_first("#submit-city option[selected]").attributes["value"] == "berlin"
    assert tree.css_first("#submit-url").attributes["value"] == f"{site.url}/events"
    assert not Submission.objects.exists()


def test_nothing_that_the_page_leads_to_is_asked(visitor: Client, site: Site) -> None:
    site.pages["/"] = page('<a href="/cal.ics">Calendar</a>')
    site.pages["/cal.ics"] = nights("Ada Blum")
    tree = read(visitor, f"{site.url}/")
    assert "No event that is still to come can be read there" in text_of(tree, "[role=alert]")
    assert site.asked == ["/"]
    assert tree.css_first("#paste-url").attributes["value"] == f"{site.url}/"


def test_what_is_over_is_not_offered_and_of_a_calendar_the_next_ones_are(visitor: Client, site: Site) -> None:
    days = range(1, 29)
    events = [vevent(f"Evening {day}", f"2026-12-{day:02}T20:00") for day in days]
    events += [vevent(f"Later {day}", f"2027-01-{day:02}T20:00") for day in days]
    events += [vevent("Over", "2026-11-01T20:00")]
    site.pages["/cal.ics"] = calendar(*events)
    titles = texts(read(visitor, f"{site.url}/cal.ics", city="berlin"), ".offers h2")
    assert len(titles) == 40
    assert (titles[0], titles[-1]) == ("Evening 1", "Later 12")


def test_what_is_known_says_so(visitor: Client, site: Site) -> None:
    event = make_event("Ada Blum", local="2026-12-05T20:00", venue=make_venue())
    make_listing(event)
    site.pages["/"] = page(marked("Ada Blum", "Otto Klang"))
    tree = read(visitor, f"{site.url}/", city="berlin")
    assert [link.attributes["href"] for link in tree.css(".offers .quiet a")] == [event.get_absolute_url()]
    assert texts(tree, ".offers p:last-child > a") == [
        "Send it all the same : Ada Blum",
        "Take this one : Otto Klang",
    ]


def test_a_site_that_wants_no_programs_is_not_asked(visitor: Client, site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /"
    site.pages["/"] = page(marked("Ada Blum"))
    assert "does not want programs to read it" in text_of(read(visitor, f"{site.url}/"), "[role=alert]")
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "ada blum",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://klub.example/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://0x7f.1/",
        "https://klub.example:22/",
        "https://x\0y.example/",
        "https://klub.example/" + "x" * 3000,
    ],
)
def test_what_is_no_public_address_is_said_at_once(visitor: Client, url: str) -> None:
    response = visitor.post("/submit/link/", {"url": url, "city": "berlin\0"})
    assert response.status_code == 422
    assert "no web address" in text_of(parsed(response), ".wrong")
    assert not Discovery.objects.exists()


def test_ten_links_an_hour_from_one_place(visitor: Client) -> None:
    cache.clear()
    for number in range(10):
        paste(visitor, f"https://klub.example/{number}")
    response = visitor.post("/submit/link/", {"url": "https://klub.example/11"})
    assert (response.status_code, Discovery.objects.count()) == (429, 10)
    assert int(response["Retry-After"]) > 0
    assert parsed(response).css_first("#paste-url").attributes["value"] == "https://klub.example/11"


def test_a_trap_that_is_filled_in_reads_nothing(visitor: Client) -> None:
    cache.clear()
    address = paste(visitor, "https://klub.example/", website="https://spam.example")
    assert not Discovery.objects.exists()
    assert visitor.get(address).status_code == 404


def test_an_address_that_was_not_given_out_shows_nothing(visitor: Client, site: Site) -> None:
    editors = Discovery.objects.create(user=make_editor(), url="https://klub.example/")
    for key in ("00000000-0000-0000-0000-000000000000", str(editors.pk)):
        assert visitor.get(f"/submit/link/{key}/").status_code == 404
    for query in ("link=x&event=0", f"link={editors.pk}&event=0", "link=00000000-0000-0000-0000-000000000000&event=0"):
        assert visitor.get(f"/submit/?{query}").status_code == 404
    site.pages["/"] = page(marked("Ada Blum"))
    read(visitor, f"{site.url}/")
    key = Discovery.objects.latest("pk").key
    for event in ("1", "-1", "x", "", "99999"):
        assert visitor.get(f"/submit/?link={key}&event={event}").status_code == 404
    assert visitor.get(f"/submit/?link={key}&event=0").status_code == 200
    assert visitor.get(f"/admin/events/source/add/{Discovery.objects.latest('pk').pk}/").status_code == 302


def test_a_message_that_was_lost_is_queued_again_and_the_row_goes_after_a_day(
    visitor: Client, pasted: list[int], ticking: Any
) -> None:
    address = paste(visitor, "https://klub.example/")
    ticking.shift(dt.timedelta(seconds=40))
    assert "Nothing has begun to read it yet" in text_of(parsed(visitor.get(address)), "[role=status]")
    tasks.discover_waiting()
    assert pasted == [Discovery.objects.get().pk]
    ticking.shift(dt.timedelta(days=1))
    tasks.discover_waiting()
    assert visitor.get(address).status_code == 404


def test_what_was_sent_from_a_link_is_changed_like_any_other(visitor: Client, site: Site) -> None:
    site.pages["/"] = page(marked("Ada Blum"))
    tree = read(visitor, f"{site.url}/", city="berlin")
    form = parsed(visitor.get(tree.css_first(".offers a").attributes["href"])).css_first("form.subscribe")
    fields = {
        name: node.attributes.get("value") or ""
        for node in form.css("input")
        if (name := node.attributes.get("name")) and node.attributes.get("type") != "checkbox"
    }
    fields |= {"email": "ada@example.org", "url": "https://klub.example/"}  # the test's own host is no public one
    response = visitor.post("/submit/", {**said(), **fields})
    assert response.status_code == 202
    assert "/submit/link/" in response.content.decode()  # another one of the same page
    row = Submission.objects.get()
    assert row.as_draft().title == "Ada Blum"
    steps.publish(steps.confirm(row), by=make_editor())
    assert Listing.objects.get().title == "Ada Blum"
