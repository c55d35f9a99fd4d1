"""The daily audit: what it finds, what it mends, what it leaves alone, and whom it tells."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.compose import compose
from events.drafts import EventDraft, When, Where
from events.models import Event, Listing, Source
from nocturne.models import EmailLog, User
from quality import audit, decline, reassess as reassessing
from quality.merging import split
from quality.models import Audit, Finding, Verdict
from quality.score import score
from quality.tally import Tally
from tests.factories import make_city, make_event, make_listing, make_source
from tests.html import parsed, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
TEXT = "Thirty years of Bizarro, played from the first song to the last."
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def listed(
    title: str = "The Wedding Present", *, source: Source | None = None, night: int = 5, **draft: Any
) -> Listing:
    """A listing with an event of its own, as composing would have it, whatever the rules say of it."""
    start = draft.pop("start", dt.datetime(2026, 12, night, 20))
    where = draft.pop("where", Where(venue="Klub Null", address="Am Wriezener Bahnhof 1"))
    one = EventDraft(
        title=title, when=When(start=start), where=where, description=draft.pop("description", TEXT), **draft
    )
    event = make_event(title, local=start.isoformat(), description=one.description)
    listing = make_listing(event, source=source, draft=one.to_json())
    compose([event.pk], now=NOW)
    return listing


def run(*args: str) -> str:
    out = StringIO()
    call_command("audit_quality", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def report(*args: str) -> dict[str, Any]:
    return json.loads(run("--json", *args))


def state() -> tuple[Any, ...]:
    tables = (Listing, Finding, Event, Verdict, Audit)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def codes(listing: Listing) -> set[str]:
    return set(listing.findings.values_list("rule", flat=True))


class TestReassessing:
    def test_findings_and_scores_become_what_the_rules_say(self):
        good, bad = listed(night=5), listed("TBA", night=6)
        Finding.objects.create(
            source=good.source, listing=good, key=good.external_id, rule="gone", message="", weight=40
        )
        assert report("--fix")["counts"]["reassessed"] == 2
        assert (codes(good), codes(bad)) == (set(), {"title.placeholder", "title.short"})
        for listing in (good, bad):
            listing.refresh_from_db()
            assert listing.score == score(listing.findings.all())

    def test_what_scores_too_little_now_is_held_and_what_scores_enough_is_shown(self):
        worse, better = listed("TBA", night=5), listed(night=6)
        Listing.objects.filter(pk=better.pk).update(score=10)
        call_command("recompose", stdout=StringIO())
        run("--fix")
        seen = dict(Event.objects.values_list("pk", "visibility"))
        assert seen == {worse.event_id: "held", better.event_id: "published"}

    def test_a_second_audit_writes_nothing(self):
        listed("TBA")
        listed("VIEW ALL OF IT NOW", night=6)
        run("--fix")
        before = state()
        assert report("--fix")["counts"].get("reassessed", 0) == 0
        assert state() == before

    def test_without_fix_nothing_is_written_and_all_is_told(self):
        listed("TBA")
        before = state()
        told = report()
        assert state() == before
        assert told["counts"]["reassessed"] == 1
        assert told["rules"] == {"title.short": 1, "title.placeholder": 1}
        assert told["scores"] == {"30": 1}

    def test_what_is_suspicious_in_all_that_a_source_lists_reaches_listings_that_did_not_change(self):
        source = make_source()
        many = [
            listed(f"Night {n}", source=source, start=dt.datetime(2026, 12, n), description=f"{n}. {TEXT}")
            for n in range(1, 12)
        ]
        run("--fix")
        assert all(codes(one) == {"suspicious.midnight"} for one in many)
        Listing.objects.filter(pk__in=[one.pk for one in many[:5]]).update(retired_at=NOW, missing_since=NOW)
        run("--fix")
        assert codes(many[-1]) == set()

    def test_what_was_over_when_it_was_first_seen_stays_so_and_what_is_over_since_does_not_become_so(self):
        late, known = (listed(start=dt.datetime(2026, 11, 22, 22), night=22) for _ in range(2))
        over = {"rule": "date.past", "severity": "error", "weight": 60}
        message = "It was over on 2026-11-22 already when it was first seen."
        Finding.objects.create(source=late.source, listing=late, key=late.external_id, message=message, **over)
        run("--fix")
        assert (codes(late), codes(known)) == ({"date.past"}, set())

    def test_what_cannot_be_read_any_more_keeps_its_finding_and_its_score(self):
        listing = listed()
        Finding.objects.create(
            source=listing.source,
            listing=listing,
            key=listing.external_id,
            rule="date.unreadable",
            weight=100,
            message="?",
        )
        assert report("--fix")["counts"]["unreadable"] == 1
        listing.refresh_from_db()
        assert (codes(listing), listing.score) == ({"date.unreadable"}, 100)

    def test_past_and_retired_listings_are_left_alone(self):
        past = listed("TBA", start=dt.datetime(2026, 11, 1, 20))
        retired = listed("TBA", night=9)
        Listing.objects.filter(pk=retired.pk).update(retired_at=NOW, missing_since=NOW)
        assert report("--fix")["counts"].get("listings", 0) == 0
        assert codes(past) | codes(retired) == set()

    def test_what_a_reading_has_changed_in_between_is_left_to_it(self, monkeypatch):
        listing = listed("TBA")
        write = reassessing._write

        def later(*args: Any) -> None:
            Listing.objects.filter(pk=listing.pk).update(content_hash="new")
            write(*args)

        monkeypatch.setattr(reassessing, "_write", later)
        run("--fix")
        assert codes(listing) == set()

    def test_a_draft_that_cannot_be_read_costs_only_itself(self):
        broken, good = listed(night=5), listed("TBA", night=6)
        Listing.objects.filter(pk=broken.pk).update(draft={"title": "x", "when": {"start": "?"}})
        told = report()
        assert (told["counts"]["listings"], told["counts"]["reassessed"]) == (2, 1)
        assert codes(good) == set()

    def test_queries_do_not_grow_with_the_listings_of_a_source(self):
        source = make_source()

        def queries() -> int:
            with CaptureQueriesContext(connection) as made:
                reassessing.reassess(source, now=NOW, fix=True)
            return len(made)

        for n in range(1, 4):
            listed("TBA", source=source, night=n)
        few = queries()
        for n in range(4, 20):
            listed("TBA", source=source, night=n)
        assert queries() <= few


class TestDuplicates:
    def two(self) -> tuple[Listing, Listing]:
        """One concert, told by two sources that link to the same page, as two events."""
        url = "https://klub-null.example/2026/12/05/wedding-present"
        first, second = listed(url=url), listed(url=url)
        Listing.objects.update(canonical_url=url)
        return first, second

    def test_what_is_surely_one_is_merged_and_said_why(self):
        first, second = self.two()
        told = report("--fix")
        assert told["counts"]["duplicates"] == 1
        assert "The Wedding Present" in told["notes"][0]
        assert Event.objects.get(pk=second.event_id).root_id == first.event_id
        assert Verdict.objects.get().outcome == "same"
        assert report("--fix")["counts"]["duplicates"] == 0

    def test_without_fix_it_is_only_told(self):
        self.two()
        before = state()
        assert report()["counts"]["duplicates"] == 1
        assert state() == before

    def test_what_an_editor_took_apart_stays_apart(self):
        first, second = self.two()
        run("--fix")
        split(second, by=User.objects.create_user("ada@example.org"))
        assert report("--fix")["counts"]["duplicates"] == 0
        first.refresh_from_db()
        second.refresh_from_db()
        assert first.event.root_id != second.event.root_id

    def test_what_is_only_likely_is_put_to_the_editors_once(self):
        listed("Quiz Night with Ada", start=dt.datetime(2026, 12, 5, 19))
        listed("Quiz Night", start=dt.datetime(2026, 12, 5, 20))
        assert report()["counts"]["unsure"] == 0
        counts = report("--fix")["counts"]
        assert (counts["unsure"], counts["duplicates"]) == (1, 0)
        assert Verdict.objects.get().outcome == "unsure"
        before = state()
        run("--city", "de--berlin", "--fix")
        assert state() == before


def test_what_does_not_say_what_its_sources_say_is_composed_anew():
    listing = listed()
    run("--fix")
    Event.objects.filter(pk=listing.event_id).update(title="Something else")
    assert report()["counts"]["drifted"] == 1
    assert report("--fix")["counts"]["drifted"] == 1
    assert Event.objects.get(pk=listing.event_id).title == "The Wedding Present"
    assert report("--fix")["counts"].get("drifted", 0) == 0


def test_a_merged_event_that_leads_to_the_wrong_one_is_led_right():
    first, second, third = (listed(night=n).event for n in (5, 6, 7))
    Event.objects.filter(pk=second.pk).update(merged_into=first, root=first)
    Event.objects.filter(pk=third.pk).update(merged_into=second, root=second)
    assert report("--fix")["counts"]["pointers"] == 1
    assert Event.objects.get(pk=third.pk).root_id == first.pk


class TestOneCity:
    def test_only_its_area_is_looked_at(self):
        here = listed("TBA")
        away = make_event("TBA", local="2026-12-05T20:00", city=make_city("los-angeles"))
        there = make_listing(away)
        assert report("--city", "de--berlin", "--fix")["counts"]["listings"] == 1
        assert codes(here)
        assert codes(there) == set()
        assert not Audit.objects.exists()

    def test_a_city_that_is_not_there_is_said(self):
        with pytest.raises(CommandError, match="No city has the code 'xx--nowhere'"):
            run("--city", "xx--nowhere")


class TestTheDay:
    def test_the_audit_begins_at_two(self):
        assert audit.due(dt.datetime(2026, 11, 23, 1, 59, tzinfo=dt.UTC)) == dt.date(2026, 11, 22)
        assert audit.due(dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)) == dt.date(2026, 11, 23)

    def test_it_is_done_once_a_day(self):
        listed("TBA")
        done, tally = audit.go_on()
        assert (done.day, done.finished_at) == (dt.date(2026, 11, 23), NOW)
        assert done.counts["listings"] == tally.counts["listings"] == 1
        assert done.rules == {"title.short": 1, "title.placeholder": 1}
        assert audit.go_on() is None
        assert audit.go_on(NOW + DAY)[0].day == dt.date(2026, 11, 24)

    def test_two_at_once_do_not_meet(self):
        listed()
        assert audit._claim(NOW) is not None
        assert audit.go_on() is None

    @pytest.mark.django_db(transaction=True)
    def test_of_several_workers_at_once_one_does_it(self):
        for n in range(5, 8):
            listed("TBA", night=n)

        def work(_: int) -> bool:
            try:
                return audit.go_on() is not None
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as workers:
            assert sorted(workers.map(work, range(4))) == [False, False, False, True]
        assert Audit.objects.get().counts["listings"] == 3

    def test_it_goes_on_where_it_stopped(self):
        for n in range(5, 8):
            listed("TBA", night=n)
        steps = 0
        while (step := audit.go_on(seconds=0)) and step[0].finished_at is None:
            steps += 1
        row = Audit.objects.get()
        assert steps == 4  # three sources and the area
        assert (row.counts["listings"], row.counts["sources"], row.counts["areas"]) == (3, 3, 1)
        assert row.finished_at is not None

    def test_a_worker_that_died_is_given_up_and_its_part_is_repeated(self, monkeypatch):
        listing = listed("TBA")

        def killed(*args: Any, **options: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(audit, "_keep", killed)
            with pytest.raises(KeyboardInterrupt):
                audit.go_on()
        assert audit.go_on() is None
        later = NOW + audit.CLAIM_FOR + dt.timedelta(seconds=1)
        done, _ = audit.go_on(later)
        assert done.counts["listings"] == 1
        assert codes(listing) == {"title.short", "title.placeholder"}

    def test_a_worker_that_was_given_up_does_not_count(self, monkeypatch):
        listed()
        keep = audit._keep

        def slow(*args: Any) -> bool:
            Audit.objects.update(claim="00000000-0000-0000-0000-000000000001")
            return keep(*args)

        monkeypatch.setattr(audit, "_keep", slow)
        assert audit.go_on() is None
        assert Audit.objects.get().counts == {}

    def test_a_part_that_fails_costs_only_itself(self, monkeypatch):
        listed("TBA")

        def broken(*args: Any, **options: Any) -> Tally:
            raise RuntimeError("no")

        monkeypatch.setattr(audit, "repair", broken)
        done, tally = audit.go_on()
        assert done.counts["failed"] == 1
        assert done.counts["listings"] == 1
        assert "failed" in tally.notes[-1]

    def test_the_command_is_the_audit_of_the_day_if_that_was_not_done(self):
        listed("TBA")
        run("--fix")
        assert Audit.objects.get().finished_at == NOW
        assert report("--fix")["counts"]["listings"] == 1
        assert Audit.objects.count() == 1

    def test_nothing_to_come_is_no_error(self):
        assert "Listings of events that are to come" in run()
        assert audit.go_on()[0].finished_at == NOW


def counted(day: int, **numbers: Any) -> Audit:
    rules = numbers.pop("rules", {})
    return Audit.objects.create(
        day=dt.date(2026, 11, day),
        started_at=NOW,
        finished_at=NOW,
        counts={"listings": 1000, "held": 10, **numbers},
        rules=rules,
    )


def worse(before: Audit, after: Audit) -> list[str]:
    return [one["words"] for one in decline.sentences(before, after)]


class TestWorse:
    def test_more_of_something_is(self):
        said = worse(counted(21), counted(22, held=20, rules={"text.spam": 6}))
        assert said == [
            "Events held for review: 20, 10 on 21 November",
            "Listings that break “The text is no advertisement for something else.”: 6, 0 on 21 November",
        ]

    @pytest.mark.parametrize(
        "numbers", [{"held": 14}, {"held": 5}, {"held": 20, "listings": 2000}, {"rules": {"title.shouting": 500}}]
    )
    def test_a_few_more_less_growth_and_plainness_are_not(self, numbers):
        assert worse(counted(21), counted(22, **numbers)) == []

    def test_the_editors_are_told_once(self, mailoutbox, transactional_db):
        editor = User.objects.create_user("ada@example.org", is_staff=True)
        # a test that commits may have emptied the tables of both
        kind, _ = ContentType.objects.get_or_create(app_label="events", model="event")
        change, _ = Permission.objects.get_or_create(content_type=kind, codename="change_event")
        editor.user_permissions.add(change)
        User.objects.create_superuser("root@example.org")
        User.objects.create_user("visitor@example.org")
        User.objects.create_user("reader@example.org", is_staff=True)
        counted(22, held=0)
        for n in range(1, 8):
            listed("TBA", night=n)
        done, _ = audit.go_on()
        assert decline.tell(done) == 2
        assert sorted(mail.to[0] for mail in mailoutbox) == ["ada@example.org", "root@example.org"]
        mail = mailoutbox[0]
        assert "Events held for review: 7, 0 on 22 November" in mail.body
        assert "/admin/events/event/?visibility__exact=held" in mail.body
        assert mail.subject.endswith("got worse")
        done.refresh_from_db()
        assert done.mailed_at is not None
        assert decline.tell(done) == 0
        Audit.objects.update(mailed_at=None)
        done.refresh_from_db()
        assert decline.tell(done) == 0
        assert len(mailoutbox) == 2
        assert EmailLog.objects.count() == 2

    def test_nobody_is_told_that_all_is_well(self, mailoutbox):
        counted(22)
        done, _ = audit.go_on()
        assert (done.worse, decline.tell(done), mailoutbox) == ([], 0, [])


class TestAdmin:
    def test_the_audits_are_listed_and_each_has_its_numbers(self, client: Client):
        client.force_login(User.objects.create_superuser("ada@example.org"))
        row = counted(22, rules={"title.short": 3, "text.spam": 7})
        Audit.objects.filter(pk=row.pk).update(
            scores={"90": 990, "30": 10},
            worse=[{"words": "Events held for review: 10, 2 on 21 November", "path": "/x"}],
        )
        in_list = parsed(client.get("/admin/quality/audit/"))
        assert texts(in_list, "#result_list .field-got_worse a") == ["Events held for review: 10, 2 on 21 November"]
        assert texts(in_list, "#result_list .field-held") == ["10"]
        page = parsed(client.get(f"/admin/quality/audit/{row.pk}/change/"))
        assert texts(page, ".field-by_rule th") == ["text.spam", "title.short"]
        assert texts(page, ".field-by_score td") == ["10", "990"]
        assert "Events held for review" in texts(page, ".field-counted th")

    def test_an_audit_that_is_not_done_is_shown(self, client: Client):
        client.force_login(User.objects.create_superuser("ada@example.org"))
        row = Audit.objects.create(day=dt.date(2026, 11, 23), started_at=NOW)
        assert client.get("/admin/quality/audit/").status_code == 200
        assert client.get(f"/admin/quality/audit/{row.pk}/change/").status_code == 200
