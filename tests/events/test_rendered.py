"""A page is rendered once for the same rows, and never taken for others."""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import rendered
from events.models import City, Comment, Event, EventChange, Image, Listing, Rsvp, Series, Source, Venue
from events.views import city as city_view, event as event_view
from nocturne.cache import bump
from nocturne.entries import LIFETIME
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]

NOW = "2026-12-05T18:00:00+00:00"
# the page, its fragment, a choice, other nights, a text, what follows below
PATHS = ("/berlin/", "/berlin/list", "/berlin/?category=music", "/berlin/?when=2026-12-05", "/berlin/?q=concert")


class Pages:
    """Asks for pages, and counts how many were rendered."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, self.rendered = client, 0
        render = city_view.public_page

        def counting(*args: Any, **kwargs: Any) -> Any:
            self.rendered += 1
            return render(*args, **kwargs)

        for module in (city_view, event_view):
            monkeypatch.setattr(module, "public_page", counting)

    def get(self, path: str) -> str:
        response = self.client.get(path)
        assert response.status_code == 200
        return response.text


@pytest.fixture
def pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> Pages:
    return Pages(client, monkeypatch)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def city(clock: Any) -> City:
    """A concert at a place, listed by two, to which somebody goes; a show that lasts; a town near by."""
    city = make_city()
    make_city("potsdam", population=180_000, area=city)
    picture = Image.objects.create(hash="a" * 64, width=640, height=360, bytes=9000, colour="#102030")
    event = make_event("Concert", category="music", venue=make_venue("Klub"), image=picture)
    make_listing(event, source=make_source(name="Almanac"))
    make_listing(event, source=make_source(name="Bulletin"))
    make_event("Show of concert posters", category="music", local="2026-12-04T10:00", local_end="2026-12-09T18:00")
    make_event("Week of the concert", category="music", local="2026-12-05T10:00", local_end="2026-12-09T18:00")
    answer(event)
    return city


_names = itertools.count()


def answer(event: Event, said: str = "going") -> None:
    user = User.objects.create_user(f"reader-{next(_names)}@example.org")
    Rsvp.objects.create(event=event, user=user, answer=said)


def concert() -> Event:
    return Event.objects.get(title="Concert")


@pytest.mark.parametrize("path", PATHS)
def test_what_is_the_same_is_rendered_once_and_costs_one_query(pages: Pages, path: str) -> None:
    first = pages.get(path)
    with CaptureQueriesContext(connection) as captured:
        again = pages.client.get(path)
    assert again.text == first
    assert (pages.rendered, len(captured)) == (1, 1)
    assert again["Content-Type"] == "text/html; charset=utf-8"


def test_a_bump_makes_another_etag_and_no_other_page(pages: Pages, city: City) -> None:
    first = pages.client.get("/berlin/")
    bump(city.pk)
    second = pages.client.get("/berlin/", headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert second["ETag"] != first["ETag"]
    assert second.content == first.content
    assert pages.rendered == 1


def _merge() -> None:
    other = make_event("Concerto", night=dt.date(2027, 3, 1), last_night=dt.date(2027, 3, 1))
    answer(other)
    Event.objects.filter(pk=other.pk).update(merged_into=concert(), root=concert())


CHANGES: dict[str, Callable[[], object]] = {
    "a title": lambda: Event.objects.filter(title="Concert").update(title="Concert by night"),
    "a new event": lambda: make_event("Second concert", category="music", local="2026-12-05T22:00"),
    "one that is hidden": lambda: Event.objects.filter(title="Concert").update(visibility="hidden"),
    "one that is another night's": lambda: Event.objects.filter(title="Concert").update(
        night=dt.date(2027, 1, 5), last_night=dt.date(2027, 1, 5)
    ),
    "a run": lambda: Event.objects.filter(title="Show of concert posters").update(title="Show of a concert"),
    "a run that begins on these nights": lambda: Event.objects.filter(title="Week of the concert").update(
        status="cancelled"
    ),
    "a place's name": lambda: Venue.objects.update(name="Club"),
    "a picture's row": lambda: Image.objects.update(width=600, hash="b" * 64),
    "another answer": lambda: answer(concert()),
    "an answer that is another": lambda: Rsvp.objects.update(answer="interested"),
    "an answer that is taken back": lambda: Rsvp.objects.all().delete(),
    "answers to what was merged": _merge,
    "a publisher's name": lambda: Source.objects.filter(name="Almanac").update(publisher="The Almanac"),
    "one publisher for another": lambda: Listing.objects.filter(source__name="Almanac").update(
        source=make_source(name="Chronicle")
    ),
    "the city's name": lambda: City.objects.filter(slug="berlin").update(name="Spree-Athen"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_on_it_is_seen_at_once_and_by_nobodys_word(pages: Pages, change: str) -> None:
    before = {path: pages.get(path) for path in PATHS}
    CHANGES[change]()
    for path in PATHS:
        after = pages.get(path)
        rendered.MEMORY.clear()
        assert after == pages.get(path), path
        assert after != before[path], path


def test_a_town_near_by_is_named_as_it_is_called_now(pages: Pages) -> None:
    assert "Potsdam" in pages.get("/berlin/")
    City.objects.filter(slug="potsdam").update(name="Potstupimi")
    assert "Potstupimi" in pages.get("/berlin/")
    City.objects.filter(slug="potsdam").update(active=False)
    assert "Potstupimi" not in pages.get("/berlin/")


def test_what_changes_elsewhere_renders_nothing(pages: Pages) -> None:
    first = pages.get("/berlin/")
    make_event("Ball", local="2027-02-05T20:00")
    make_event("Fado", city=make_city("lisbon"))
    answer(make_event("Later", local="2027-02-06T20:00"))
    assert pages.get("/berlin/") == first
    assert pages.rendered == 1


def test_what_follows_below_is_kept_too(pages: Pages) -> None:
    for number in range(55):
        make_event(f"Concert {number}", venue=make_venue("Klub"))
    first = pages.get("/berlin/more?page=2")
    assert pages.get("/berlin/more?page=2") == first
    assert pages.rendered == 1
    Event.objects.filter(title="Concert 54").update(title="Ball")
    assert "Ball" in pages.get("/berlin/more?page=2")


@pytest.mark.parametrize("query", ["sort=popular", "venue=1", "source=1", "q=nothing+like+it", "when=2027-05-05"])
def test_what_other_rows_may_change_is_rendered_each_time(pages: Pages, query: str) -> None:
    for _ in range(2):
        pages.get(f"/berlin/?{query}")
    assert pages.rendered == 2


def test_an_empty_page_names_the_next_night_that_comes_to_have_something(pages: Pages) -> None:
    assert "Sat 1 May" not in pages.get("/berlin/?when=2027-04-30")
    make_event("Walpurgis", local="2027-05-01T20:00")
    assert "Sat 1 May" in pages.get("/berlin/?when=2027-04-30")


def test_the_page_of_the_next_day_is_another(pages: Pages, clock: Any) -> None:
    assert "Concert" in pages.get("/berlin/?when=tonight")
    clock.shift(dt.timedelta(days=1))
    assert ">Concert<" not in pages.get("/berlin/?when=tonight")


def test_it_ends_after_a_quarter_of_an_hour(pages: Pages, clock: Any) -> None:
    for seconds in (0, LIFETIME - 1, 2):
        clock.shift(seconds)
        pages.get("/berlin/")
    assert pages.rendered == 2


def test_a_city_that_is_served_no_more_is_gone_at_once(pages: Pages) -> None:
    pages.get("/berlin/")
    City.objects.filter(slug="berlin").update(active=False)
    assert pages.client.get("/berlin/").status_code == 302


def test_without_valkey_pages_are_rendered_once_too(pages: Pages, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}
    first = pages.get("/berlin/")
    assert pages.get("/berlin/") == first
    assert pages.rendered == 1
    Event.objects.filter(title="Concert").update(title="Ball")
    assert "Ball" in pages.get("/berlin/")
    assert "ETag" not in pages.client.get("/berlin/")


def test_those_not_asked_for_longest_go_first(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(pages.get("/berlin/"))
    monkeypatch.setattr(rendered.MEMORY, "_max_bytes", 3 * size)
    for number in range(6):
        pages.get(f"/berlin/?q=concert+{'x' * number}")
        pages.get(f"/berlin/?when=2026-12-05&q=concert&page={number + 1}")
    assert rendered.MEMORY._bytes <= 3 * size
    pages.rendered = 0
    pages.get("/berlin/")
    assert pages.rendered == 1


# What the page of a list tells and the concert's own does not, or by which it goes elsewhere.
ELSEWHERE = (
    "a run",
    "a run that begins on these nights",
    "a new event",
    "one that is hidden",
    "one that is another night's",
    "a title",
)


def comment(text: str) -> None:
    user = User.objects.create_user(f"reader-{next(_names)}@example.org")
    Comment.objects.create(event=concert(), user=user, name="Ada", text=text, state="live")


class TestEvents:
    """The page of one event, of which more rows tell."""

    CHANGES: ClassVar[dict[str, Callable[[], object]]] = {
        **{name: change for name, change in CHANGES.items() if name not in ELSEWHERE},
        "a place's address": lambda: Venue.objects.update(address="Main Street 7"),
        "what a publisher says": lambda: Listing.objects.filter(source__name="Almanac").update(
            missing_since=dt.datetime.now(dt.UTC)
        ),
        "one publisher more": lambda: make_listing(concert(), source=make_source(name="Chronicle")),
        "a comment": lambda: comment("Fine."),
        "a comment that is hidden": lambda: Comment.objects.update(state="hidden"),
        "a change": lambda: EventChange.objects.create(
            event=concert(), sequence=1, before={"status": "scheduled"}, after={"status": "postponed"}
        ),
        "what it is a part of": lambda: Event.objects.filter(title="Festival").update(title="Fair"),
        "what it is a part of, hidden": lambda: Event.objects.filter(title="Festival").update(visibility="hidden"),
        "the series' other date, hidden": lambda: Event.objects.filter(title="Next").update(visibility="hidden"),
        "the series' name": lambda: Series.objects.update(title="Evenings"),
        "what is like it": lambda: Event.objects.filter(title="Recital").update(title="Solo recital"),
        "what comes to be like it": lambda: make_event("Chamber concert", local="2026-12-12T20:00", category="music"),
        "answers to what is like it": lambda: answer(Event.objects.get(title="Recital")),
    }

    @pytest.fixture
    def path(self) -> str:
        series = Series.objects.create(source=make_source(), key="evenings", title="Concerts")
        make_event("Next", local="2027-03-01T20:00", series=series)
        make_event("Recital", local="2026-12-10T20:00", category="music")
        festival = make_event("Festival", local="2026-12-05T10:00", local_end="2026-12-07T18:00")
        Event.objects.filter(title="Concert").update(series=series, part_of=festival)
        comment("I will come.")
        return concert().get_absolute_url()

    def test_what_is_the_same_is_rendered_once_and_costs_one_query(self, pages: Pages, path: str, city: City) -> None:
        first = pages.get(path)
        bump(city.pk)
        with CaptureQueriesContext(connection) as captured:
            assert pages.get(path) == first
        assert (pages.rendered, len(captured)) == (1, 1)

    @pytest.mark.parametrize("change", CHANGES)
    def test_what_changes_on_it_is_seen_at_once(self, pages: Pages, path: str, change: str) -> None:
        before = pages.get(path)
        self.CHANGES[change]()
        after = pages.get(path)
        rendered.MEMORY.clear()
        assert after == pages.get(path)
        assert after != before

    def test_what_is_hidden_or_merged_is_gone_at_once(self, pages: Pages, path: str) -> None:
        pages.get(path)
        Event.objects.filter(title="Concert").update(visibility="hidden")
        assert pages.client.get(path).status_code == 404
        recital = Event.objects.get(title="Recital")
        pages.get(recital.get_absolute_url())
        Event.objects.filter(pk=recital.pk).update(merged_into=concert(), root=concert())
        Event.objects.filter(title="Concert").update(visibility="published")
        assert pages.client.get(recital.get_absolute_url()).status_code == 301

    def test_what_changes_elsewhere_renders_nothing(self, pages: Pages, path: str) -> None:
        pages.get(path)
        make_event("Concert of another town", city=make_city("lisbon"), category="music")
        make_event("Film", local="2026-12-06T20:00", category="film")
        pages.get(path)
        assert pages.rendered == 1

    def test_of_a_city_without_pages_it_is_rendered_each_time(self, pages: Pages, path: str) -> None:
        City.objects.filter(slug="berlin").update(active=False)
        for _ in range(2):
            pages.get(path)
        assert pages.rendered == 2


def test_many_pages_are_kept_in_little_memory() -> None:
    before = rendered.MEMORY._bytes
    text = "".join(f"<li>Concert {number} at the Klub</li>" for number in range(2000)).encode()
    rendered.Rendered("a list", lambda _: ("rows", 0)).keep(text, [], 0)
    assert rendered.MEMORY._bytes - before < len(text) / 4
    assert rendered.Rendered("a list", lambda _: ("rows", 0)).content == text
    assert rendered.Rendered("a list", lambda _: ("other rows", 0)).content is None
