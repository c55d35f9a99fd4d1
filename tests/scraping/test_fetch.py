"""How hosts are asked: opt-outs, robots.txt, pauses, and a breaker that all sources of a host share."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from nocturne.http import FetchError
from scraping import breaker, fetch, optout
from scraping.models import OptOut, Schedule, host_of
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, read

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
DOWN = FetchError("http.503", "klub.example answered 503.")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


class TestOptOut:
    @pytest.mark.parametrize(
        ("pasted", "host"),
        [
            ("example.org", "example.org"),
            (" https://Example.ORG/events?x=1 ", "example.org"),
            ("*.example.org", "example.org"),
            ("example.org.:8080", "example.org"),
            ("klub-süd.example", "xn--klub-sd-s2a.example"),
            ("user:secret@example.org", "example.org"),
        ],
    )
    def test_a_host_is_kept_as_requests_have_it(self, pasted: str, host: str) -> None:
        assert host_of(pasted) == host

    @pytest.mark.parametrize("pasted", ["", "example", "https://", "a..b", "http://[::1/"])
    def test_what_is_no_host_is_refused(self, pasted: str) -> None:
        with pytest.raises(ValidationError):
            OptOut(host=pasted).full_clean()

    @pytest.mark.parametrize(
        ("url", "refused"),
        [
            ("https://example.org/events.ics", True),
            ("https://www.calendar.EXAMPLE.org./", True),
            ("http://user@example.org:8080/", True),
            ("https://example.org.evil.example/", False),
            ("https://notexample.org/", False),
            ("https://org/", False),
        ],
    )
    def test_it_stands_for_its_subdomains_and_for_nothing_else(self, url: str, refused: bool) -> None:
        OptOut.objects.create(host="example.org", since=NOW)
        if not refused:
            optout.obey(url)
            return
        with pytest.raises(FetchError, match="asked not to be read") as error:
            optout.obey(url)
        assert error.value.kind == "optout"

    def test_a_source_of_that_host_fails_with_a_sentence_and_is_not_asked(self, publisher: Publisher) -> None:
        OptOut.objects.create(host="localhost", since=NOW)
        publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
        outcome = read(add(publisher))
        assert (outcome.status, outcome.run.error) == ("failed", "optout")
        assert outcome.message == "localhost asked not to be read (1 Dec 2026)."
        assert publisher.asked == []
        assert publisher.asked_for_robots == 0

    def test_a_redirect_to_that_host_is_not_followed(self, httpserver: HTTPServer, settings: Settings) -> None:
        settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
        OptOut.objects.create(host="away.example")
        httpserver.expect_request("/robots.txt").respond_with_data(status=404)
        httpserver.expect_request("/go").respond_with_data(
            status=302, headers={"Location": "https://www.away.example/"}
        )
        with pytest.raises(FetchError) as error:
            fetch.ask(httpserver.url_for("/go"))
        assert error.value.kind == "optout"


def test_robots_hold_where_a_redirect_leads_to(httpserver: HTTPServer, settings: Settings) -> None:
    settings.FETCH_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: NocturneBot\nDisallow: /private")
    httpserver.expect_request("/go").respond_with_data(status=302, headers={"Location": "/private/events.ics"})
    with pytest.raises(FetchError) as error:
        fetch.ask(httpserver.url_for("/go"))
    assert error.value.kind == "robots"
    assert [request.path for request, _ in httpserver.log] == ["/robots.txt", "/go"]


def test_robots_are_asked_for_once_a_day(publisher: Publisher) -> None:
    source = add(publisher)
    for hours in range(3):
        read(source, NOW + hours * HOUR)
    assert publisher.asked_for_robots == 1


def test_the_crawl_delay_of_a_host_counts_where_it_is_longer_than_ours(publisher: Publisher) -> None:
    publisher.robots = "User-agent: *\nCrawl-delay: 7"
    assert fetch._permitted(publisher.url) == 7


def test_of_a_long_robots_only_the_first_rules_count(publisher: Publisher) -> None:
    rules = "".join(f"Disallow: /{number:0>90}\n" for number in range(8000))
    publisher.robots = f"User-agent: *\nDisallow: /private/\n{rules}Disallow: /\n"
    assert fetch._permitted(publisher.url) == 1
    with pytest.raises(FetchError, match=r"robots\.txt"):
        fetch._permitted(publisher.url.replace("events.ics", "private/events.ics"))
    kept = cache.get(f"robots:{publisher.url.removesuffix('/events.ics')}")
    assert len(kept) <= 512_000
    assert kept.splitlines()[-1] in rules.splitlines()


def test_two_requests_to_one_host_keep_their_distance(settings: Settings) -> None:
    settings.FETCH_ALLOW = []
    fetch._pace("https://klub.example/a", 60)
    with pytest.raises(fetch.Later) as later:
        fetch._pace("https://klub.example/b", 60)
    assert later.value.seconds == 60
    fetch._pace("https://other.example/", 60)


class TestBreaker:
    URL = "https://klub.example/events.ics"

    def fail(self, times: int, at: dt.datetime = NOW, error: FetchError = DOWN) -> None:
        for _ in range(times):
            breaker.record(self.URL, at, error)

    def test_a_host_rests_after_five_failures_in_a_row(self) -> None:
        self.fail(breaker.THRESHOLD - 1)
        assert breaker.rest_of(self.URL, NOW) == 0
        self.fail(1)
        assert breaker.rest_of("https://KLUB.example/other", NOW) == breaker.FIRST.total_seconds()
        assert breaker.rest_of("https://other.example/", NOW) == 0

    def test_an_answer_in_between_forgets_the_failures(self) -> None:
        self.fail(breaker.THRESHOLD - 1)
        breaker.record(self.URL, NOW, None)
        self.fail(breaker.THRESHOLD - 1)
        assert breaker.rest_of(self.URL, NOW) == 0

    @pytest.mark.parametrize("kind", ["http.404", "too_large", "encoding", "redirects"])
    def test_an_error_of_one_page_is_an_answer_of_its_host(self, kind: str) -> None:
        self.fail(breaker.THRESHOLD - 1)
        self.fail(1, error=FetchError(kind, ""))
        self.fail(breaker.THRESHOLD - 1)
        assert breaker.rest_of(self.URL, NOW) == 0

    @pytest.mark.parametrize("kind", sorted(breaker.NOT_ASKED))
    def test_where_nothing_was_asked_nothing_is_known(self, kind: str) -> None:
        self.fail(breaker.THRESHOLD - 1)
        self.fail(1, error=FetchError(kind, ""))
        self.fail(1)
        assert breaker.rest_of(self.URL, NOW) > 0

    def test_when_the_rest_is_over_one_worker_tries_and_the_others_wait(self) -> None:
        self.fail(breaker.THRESHOLD)
        later = NOW + breaker.FIRST
        assert breaker.rest_of(self.URL, later) == 0
        assert breaker.rest_of(self.URL, later) == breaker.TRIAL_SECONDS
        breaker.record(self.URL, later, None)
        assert breaker.rest_of(self.URL, later) == 0
        self.fail(1, later)
        assert breaker.rest_of(self.URL, later) == 0  # one failure is none in a row

    def test_each_rest_is_twice_as_long_and_half_a_day_at_most(self) -> None:
        self.fail(breaker.THRESHOLD)
        at, rests = NOW, []
        for _ in range(9):
            rests.append(dt.timedelta(seconds=breaker.rest_of(self.URL, at)))
            at += rests[-1]
            assert breaker.rest_of(self.URL, at) == 0
            self.fail(1, at)
        assert rests[:3] == [breaker.FIRST, 2 * breaker.FIRST, 4 * breaker.FIRST]
        assert rests[-1] == breaker.LAST

    def test_a_host_that_asks_for_a_pause_gets_it_from_all_of_its_sources(self) -> None:
        self.fail(1, error=FetchError("http.429", "", retry_after=1800))
        assert breaker.rest_of("https://klub.example/other", NOW + 10 * MINUTE) == 1200

    def test_without_the_cache_a_process_knows_what_it_has_seen_itself(self, settings: Settings) -> None:
        self.fail(breaker.THRESHOLD)
        cache_away(settings)
        assert breaker.rest_of(self.URL, NOW) == 0
        self.fail(breaker.THRESHOLD)
        assert breaker.rest_of(self.URL, NOW) > 0


def cache_away(settings: Settings) -> None:
    """A cache that nothing listens for."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}


class TestPipeline:
    def test_sources_of_a_host_that_is_down_are_postponed_and_not_blamed(self, publisher: Publisher) -> None:
        publisher.status = 503
        sources = [add(publisher, f"?{n}") for n in range(8)]
        outcomes = [read(source).status for source in sources]
        assert outcomes == ["failed"] * 5 + ["later"] * 3
        assert len(publisher.asked) == 5
        late = Schedule.objects.get(source=sources[-1])
        assert late.failures == 0
        assert breaker.FIRST <= late.next_at - NOW <= 1.2 * breaker.FIRST

        publisher.status = 200
        publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
        assert read(sources[-1], NOW + 11 * MINUTE).status == "changed"
        assert read(sources[0], NOW + 11 * MINUTE).status == "changed"

    def test_an_editor_can_have_it_tried_at_once(self, publisher: Publisher) -> None:
        publisher.status = 503
        source = add(publisher)
        for hours in range(6):
            read(source, NOW + hours * MINUTE)
        assert len(publisher.asked) == 5
        publisher.status = 200
        publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
        assert read(source, NOW + 7 * MINUTE, force=True).status == "changed"
        assert read(source, NOW + 8 * MINUTE).status == "unchanged"

    @pytest.mark.parametrize("asked", ["1800", "Tue, 01 Dec 2026 12:30:00 GMT"])
    def test_retry_after_is_obeyed_as_seconds_and_as_a_date(self, publisher: Publisher, asked: str) -> None:
        publisher.status, publisher.headers = 503, {"Retry-After": asked}
        first, second = add(publisher), add(publisher, "?2")
        with time_machine.travel(NOW, tick=False):
            assert read(first).status == "failed"
        assert Schedule.objects.get(source=first).next_at >= NOW + 30 * MINUTE
        assert read(second, NOW + MINUTE).status == "later"
        assert Schedule.objects.get(source=second).next_at >= NOW + 30 * MINUTE
        assert len(publisher.asked) == 1

    def test_without_the_cache_sources_are_read_all_the_same(self, publisher: Publisher, settings: Settings) -> None:
        cache_away(settings)
        settings.FETCH_HOST_SECONDS = 60
        publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
        assert read(add(publisher)).status == "changed"
        fetch._pace("https://klub.example/", 60)
        with pytest.raises(fetch.Later):
            fetch._pace("https://klub.example/", 60)
