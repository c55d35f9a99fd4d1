"""The admin of cities, venues and comments."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from events.compose import compose
from events.models import City, Comment, CommentReport, Event, Listing, Venue, VenueAlias
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def event() -> Event:
    """A composed event of two sources in Berlin, tonight."""
    event = make_event(local=f"{make_city().tonight()}T20:00")
    for _ in range(2):
        make_listing(event, source=make_source())
    compose([event.pk], now=timezone.now())
    event.refresh_from_db()
    return event


def url_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def act(client: Client, row: Any, action: str) -> None:
    """Run an action on the page of one row."""
    client.post(url_of(row), {"CHANGE_FORM-action": action, "_selected_action": row.pk, "index": 0})


class TestPlaces:
    def test_a_city_is_activated_with_its_area(self, editor: Client) -> None:
        city = make_city("berlin", active=False, area=None)
        City.objects.update(area=None)
        act(editor, city, "activate")
        city.refresh_from_db()
        assert (city.active, city.area) == (True, city)
        assert LogEntry.objects.get().change_message == "Activated."

    def test_the_cities_of_a_country_are_found_by_their_codes(self, editor: Client) -> None:
        make_city("berlin", code="de--berlin"), make_city("wien", code="at--wien")
        page = parsed(editor.get("/admin/events/city/?q=at--"))
        assert texts(page, "#result_list .field-name") == ["Wien"]
        assert "de-- has the cities of Germany" in text_of(page, "#changelist-search")

    def test_a_city_is_deactivated(self, editor: Client) -> None:
        city = make_city("berlin")
        act(editor, city, "deactivate")
        city.refresh_from_db()
        assert (city.active, city.area) == (False, None)

    def test_a_city_links_to_its_page_its_events_and_its_sources(self, editor: Client, event: Event) -> None:
        page = parsed(editor.get(url_of(event.city)))
        assert links(page, ".viewsitelink") == {"View on site": "/berlin/"}
        assert "1 upcoming events · 2 sources" in text_of(page, ".field-found_in")
        for url in links(page, ".field-found_in a").values():
            assert editor.get(url).status_code == 200

    def test_a_moved_city_gets_its_area_anew(self, editor: Client) -> None:
        big, small = make_city("berlin", population=3_000_000), make_city("potsdam", population=180_000)
        City.objects.filter(pk=small.pk).update(latitude=10, area=small)
        page = parsed(editor.get(url_of(small)))
        fields = {
            node.attributes["name"]: node.attributes.get("value") or ""
            for node in page.css("#city_form input[type=text], #city_form input[type=number]")
        }
        answer = editor.post(url_of(small), {**fields, "latitude": str(big.latitude)})
        assert answer.status_code == 302
        small.refresh_from_db()
        assert small.area == big

    def test_cities_are_offered_active_and_large_first(self, editor: Client) -> None:
        make_city("aachen", active=False, population=9_000_000)
        make_city("bonn", population=300_000)
        make_city("berlin", population=3_000_000)
        answer = editor.get("/admin/autocomplete/?app_label=events&model_name=source&field_name=city&term=")
        assert [result["text"] for result in answer.json()["results"]] == ["Berlin, DE", "Bonn, DE", "Aachen, DE"]

    def test_a_renamed_venue_is_known_and_found_by_its_new_name(self, editor: Client, event: Event) -> None:
        venue = make_venue("Null")
        Listing.objects.update(venue=venue)
        compose([event.pk], now=timezone.now())
        answer = editor.post(
            url_of(venue), {"name": "Nullpunkt", "address": "", "latitude": "", "longitude": "", **inline("aliases")}
        )
        assert answer.status_code == 302
        assert set(VenueAlias.objects.values_list("folded", "venue")) == {("null", venue.pk), ("nullpunkt", venue.pk)}
        assert Venue.objects.get().slug == "nullpunkt"
        event.refresh_from_db()
        assert "nullpunkt" in event.folded

    def test_a_name_means_one_venue_of_a_city(self, editor: Client) -> None:
        make_venue("Null")
        other = make_venue("Eins")
        page = parsed(editor.post("/admin/events/venuealias/add/", {"folded": "NULL!", "venue": other.pk}))
        assert "Another venue" in text_of(page, ".errorlist")
        editor.post("/admin/events/venuealias/add/", {"folded": "Club Eins", "venue": other.pk})
        assert VenueAlias.objects.get(folded="club eins").city == other.city


class TestComments:
    def test_a_comment_is_shown_and_hidden(self, editor: Client, event: Event) -> None:
        user = User.objects.create(email="v@example.org", password="!")
        comment = Comment.objects.create(event=event, user=user, name="Vi", text="Good.")
        act(editor, comment, "show")
        comment.refresh_from_db()
        assert comment.state == Comment.State.LIVE
        act(editor, comment, "hide")
        comment.refresh_from_db()
        assert comment.state == Comment.State.HIDDEN
        assert LogEntry.objects.count() == 2

    def test_the_reported_ones_are_found_with_their_reports(self, editor: Client, event: Event) -> None:
        user = User.objects.create(email="v@example.org", password="!")
        rows = [
            Comment.objects.create(event=event, user=user, name="Vi", text=f"No {n}.", state="live") for n in (1, 2)
        ]
        for number in range(2):
            CommentReport.objects.create(comment=rows[0], hashed=f"{number}", text="Look.")
        CommentReport.objects.create(comment=rows[1], hashed="3", settled_at=event.created_at)
        page = parsed(editor.get("/admin/events/comment/?reported=open"))
        assert texts(page, "td.field-beginning") == ["No 1."]
        assert texts(page, "td.field-reported") == ["2"]
        assert texts(parsed(editor.get(url_of(rows[0]))), "td.field-text") == ["Look.", "Look."]


def inline(prefix: str) -> dict[str, int]:
    return {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
