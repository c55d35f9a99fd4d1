"""Issues on the web and on the editors' desk."""

import datetime as dt
from typing import Any

import feedparser
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from events.models import Event
from nocturne.cache import bump
from nocturne.models import EmailLog, User
from subscriptions import digests
from subscriptions.models import Digest, DigestItem
from tests.factories import make_city, make_event
from tests.html import parsed, text_of, texts
from tests.mailservers import MailServer

from .issues import EARLIER, MONDAY, NINE, body, make_night, make_week, released
from .people import make_subscription

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
LIST = "/admin/subscriptions/digest/"


def act(editor: Client, action: str, digest: Digest) -> str:
    page = editor.post(LIST, {"action": action, "_selected_action": [digest.pk]}, follow=True)
    digest.refresh_from_db()
    return text_of(parsed(page), ".messagelist")


def choose(editor: Client, digest: Digest, event: Event, choice: str) -> str:
    page = editor.post(f"{LIST}{digest.pk}/choose/", {"event": event.pk, "choice": choice}, follow=True)
    return text_of(parsed(page), ".messagelist")


def plan(digest: Digest, query: str = "") -> list[str]:
    found = digests.plan_of(digest, digests.search_of(digest, query), now=NINE)
    return [entry.event.title for entry in found.entries]


def test_an_issue_is_drafted_once_and_for_the_next_monday_from_the_evening_before() -> None:
    city = make_city()
    first, again = (digests.draft(city, now=NINE) for _ in range(2))
    assert first == again
    evening = NINE + dt.timedelta(days=6, hours=12)
    assert digests.week_at(city, evening - dt.timedelta(seconds=1)) == MONDAY
    assert digests.week_at(city, evening) == MONDAY + dt.timedelta(days=7)


def test_releasing_freezes_what_it_holds_once() -> None:
    make_week(3)
    digest = released()
    assert not digests.release(digest, now=NINE)
    make_night("Too late for this week", 2)
    assert plan(digest) == ["Evening 0", "Evening 1", "Evening 2"]


def test_an_issue_whose_week_is_over_is_not_sent() -> None:
    make_week(3)
    digest = digests.draft(make_city(), now=NINE)
    assert digests.release(digest, now=NINE + dt.timedelta(days=7))
    assert (digest.state, digest.why) == ("empty", "Its week was over.")


def test_the_trouble_of_one_city_is_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    angeles = make_city("los-angeles")
    for city in (make_city(), angeles):
        make_week(2, city=city)
        Digest.objects.create(city=city, week=MONDAY, due_at=NINE)
    candidates = digests.candidates

    def candidates_but_of_berlin(digest: Digest, now: dt.datetime) -> list[Event]:
        if digest.city != angeles:
            raise RuntimeError("a fault")
        return candidates(digest, now)

    monkeypatch.setattr(digests, "candidates", candidates_but_of_berlin)
    assert digests.release_due(now=NINE) == 1
    assert set(Digest.objects.values_list("city__slug", "state")) == {
        ("berlin", "drafted"),
        ("los-angeles", "released"),
    }


def test_the_web_version_says_what_the_mail_says() -> None:
    make_week(9)
    make_night("<b>bold</b>", 4)
    make_night("Only music", 3, category="music")
    digest = released()
    page = Client().get("/berlin/digest/2026-11-30/")
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    assert set(plan(digest)) == set(texts(parsed(page), "main .card h3"))
    assert "<b>bold</b>" not in page.content.decode()
    narrowed = parsed(Client().get("/berlin/digest/2026-11-30/?category=music"))
    assert texts(narrowed, "main .card h3") == ["Only music"]
    assert narrowed.css_first("meta[name=robots]")


def test_what_is_not_released_is_on_no_page() -> None:
    make_week(2)
    digests.draft(make_city(), now=NINE)
    client = Client()
    for path in ("2026-11-30", "2026-12-07", "nonsense", "2026-11-31", "20261130", "2026-W49-1"):
        assert client.get(f"/berlin/digest/{path}/").status_code == 404
    assert "There is no issue about Berlin yet" in text_of(parsed(client.get("/berlin/digest/")), "main")
    assert client.get("/nowhere/digest/").status_code == 404


def test_the_archive_and_the_feed_have_every_issue() -> None:
    make_week(2)
    digest = released()
    assert parsed(Client().get("/berlin/")).css_first("a[href='/berlin/digest/']")
    page = parsed(Client().get("/berlin/digest/"))
    assert page.css_first(f"main a[href='{digest.get_absolute_url()}']")
    feed = Client().get("/berlin/digest/feed.atom")
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    text = feed.content.decode()
    assert text.count("<entry>") == 1
    assert f"https://nocturne.example{digest.get_absolute_url()}" in text
    assert "Evening 0 · Evening 1" in text


def test_public_pages_are_answered_304_until_something_changes() -> None:
    events = make_week(2)
    digest = released()
    client = Client()
    paths = ["/berlin/digest/2026-11-30/", "/berlin/digest/2026-11-30/?category=music", "/berlin/digest/"]
    paths.append("/berlin/digest/feed.atom")
    tags = []
    for path in paths:
        page = client.get(path)
        assert page.headers["Cache-Control"] == "public, no-cache"
        tags.append(page.headers["ETag"])
        again = client.get(path, headers={"If-None-Match": page.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(set(tags)) == len(tags)
    digests.choose(digest, events[0], "dropped")
    assert client.get(paths[0], headers={"If-None-Match": tags[0]}).status_code == 200
    bump(make_city().pk)
    for path, tag in zip(paths, tags, strict=True):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_list_of_issues_asks_as_often_for_many_as_for_one(django_assert_max_num_queries: Any) -> None:
    make_week(6)
    released()
    client = Client()
    for _ in range(2):
        for path in ("/berlin/digest/", "/berlin/digest/feed.atom"):
            with django_assert_max_num_queries(3):
                assert client.get(path).status_code == 200
        weeks = [dt.timedelta(weeks=n) for n in range(1, 9)]
        Digest.objects.bulk_create(
            [
                Digest(city=make_city(), week=MONDAY - back, due_at=NINE, released_at=NINE - back, state="sent")
                for back in weeks
            ],
            ignore_conflicts=True,
        )
    assert len(texts(parsed(client.get("/berlin/digest/")), "main h2")) == 9


def test_the_feed_is_a_feed_also_where_a_title_is_markup() -> None:
    make_night("<b>bold</b> & co", 2)
    make_night("Gone", 3)
    released()
    Event.objects.filter(title="Gone").update(visibility="hidden")
    read = feedparser.parse(Client().get("/berlin/digest/feed.atom").content)
    assert not read.bozo
    [entry] = read.entries
    assert (entry.title, entry.link) == (
        "Berlin, Mon 30 Nov – Sun 6 Dec 2026",
        "https://nocturne.example/berlin/digest/2026-11-30/",
    )
    assert entry.summary == "&lt;b&gt;bold&lt;/b&gt; &amp; co"
    assert entry.id.startswith("tag:nocturne.example,2026-11-30:digest-")
    assert read.feed.links[0].rel in ("alternate", "self")


def test_an_old_issue_keeps_what_is_archived(at: Any) -> None:
    make_week(2)
    released()
    at.shift(dt.timedelta(days=90))
    Event.objects.update(visibility="archived")
    page = parsed(Client().get("/berlin/digest/2026-11-30/"))
    assert texts(page, "main .card h3") == ["Evening 0", "Evening 1"]


def test_editors_pin_and_drop_and_write_an_intro(editor: Client) -> None:
    events = make_week(9)
    digest = digests.draft(make_city(), now=NINE - dt.timedelta(hours=3))
    assert "Evening 6: pinned." in choose(editor, digest, events[6], "pinned")
    assert "Evening 0: dropped." in choose(editor, digest, events[0], "dropped")
    assert plan(digest)[0] == "Evening 6"
    assert "Evening 0" not in plan(digest)
    editor.post(f"{LIST}{digest.pk}/change/", {"intro": "A <good> week.\n\nSee you."})
    page = editor.get(f"{LIST}{digest.pk}/preview/").content.decode()
    assert "A &lt;good&gt; week." in page
    text = editor.get(f"{LIST}{digest.pk}/preview/?as=text").content.decode()
    assert "A <good> week." in text
    assert text.index("Evening 6") < text.index("Evening 1")
    assert "Evening 0: by its rank." in choose(editor, digest, events[0], "")
    assert "Evening 0" in plan(digest)
    stranger = make_event(city=make_city("los-angeles"))
    assert choose(editor, digest, stranger, "pinned") == "There is no such event in this city."
    assert DigestItem.objects.exclude(choice="").count() == 1


def test_editors_see_it_as_a_subscriber_gets_it_without_their_links(editor: Client) -> None:
    make_night("A concert", 1, category="music")
    make_night("A film", 2, category="film")
    make_subscription(search="category=film")
    digest = digests.draft(make_city(), now=NINE)
    page = editor.get(f"{LIST}{digest.pk}/preview/?reader=Ada@example.org")
    assert "A film" in page.content.decode()
    assert "A concert" not in page.content.decode()
    assert "/unsubscribe/" not in page.content.decode()
    assert "script-src" not in page.headers["Content-Security-Policy"]
    nothing = editor.get(f"{LIST}{digest.pk}/preview/?search=category%3Dbooks")
    assert "Nothing is on that matches" in nothing.content.decode()


def test_editors_hold_let_go_and_release(editor: Client, mail_server: MailServer, at: Any) -> None:
    make_week(2)
    make_subscription(confirmed_at=EARLIER)
    at.move_to(NINE - dt.timedelta(hours=5))
    digest = digests.draft(make_city())
    assert "held" in act(editor, "hold", digest)
    assert digest.state == "held"
    assert "goes on" in act(editor, "go_on", digest)
    assert digest.state == "drafted"
    assert "released" in act(editor, "release_now", digest)
    assert len(mail_server.received) == 1
    assert "cannot be done" in act(editor, "release_now", digest)
    page = editor.get(f"{LIST}{digest.pk}/change/")
    assert parsed(page).css_first(f"a[href='{digest.get_absolute_url()}']")
    assert "1 of 1 dealt with: 1 sent" in text_of(parsed(page), "#progress")
    assert texts(parsed(editor.get(LIST)), "#result_list .field-sent") == ["1"]


def test_editors_send_it_to_themselves_as_often_as_they_like(editor: Client, mail_server: MailServer) -> None:
    make_week(2)
    digest = digests.draft(make_city())
    for _ in range(2):
        assert "sent to editor@example.org" in act(editor, "send_to_me", digest)
    assert mail_server.recipients == ["editor@example.org"] * 2
    assert "Evening 0" in body(mail_server.messages[0])
    assert mail_server.messages[0]["Subject"].startswith("Proof: ")
    assert digest.state == "drafted"
    assert not EmailLog.objects.filter(matter=digest.matter).exists()


def test_who_may_only_look_changes_nothing(mail_server: MailServer) -> None:
    events = make_week(2)
    digest = digests.draft(make_city())
    viewer = User.objects.create(email="viewer@example.org", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_digest"))
    client = Client()
    client.force_login(viewer)
    assert client.get(f"{LIST}{digest.pk}/preview/").status_code == 200
    assert client.post(f"{LIST}{digest.pk}/choose/", {"event": events[0].pk, "choice": "pinned"}).status_code == 403
    act(client, "release_now", digest)
    assert digest.state == "drafted"
    assert not DigestItem.objects.exists()
