"""Posting, reporting, deciding and deleting comments."""

import datetime as dt
import json
import threading
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from events import comments, decisions, reports, spam
from events.models import Comment, CommentReport, Decision, Event, EventReport
from nocturne import personal
from nocturne.cache import generation
from nocturne.models import User
from tests.factories import make_city, make_event

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def make_user(name: str = "vi", **columns: Any) -> User:
    return User.objects.create(email=f"{name}@example.org", password="!", **columns)


def make_known(name: str = "vi") -> User:
    """A user of whom an editor has shown a comment."""
    user = make_user(name)
    event = make_event("Long ago")
    Comment.objects.create(
        event=event, user=user, name=name, text="Hello.", state="live", created_at=NOW - 100 * DAY, state_at=NOW - DAY
    )
    return user


def say(event: Event, user: User, text: str = "See you there.", *, name: str = "Vi", now: dt.datetime = NOW) -> Comment:
    return comments.post(event, user, name=name, text=text, now=now)


def report(comment: Comment, number: int, **more: Any) -> bool:
    return comments.report(comment, hashes=[f"hash {number}"], now=NOW, **more)


class TestPosting:
    def test_the_first_of_an_account_waits_and_those_after_one_was_shown_do_not(self) -> None:
        event, user, editor = make_event(), make_user(), make_user("editor")
        first = say(event, user)
        second = say(event, user, "Me again.")
        assert (first.state, first.why) == ("held", "It is the first comment of this account.")
        assert second.state == "held"
        comments.decide([first.pk], Comment.State.LIVE, by=editor, now=NOW)
        assert say(event, user, "Third.").state == "live"
        assert say(event, make_user("other"), "Mine.").state == "held"

    def test_who_had_one_hidden_lately_waits_for_a_month(self) -> None:
        event, user, editor = make_event(), make_known(), make_user("editor")
        one = say(event, user)
        assert one.state == "live"
        comments.decide([one.pk], Comment.State.HIDDEN, by=editor, now=NOW)
        later = say(event, user, "And again.", now=NOW + 29 * DAY)
        assert (later.state, later.why) == ("held", "A comment of this account was hidden lately.")
        assert say(event, user, "At last.", now=NOW + 31 * DAY).state == "live"

    def test_the_same_within_minutes_is_one(self) -> None:
        event, other, user = make_event(), make_event("Other"), make_known()
        one = say(event, user)
        assert say(event, user, "See  you\u200b there. ", now=NOW + 9 * MINUTE).pk == one.pk
        assert say(event, user, now=NOW + 11 * MINUTE).pk != one.pk
        assert say(other, user).pk != one.pk
        assert say(event, make_known("other")).pk != one.pk

    def test_the_same_at_another_event_waits(self) -> None:
        user, text = make_known(), "Come to my stand, it is the best of all."
        assert say(make_event(), user, text).state == "live"
        for author, words in ((user, text), (user, text.title() + "!!"), (make_known("other"), text)):
            held = say(make_event("Other"), author, words)
            assert (held.state, held.why) == ("held", "The same was said at another event."), words
        assert say(make_event("Third"), user, "Great!").state == "live"
        assert say(make_event("Fourth"), user, "Great!").state == "live"

    def test_a_host_that_many_link_to_waits(self) -> None:
        event = make_event()
        texts = [f"Number {n}: https://www.farm.example/{n}" for n in range(4)]
        states = [say(event, make_known(f"user{n}"), text).state for n, text in enumerate(texts)]
        assert states == ["live", "live", "live", "held"]
        assert say(event, make_known("quiet"), "https://fine.example/ has pictures").state == "live"
        for n in range(3):
            assert say(event, make_known(f"bare{n}"), f"Try number {n} of farm.shop").state == "live"
        assert say(event, make_known("bare9"), "Or https://www.farm.shop/now").state == "held"
        assert say(event, make_known("odd"), "Really? http://[::1 is no address?").state == "live"

    def test_a_host_of_which_a_link_was_hidden_waits(self) -> None:
        event, editor = make_event(), make_user("editor")
        bad = say(event, make_known("a"), "Look at https://bad.example/1")
        comments.decide([bad.pk], Comment.State.HIDDEN, by=editor, now=NOW)
        assert say(event, make_known("b"), "And https://bad.example/2").state == "held"

    @pytest.mark.parametrize(
        ("name", "text", "field", "said"),
        [
            ("", "Good.", "name", "a name"),
            ("\u200b\u202e", "Good.", "name", "a name"),
            ("x" * 61, "Good.", "name", "60 characters"),
            ("vi@example.org", "Good.", "name", "without an address"),
            ("cheap.shop", "Good.", "name", "without an address"),
            ("https://x.example", "Good.", "name", "without an address"),
            ("Admin", "Good.", "name", "speak for the site"),
            ("N O C T U R N E", "Good.", "", ""),
            ("nocturne!", "Good.", "name", "speak for the site"),
            ("Vi", " \n\u200b ", "text", "write something"),
            ("Vi", "x" * 2001, "text", "2001 characters"),
            ("Vi", "a\n" * 41, "text", "fewer lines"),
            ("Vi", "a\n\n\n\n\n" * 20, "", ""),
            ("李", "👍", "", ""),
        ],
    )
    def test_what_is_not_possible_is_said(self, name: str, text: str, field: str, said: str) -> None:
        found = comments.errors(*comments.normalise(name, text))
        assert set(found) == ({field} if field else set())
        if field:
            assert said in found[field]
            with pytest.raises(ValueError, match=said):
                say(make_event(), make_user(), text, name=name)

    def test_what_hides_reverses_or_piles_up_is_not_kept(self) -> None:
        zalgo = "H" + "\u0335\u0321\u0353\u0300" * 5 + "i"
        row = say(
            make_event(),
            make_user(),
            f"{zalgo} \u202eevil\u202c\x00 a\u200b\u200b\u200bb\r\nnext\n\n\n\nend",
            name="V\u202ei",
        )
        assert (row.name, row.text) == ("Vi", "Hi evil ab\nnext\n\nend")

    def test_comments_are_taken_until_a_month_after_the_night(self) -> None:
        event = make_event(local="2026-11-01T20:00")
        assert comments.is_open(event, now=NOW)
        assert not comments.is_open(event, now=NOW + 30 * DAY)

    @pytest.mark.django_db(transaction=True)
    def test_two_presses_at_once_are_one_comment(self) -> None:
        event, user = make_event(), make_known()

        def press() -> None:
            say(event, user, "Once.")
            connection.close()

        presses = [threading.Thread(target=press) for _ in range(4)]
        for one in presses:
            one.start()
        for one in presses:
            one.join()
        assert Comment.objects.filter(text="Once.").count() == 1


class TestReporting:
    def test_each_account_and_each_address_counts_once(self) -> None:
        comment, user = say(make_event(), make_known()), make_user("r")
        assert report(comment, 1)
        assert not report(comment, 1)
        assert report(comment, 2, user=user)
        assert not report(comment, 3, user=user)
        assert not comments.report(comment, hashes=["new", "hash 1"], now=NOW)
        assert not report(comment, 4, user=comment.user)
        assert CommentReport.objects.count() == 2

    def test_the_third_hides_until_an_editor_decides_and_says_why(self) -> None:
        comment, editor = say(make_event(), make_known()), make_user("editor")
        for number in range(3):
            comment.refresh_from_db()
            assert comment.state == "live"
            assert report(comment, number, reason="spam", text="x" * 900)
        comment.refresh_from_db()
        assert (comment.state, comment.state_at, comment.decided_by) == ("hidden", NOW, None)
        assert comment.why == "3 people have reported it; nobody has decided yet."
        assert not report(comment, 9)
        assert list(Comment.objects.reported()) == [comment]
        comments.decide([comment.pk], Comment.State.LIVE, by=editor, now=NOW)
        assert not Comment.objects.reported()
        for number in range(10, 14):
            assert report(comment, number)
        comment.refresh_from_db()
        assert comment.state == "live"  # an editor has looked at it; more reports bring it to an editor again
        assert list(Comment.objects.reported()) == [comment]

    @pytest.mark.django_db(transaction=True)
    def test_reports_at_once_count_each(self) -> None:
        comment = say(make_event(), make_known())

        def press(number: int) -> None:
            report(comment, number)
            connection.close()

        presses = [threading.Thread(target=press, args=[number % 3]) for number in range(6)]
        for one in presses:
            one.start()
        for one in presses:
            one.join()
        comment.refresh_from_db()
        assert (comment.state, comment.reports.count()) == ("hidden", 3)

    def test_what_is_held_cannot_be_reported(self) -> None:
        assert not report(say(make_event(), make_user()), 1)


class TestDeciding:
    def test_a_decision_is_kept_and_taken_back(self) -> None:
        event, editor = make_event("Ball"), make_user("editor")
        comment = say(event, make_known())
        report(comment, 1)
        decision = comments.decide([comment.pk], Comment.State.HIDDEN, by=editor, now=NOW)
        comment.refresh_from_db()
        assert (comment.state, comment.why, comment.decided_by) == ("hidden", "An editor has hidden it.", editor)
        assert decision
        assert str(decision) == f"Hidden: comment {comment.pk} on “Ball”."
        assert comments.decide([comment.pk], Comment.State.HIDDEN, by=editor, now=NOW) is None
        assert decisions.undo(decision, by=editor) == ""
        comment.refresh_from_db()
        assert (comment.state, comment.why, comment.decided_by) == ("live", "", None)
        assert list(Comment.objects.reported()) == [comment]

    def test_what_was_decided_anew_stays(self) -> None:
        editor = make_user("editor")
        one, two = say(make_event(), make_user()), say(make_event(), make_user("b"), "Two.")
        both = comments.decide([one.pk, two.pk], Comment.State.LIVE, by=editor, now=NOW)
        comments.decide([one.pk], Comment.State.HIDDEN, by=editor, now=NOW)
        assert both
        assert decisions.undo(both, by=editor) == "Comments that were decided anew or deleted since and stay: 1."
        one.refresh_from_db(), two.refresh_from_db()
        assert (one.state, two.state) == ("hidden", "held")
        again = comments.decide([two.pk], Comment.State.LIVE, by=editor, now=NOW)
        comments.delete(two, two.user)
        assert again
        with pytest.raises(ValueError, match="decided anew since, or deleted"):
            decisions.undo(again, by=editor)

    def test_decisions_say_nothing_of_what_was_written_and_by_whom(self) -> None:
        one = say(make_event(), make_user(), "My secret.", name="Violetta")
        comments.decide([one.pk], Comment.State.LIVE, by=make_user("editor"), now=NOW)
        said = f"{Decision.objects.get().summary} {Decision.objects.get().state} {one}"
        assert "secret" not in said
        assert "Violetta" not in said

    def test_each_change_is_seen_at_once(self, django_capture_on_commit_callbacks: Any) -> None:
        city = make_city()
        event, user, editor = make_event(), make_known(), make_user("editor")
        made: list[Comment] = []
        steps = (
            lambda: made.append(say(event, user)),
            lambda: comments.decide([made[0].pk], Comment.State.HIDDEN, by=editor, now=NOW),
            lambda: decisions.undo(Decision.objects.get(), by=editor),
            lambda: [report(made[0], n) for n in range(3)],
            lambda: comments.delete(made[0], user),
        )
        seen = [generation(city.pk)]
        for step in steps:
            with django_capture_on_commit_callbacks(execute=True):
                step()
            seen.append(generation(city.pk))
        assert len(set(seen)) == len(steps) + 1


class TestDeleting:
    def test_ones_own_goes_and_nobody_elses(self) -> None:
        event, user = make_event(), make_known()
        one = say(event, user)
        assert not comments.delete(one, make_user("other"))
        assert comments.delete(one, user)
        assert not comments.delete(one, user)
        assert not Comment.objects.filter(event=event).exists()

    def test_of_a_hidden_one_what_it_said_goes_and_trust_does_not_come_back(self) -> None:
        event, user, editor = make_event(), make_known(), make_user("editor")
        one = say(event, user)
        report(one, 1)
        comments.decide([one.pk], Comment.State.HIDDEN, by=editor, now=NOW)
        assert comments.delete(one, user)
        one.refresh_from_db()
        assert (one.name, one.text, one.state) == ("", "", "hidden")
        assert say(event, user, "Next.").state == "held"
        assert comments.decide([one.pk], Comment.State.LIVE, by=editor, now=NOW) is None
        assert sum(comments.prune(NOW - DAY, dry_run=False)) == 0
        assert sum(comments.prune(NOW + DAY, dry_run=True)) == 2
        assert sum(comments.prune(NOW + DAY, dry_run=False)) == 1  # its report goes with it
        assert list(Comment.objects.filter(event=event).values_list("text", flat=True)) == ["Next."]
        assert CommentReport.objects.count() == 0


class TestPersonal:
    def test_an_account_takes_its_comments_along_and_has_them_erased(self) -> None:
        event, user, other = make_event("Ball"), make_known(), make_known("other")
        mine, theirs = say(event, user, "Mine."), say(event, other, "Theirs.")
        report(theirs, 1, user=user, reason="spam", text="Look.")
        reports.take(event, kind="mistake", reason="when", text="At nine.", email=user.email, now=NOW)
        kept = json.loads(json.dumps(personal.exported(user), cls=DjangoJSONEncoder))
        assert [row["text"] for row in kept["comments"]["comments"]] == ["Hello.", "Mine."]
        assert kept["comments"]["comments"][1]["page"] == f"http://127.0.0.1:8000{event.get_absolute_url()}"
        assert [row["text"] for row in kept["comments"]["reported"]] == ["Look."]
        assert [row["text"] for row in kept["reports"]] == ["At nine."]
        for _ in range(2):
            personal.erase(user)
        assert set(Comment.objects.values_list("text", flat=True)) == {"Hello.", "Theirs."}
        assert not Comment.objects.filter(pk=mine.pk).exists()
        assert CommentReport.objects.get().user is None
        assert EventReport.objects.get().email == ""


class TestMerging:
    def test_a_merged_event_shows_the_comments_of_all_and_unmerging_gives_them_back(self) -> None:
        one, two, user = make_event("One"), make_event("Two"), make_known()
        first = say(one, user, "First.")
        second = say(two, user, "Second.", now=NOW + MINUTE)
        Event.objects.filter(pk=two.pk).update(merged_into=one, root=one)
        third = say(one, user, "Third.", now=NOW + 2 * MINUTE)
        assert list(Comment.objects.of_event(one).live()) == [first, second, third]
        Event.objects.filter(pk=two.pk).update(merged_into=None, root=two)
        assert list(Comment.objects.of_event(one).live()) == [first, third]
        assert list(Comment.objects.of_event(two).live()) == [second]


class TestText:
    def test_it_is_escaped_in_its_lines(self) -> None:
        said = comments.shown_text("<b>One</b> & two\nthree\n\nfour")
        assert said == "<p>&lt;b&gt;One&lt;/b&gt; &amp; two<br>three</p>\n\n<p>four</p>"

    def test_links_are_for_people_only(self) -> None:
        said = comments.shown_text('See https://a.example/?x=1&y=" rel="nofollow" now')
        assert 'href="https://a.example/?x=1&amp;y="' in said
        assert 'rel="nofollow ugc noopener">' in said
        assert said.count(' rel="nofollow ugc noopener"') == 1
        assert "<a" not in comments.shown_text("javascript:alert(1) data:text/html,x ftp://x.example")

    def test_an_address_is_not_shown_not_even_ones_own(self) -> None:
        said = comments.shown_text("Write to vi@example.org or <vi.two+x@mail.example.co.uk>, mailto:a@b.example.")
        assert "@" not in said.replace("@ ", "")
        assert said.count("[e-mail address]") == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Two links: https://a.example and https://b.example", ""),
        ("https://a.example https://b.example http://c.example", "more than 2 links"),
        ("a.com b.com c.com", "more than 2 links"),
        ('<a href="https://a.example">x</a>', "markup"),
        ("[url=https://a.example]x[/url]", "markup"),
        ("[x](https://a.example)", "markup"),
        ("klub dot com", "disguised"),
        ("klub[.]com", "disguised"),
        ("Best online CASINO", "words that spam has"),
        ("Invest in bitcoin and double it", "words that spam has"),
        ("онлайн казино", "words that spam has"),
        ("Call +49 30 1234567", "telephone"),
        ("write to a@b.example", "e-mail"),
        ("looooooooooooong", "one character"),
        ("THIS IS THE BEST PARTY OF THE WHOLE YEAR", "capitals"),
        ("buy now " * 10, "same words"),
        ("рaypal", "several scripts"),
        ("Doors 20:00, 12 Euro. Was there in 2019, 10/10.", ""),
        ("Жовква und Köln, ΑΒΓ and abc", ""),
        ("ÄÖÜ! Wo ist das?", ""),
    ],
)
def test_what_is_like_spam_is_named(text: str, words: str) -> None:
    assert words in spam.sign(text) if words else spam.sign(text) == ""
