"""What is found at addresses that people paste: small sites on a real server, one for each shape."""

import base64
import datetime as dt
import json

import pytest
from pytest_django import Settings

from events.models import Event, Listing
from scraping import discover as discovering
from scraping.discover import MAX_REQUESTS, Look, discover
from scraping.extractors import Document
from scraping.models import OptOut
from tests.factories import make_city, make_event, make_listing, make_venue
from tests.scraping.feeds import calendar, vevent
from tests.scraping.sites import NOW, Site, marked, nights, page

RSS = """<rss><channel><title>Klub</title><item><title>Ada Blum</title>
<description>When: 5 December 2026, 20:00</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Klub</title><entry><title>Ada Blum</title>
<content>When: 5 December 2026, 20:00</content></entry></feed>"""
BERLIN = "Klub Null, Gasse 1, 10997 Berlin"
pytestmark = pytest.mark.django_db


class TestWhatIsFound:
    def test_a_calendar_file_is_what_it_is(self, site: Site) -> None:
        site.pages["/cal.ics"] = nights("Ada Blum", "Otto Klang")
        found = site.find("/cal.ics")
        assert site.paths(found) == ["/cal.ics"]
        assert (found.found[0].format, found.found[0].count) == ("ics", 2)
        assert site.asked == ["/cal.ics"]

    def test_events_on_the_page_itself(self, site: Site) -> None:
        site.pages["/"] = page(marked("Ada Blum", "Otto Klang"))
        found = site.find()
        assert site.paths(found) == ["/"]
        assert [row["title"] for row in found.found[0].rows] == ["Ada Blum", "Otto Klang"]

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("text/calendar", nights("Ada Blum")),
            ("application/rss+xml", RSS),
            ("application/atom+xml", ATOM),
            ("application/json", '{"events": [{"id": 1, "title": "Ada Blum", "start_date": "2026-12-05T20:00:00"}]}'),
        ],
    )
    def test_what_the_page_announces_as_another_form_of_it(self, site: Site, kind: str, body: str) -> None:
        site.pages["/"] = page(head=f'<link rel="alternate" type="{kind}" href="/other">')
        site.pages["/other"] = body
        found = site.find()
        assert site.paths(found) == ["/other"]
        assert found.found[0].rows[0]["title"] == "Ada Blum"

    def test_feeds_of_comments_and_posts_are_not_asked(self, site: Site) -> None:
        site.pages["/"] = page(
            head='<link rel="alternate" type="application/rss+xml" title="Klub » Comments Feed" href="/comments/feed/">'
            '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">'
        )
        site.find()
        assert site.asked == ["/", "/sitemap.xml"]

    @pytest.mark.parametrize("href", ["/programme.ics", "webcal://HOST/programme.ics", "programme.ics?all=1"])
    def test_a_linked_calendar_file(self, site: Site, href: str) -> None:
        host = site.url.removeprefix("http://")
        site.pages["/"] = page(f'<a href="{href.replace("HOST", host)}">Subscribe</a>')
        site.pages["/programme.ics"] = site.pages["/programme.ics?all=1"] = nights("Ada Blum")
        assert site.paths(site.find())[0].startswith("/programme.ics")

    def test_of_many_files_of_single_events_one_is_tried_and_only_if_need_be(self, site: Site) -> None:
        files = "".join(f'<a href="/event/{number}/?ical=1">Add to calendar</a>' for number in range(5))
        site.pages["/"] = page(files, '<a href="/whole.ics">Subscribe</a>')
        site.pages["/whole.ics"] = nights("Ada Blum", "Otto Klang")
        assert site.paths(site.find()) == ["/whole.ics"]
        assert site.asked == ["/", "/whole.ics"]

    def test_the_events_calendar_of_wordpress(self, site: Site) -> None:
        site.pages["/events/"] = page('<div class="tribe-events-view"></div>')
        site.pages["/wp-json/tribe/events/v1/events?per_page=50"] = json.dumps(
            {
                "events": [
                    {
                        "id": 7,
                        "title": "Ada Blum",
                        "start_date": "2026-12-05 20:00:00",
                        "timezone": "Europe/Berlin",
                        "cost": "€12",
                        "venue": {"venue": "Klub Null", "city": "Berlin"},
                        "image": {"url": "https://klub.example/ada.jpg"},
                    }
                ]
            }
        )
        site.pages["/events/?ical=1"] = nights("Ada Blum")
        found = site.find("/events/")
        assert site.paths(found) == ["/wp-json/tribe/events/v1/events?per_page=50", "/events/?ical=1"]
        assert found.found[0].facts == {"time": 1, "place": 1, "price": 1, "picture": 1}

    def test_a_calendar_that_is_shown_in_a_frame(self) -> None:
        frame = (
            '<iframe data-src="https://calendar.google.com/calendar/embed?src=a%40group.calendar.google.com"></iframe>'
        )
        document = Document(url="https://klub.example/", body=page(frame).encode())
        (lead,) = discovering.leads.of_page(document)
        assert lead.url == "https://calendar.google.com/calendar/ical/a%40group.calendar.google.com/public/basic.ics"
        assert lead.why == "the calendar of Google Calendar shown on the page"

    def test_squarespace(self, site: Site) -> None:
        site.pages["/gigs"] = page('<script src="https://static1.squarespace.com/x.js"></script>')
        item = {"id": "1", "title": "Ada Blum", "startDate": 1796497200000, "fullUrl": "/gigs/ada"}
        site.pages["/gigs?format=json"] = json.dumps({"website": {"siteTitle": "Klub Null"}, "upcoming": [item]})
        found = site.find("/gigs")
        assert site.paths(found) == ["/gigs?format=json"]
        assert found.found[0].name == "Klub Null"

    @pytest.mark.parametrize(
        ("mark", "feed"),
        [
            ('<meta name="generator" content="Gancio 1.21">', "/api/events"),
            ('<script src="https://d1.localist.com/a.js"></script>', "/api/2/events?days=90&pp=100"),
            ("<script>livewhale={}</script>", "/live/json/events"),
        ],
    )
    def test_platforms_that_answer_as_json(self, site: Site, mark: str, feed: str) -> None:
        site.pages["/"] = page(mark)
        start = int(dt.datetime(2026, 12, 5, 19, tzinfo=dt.UTC).timestamp())
        site.pages[feed] = json.dumps(
            [{"id": 1, "title": "Ada Blum", "start_datetime": start, "place": {"name": "Null"}}]
        )
        assert site.paths(site.find()) == [feed]

    def test_a_page_of_events_that_the_home_page_links_to(self, site: Site) -> None:
        site.pages["/"] = page('<a href="/about">About</a><a href="/de/programm/">Programm</a>')
        site.pages["/de/programm/"] = page(
            marked("Ada Blum"), head='<link rel="alternate" type="text/calendar" href="/c.ics">'
        )
        site.pages["/c.ics"] = nights("Ada Blum", "Otto Klang")
        found = site.find()
        assert site.paths(found) == ["/c.ics", "/de/programm/"]
        assert "/about" not in site.asked

    def test_the_site_map_is_the_last_resort(self, site: Site) -> None:
        site.robots = f"User-agent: *\nSitemap: {site.url}/maps.xml\n"
        site.pages["/"] = page("Welcome")
        site.pages["/maps.xml"] = (
            f"<sitemapindex><sitemap><loc>{site.url}/pages.xml</loc></sitemap><sitemap><loc>{site.url}/events-map.xml</loc></sitemap></sitemapindex>"
        )
        site.pages["/events-map.xml"] = (
            f"<urlset><url><loc>{site.url}/about</loc></url><url><loc>{site.url}/whats-on</loc></url></urlset>"
        )
        site.pages["/whats-on"] = page(marked("Ada Blum"))
        assert site.paths(site.find()) == ["/whats-on"]
        assert site.asked == ["/", "/maps.xml", "/events-map.xml", "/whats-on"]

    def test_most_events_with_most_facts_come_first(self, site: Site) -> None:
        offers = {"@type": "Offer", "price": "12", "priceCurrency": "EUR"}
        rich = marked("One", "Two", "Three", offers=offers, image="https://klub.example/i.jpg")
        site.pages["/"] = page(rich, '<a href="/short.ics">Subscribe</a>')
        site.pages["/short.ics"] = nights("One", "Two")
        assert site.paths(site.find()) == ["/", "/short.ics"]

    def test_a_calendar_comes_before_a_page_that_says_the_same(self, site: Site) -> None:
        site.pages["/"] = page(marked("One", "Two"), '<a href="/all.ics">Subscribe</a>')
        site.pages["/all.ics"] = nights("One", "Two")
        assert site.paths(site.find()) == ["/all.ics", "/"]


class TestAddresses:
    def test_webcal_and_no_scheme_mean_the_web(self, site: Site) -> None:
        site.pages["/cal.ics"] = nights("Ada Blum")
        host = site.url.removeprefix("http://")
        for text in (f"webcal://{host}/cal.ics", f"{host}/cal.ics"):
            found = discover(text, city=None, now=NOW)
            assert site.paths(found) == ["/cal.ics"], text

    @pytest.mark.parametrize("text", ["", "mailto:a@b.example", "hello", "javascript:alert(1)", "file:///etc/passwd"])
    def test_what_is_no_address_is_told(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"address"):
            discover(text, city=None, now=NOW)

    @pytest.mark.parametrize(
        ("address", "feed"),
        [
            (
                "https://calendar.google.com/calendar/embed?src=klub%40group.calendar.google.com&ctz=Europe%2FBerlin",
                "https://calendar.google.com/calendar/ical/klub%40group.calendar.google.com/public/basic.ics",
            ),
            (
                "https://calendar.google.com/calendar/u/0?cid="
                + base64.b64encode(b"klub@group.calendar.google.com").decode().rstrip("="),
                "https://calendar.google.com/calendar/ical/klub%40group.calendar.google.com/public/basic.ics",
            ),
            ("https://www.meetup.com/de-DE/berlin-jazz/", "https://www.meetup.com/berlin-jazz/events/ical/"),
            (
                "https://outlook.office365.com/owa/calendar/a@b.example/1/calendar.html",
                "https://outlook.office365.com/owa/calendar/a@b.example/1/calendar.ics",
            ),
            ("https://teamup.com/ks0123456789abcdef", "https://ics.teamup.com/feed/ks0123456789abcdef/0.ics"),
            ("https://tockify.com/klub/agenda", "https://tockify.com/api/feeds/ics/klub"),
            (
                "https://cloud.example/index.php/apps/calendar/p/AbC123",
                "https://cloud.example/remote.php/dav/public-calendars/AbC123?export",
            ),
        ],
    )
    def test_platforms_whose_address_says_where_the_calendar_is(self, address: str, feed: str) -> None:
        assert [lead.url for lead in discovering.leads.of_address(address)] == [feed]

    def test_an_address_of_none_of_them_leads_nowhere(self) -> None:
        for address in ("https://www.meetup.com/find/", "https://example.org/@klub", "https://calendar.google.com/"):
            assert discovering.leads.of_address(address) == []

    def test_a_redirect_within_the_site_is_kept_and_one_to_another_host_is_not(
        self, site: Site, settings: Settings
    ) -> None:
        elsewhere = site.url.replace("localhost", "127.0.0.1")
        settings.FETCH_ALLOW = [*settings.FETCH_ALLOW, elsewhere.removeprefix("http://")]
        site.pages["/new.ics"] = nights("Ada Blum")
        site.moved = {"/old.ics": "/new.ics", "/signed.ics": f"{elsewhere}/new.ics"}
        assert site.paths(site.find("/old.ics")) == ["/new.ics"]
        assert site.paths(site.find("/signed.ics")) == ["/signed.ics"]


class TestManners:
    def test_robots_txt_is_obeyed_and_said(self, site: Site) -> None:
        site.robots = "User-agent: *\nDisallow: /"
        found = site.find()
        assert site.asked == []
        assert "robots.txt" in found.looks[0].said
        assert found.message.startswith(f"{site.url}/ was not read. ")
        assert "robots.txt" in found.message
        assert found.message.endswith("ask for a calendar file or for permission.")

    def test_who_opted_out_or_forbids_it_is_not_asked_and_that_is_the_headline(self) -> None:
        OptOut.objects.create(host="klub.example", since=NOW)
        found = discover("https://www.klub.example/", city=None, now=NOW)
        assert found.message == (
            "https://www.klub.example/ was not read. www.klub.example asked not to be read (1 Dec 2026). "
            "If its people agree now, delete the host under Opt-outs; else leave it out."
        )
        assert "The terms of Resident Advisor forbid" in discover("https://ra.co/clubs/1", city=None, now=NOW).message

    def test_a_page_that_is_not_there_is_told(self, site: Site) -> None:
        found = site.find("/gone")
        assert found.message.startswith(f"{site.url}/gone was not read. localhost answered 404")
        assert "opens in a browser" in found.message

    def test_the_budget_holds_whatever_a_page_links_to(self, site: Site) -> None:
        links = "".join(
            f'<a href="/{name}.ics">Subscribe</a>' for name in ("a/1", "b/2", "c/3", "d/4", "e/5", "f/6", "g/7", "h/8")
        )
        site.pages["/"] = page(links, head='<link rel="alternate" type="text/calendar" href="/x.ics">')
        site.find()
        assert len(site.asked) == MAX_REQUESTS

    def test_no_address_is_asked_twice(self, site: Site) -> None:
        site.pages["/"] = page(
            '<a href="/events/">Events</a><a href="/events">Events</a><a href="/c.ics">a</a>',
            head='<link rel="alternate" type="text/calendar" href="/c.ics">',
        )
        site.pages["/events/"] = page('<a href="/">Home</a><a href="/events/#top">Events</a>')
        site.find()
        assert len(site.asked) == len(set(site.asked))

    def test_what_was_looked_at_is_reported_as_it_goes_on(self, site: Site) -> None:
        site.pages["/"] = page('<a href="/c.ics">Subscribe</a>')
        steps: list[list[Look]] = []
        discover(site.url, city=None, now=NOW, report=lambda looks: steps.append(list(looks)))
        assert [len(step) for step in steps] == list(range(1, len(steps) + 1))
        assert steps[-1][1].why == "linked as a calendar file"

    def test_one_body_under_two_addresses_is_one_finding(self, site: Site) -> None:
        site.pages["/"] = page('<a href="/a.ics">a</a><a href="/b.ics">b</a>')
        site.pages["/a.ics"] = site.pages["/b.ics"] = nights("Ada Blum")
        assert site.paths(site.find()) == ["/a.ics"]


class TestNothing:
    def test_each_thing_tried_is_told_with_what_it_answered(self, site: Site) -> None:
        site.pages["/"] = page('<a href="/gone.ics">Subscribe</a>')
        found = site.find()
        assert found.found == []
        said = {look.url.removeprefix(site.url): look.said for look in found.looks}
        assert said["/"] == "A page without events in it."
        assert "404" in said["/gone.ics"]
        assert "iCal" in found.message

    def test_a_server_that_is_away(self, site: Site, settings: Settings) -> None:
        settings.FETCH_ALLOW = ["127.0.0.1:9"]
        found = discover("http://127.0.0.1:9/", city=None, now=NOW)
        assert "could not be read" in found.looks[0].said
        assert ". Check how it is written" in found.message

    def test_a_calendar_whose_events_are_over(self, site: Site) -> None:
        site.pages["/old.ics"] = calendar(vevent("Long ago", "2020-12-05T20:00"))
        found = site.find("/old.ics")
        assert found.found == []
        assert "nothing in it is still to come" in found.message

    def test_a_page_without_the_elements_of_one_is_no_calendar(self, site: Site) -> None:
        site.pages["/"] = "<div><p>Welcome</p></div>"
        found = site.find()
        assert found.looks[0].said == "A page without events in it."
        assert "lists the dates" in found.message

    def test_a_page_that_asks_to_sign_in(self, site: Site) -> None:
        site.pages["/"] = page('<form><input type="password"></form>')
        assert "sign in" in site.find().looks[0].said


class TestTheOutlook:
    def test_events_are_shown_on_the_clock_of_their_city(self, site: Site) -> None:
        make_city()
        site.pages["/c.ics"] = calendar(
            vevent("Ada Blum", "2026-12-05T14:00", zone="America/New_York", location=BERLIN)
        )
        (row,) = site.find("/c.ics").found[0].rows
        assert (row["start"], row["city"], row["venue"]) == ("2026-12-05T20:00", "Berlin", "Klub Null")

    def test_the_city_of_most_events_is_suggested_and_the_others_are_counted(self, site: Site) -> None:
        berlin = make_city()
        make_city("los-angeles")
        site.pages["/c.ics"] = calendar(
            vevent("One", "2026-12-05T20:00", location=BERLIN),
            vevent("Two", "2026-12-06T20:00", location=BERLIN),
            vevent("Three", "2026-12-07T20:00", location="The Smell, 247 S Main St, Los Angeles, CA 90012, USA"),
            vevent("Four", "2026-12-08T20:00", location="Bar, Rue 1, 75001 Paris, France"),
        )
        outlook = site.find("/c.ics").found[0]
        assert outlook.city == berlin.pk
        assert dict(outlook.places) == {"Berlin": 2, "Los Angeles": 1, None: 1}
        assert outlook.elsewhere == [("Paris", 1)]
        assert outlook.held == 1
        asked, count, example = outlook.reasons[0]
        assert (asked, count) == ("The place lies in or near an active city.", 1)
        assert example.startswith("Four: No active city is known for its place")

    def test_without_places_the_zone_tells_the_city_if_only_one_has_it(self, site: Site) -> None:
        berlin = make_city()
        site.pages["/c.ics"] = calendar(vevent("One", "2026-12-05T20:00", location=""))
        assert site.find("/c.ics").found[0].city == berlin.pk
        make_city("hamburg", latitude=53.55, longitude=10.0)
        outlook = site.find("/c.ics").found[0]
        assert outlook.city is None
        assert outlook.places == [(None, 1)]

    def test_the_given_city_is_where_events_without_a_place_are(self, site: Site) -> None:
        site.pages["/c.ics"] = calendar(vevent("One night out", "2026-12-05T20:00", zone="UTC", location=""))
        outlook = site.find("/c.ics", city=make_city("los-angeles")).found[0]
        assert outlook.places == [("Los Angeles", 1)]
        assert outlook.held == 0

    def test_the_name_comes_from_the_calendar_else_from_the_page(self, site: Site) -> None:
        site.pages["/"] = page('<a href="/c.ics">Subscribe</a>', title="Klub Null &amp; Bar")
        site.pages["/c.ics"] = nights("Ada Blum")
        found = site.find().found[0]
        assert (found.name, found.homepage) == ("Klub Null & Bar", f"{site.url}/")
        site.pages["/c.ics"] = nights("Ada Blum").replace("VERSION", "X-WR-CALNAME:Programme of Klub Null\r\nVERSION")
        assert site.find().found[0].name == "Programme of Klub Null"

    def test_what_is_there_already_is_recognised_and_nothing_is_written(self, site: Site) -> None:
        event = make_event("Ada Blum and friends", local="2026-12-05T20:00", venue=make_venue())
        make_listing(event)
        before = (Event.objects.count(), Listing.objects.count())
        site.pages["/c.ics"] = nights("Ada Blum and friends", "Otto Klang")
        outlook = site.find("/c.ics").found[0]
        assert (outlook.known, outlook.unsure, outlook.new) == (1, 0, 1)
        assert [(row["outcome"], row["event"]) for row in outlook.rows] == [("known", event.pk), ("new", None)]
        assert (Event.objects.count(), Listing.objects.count()) == before

    def test_what_only_the_pages_of_events_say_is_announced(self, site: Site) -> None:
        site.pages["/"] = page(marked("Ada Blum", startDate="2026-12-05", url="/ada"))
        assert site.find().found[0].followed == 1
        site.pages["/"] = page(marked("Ada Blum", url="/ada"))
        assert site.find().found[0].followed == 0

    def test_undated_items_are_counted(self, site: Site) -> None:
        make_city()
        broken = vevent("Soon", "2026-12-05T20:00").replace(
            "DTSTART;TZID=Europe/Berlin:20261205T200000", "DTSTART:soon"
        )
        site.pages["/c.ics"] = calendar(vevent("Ada Blum", "2026-12-05T20:00"), broken)
        outlook = site.find("/c.ics").found[0]
        assert (outlook.count, outlook.undated, outlook.held) == (1, 1, 1)
