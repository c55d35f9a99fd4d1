"""The audit of the day: that one worker does it once, that it is done to its end, and whom it tells."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from nocturne.models import EmailLog, User
from quality import audit, decline
from quality.models import Audit
from quality.tally import Tally
from tests.html import parsed, texts
from tests.quality.audits import DAY, NOW, codes, listed, report, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


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
        editor.user_permissions.add(Permission.objects.get(codename="change_event"))
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
