"""What a visitor types, and the draft that it means."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from events.drafts import EventDraft
from scraping.models import Submission
from scraping.submissions.form import EventForm, SubmissionForm, typed
from tests.factories import make_city, make_event, make_venue
from tests.html import parsed, text_of, texts
from tests.scraping.sending import said

pytestmark = pytest.mark.django_db
LINKS = " ".join(f"https://spam{n}.example/" for n in range(20))


def read(**fields: Any) -> EventDraft:
    form = SubmissionForm(said(**fields))
    assert form.is_valid(), form.errors
    return form.draft


def wrong(**fields: Any) -> dict[str, str]:
    form = SubmissionForm(said(**fields))
    assert not form.is_valid()
    return {name: " ".join(errors) for name, errors in form.errors.items()}


class TestTimes:
    @pytest.mark.parametrize(
        ("fields", "start", "end", "all_day", "known"),
        [
            ({}, "2026-12-05 20:00", None, False, True),
            ({"time": "20.30"}, "2026-12-05 20:30", None, False, True),
            ({"time": ""}, "2026-12-05 00:00", None, False, False),
            ({"time": "", "end_date": "2026-12-07"}, "2026-12-05 00:00", "2026-12-08 00:00", False, False),
            ({"all_day": "on"}, "2026-12-05 00:00", None, True, False),
            ({"all_day": "on", "end_date": "2026-12-06"}, "2026-12-05 00:00", "2026-12-07 00:00", True, False),
            ({"end_time": "23:00"}, "2026-12-05 20:00", "2026-12-05 23:00", False, True),
            ({"end_time": "03:00"}, "2026-12-05 20:00", "2026-12-06 03:00", False, True),
            ({"end_date": "2026-12-05"}, "2026-12-05 20:00", None, False, True),
            ({"end_date": "2026-12-06", "end_time": "06:00"}, "2026-12-05 20:00", "2026-12-06 06:00", False, True),
        ],
    )
    def test_are_those_of_the_city(
        self, fields: dict[str, str], start: str, end: str | None, all_day: bool, known: bool
    ) -> None:
        when = read(**fields).when
        assert when
        assert (when.start, when.end) == (
            dt.datetime.fromisoformat(start),
            end and dt.datetime.fromisoformat(end),
        )
        assert (when.all_day, when.time_known, when.timezone) == (all_day, known, "Europe/Berlin")

    @pytest.mark.parametrize(
        ("fields", "name", "words"),
        [
            ({"date": ""}, "date", "on which day"),
            ({"date": "5.12.2026"}, "date", "2026-12-31"),
            ({"date": "2026-02-30"}, "date", "2026-12-31"),
            ({"date": "0001-01-01"}, "date", "over"),
            ({"date": "9999-12-31"}, "date", "two years"),
            ({"date": "0001-01-01", "time": "00:00"}, "date", "over"),
            ({"date": "9999-12-31", "time": "23:59", "end_time": "01:00"}, "date", "two years"),
            ({"time": "", "end_date": "9999-12-31"}, "end_date", "longer than a year"),
            ({"end_date": "9999-12-31", "end_time": "23:59"}, "end_date", "longer than a year"),
            ({"time": "25:00"}, "time", "20:30"),
            ({"date": "2026-11-29"}, "date", "over"),
            ({"date": "2026-11-30", "time": "23:00"}, "date", "over"),
            ({"date": "2029-01-01"}, "date", "two years"),
            ({"end_date": "2026-12-04", "end_time": "20:00"}, "end_time", "before it begins"),
            ({"all_day": "on", "end_date": "2026-12-04"}, "end_date", "before it begins"),
            ({"end_date": "2026-12-07"}, "end_time", "what time it ends"),
            ({"time": "", "end_time": "23:00"}, "time", "when it begins"),
            ({"all_day": "on", "end_date": "2027-12-31"}, "end_date", "longer than a year"),
            ({"date": "2027-03-28", "time": "02:30"}, "time", "never show 02:30. Is 03:30 meant?"),
            ({"date": "2027-03-27", "end_time": "02:30"}, "end_time", "never show 02:30"),
        ],
    )
    def test_that_cannot_be_are_said_where_they_are(self, fields: dict[str, str], name: str, words: str) -> None:
        found = wrong(**fields)
        assert set(found) == {name}
        assert words in found[name]

    def test_what_runs_since_last_week_and_is_not_over_can_be_sent(self) -> None:
        when = read(date="2026-11-20", all_day="on", end_date="2026-12-24").when
        assert when
        assert when.start == dt.datetime(2026, 11, 20)

    def test_tonight_ends_at_six_in_the_morning_of_the_city(self) -> None:
        make_city("los-angeles")
        with time_machine.travel(dt.datetime(2026, 12, 5, 10, tzinfo=dt.UTC), tick=False):  # 02:00 in Los Angeles
            assert read(city="los-angeles", date="2026-12-04").when
            assert "over" in wrong(date="2026-12-04")["date"]

    def test_an_hour_that_clocks_show_twice_is_the_first_one(self) -> None:
        assert read(date="2027-10-31", time="02:30").when


class TestTheRest:
    @pytest.mark.parametrize(
        ("fields", "minimum", "maximum", "free"),
        [
            ({"price": "12"}, 12, 12, False),
            ({"price": "10–15"}, 10, 15, False),
            ({"price": "12,50 €"}, 12.5, 12.5, False),
            ({"price": ""}, None, None, None),
            ({"price": "", "free": "on"}, 0, 0, True),
            ({"price": "free"}, 0, 0, True),
        ],
    )
    def test_prices(self, fields: dict[str, str], minimum: float, maximum: float, free: bool | None) -> None:
        price = read(**fields).price
        assert (price.minimum, price.maximum, price.is_free) == (minimum, maximum, free)

    @pytest.mark.parametrize(
        ("fields", "name", "words"),
        [
            ({"title": ""}, "title", "what the event is called"),
            ({"title": "   "}, "title", "what the event is called"),
            ({"title": "Buy tickets"}, "title", "button or a stand-in"),
            ({"title": "TBA"}, "title", "button or a stand-in"),
            ({"title": "aaaaaaaaaaaaa"}, "title", "no title"),
            ({"title": "Come to https://klub.example"}, "title", "into the field for it"),
            ({"title": "x" * 201}, "title", "at most 200"),
            ({"title": "Ada\0Blum"}, "title", "Null"),
            ({"city": ""}, "city", "city of the list"),
            ({"city": "atlantis"}, "city", "city of the list"),
            ({"venue": "", "address": ""}, "venue", "where it is"),
            ({"price": "a lot"}, "price", "amount"),
            ({"price": "12", "free": "on"}, "price", "empty one"),
            ({"price": "99999"}, "price", "typing error"),
            ({"url": "javascript:alert(1)"}, "url", "not a web address"),
            ({"url": "klub null"}, "url", "not a web address"),
            ({"category": "magic"}, "category", "valid choice"),
            ({"description": "x" * 5001}, "description", "at most 5000"),
            (
                {"description": " ".join(f"https://spam{n}.example/" for n in range(20))},
                "description",
                "too many links",
            ),
            ({"email": ""}, "email", "your e-mail address"),
            ({"email": "ada"}, "email", "not a complete"),
            ({"email": "ada@example.org\nBcc: all@example.org"}, "email", "not a complete"),
        ],
    )
    def test_what_is_wrong_is_said_where_it_is(self, fields: dict[str, str], name: str, words: str) -> None:
        found = wrong(**fields)
        assert set(found) == {name}
        assert words in found[name]

    def test_markup_becomes_plain_text(self) -> None:
        draft = read(title="Ada <b>Blum</b>\u202e", description="<p>One.</p><script>alert(1)</script><p>Two.</p>")
        assert (draft.title, draft.description) == ("Ada Blum", "One.\n\nTwo.")

    def test_a_draft_is_typed_as_it_was(self) -> None:
        for fields in (
            {},
            {"end_time": "03:00"},
            {"time": "", "end_date": "2026-12-07"},
            {"all_day": "on", "end_date": "2026-12-06"},
            {"price": "", "free": "on"},
            {"price": "10–15.50"},
            {"time": ""},
        ):
            draft = read(**fields)
            values = typed(draft, make_city()).items()
            again = EventForm({name: "" if value is None else value for name, value in values if value is not False})
            assert again.is_valid(), again.errors
            assert again.draft == draft


class TestThePage:
    def test_is_the_same_for_all_and_knows_the_city_that_it_is_asked_for(self, visitor: Client) -> None:
        make_event(local="2026-12-05T20:00", venue=make_venue("Klub Null"))
        make_venue("Another place")
        response = visitor.get("/submit/?city=berlin")
        page = parsed(response)
        assert response["Cache-Control"] == "public, max-age=60"
        assert not response.cookies
        assert "csrf" not in response.content.decode().lower()
        assert page.css_first("#submit-city option[selected]").attributes["value"] == "berlin"
        assert [each.attributes["value"] for each in page.css("#venues option")] == ["Klub Null", "Another place"]
        page = parsed(visitor.get("/submit/venues/?city=berlin"))
        assert [each.attributes["value"] for each in page.css("option")] == ["Klub Null", "Another place"]
        assert visitor.get("/submit/?city=de--berlin").content == response.content
        for nothing in ("/submit/", "/submit/?city=atlantis", "/submit/venues/", "/submit/venues/?city=x"):
            page = parsed(visitor.get(nothing))
            assert page.css("#venues option") == []
        assert visitor.get("/submit/?city=%00").status_code == 400

    def test_each_field_has_a_label_and_its_help(self, visitor: Client) -> None:
        page = parsed(visitor.get("/submit/"))
        for field in page.css("form input:not([type=hidden]), form select, form textarea"):
            name = field.attributes["id"]
            assert page.css(f"label[for={name}]"), name
            for described in (field.attributes.get("aria-describedby") or "").split():
                assert page.css(f"#{described}"), described

    def test_keeps_what_was_typed_and_says_what_is_wrong(self, visitor: Client) -> None:
        assert set(wrong(title="", date="", venue="", address="")) == {"title", "date", "venue"}  # all at once
        response = visitor.post("/submit/", said(title="", date="2026-11-01", description="<i>My</i> words"))
        page = parsed(response)
        assert (response.status_code, response["Cache-Control"]) == (422, "private, no-store")
        assert text_of(page, "title").startswith("Not sent yet: Add your event")
        assert "2 things are not right yet" in text_of(page, "[role=alert]")
        assert texts(page, ".wrong") == [
            "Please say what the event is called.",
            "That is over. Only what is still to come can be listed.",
        ]
        assert page.css_first("#submit-date").attributes["aria-describedby"] == "submit-date_error"
        assert page.css_first("#submit-date").attributes["value"] == "2026-11-01"
        assert page.css_first("#submit-description").text().strip() == "<i>My</i> words"
        assert page.css_first("#submit-email").attributes["value"] == "ada@example.org"
        assert page.css_first("#submit-category option[selected]").attributes["value"] == "music"
        assert not Submission.objects.exists()

    def test_a_site_without_cities_says_so(self, visitor: Client) -> None:
        make_city().__class__.objects.update(active=False)
        page = parsed(visitor.get("/submit/"))
        assert text_of(page, ".empty h2") == "No city is open yet"
        assert not page.css("form.subscribe")

    def test_pages_lead_to_it(self, visitor: Client) -> None:
        page = parsed(visitor.get("/berlin/"))
        assert page.css_first(".empty a[href='/submit/?city=berlin']") is not None
        assert page.css_first(".foot a[href='/submit/']") is not None
