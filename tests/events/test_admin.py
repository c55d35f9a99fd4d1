"""The admin of events and listings."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from events.compose import compose
from events.drafts import EventDraft, Price, When, Where, instant
from events.models import Event, Listing, Source
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def reader(client: Client) -> Client:
    """A member of staff who may look and not touch."""
    user = User.objects.create(email="r@example.org", password="!", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


def tell(source: Source, event: Event | None = None, *, title: str = "Night", hour: int = 20, **draft: Any) -> Listing:
    """A listing of an event on 5 December in Berlin, of a new one unless told otherwise."""
    city = make_city()
    when = When(start=dt.datetime(2026, 12, 5, hour), timezone=city.timezone)
    told = EventDraft(title=title, when=when, **draft)
    event = event or make_event(title, city=city, local=f"2026-12-05T{hour}:00")
    return make_listing(
        event,
        source=source,
        title=title,
        url=told.url,
        draft=told.to_json(),
        starts_at=instant(when.start, city.timezone),
    )


@pytest.fixture
def event() -> Event:
    """An event of two sources that differ in hour and price."""
    near = make_source(name="Klub Null", trust=80)
    far = make_source(name="Stadtkalender", trust=40)
    listing = tell(near, hour=20, where=Where(venue="Null"))
    tell(far, listing.event, hour=21, price=Price(minimum=Decimal(12), maximum=Decimal(15), currency="EUR"))
    compose([listing.event_id], now=NOW)  # type: ignore[list-item]
    return Event.objects.get(pk=listing.event_id)


def merge_into(root: Event, title: str = "Same", **columns: Any) -> Event:
    """An event that is merged into another."""
    event = make_event(title, **columns)
    Event.objects.filter(pk=event.pk).update(merged_into=root, root=root)
    event.refresh_from_db()
    return event


def url_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def row_of(page: LexborHTMLParser, name: str) -> LexborNode:
    """The row of an overridable field: shown, own value, what the sources say."""
    row = page.css_first(f".overrides .field-{name}")
    assert row
    return row


def save(client: Client, event: Event, **values: Any) -> LexborHTMLParser:
    """Change these values in the form as it is, and press save."""
    page = parsed(client.get(url_of(event)))
    fields = {}
    for node in page.css(".overrides input, .overrides textarea"):
        fields[node.attributes["name"]] = node.attributes.get("value") or node.text()
    for node in page.css(".overrides select"):
        chosen = node.css_first("option[selected]")
        fields[node.attributes["name"]] = (chosen.attributes.get("value") if chosen else "") or ""
    return parsed(client.post(url_of(event), {**fields, "_continue": "Save", **values}, follow=True))


def act(client: Client, row: Any, action: str) -> LexborHTMLParser:
    """Run an action on the page of one row."""
    data = {"CHANGE_FORM-action": action, "_selected_action": row.pk, "index": 0}
    return parsed(client.post(url_of(row), data, follow=True))


class TestEventPage:
    def test_each_group_names_the_listing_that_it_comes_from(self, editor: Client, event: Event) -> None:
        page = parsed(editor.get(url_of(event)))
        near, far = Listing.objects.order_by("-source__trust")
        assert links(page, ".group-when .origin a") == {"Klub Null": url_of(near)}
        assert links(page, ".group-price .origin a") == {"Stadtkalender": url_of(far)}

    def test_the_values_of_all_sources_stand_beside_a_field(self, editor: Client, event: Event) -> None:
        row = row_of(parsed(editor.get(url_of(event))), "starts_at")
        assert text_of(row, ".shown") == "Sat 5 Dec 2026 20:00"
        assert texts(row, ".told") == ["Sat 5 Dec 2026 20:00 Klub Null", "Sat 5 Dec 2026 21:00 Stadtkalender"]
        assert texts(row, ".told.chosen .value") == ["Sat 5 Dec 2026 20:00"]

    def test_an_override_is_shown_and_outlives_composing(self, editor: Client, event: Event) -> None:
        page = save(editor, event, title="A better title", starts_at="2026-12-05T22:30", price_max="19.50")
        assert text_of(row_of(page, "title"), ".shown") == "A better title"
        assert text_of(row_of(page, "starts_at"), ".shown") == "Sat 5 Dec 2026 22:30"
        compose([event.pk], now=NOW)
        event.refresh_from_db()
        assert event.overrides == {"title": "A better title", "starts_at": "2026-12-05T22:30", "price_max": "19.50"}
        assert event.starts_at == dt.datetime(2026, 12, 5, 21, 30, tzinfo=dt.UTC)
        assert (event.price_min, event.price_max) == (Decimal(12), Decimal("19.5"))

    def test_what_was_changed_is_logged(self, editor: Client, event: Event) -> None:
        save(editor, event, title="A better title")
        assert LogEntry.objects.get().get_change_message() == "Changed title."

    def test_saving_without_a_change_writes_no_override(self, editor: Client, event: Event) -> None:
        save(editor, event, title="Other", description="One\r\ntwo", is_free="no", category="music")
        event.refresh_from_db()
        before = event.overrides
        assert before == {"title": "Other", "description": "One\ntwo", "is_free": False, "category": "music"}
        save(editor, event)
        event.refresh_from_db()
        assert event.overrides == before
        assert LogEntry.objects.order_by("-pk")[0].get_change_message() == "No fields changed."

    def test_a_blank_value_follows_the_sources_again(self, editor: Client, event: Event) -> None:
        save(editor, event, title="Other")
        save(editor, event, title="")
        event.refresh_from_db()
        assert (event.title, event.overrides) == ("Night", {})

    def test_a_venue_is_chosen_from_all_venues(self, editor: Client, event: Event) -> None:
        venue = make_venue("Große Halle", address="Am Ufer 1")
        save(editor, event, venue=venue.pk)
        event.refresh_from_db()
        assert (event.venue, event.address) == (venue, "Am Ufer 1")
        page = parsed(editor.get(url_of(event)))
        assert text_of(row_of(page, "venue"), "option[selected]") == "Große Halle"

    @pytest.mark.parametrize(
        ("values", "field", "said"),
        [
            ({"ends_at": "2026-12-05T19:00"}, "ends_at", "not after the start"),
            ({"starts_at": "2026-12-05T22:00", "ends_at": "2026-12-05T22:00"}, "ends_at", "not after the start"),
            ({"starts_at": "tomorrow"}, "starts_at", "2026-12-05T20:00"),
            ({"starts_at": "2026-12-05T20:00+01:00"}, "starts_at", "2026-12-05T20:00"),
            ({"price_min": "20", "price_max": "10"}, "price_max", "lower than the lowest"),
            ({"price_min": "-1"}, "price_min", "greater than or equal to 0"),
            ({"price_min": "5", "is_free": "yes"}, "is_free", "not free"),
            ({"currency": "Euro"}, "currency", "as EUR"),
            ({"url": "javascript:alert(1)"}, "url", "valid URL"),
            ({"status": "gone"}, "status", "valid choice"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, editor: Client, event: Event, values: dict[str, str], field: str, said: str
    ) -> None:
        page = save(editor, event, **values)
        assert said in text_of(row_of(page, field), ".errorlist")
        event.refresh_from_db()
        assert event.overrides == {}

    def test_a_price_needs_a_currency_from_somewhere(self, editor: Client) -> None:
        listing = tell(make_source())
        compose([listing.event_id], now=NOW)  # type: ignore[list-item]
        page = save(editor, listing.event, price_min="5")  # type: ignore[arg-type]
        assert "which currency" in text_of(row_of(page, "currency"), ".errorlist")

    def test_overrides_that_cannot_be_read_are_told(self, editor: Client, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(overrides={"starts_at": "someday", "mood": "good"})
        said = " ".join(texts(parsed(editor.get(url_of(event))), ".overrides .errornote"))
        assert "someday" in said
        assert "mood" in said

    def test_listings_are_linked_with_their_source(self, editor: Client, event: Event) -> None:
        page = parsed(editor.get(url_of(event)))
        found = {node.attributes["href"] for node in page.css(".relations a")}
        for listing in Listing.objects.all():
            assert {url_of(listing), url_of(listing.source)} <= found

    def test_changes_that_visitors_were_told_of_are_shown(self, editor: Client, event: Event) -> None:
        page = save(editor, event, status="cancelled")
        assert "status: cancelled" in text_of(page, "section[aria-labelledby=changes-heading]")

    def test_a_merged_event_points_to_its_root_and_is_not_edited(self, editor: Client, event: Event) -> None:
        merged = merge_into(event)
        page = parsed(editor.get(url_of(merged)))
        assert links(page, ".errornote a").popitem()[1] == url_of(event)
        assert not page.css(".overrides")
        assert editor.post(url_of(merged), {"title": "Mine"}).status_code == 403
        assert url_of(merged) in {
            node.attributes["href"] for node in parsed(editor.get(url_of(event))).css(".relations a")
        }

    def test_an_override_of_a_merged_event_is_named_and_can_be_cleared(self, editor: Client, event: Event) -> None:
        merged = merge_into(event, overrides={"title": "Theirs"})
        compose([event.pk], now=NOW)
        page = parsed(editor.get(url_of(event)))
        assert text_of(row_of(page, "title"), ".shown") == "Theirs"
        assert f"#{merged.pk}" in links(page, ".overrides .origin a")
        save(editor, event, title="Ours")
        save(editor, event, title="")
        event.refresh_from_db()
        assert event.title == "Night"

    def test_only_published_events_link_to_the_site(self, editor: Client, event: Event) -> None:
        assert links(parsed(editor.get(url_of(event))), ".viewsitelink") == {"View on site": event.get_absolute_url()}
        act(editor, event, "hide")
        assert not parsed(editor.get(url_of(event))).css(".viewsitelink")

    def test_who_may_only_look_sees_values_and_no_inputs(self, reader: Client, event: Event) -> None:
        page = parsed(reader.get(url_of(event)))
        assert text_of(row_of(page, "title"), ".shown") == "Night"
        assert not page.css(".overrides input, .overrides select, select[name=CHANGE_FORM-action]")
        assert reader.post(url_of(event), {"title": "Mine"}).status_code == 403


class TestEventActions:
    def test_hiding_is_immediate_logged_and_survives_composing(self, editor: Client, event: Event) -> None:
        act(editor, event, "hide")
        event.refresh_from_db()
        assert event.visibility == Event.Visibility.HIDDEN
        compose([event.pk], now=NOW)
        event.refresh_from_db()
        assert event.visibility == Event.Visibility.HIDDEN
        assert LogEntry.objects.get().change_message == "Hidden."

    @pytest.mark.parametrize(("action", "visibility"), [("publish", "published"), ("hold", "held")])
    def test_events_are_published_and_held_from_the_list(
        self, editor: Client, event: Event, action: str, visibility: str
    ) -> None:
        other = make_event("Another")
        make_listing(other)
        data = {"action": action, "_selected_action": [event.pk, other.pk], "index": 0}
        editor.post("/admin/events/event/", data)
        assert set(Event.objects.values_list("visibility", flat=True)) == {visibility}
        assert LogEntry.objects.count() == 2

    def test_what_was_hidden_can_be_left_to_the_score_again(self, editor: Client, event: Event) -> None:
        act(editor, event, "hide")
        act(editor, event, "follow")
        event.refresh_from_db()
        assert (event.visibility, event.overrides) == ("published", {})

    def test_composing_anew_mends_a_column(self, editor: Client, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(title="Wrong")
        act(editor, event, "recompose")
        event.refresh_from_db()
        assert event.title == "Night"

    def test_merged_events_are_left_and_named(self, editor: Client, event: Event) -> None:
        merged = merge_into(event)
        page = act(editor, merged, "hide")
        assert "left as it is" in text_of(page, ".messagelist")
        assert Event.objects.get(pk=event.pk).visibility == "published"
        assert not LogEntry.objects.exists()

    def test_actions_are_not_for_those_who_may_only_look(self, reader: Client, event: Event) -> None:
        reader.post("/admin/events/event/", {"action": "hide", "_selected_action": [event.pk], "index": 0})
        event.refresh_from_db()
        assert event.visibility == "published"

    def test_pages_of_the_city_are_stale_at_once(
        self, editor: Client, event: Event, django_capture_on_commit_callbacks: Any
    ) -> None:
        from nocturne.cache import generation

        before = generation(event.city_id)
        with django_capture_on_commit_callbacks(execute=True):
            act(editor, event, "hide")
        assert generation(event.city_id) != before


class TestEventList:
    def found(self, client: Client, query: str) -> list[str]:
        return texts(parsed(client.get(f"/admin/events/event/?{query}")), "#result_list .field-title")

    def test_events_to_come_are_shown_unless_others_are_asked_for(self, editor: Client) -> None:
        make_event("Soon", local="2026-11-23T20:00")
        make_event("Long ago", local="2026-10-01T20:00")
        assert self.found(editor, "") == ["Soon"]
        assert self.found(editor, "when=past") == ["Long ago"]
        assert self.found(editor, "when=all") == ["Long ago", "Soon"]

    def test_words_are_found_without_accents_and_case(self, editor: Client) -> None:
        make_event("Café d’Été")
        make_event("Something else")
        assert self.found(editor, "q=ETE+cafe") == ["Café d’Été"]

    def test_an_event_is_found_by_number_and_by_the_address_of_its_page(self, editor: Client) -> None:
        event = make_event("This one")
        make_event("Something else")
        assert self.found(editor, f"q=%23{event.pk}") == ["This one"]
        assert self.found(editor, f"q=https://nocturne.example{event.get_absolute_url()}") == ["This one"]

    def test_a_city_is_searched_for_and_kept_with_the_other_filters(self, editor: Client) -> None:
        city = make_city("los-angeles")
        make_event("There", city=city)
        make_event("Here")
        assert self.found(editor, f"city__id__exact={city.pk}&visibility__exact=published") == ["There"]
        page = parsed(editor.get(f"/admin/events/event/?city__id__exact={city.pk}&visibility__exact=published"))
        form = page.css_first(".search-filter:has(select[name=city__id__exact])")
        assert text_of(form, "option[selected]") == "Los Angeles, CA"
        assert form.css_first("input[name=visibility__exact]").attributes["value"] == "published"
        assert editor.get("/admin/events/event/?city__id__exact=abc").status_code == 302

    def test_merged_events_are_left_out_unless_asked_for(self, editor: Client, event: Event) -> None:
        merged = merge_into(event)
        assert self.found(editor, "") == ["Night"]
        assert sorted(self.found(editor, "merged=all")) == ["Night", "Same"]
        assert self.found(editor, f"q=%23{merged.pk}") == ["Same"]
        assert sorted(self.found(editor, f"root__id__exact={event.pk}")) == ["Night", "Same"]
        page = parsed(editor.get("/admin/events/event/?merged=yes"))
        assert links(page, "#result_list .field-shown a") == {f"#{event.pk} Night": url_of(event)}


class TestListings:
    def test_the_draft_is_shown_as_it_was_read(self, editor: Client) -> None:
        listing = tell(
            make_source(), price=Price(minimum=Decimal(7), currency="EUR", is_free=False), performers=("A", "B")
        )
        page = parsed(editor.get(url_of(listing)))
        draft = {text_of(row, "th"): text_of(row, "td") for row in page.css("table.draft tr")}
        assert draft["when start"] == "2026-12-05T20:00:00"
        assert draft["price minimum"] == "7"
        assert draft["price is free"] == "no"
        assert draft["performers"] == "A B"
        assert '"minimum": "7"' in text_of(page, "pre")

    def test_a_listing_links_to_its_event_its_root_and_its_source(self, editor: Client, event: Event) -> None:
        merged = merge_into(event)
        listing = make_listing(merged)
        page = parsed(editor.get(url_of(listing)))
        assert url_of(merged) in links(page, ".field-event_link a").values()
        assert url_of(event) in links(page, ".field-root_link a").values()
        assert url_of(listing.source) in {node.attributes["href"] for node in page.css(".field-source a")}

    def test_a_listing_is_neither_edited_nor_deleted(self, editor: Client) -> None:
        listing = tell(make_source())
        page = parsed(editor.get(url_of(listing)))
        assert not page.css("[name=_save], .deletelink")
        assert editor.post(url_of(listing), {"title": "Mine"}).status_code == 403
        assert editor.get(f"/admin/events/listing/{listing.pk}/delete/").status_code == 403
        assert editor.get("/admin/events/listing/add/").status_code == 403

    def test_an_address_that_is_none_of_the_web_is_not_linked(self, editor: Client) -> None:
        listing = make_listing(url="javascript:alert(1)")
        assert not parsed(editor.get(url_of(listing))).css(".fieldBox.field-site a")

    def test_listings_without_an_event_and_retired_ones_are_found(self, editor: Client, event: Event) -> None:
        make_listing(title="Lost")
        make_listing(event, title="Gone", missing_since=NOW, retired_at=NOW)

        def found(query: str) -> list[str]:
            return texts(parsed(editor.get(f"/admin/events/listing/?{query}")), "#result_list .field-title")

        assert found("event__isempty=1") == ["Lost"]
        assert found("standing=retired") == ["Gone"]
