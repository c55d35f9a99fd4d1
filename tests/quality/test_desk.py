"""The editors' desk as a whole, and its page on quality."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Decision
from nocturne.models import User
from quality.models import Audit, Finding
from tests.events.hostile import MARKUP, hostile_event
from tests.factories import make_listing, make_source, make_venue
from tests.html import text_of, texts
from tests.quality.desk import (
    COMMENTS,
    HELD,
    LISTINGS,
    NOW,
    PAIRS,
    QUALITY,
    REPORTS,
    VENUES,
    get,
    make_editor,
    make_held,
    make_listed,
    make_pair,
    make_said,
    new_pair,
    press,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

QUERIES = 12


class TestQuality:
    def test_every_number_leads_to_the_rows_that_it_counts(self, ada: Client) -> None:
        for n in range(3):
            one = make_listed(f"Bad {n}", score=35)
            Finding.objects.create(
                source=one.source, listing=one, key="1", rule="title.odd", severity="error", message="Odd."
            )
        make_listed("Good")
        page = get(ada, QUALITY)
        scores, weeks, rules = page.css(".desk-figure table")[:3]
        rows = {text_of(row, "th"): row for row in scores.css("tbody tr")}
        assert texts(rows["30–39"], "td") == ["0", "3"]
        assert texts(rows["90–100"], "td") == ["1", "1"]
        last = weeks.css("tbody tr")[-1]
        assert (text_of(last, "th"), texts(last, "td")) == ("16 Nov", ["3", "0", "0"])
        assert texts(rules, "tbody tr > *")[:2] == ["title.odd", "3"]
        for node in (*scores.css("a"), *weeks.css("a"), *rules.css("a")):
            found = get(ada, node.attributes["href"])
            assert len(found.css("#result_list tbody tr")) == int(text_of(node)), node.attributes["href"]

    def test_the_worst_sources_come_first(self, ada: Client) -> None:
        good, bad = make_source(name="Good"), make_source(name="Bad")
        for n in range(3):
            make_listed(f"Fine {n}", source=good, score=90)
            make_listed(f"Poor {n}", source=bad, score=40)
        make_listed("Alone", source=make_source(name="Small"), score=1)
        rows = get(ada, QUALITY).css("[aria-labelledby=sources-heading] tbody tr")
        assert [texts(row, "th, td") for row in rows] == [
            ["Bad", "40", "", "3", "3", "0"],
            ["Good", "90", "", "3", "0", "0"],
        ]

    def test_drawings_have_a_name_a_description_and_a_table(self, ada: Client) -> None:
        make_listed("Good")
        page = get(ada, QUALITY)
        for drawing in page.css("svg.chart"):
            named = (drawing.attributes["aria-labelledby"] or "").split()
            assert [text_of(page, f"#{one}") != "" for one in named] == [True, True]
        assert page.css("svg.chart rect.part")
        assert "style" not in {name for node in page.css("svg *") for name in node.attributes}

    def test_the_audits_of_weeks_are_drawn_once_there_are_some(self, ada: Client) -> None:
        assert not get(ada, QUALITY).css("#audits-heading")
        for days, held in ((10, 4), (8, 9), (1, 2)):
            at = NOW - dt.timedelta(days=days)
            Audit.objects.create(day=at.date(), started_at=at, finished_at=at, counts={"held": held, "unsure": 7})
        rows = get(ada, QUALITY).css("[aria-labelledby=audits-heading] tbody tr")
        assert [texts(row, "th, td") for row in rows] == [["14 Nov", "9", "7", "0"], ["21 Nov", "2", "7", "0"]]

    def test_an_empty_site_has_an_empty_page(self, ada: Client) -> None:
        assert "No rule is broken" in text_of(get(ada, QUALITY), ".desk-main")


class TestDesk:
    def test_the_first_page_says_what_waits(self, ada: Client) -> None:
        new_pair()
        make_listing()
        rows = {text_of(row, "th"): text_of(row, "td") for row in get(ada, "/admin/").css(".desk-index tr")}
        counts = {
            "Pairs": "1",
            "Held events": "0",
            "Not yet events": "1",
            "Venues": "0",
            "Comments": "0",
            "Reports": "0",
        }
        assert rows == counts | {"Quality": "", "Sent in": "0"}

    def test_staff_see_what_they_may(self, client: Client) -> None:
        client = make_editor("few@example.org", is_superuser=False)
        assert not get(client, "/admin/").css(".desk-index")
        for address in (PAIRS, HELD, LISTINGS, VENUES, COMMENTS, REPORTS, QUALITY):
            assert client.get(address).status_code == 403
        user = User.objects.get(email="few@example.org")
        user.user_permissions.add(Permission.objects.get(codename="view_venue"))
        assert texts(get(client, "/admin/"), ".desk-index th") == ["Venues"]
        assert client.get(VENUES).status_code == 200

    def test_visitors_are_asked_to_sign_in(self, client: Client) -> None:
        for address in (PAIRS, HELD, LISTINGS, VENUES, COMMENTS, REPORTS, QUALITY):
            assert client.get(address)["Location"].startswith("/admin/login/")
        assert client.post("/admin/desk/undo/1/")["Location"].startswith("/admin/login/")

    def test_an_undo_leads_to_no_other_site(self, ada: Client) -> None:
        new_pair()
        press(ada, get(ada, PAIRS), PAIRS, "Different")
        decision = Decision.objects.get()
        for ahead in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            assert (
                ada.post(f"/admin/desk/undo/{decision.pk}/", {"next": ahead})["Location"] == "/admin/events/decision/"
            )

    def test_who_may_only_look_undoes_nothing(self, ada: Client, looker: Client) -> None:
        new_pair()
        press(ada, get(ada, PAIRS), PAIRS, "Same")
        assert not get(looker, PAIRS).css(".desk-decisions")
        decision = Decision.objects.get()
        looker.post(f"/admin/desk/undo/{decision.pk}/")
        decision.refresh_from_db()
        assert decision.undone_at is None

    def test_a_year_that_is_none_breaks_no_list(self, ada: Client) -> None:
        for query in ("night__year=0", "night__year=99999999999", "score__gte=x"):
            answer = ada.get(f"/admin/events/event/?{query}")
            assert answer.status_code == 302, query
            assert answer["Location"].endswith("?e=1")
        assert ada.get("/admin/nocturne/user/?last_login__year=0").status_code == 302
        for year in ("0", "9999", "10000"):
            answer = ada.get(f"/admin/events/listing/?night__year={year}", follow=True)
            assert answer.status_code == 200


def test_markup_of_publishers_stays_text(ada: Client) -> None:
    hostile_event()
    first, second = make_listed(MARKUP), make_listed(f"{MARKUP} again")
    make_pair(first, second, reasons=[MARKUP])
    make_listing(title=MARKUP, source=make_source(name=MARKUP))
    held = make_held(MARKUP)
    make_said(held, MARKUP)
    Finding.objects.update(message=MARKUP)
    make_venue(f"Lantern {MARKUP}", address=MARKUP)
    make_venue(f"The lantern {MARKUP}")
    pages = [get(ada, address) for address in (PAIRS, HELD, LISTINGS, VENUES, COMMENTS, REPORTS, QUALITY)]
    for page, address, label in zip(
        pages, (PAIRS, HELD, LISTINGS, VENUES), ("Same", "Publish", "Put", "Two"), strict=False
    ):
        pages.append(press(ada, page, address, label, ".act" if address != PAIRS else "form"))
    pages.append(get(ada, "/admin/events/decision/"))
    for page in pages:
        assert "alert(" not in "".join(node.text() for node in page.css("script:not([type='application/json'])"))
        assert not [name for node in page.css("*") for name in node.attributes if name.startswith("on")]
        assert not page.css("img[src=x]")
        assert not [a for a in page.css("a[href]") if (a.attributes["href"] or "").lower().startswith("javascript")]


@pytest.mark.parametrize("address", ["/admin/", PAIRS, HELD, LISTINGS, VENUES, COMMENTS, REPORTS, QUALITY])
def test_pages_ask_few_queries_that_do_not_grow(ada: Client, address: str) -> None:
    def fill(rows: int) -> None:
        for n in range(rows):
            new_pair(f"Pair {n}", 60 + n % 9)
            held = make_held(f"Held {n}")
            make_venue(f"Lantern {chr(97 + n) * 5}", address=f"{n + 1} Elm Street")
            make_venue(f"The lantern {chr(97 + n) * 5}", address=f"{n + 1} Elm Street")
            listing = make_listing(title=f"No date {n}")
            Decision.objects.create(kind="pair", summary=f"Pair {n}.", by=User.objects.first())
            Finding.objects.create(
                source=listing.source, listing=listing, key="1", rule=f"r.{n}", severity="info", message="Odd."
            )
            make_said(held, f"Said {n}")

    def queries() -> int:
        ada.get(address)
        with CaptureQueriesContext(connection) as found:
            assert ada.get(address).status_code == 200
        return len(found)

    fill(2)
    few = queries()
    fill(10)
    assert queries() == few
    assert few <= QUERIES
