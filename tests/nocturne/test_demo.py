"""The demo's feeds: never empty tonight, the same within a night, dirty in the ways that are promised."""

import datetime as dt
import http.client
import json
import re
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import time_machine
from icalendar import Calendar

from events.management.commands.load_cities import read_cities
from events.nights import tonight
from nocturne.dev.demo import serve, sources
from nocturne.dev.demo.program import program, towns
from nocturne.dev.demo.publishers import Item, Publisher, is_headline, items, publishers
from nocturne.dev.demo.server import Answer, answer
from quality.records import Record
from quality.similarity import compare

TONIGHT = dt.date(2026, 11, 25)
TOWNS = ("berlin", "los-angeles", "melbourne")
BASE = "http://demo.test"
NOW = dt.datetime(2026, 11, 25, 11, tzinfo=dt.UTC)
SCRIPT = re.compile(r'<script type="application/ld\+json">\n(.*?)\n</script>', re.DOTALL)


def listed_by(town: str, form: str, *, night: dt.date = TONIGHT) -> tuple[Item, ...]:
    return items(publisher(town, form), night)


def publisher(town: str, form: str) -> Publisher:
    [found] = [p for p in publishers() if p.town.slug == town and p.format == form]
    return found


def get(path: str, now: dt.datetime = NOW) -> Answer:
    found = answer(path, base=BASE, now=now)
    assert found, path
    return found


def feed(town: str, form: str, now: dt.datetime = NOW) -> str:
    return get(publisher(town, form).feed, now).body.decode()


@pytest.mark.parametrize("town", TOWNS)
def test_something_is_on_tonight_at_every_hour(town: str) -> None:
    place = towns()[town]
    zone = ZoneInfo(place.timezone)
    for day in range(7):
        minutes = [60 * hour for hour in range(24)] + [23 * 60 + 30, 5 * 60 + 59, 6 * 60 + 1]
        for minute in minutes:
            local = dt.datetime(2026, 11, 22, tzinfo=zone) + dt.timedelta(days=day, minutes=minute)
            night = tonight(local, place.timezone)
            clock = local.replace(tzinfo=None)
            shows = [show for show in program(place, night) if show.night == night and not show.all_day]
            assert [show for show in shows if show.end > clock and show.status == "scheduled"], local
            assert len(shows) >= 3, local


@pytest.mark.parametrize("town", TOWNS)
def test_every_night_has_a_show_that_four_publishers_list(town: str) -> None:
    for day in range(0, 42, 3):
        night = TONIGHT + dt.timedelta(days=day)
        listings = Counter(
            item.show.key
            for p in publishers()
            if p.town.slug == town
            for item in items(p, night)
            if item.show.night == night and is_headline(p.town, item.show)
        )
        assert max(listings.values()) >= 4


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("day", range(0, 360, 15))
def test_every_window_has_the_things_that_go_wrong(town: str, day: int) -> None:
    night = TONIGHT + dt.timedelta(days=day)
    place = towns()[town]
    shows = program(place, night)
    singles = [show for show in shows if show.series is None and not show.all_day]
    assert 60 <= len(singles) <= 140
    assert {"festival", "exhibition"} <= {show.kind for show in shows}
    assert {"cancelled", "sold_out", "scheduled"} == {show.status for show in singles}
    assert any(show.start.hour == 1 for show in singles)
    assert any(show.series and show.original != show.start for show in shows)
    assert any(show.series and show.status == "cancelled" for show in shows)
    evenings = Counter((show.night, show.venue.key, show.headliner) for show in singles)
    assert 2 in evenings.values(), "an early and a late show"
    aggregator = listed_by(town, "graph", night=night)
    assert place.words["button"] in {item.title for item in aggregator}
    assert any(item.start == item.show.start - dt.timedelta(hours=12) for item in aggregator)
    assert any(item.show.price and not item.prices for item in aggregator)
    magazine = listed_by(town, "tribe", night=night)
    assert any(item.start == item.show.start - dt.timedelta(hours=1) for item in magazine)
    assert len({item.place for item in magazine}) > len(place.venues)
    assert place.words["tba"] in {item.title for item in listed_by(town, "google", night=night)}
    assert any(item.when_text for item in listed_by(town, "page", night=night))


@pytest.mark.parametrize("town", TOWNS)
def test_nights_look_the_same_from_one_day_to_the_next(town: str) -> None:
    tomorrow = TONIGHT + dt.timedelta(days=1)
    for p in publishers():
        if p.town.slug == town:
            today = {item.id: item for item in items(p, TONIGHT) if not item.when_text}
            later = {item.id: item for item in items(p, tomorrow) if not item.when_text}
            both = today.keys() & later.keys()
            assert len(both) > 0.8 * len(today)
            assert all(today[key] == later[key] for key in both)


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("form", ["google", "tribe", "floating", "utc"])
def test_calendars_are_valid_and_their_ids_unique(town: str, form: str) -> None:
    text = feed(town, form)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    calendar = Calendar.from_ical(text)
    events = list(calendar.walk("VEVENT"))
    ids = Counter(
        (str(event["UID"]), event["RECURRENCE-ID"].to_ical() if "RECURRENCE-ID" in event else b"") for event in events
    )
    assert len(events) > 10
    assert max(ids.values()) == 1
    lines = re.findall(r"^DTSTART(.*)\r$", text[text.index("BEGIN:VEVENT") :], re.MULTILINE)
    shapes = {
        "google": {r":\d{8}T\d{6}Z", r";TZID=[\w/]+:\d{8}T\d{6}"},
        "tribe": {r";TZID=[\w/]+:\d{8}T\d{6}", r";VALUE=DATE:\d{8}"},
        "floating": {r":\d{8}T\d{6}", r":\D.*"},
        "utc": {r":\d{8}T\d{6}Z"},
    }[form]
    assert {shape for line in lines for shape in shapes if re.fullmatch(shape, line)} == shapes
    assert all(any(re.fullmatch(shape, line) for shape in shapes) for line in lines)


@pytest.mark.parametrize("town", TOWNS)
def test_a_venues_series_have_exceptions(town: str) -> None:
    calendar = Calendar.from_ical(feed(town, "google"))
    events = list(calendar.walk("VEVENT"))
    assert len([event for event in events if "RRULE" in event]) == len(towns()[town].series)
    assert any("EXDATE" in event for event in events)
    overrides = [event for event in events if "RECURRENCE-ID" in event]
    assert {str(event["STATUS"]) for event in overrides} == {"CONFIRMED", "CANCELLED"}
    for event in overrides:
        moved = event["DTSTART"].dt != event["RECURRENCE-ID"].dt
        assert moved == (event["STATUS"] == "CONFIRMED")


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("day", range(0, 120, 10))
def test_a_venues_page_has_json_that_only_a_lenient_reader_takes(town: str, day: int) -> None:
    scripts = SCRIPT.findall(feed(town, "page", NOW + dt.timedelta(days=day)))
    assert len(scripts) > 10
    broken = []
    for script in scripts:
        try:
            json.loads(script)
        except ValueError as problem:
            broken.append(str(problem))
    assert 0 < len(broken) < len(scripts)
    assert any("Invalid control character" in problem for problem in broken)
    assert any("trailing comma" in problem or "property name" in problem for problem in broken)


@pytest.mark.parametrize("town", TOWNS)
def test_the_aggregator_links_to_the_venues_own_pages(town: str) -> None:
    [script] = SCRIPT.findall(feed(town, "graph"))
    graph = json.loads(script)["@graph"]
    [entries] = [node["itemListElement"] for node in graph if node["@type"] == "ItemList"]
    links = [entry["item"]["url"] for entry in entries]
    assert all("utm_source=" in link for link in links)
    homes = Counter()
    for link in links:
        path = link.removeprefix(BASE).partition("?")[0]
        assert SCRIPT.search(get(path).body.decode())
        homes[path.split("/")[2]] += 1
    assert len(homes) == 4  # its own, and those of the three venues that have one


def test_the_sources_are_those_that_are_served() -> None:
    rows = sources(f"{BASE}/")
    assert len({row["url"] for row in rows}) == len({row["name"] for row in rows}) == len(rows)
    known = {row["code"]: row for row in read_cities()}
    for code, count in Counter(row["city"] for row in rows).items():
        assert count >= 4
        assert {row["timezone"] for row in rows if row["city"] == code} == {known[code]["timezone"]}
    for row in rows:
        assert get(row["url"].removeprefix(BASE)).body
        assert get(row["homepage"].removeprefix(BASE)).body
    index = get("/").body.decode()
    assert all(row["url"] in index for row in rows)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = serve(0)
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def ask(
    client: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    client.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = client.getresponse()
    return response, response.read()


def test_a_client_that_holds_the_feed_is_told_so(client: http.client.HTTPConnection) -> None:
    path = publisher("berlin", "google").feed
    first, body = ask(client, path)
    assert (first.status, first.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert f"127.0.0.1:{client.port}" in ask(client, publisher("berlin", "tribe").feed)[1].decode()
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in ({"If_None_Match": f'"other", W/{etag}'}, {"If_Modified_Since": modified}):
        again, empty = ask(client, path, **headers)
        assert (again.status, again.headers["ETag"], empty) == (304, etag, b"")
    assert ask(client, path, If_None_Match='"other"', If_Modified_Since=modified)[0].status == 200
    assert ask(client, path, If_Modified_Since="soon")[0].status == 200
    head, nothing = ask(client, path, "HEAD")
    assert (head.status, int(head.headers["Content-Length"]), nothing) == (200, len(body), b"")


def test_the_rest_of_the_server(client: http.client.HTTPConnection) -> None:
    assert ask(client, "/robots.txt")[1].startswith(b"User-agent: *")
    assert ask(client, "/")[0].headers["Content-Type"] == "text/html; charset=utf-8"
    assert ask(client, "/atlantis/")[0].status == 404
    assert ask(client, publisher("berlin", "page").feed + "?utm_source=x")[0].status == 200


@pytest.mark.parametrize("town", TOWNS)
def test_a_feed_stays_the_same_for_a_night(town: str, client: http.client.HTTPConnection) -> None:
    zone = ZoneInfo(towns()[town].timezone)
    path = publisher(town, "tribe").feed
    tags = []
    for local in ("2026-11-25T06:00", "2026-11-25T23:59", "2026-11-26T05:59", "2026-11-26T06:00"):
        with time_machine.travel(dt.datetime.fromisoformat(local).replace(tzinfo=zone), tick=False):
            tags.append(ask(client, path)[0].headers["ETag"])
    assert tags[0] == tags[1] == tags[2] != tags[3]


def test_posters_are_drawn_and_the_same_at_every_publisher() -> None:
    pictures = {
        form: {item.show.key: item.picture for item in listed_by("berlin", form) if item.picture}
        for form in ("tribe", "graph")
    }
    logo = f"{publisher('berlin', 'graph').home}posters/logo.jpg"
    shared = [key for key in pictures["tribe"] if pictures["graph"].get(key, logo) != logo]
    assert len(shared) > 10
    first, second = (get(pictures[form][shared[0]]) for form in ("tribe", "graph"))
    assert (first.content_type, first.body[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert first.body == second.body
    assert Counter(pictures["graph"].values())[logo] > 10
    assert get(logo).body != first.body
    assert f"ATTACH;FMTTYPE=image/jpeg:{BASE}/" in feed("berlin", "tribe").replace("\r\n ", "")
    assert f'"image": "{BASE}{logo}"' in feed("berlin", "graph")


@pytest.mark.parametrize("town", TOWNS)
def test_a_venue_and_a_magazine_list_a_market_of_which_only_a_person_can_tell_whether_it_is_one(town: str) -> None:
    words, pairs = towns()[town].words, 0
    at_venue, tips = ({item.show.key: item for item in listed_by(town, form)} for form in ("google", "tribe"))
    for key, item in at_venue.items():
        if item.title != words["market"]:
            continue
        first, second = (
            Record.from_json(
                {
                    "id": one.id,
                    "city": town,
                    "title": one.title,
                    "starts_at": one.start.isoformat(),
                    "venue": one.place,
                    "description": one.text,
                }
            )
            for one in (item, tips[key])
        )
        assert compare(first, second).outcome == "unsure"
        pairs += 1
    assert 1 <= pairs <= 2
