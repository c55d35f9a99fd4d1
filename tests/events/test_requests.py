"""Whatever is asked for gets an answer: a page, or that there is none; never a failure."""

import datetime as dt
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from events.models import Event
from events.search import MAX_NIGHTS, EventSearch
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import parsed, text_of

pytestmark = pytest.mark.django_db

LONG = "x" * 10_000
QUERIES = [
    *(f"{name}={LONG}" for name in ("when", "from", "to", "category", "price", "source", "q", "page", "unknown")),
    *(f"{name}=%00" for name in ("when", "from", "to", "category", "price", "source", "q", "page")),
    *(f"{name}=%ED%A0%80%FF%FE" for name in ("when", "from", "category", "price", "source", "q", "page")),
    *("page=" + "9" * 31, "page=-1", "page=0", "page=1e3", "page=1.5", "page=٣", "page=²", "page[]=2", "page=2&page=x"),
    *("from=0001-01-01&to=9999-12-31", "from=2026-13-45", "to=9999-12-31", "when=2099-12-31", "when=0000-00-00"),
    *("from=2099-12-31&to=2099-12-31", "from=2000-01-01", "when=2026-W53-7", "when=20261205", "from=&to="),
    *("when=tonight&when=weekend", "from=2026-12-09&to=2026-12-01", "when=+2026-12-05+", "when[]=tonight"),
    *("price=NaN", "price=1e400", "price=-1", "price=Infinity", "price=20.0", "price=%2020", "price=" + "9" * 5000),
    *("source=abc", "source=" + "9" * 40, "source=9223372036854775807", "source=99999999999", "source=-1", "source=٣"),
    *("source=1,2,,3,x", "source=" + ",".join(map(str, range(5000))), "source=1&source=2", "source=1,01,001"),
    *("category=nothing", "category=music,film,<b>", "category=" + "music," * 2000, "category=MUSIC"),
    *("q=" + "word+" * 1000, "q=" + "%25" * 5000, "q=%25", "q=_", "q=%5C", "q=%5C%25%5C_", "q=%27%22%3B--", "q=!!!!"),
    *("q=%E2%80%A8", "q=%F0%9F%95%BA", "q=%D9%85%D9%88%D8%B3%D9%8A%D9%82%D9%89", "q=%EF%B7%BA" * 40),
    *("&&&&", "=", "?", "q", "%", "%zz", ";", "a=1;b=2", "q=a&q=b&q=c"),
]


def test_no_query_string_breaks_a_page(client: Client) -> None:
    make_event("Concert", local="2026-12-05T20:00")
    for query in QUERIES:
        response = client.get(f"/berlin/list?{query}")
        assert response.status_code == 200, query[:80]
        assert len(response.content) < 60_000, query[:80]


@pytest.mark.parametrize("path", ["/berlin/", "/berlin/calendar.ics", "/"])
def test_values_of_any_length_and_letter_break_no_page(client: Client, path: str) -> None:
    make_event("Concert", local="2026-12-05T20:00")
    for value in (LONG, "%00", "%ED%A0%80%FF", "9" * 31):
        query = "&".join(f"{name}={value}" for name in ("when", "from", "category", "price", "source", "q", "page"))
        assert client.get(f"{path}?{query}").status_code == 200, value[:80]


def test_the_canonical_form_of_a_search_is_its_own_and_without_fault() -> None:
    city = make_city()
    for query in QUERIES:
        search = EventSearch.parse(QueryDict(query), city, city.tonight())
        again = EventSearch.parse(QueryDict(search.query()), city, city.tonight())
        assert again == search, query[:80]
        assert again.query() == search.query(), query[:80]
        assert not again.notices, query[:80]
        first, last = search.nights
        assert 0 <= (last - first).days < MAX_NIGHTS


def test_a_page_and_its_fragment_name_the_same_address(client: Client) -> None:
    make_city()
    for query in ("q=b&category=film,music&page=1&unknown=x", "when=week", "source=2&source=1", "from=2026-12-31"):
        page = parsed(client.get(f"/berlin/?{query}")).css_first("link[rel=canonical]").attributes["href"] or ""
        assert page == f"http://127.0.0.1:8000{client.get(f'/berlin/list?{query}')['HX-Push-Url']}"


def test_what_stands_for_anything_in_the_database_is_no_word_of_a_search(client: Client) -> None:
    tonight = make_city().tonight()
    for title in ("Concert", "100 percent"):
        make_event(title, local=f"{tonight}T20:00")
    for wild in ("%", "_", "\\", "%%%", "\\%", "*", ".*", "'"):
        tree = parsed(client.get("/berlin/", {"q": wild, "when": "tonight"}))
        assert len(tree.css(".card")) == 2, wild
        assert "has no letter or digit" in text_of(tree, ".notices"), wild
    for wild in ("Zon%t", "Con_zert", "x\\"):
        assert "No event" in text_of(parsed(client.get("/berlin/list", {"q": wild, "when": "tomorrow"})), "#said")


def test_filters_are_kept_by_every_link_of_a_filtered_page(client: Client) -> None:
    tonight = make_city().tonight()
    source = make_source(city=make_city())
    for number in range(60):
        event = make_event(f"Film {number}", local=f"{tonight}T20:00", category="film", is_free=True)
        make_listing(event, source=source)
    tree = parsed(client.get(f"/berlin/?when=tonight&category=film&price=free&source={source.pk}&q=film"))
    parts = {"when=tonight", "category=film", "price=free", f"source={source.pk}", "q=film"}
    for link in tree.css(".whens a, .filters a.choice, .chosen a, .pages a, .take a"):
        href = link.attributes["href"] or ""
        kept = {part for part in parts if part in href}
        assert len(kept) >= 4, href  # each changes one of them at most
    for form in tree.css(".filters form"):
        fields = {f"{n.attributes['name']}={n.attributes.get('value') or ''}" for n in form.css("input")}
        assert len(parts & fields) == 4 + ("q=film" in fields and "from=" not in fields), fields


@pytest.mark.parametrize(
    "path",
    [
        *("/BERLIN/", "/Berlin/", "/berlin./", "/berlin/./x", "/berl%00in/", "/%00/", "/berlin/%00", "/b%C3%A9rlin/"),
        *("/berlin/events/", "/berlin/events/x/", "/berlin/events/-1/", "/berlin/events/x-/", "/berlin/events/x--1/"),
        *("/berlin/events/x-0/", "/berlin/events/x-9223372036854775808/", f"/berlin/events/x-{10**30}/"),
        *(f"/berlin/events/x-{'9' * 5000}/", f"/berlin/events/x-{10**30}.ics", f"/berlin/venues/x-{10**30}/"),
        *("/berlin/events/%00-1/", "/berlin/events/%FF%FE-1/", "/berlin/venues/x-99/", "/berlin/events/x-%D9%A3/"),
        *("/berlin/calendar.ics/", "/berlin/list/", "/%E2%80%AE/", "/.env", "/..%2f..%2fetc/passwd", "/berlin%2f/"),
        *("/berlin/events/a%2fb-1/", "/static/../manage.py", "/dev/mail/%00/0/", "/dev/mail/..%2f..%2fx/0/html"),
        *("/dev/mail/x/0/", f"/dev/mail/x/{10**30}/html", "/api/nowhere", f"/{'x' * 5000}/"),
    ],
)
def test_an_address_of_nothing_is_not_found(client: Client, path: str) -> None:
    make_city()
    assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/berlin", "/berlin/"),
        ("/about", "/about/"),
        ("/berlin/events/Concert-{}", "/berlin/events/Concert-{}/"),
        ("/berlin/events/CONCERT-{}/", "/berlin/events/concert-{}/"),
        ("/berlin/events/concert.-{}/", "/berlin/events/concert-{}/"),
        ("/paris/events/concert-{}/", "/berlin/events/concert-{}/"),
        ("/berlin/events/%F0%9F%95%BA%0D%0ASet-Cookie:x-{}/", "/berlin/events/concert-{}/"),
        ("/berlin/events/concert-000{}/", "/berlin/events/concert-{}/"),
        ("/x/events/y-{}.ics", "/berlin/events/concert-{}.ics"),
    ],
)
def test_another_spelling_of_an_address_leads_to_the_one(client: Client, path: str, to: str) -> None:
    event = make_event("Concert")
    response = client.get(path.format(event.pk))
    assert response.status_code == 301
    assert response["Location"] == to.format(event.pk)


@pytest.mark.parametrize(
    "title", ["Конце́рт у Дніпра", "東京の夜", "حفلة موسيقية", "🕺🏽", "١٢٣", "...", "a" * 300, "ẞß", "%2F.."]
)
def test_an_event_has_one_address_whatever_its_title(client: Client, title: str) -> None:
    event = make_event(title)
    for path in (event.get_absolute_url(), f"{event.get_absolute_url()[:-1]}.ics"):
        assert client.get(path).status_code == 200, path
    moved = client.get(f"/berlin/events/x-{event.pk}/", follow=True)
    assert len(moved.redirect_chain) == 1
    assert moved.status_code == 200


def test_two_slashes_at_the_beginning_lead_to_no_other_site(client: Client) -> None:
    make_city()
    for path in ("//evil.example", "//evil.example/berlin", "//berlin", "///evil.example/", "/\\evil.example"):
        response = client.get("/", PATH_INFO=path)
        assert response.status_code in (301, 404), path
        assert response.get("Location", "/berlin/") in ("/berlin/", "/%2Fberlin/"), path


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_pages_are_only_read(client: Client, method: str) -> None:
    event = make_event("Concert", venue=make_venue())
    assert event.venue
    pages = [
        "/",
        "/berlin/",
        "/berlin/list",
        "/berlin/calendar.ics",
        "/about/",
        "/bot/",
        "/sources/",
        "/robots.txt",
        "/dev/mail/",
    ]
    for path in (
        *pages,
        event.get_absolute_url(),
        f"{event.get_absolute_url()[:-1]}.ics",
        event.venue.get_absolute_url(),
    ):
        response = getattr(client, method)(path)
        assert response.status_code == 405, path
        assert response["Allow"] == "GET, HEAD"


def test_head_says_what_get_says_without_the_body(client: Client) -> None:
    event = make_event("Concert")
    for path in ("/", "/berlin/", "/berlin/calendar.ics", event.get_absolute_url()):
        head, get = client.head(path), client.get(path)
        assert head.content == b""
        assert head["ETag"] == get["ETag"]


@pytest.mark.parametrize(
    "headers",
    [
        *({"If-None-Match": value} for value in ('"', "garbage", "W/", '"x", W/"y",,,', "\xff" * 500, '"' * 5000, "")),
        *({"If-Modified-Since": value} for value in ("never", "Thu, 99 Foo 9999 99:99:99 GMT", "9" * 500)),
        *({"Range": value} for value in ("bytes=0-0", "bytes=-1", "bytes=9-1", "x")),
        *({"If-Match": '"x"'}, {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
        *({"Cookie": "sessionid=" + "x" * 3000}, {"Cookie": "a=\x00;;=;\xff"}, {"Accept-Language": "tlh,*;q=x"}),
        *({"HX-Request": "true", "HX-Current-URL": "javascript:alert(1)"}, {"X-Forwarded-Host": "evil.example"}),
    ],
)
def test_no_header_breaks_or_changes_a_page(client: Client, headers: dict[str, str]) -> None:
    event = make_event("Concert")
    for path in ("/", "/berlin/", "/berlin/list", "/berlin/calendar.ics", event.get_absolute_url()):
        plain, odd = client.get(path), client.get(path, headers=headers)
        assert odd.status_code == (412 if "If-Match" in headers else 200)
        if odd.status_code == 200:
            assert odd.content == plain.content
            assert "evil.example" not in str(odd.headers)


def test_a_forged_host_is_refused_everywhere(client: Client) -> None:
    for path in ("/", "/admin/login/", "/admin/password_reset/", "/api/sources"):
        response = client.get(path, headers={"Host": "evil.example"})
        assert response.status_code == 400 or "evil.example" not in response.content.decode(), path


class TestWhatIsNotShown:
    @pytest.mark.parametrize("visibility", ["held", "hidden", "archived"])
    def test_appears_in_no_list_count_search_or_calendar(self, client: Client, visibility: str) -> None:
        city = make_city()
        venue = make_venue(city=city)
        tonight = city.tonight()
        source = make_source(city=city, name="Secretsource")
        event = make_event("Xylophonia", local=f"{tonight}T20:00", venue=venue, category="film", visibility=visibility)
        run = make_event(
            "Xylorun",
            local=f"{tonight}T10:00",
            local_end=f"{tonight + dt.timedelta(days=9)}T18:00",
            venue=venue,
            visibility=visibility,
        )
        for hidden in (event, run):
            make_listing(hidden, source=source)
        for path in ("/", "/berlin/", "/berlin/list", "/berlin/?q=xylophonia", "/berlin/?category=film"):
            text = text_of(parsed(client.get(path)))
            assert "Xylo" not in text.replace("“xylophonia”", ""), path
            assert "Secretsource" not in text, path
        tree = parsed(client.get("/berlin/"))
        assert {text_of(node) for node in tree.css(".whens .count")} == {"0"}
        assert "next night" not in text_of(tree)
        assert "0 tonight 0 in 7 nights" in text_of(parsed(client.get("/")))
        assert b"Xylo" not in client.get(venue.get_absolute_url()).content
        assert b"Xylo" not in client.get("/berlin/calendar.ics").content

    @pytest.mark.parametrize("visibility", ["held", "hidden"])
    def test_has_no_page_and_no_calendar_and_is_part_of_nothing(self, client: Client, visibility: str) -> None:
        event = make_event("Xylophonia", visibility=visibility)
        merged = make_event("Xylophonia again")
        Event.objects.filter(pk=merged.pk).update(merged_into=event, root=event)
        part = make_event("Part", part_of=event)
        for hidden in (event, merged):
            for path in (
                hidden.get_absolute_url(),
                f"{hidden.get_absolute_url()[:-1]}.ics",
                f"/x/events/y-{hidden.pk}/",
            ):
                response = client.get(path)
                assert response.status_code == 404, path
                assert b"Xylo" not in response.content
        assert b"Xylo" not in client.get(part.get_absolute_url()).content

    def test_does_not_lead_to_its_city_by_a_guess(self, client: Client) -> None:
        event = make_event("Xylophonia", visibility="hidden")
        answers = {client.get(f"/x/events/y-{pk}/").content for pk in (event.pk, event.pk + 1)}
        assert len(answers) == 1


def test_a_merged_event_leads_to_the_one_that_stays_in_any_city(client: Client) -> None:
    first = make_event("Concert", city=make_city("los-angeles"))
    second, third = make_event("Concert again"), make_event("Concert once more")
    Event.objects.filter(pk=second.pk).update(merged_into=first, root=first)
    Event.objects.filter(pk=third.pk).update(merged_into=second, root=first)
    for merged in (second, third):
        response: Any = client.get(merged.get_absolute_url())
        assert response.status_code == 301
        assert response["Location"] == first.get_absolute_url()
