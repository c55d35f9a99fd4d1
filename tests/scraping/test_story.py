"""Publishers of every kind, hostile and polite, each on a server of its own: what a week of readings made of each."""

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from events.models import Event, EventChange, Listing, Source
from nocturne.models import Alert
from scraping.models import Health, OptOut, Run, RunItem, Schedule
from scraping.pipeline import Outcome
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import NOW, add, assert_settled, assert_sound, read

pytestmark = pytest.mark.django_db

HOURS = (0, 1, 8, 160)
NAMES = (
    *("polite", "without validators", "forbids", "opted out", "too busy", "down", "slow", "flood", "in circles"),
    *("picture", "empty for a while", "new ids", "vanishing", "moving", "reused page"),
)


def evenings(*days: int, name: str = "Konzert", prefix: str = "") -> list[str]:
    return [
        vevent(
            f"{name} Nummer {n}", f"2026-12-{n:02}T20:00", uid=f"{prefix}{name}-{n}", location=f"Haus {name}, Berlin"
        )
        for n in days
    ]


class Town:
    """A publisher with a source by name; all are read in each round, and what came of it is kept."""

    def __init__(self, publishers: dict[str, Publisher]) -> None:
        self.publishers = publishers
        self.sources: dict[str, Source] = {
            name: add(one, name=name, created_at=NOW) for name, one in publishers.items()
        }
        self.outcomes: dict[str, list[str]] = {name: [] for name in publishers}

    def __getitem__(self, name: str) -> Publisher:
        return self.publishers[name]

    def prepare(self, round: int) -> None:
        """What each publisher does before this round; the days and titles are different ones for each."""
        polite = evenings(20, 21, 22, name="Polite")
        for name in ("polite", "forbids", "opted out", "too busy", "down", "slow", "in circles", "empty for a while"):
            self[name].publish(*(event.replace("Polite", f"Abend ({name})") for event in polite))
        self["without validators"].publish(*evenings(20, 21, name="Ohne"))
        self["without validators"].headers = {"ETag": "", "Last-Modified": ""}
        self["forbids"].robots = "User-agent: NocturneBot\nDisallow: /"
        self["too busy"].status = (429, 200, 200, 200)[round]
        self["too busy"].headers = {"Retry-After": "7200"} if round == 0 else {}
        self["down"].status = (500, 503, 502, 200)[round]
        self["slow"].seconds = (0.5, 0, 0, 0)[round]
        self["flood"].body = "BEGIN:VCALENDAR\r\n" * 20_000
        self["in circles"].status, self["in circles"].headers = 302, {"Location": self["in circles"].url}
        self["picture"].body = b"\x89PNG\r\n\x1a\n" + bytes(500)
        if round == 1:
            self["empty for a while"].publish()
        self["new ids"].publish(*evenings(10, 11, 12, 13, name="Churn", prefix=f"{round}-"))
        self["vanishing"].publish(*evenings(*range(10 if round == 0 else 11, 16), name="Weg"))
        start = "2026-12-14T20:00" if round == 0 else "2026-12-15T19:30"
        self["moving"].publish(vevent("Verschobenes Konzert", start, uid="m"))
        start = "2026-12-02T20:00" if round < 3 else "2026-12-09T20:00"
        self["reused page"].publish(vevent("Offene Bühne", start, uid="page", url="https://buehne.example/"))

    def play(self) -> None:
        for round, hours in enumerate(HOURS):
            self.prepare(round)
            for name, source in self.sources.items():
                self.outcomes[name].append(words(read(source, NOW + dt.timedelta(hours=hours))))


def words(outcome: Outcome) -> str:
    return f"{outcome.status} {outcome.run.error}".strip()


@pytest.fixture
def town(settings: Settings) -> Iterator[Town]:
    cache.clear()
    settings.FETCH_SECONDS, settings.FETCH_MAX_BYTES = 0.3, 100_000
    settings.FETCH_ALLOW = []
    servers = [HTTPServer(host="127.0.0.1", port=0) for _ in NAMES]
    publishers = {}
    for name, server in zip(NAMES, servers, strict=True):
        server.start()
        settings.FETCH_ALLOW.append(f"{server.host}:{server.port}")
        publishers[name] = Publisher(server.url_for("/events.ics"))
        server.expect_request(re.compile(".*")).respond_with_handler(publishers[name].answer)
    one = publishers["opted out"]
    one.url = one.url.replace("127.0.0.1", "localhost")
    settings.FETCH_ALLOW.append(one.url.split("/")[2])
    OptOut.objects.create(host="localhost", since=NOW)
    yield Town(publishers)
    with ThreadPoolExecutor(len(servers)) as stopping:  # each takes half a second
        list(stopping.map(HTTPServer.stop, servers))


def test_what_becomes_of_each(town: Town) -> None:
    town.play()
    assert town.outcomes == {
        "polite": ["changed", "unchanged", "unchanged", "unchanged"],
        "without validators": ["changed", "unchanged", "unchanged", "unchanged"],
        "forbids": ["failed robots"] * 4,
        "opted out": ["failed optout"] * 4,
        "too busy": ["failed http.429", "later", "changed", "unchanged"],
        "down": ["failed http.500", "failed http.503", "failed http.502", "changed"],
        "slow": ["failed timeout", "changed", "unchanged", "unchanged"],
        "flood": ["failed too_large"] * 4,
        "in circles": ["failed redirects"] * 4,
        "picture": ["empty", "empty", "empty", "empty"],
        "empty for a while": ["changed", "empty", "unchanged", "unchanged"],
        "new ids": ["changed", "changed", "changed", "changed"],
        "vanishing": ["changed", "changed", "changed", "unchanged"],
        "moving": ["changed", "changed", "unchanged", "unchanged"],
        "reused page": ["changed", "unchanged", "unchanged", "changed"],
    }

    def events(name: str) -> list[Event]:
        return list(Event.objects.filter(listings__source=town.sources[name]).distinct().order_by("starts_at"))

    # asked politely: with the validator that it gave; and not at all where it was not wanted
    assert [bool(request.headers.get("If-None-Match")) for request in town["polite"].asked] == [False, *[True] * 3]
    assert len(town["without validators"].asked) == 4
    assert town["forbids"].asked == town["opted out"].asked == []
    assert town["opted out"].asked_for_robots == 0
    assert {publisher.asked_for_robots for name, publisher in town.publishers.items() if name != "opted out"} == {1}
    assert len(town["too busy"].asked) == 3  # it was left alone when it had asked for that

    # what changed: one row for each, and none for a look that found nothing new
    runs = {name: source.runs.count() for name, source in town.sources.items()}
    assert (runs["polite"], runs["moving"], runs["vanishing"], runs["picture"]) == (1, 2, 3, 1)

    # the vanished event was marked, then retired, and never deleted
    assert [event.status for event in events("vanishing")] == ["not_listed"] + ["scheduled"] * 5
    gone = Listing.objects.get(source=town.sources["vanishing"], retired_at__isnull=False)
    assert list(RunItem.objects.filter(listing=gone).order_by("pk").values_list("action", flat=True)) == [
        *("new", "missing", "retired")
    ]

    # the moved event is the same one, and tells that it moved
    (moved,) = events("moving")
    assert (moved.night, moved.sequence) == (dt.date(2026, 12, 15), 1)
    assert "starts_at" in EventChange.objects.get(event=moved).after

    # one address, a new night each week
    assert [event.night.day for event in events("reused page")] == [2, 9]

    # ids that change with each reading are not believed in the end, and doubled nothing
    assert len(events("new ids")) == Listing.objects.filter(source=town.sources["new ids"]).count() == 4
    town.sources["new ids"].refresh_from_db()
    assert town.sources["new ids"].ids_stable is False

    # an empty answer took nothing away
    assert [event.status for event in events("empty for a while")] == ["scheduled"] * 3

    # who is in trouble, and who is told
    states = {row.source.name: row.state for row in Health.objects.select_related("source")}
    failing = {"forbids", "opted out", "flood", "in circles"}
    assert {name for name, state in states.items() if state != "healthy"} == failing
    told = Alert.objects.order_by("pk").values_list("message", "resolved_at")
    assert {message.split(":")[0] for message, resolved in told if not resolved} == failing
    assert {message.split(":")[0] for message, resolved in told if resolved} == {"down", "empty for a while"}
    assert not Run.objects.filter(error__in=["crash", "interrupted"]).exists()
    assert not Schedule.objects.exclude(claim=None).exists()

    assert_sound()
    for name in ("polite", "vanishing", "moving", "reused page"):
        assert_settled(town.sources[name], NOW + dt.timedelta(hours=HOURS[-1] + 1))
