"""Signed links and numbers in addresses: whose they are not, they open nothing."""

import base64
import itertools
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from events import rsvps
from events.models import Comment, Event, Rsvp
from events.views.mine import calendar_path
from nocturne.accounts import tickets
from nocturne.api import api
from nocturne.models import ApiKey, EmailLog, User
from nocturne.tokens import make_token
from scraping.submissions.links import url_of
from subscriptions import attending, links
from subscriptions.models import Subscriber, Subscription
from tests.factories import make_city, make_event
from tests.scraping.sending import make_submission
from tests.subscriptions.people import make_subscription, path_of

pytestmark = pytest.mark.django_db
SAME = {"Sec-Fetch-Site": "same-origin"}


def issued() -> dict[str, tuple[str, str]]:
    """By what each link is for: what stands before its token, and the token. All rows have the number 1 or so."""
    row = make_subscription("ann@example.org")
    user = User.objects.create(email="ann@example.org", is_staff=True)
    rsvps.attendee(user)
    secret = tickets.issue_link("ann@example.org")
    found = {
        "confirm": path_of(links.confirm_url(row)),
        "preferences": path_of(links.preferences_url(row.subscriber)),
        "unsubscribe": path_of(links.unsubscribe_url(row)),
        "reminders": path_of(attending.end_url(EmailLog.Kind.REMINDER, user)),
        "notices": path_of(attending.end_url(EmailLog.Kind.NOTICE, user)),
        "submission": path_of(url_of(make_submission())),
        "calendar": calendar_path(user).removesuffix(".ics") + "/",
        "sign-in": f"/account/login/link/{secret}/",
    }
    return {
        name: (path.rstrip("/").rpartition("/")[0] + "/", path.rstrip("/").rpartition("/")[2])
        for name, path in found.items()
    }


def address_of(what: str, before: str, token: str) -> str:
    return f"{before}{token}.ics" if what == "calendar" else f"{before}{token}/"


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_link_opens_what_it_is_for_and_nothing_else() -> None:
    found = issued()
    kinds = {"reminders", "notices"}  # one address, which the token tells apart
    for (what, (before, own)), (other, (_, token)) in itertools.product(found.items(), repeat=2):
        answer = Client().get(address_of(what, before, token))
        if own == token or {what, other} == kinds:
            assert answer.status_code == 200, what
        else:
            assert answer.status_code == 410, (what, other)
            for action in ("confirm", "withdraw", "erase", "end"):
                sent = Client().post(address_of(what, before, token), {"action": action, "sure": "1"}, headers=SAME)
                assert sent.status_code in (403, 405, 410), (what, other)
    assert Subscription.objects.get().status == "active"
    assert Subscriber.objects.get().email == "ann@example.org"


def forged(token: str) -> list[str]:
    """A token for another row, or of another maker, and what looks like one."""
    pk, version, *rest = token.split(".")
    end = ".".join(rest)
    other = str(int(pk) + 1) if pk.isdigit() else "2"
    return [
        *(f"{other}.{version}.{end}", f"{pk}.{int(version or 0) + 1 if version.isdigit() else 1}.{end}"),
        *(token[:-1], token + "A", token.swapcase(), f"{token}.{token}", token.replace(".", ":"), "."),
        *(
            f"{pk}.{version}",
            f"{pk}.{version}..",
            f"{pk}.{version}.{'A' * 6}.{'A' * 43}",
            token.replace(".", "%00.", 1),
        ),
        *("9" * 30 + f".{version}.{end}", f"-1.{version}.{end}", f" {token}", f"{token}%20", f"%2e%2e%2f{token}"),
        signing.TimestampSigner(key="k" * 50, sep=".", salt="nocturne.events.calendar").sign("1.1"),
        signing.dumps({"pk": 1}),
        base64.urlsafe_b64encode(b'{"alg":"none"}').decode() + ".e30.",
    ]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_link_is_made_of_another_one() -> None:
    for what, (before, token) in issued().items():
        for wrong in forged(token):
            answer = Client().get(address_of(what, before, wrong))
            assert answer.status_code in (404, 410), (what, wrong[:60])
            if what == "preferences":
                assert Client().get(f"/api/preferences/{wrong}").status_code in (404, 405, 410, 422)
                assert Client().get(f"{before}{wrong}/data.json").status_code in (404, 410)


def test_a_link_for_a_row_that_is_not_there_is_answered_as_one_that_was_forged() -> None:
    for purpose, path in (
        (links.PREFERENCES, "/subscribe/preferences/{}/"),
        (links.CONFIRM, "/subscribe/confirm/{}/"),
        ("scraping.submission", "/submit/{}/"),
        ("events.calendar", "/my/events/{}.ics"),
    ):
        gone, wrong = (Client().get(path.format(one)) for one in (make_token(purpose, 987_654, 1), "1.1.x.y"))
        assert (gone.status_code, gone.content) == (wrong.status_code, wrong.content) == (410, wrong.content)


def two_people() -> tuple[User, User, Client]:
    ann, bob = (User.objects.create(email=f"{name}@example.org") for name in ("ann", "bob"))
    browser = Client(headers=SAME)
    browser.force_login(bob)
    return ann, bob, browser


def test_numbers_of_somebody_elses_rows_change_and_show_nothing() -> None:
    ann, bob, browser = two_people()
    event = make_event()
    rsvps.answer(event, ann, "going")
    comment = Comment.objects.create(event=event, user=ann, name="Ann", text="A secret, held.", state="held")
    theirs = make_subscription("ann@example.org")
    mine = make_subscription("bob@example.org")
    before = (comment.text, theirs.status, theirs.token_version if hasattr(theirs, "token_version") else 0)
    # comments, of pages and of the API
    browser.post(f"/comments/{comment.pk}/delete/")
    browser.delete(f"/api/comments/{comment.pk}")
    for path in ("/comments/mine/", f"/comments/on/{event.pk}/?posted={comment.pk}", f"/comments/{comment.pk}/report/"):
        assert b"A secret" not in browser.get(path).content, path
    # answers
    browser.post("/my/answers", {"none": event.pk, "user": ann.pk, "user_id": ann.pk})
    browser.delete(f"/api/events/{event.city.code}/{event.pk}/rsvp")
    assert browser.get(f"/my/answers?events={event.pk}").json()["events"][str(event.pk)]["answer"] == ""
    assert rsvps.answers(ann, [event.pk]) == {event.pk: "going"}
    # subscriptions by the link of another address
    token = path_of(links.preferences_url(mine.subscriber)).rstrip("/").rpartition("/")[2]
    for action in ("save", "pause", "end", "resume"):
        data = {"subscription": theirs.pk, "action": action, "city_id": "de--berlin"}
        assert browser.post(f"/subscribe/preferences/{token}/", data).status_code == 422
    for body in ({"status": "ended"}, {"weekday": 3}):
        answer = browser.patch(f"/api/preferences/{token}/{theirs.pk}", body, content_type="application/json")
        assert answer.status_code == 404
    # what is kept about somebody
    for path in (f"/account/data.json?user={ann.pk}", f"/subscribe/preferences/{token}/data.json", "/account/"):
        assert b"ann@example.org" not in browser.get(path).content, path
    comment.refresh_from_db()
    theirs.refresh_from_db()
    assert (comment.text, theirs.status) == before[:2]
    assert bob.pk not in Rsvp.objects.values_list("user", flat=True)


def test_keys_open_what_their_scopes_say_and_sessions_of_the_admin_open_none_of_it() -> None:
    guarded: dict[str, Any] = {
        path: ways for path, ways in api.get_openapi_schema()["paths"].items() if path.startswith("/api/admin/")
    }
    assert len(guarded) >= 8
    root = Client(headers=SAME)
    root.force_login(User.objects.create(email="root@example.org", is_staff=True, is_superuser=True))
    ApiKey.objects.create(name="closed", hashed=ApiKey.hash("c" * 40), scopes=list(ApiKey.Scope.values), active=False)
    ApiKey.objects.create(name="nothing", hashed=ApiKey.hash("n" * 40), scopes=[])
    for path, ways in guarded.items():
        spelt = path.replace("{", "").replace("}", "")
        for method in ways:

            def ask(**headers: str) -> int:
                answer = root.generic(method.upper(), spelt, b"{}", content_type="application/json", headers=headers)  # noqa: B023
                return int(answer.status_code)

            # a session, a key that is closed, forged, or stands where keys do not
            assert ask() == 401, (method, path)
            assert ask(**{"X-API-Key": "c" * 40}) == 401
            assert ask(**{"X-API-Key": "' OR 1=1 --"}) == 401
            assert ask(Authorization="Bearer " + "n" * 40, Cookie="X-API-Key=" + "n" * 40) == 401
            assert ask(**{"X-API-Key": ApiKey.hash("n" * 40)}) == 401
            assert ask(**{"X-API-Key": "n" * 40}) == 403, (method, path)


def test_fields_that_a_form_does_not_have_change_nothing() -> None:
    ann, bob, browser = two_people()
    event, other = make_event(), make_event("Another", city=make_city())
    more: dict[str, Any] = {
        "is_staff": "1",
        "is_superuser": "1",
        "is_active": "",
        "email": "root@example.org",
        "password": "x",
        "pk": ann.pk,
        "id": ann.pk,
        "user": ann.pk,
        "user_id": ann.pk,
        "groups": "1",
        "user_permissions": "1",
        "state": "live",
        "event": other.pk,
        "created_at": "2020-01-01",
        "hidden_by": ann.pk,
        "decided_by": ann.pk,
        "visibility": "hidden",
        "status": "active",
        "subscriber": 1,
        "token_version": "9",
        "confirmed_at": "2020-01-01",
        "listing": "1",
    }
    assert browser.post("/account/", {"name": "Bob", **more}).status_code in (302, 303, 403)
    browser.post(f"/comments/on/{event.pk}/", {"name": "Bob", "text": "It was a fine evening.", **more})
    browser.post("/my/answers", {"going": event.pk, **more})
    browser.post("/my/events/mail", {"reminders": "1", **more})
    for path, body in (
        (f"/api/events/{event.city.code}/{event.pk}/comments", {"name": "Bob", "text": "And a long one, too."}),
        (f"/api/events/{event.city.code}/{event.pk}/rsvp", {"answer": "interested"}),
    ):
        browser.put(path, {**body, **more}, content_type="application/json")
        browser.post(path, {**body, **more}, content_type="application/json")
    for user in (ann, bob):
        user.refresh_from_db()
    assert (bob.email, bob.is_staff, bob.is_superuser, bob.is_active) == ("bob@example.org", False, False, True)
    assert (ann.email, ann.display_name) == ("ann@example.org", "")
    assert bob.groups.count() == bob.user_permissions.count() == 0
    said = list(Comment.objects.values_list("user", "event", "state"))
    assert said
    assert set(said) == {(bob.pk, event.pk, "held")}  # the first waits for an editor
    assert set(Rsvp.objects.values_list("user", "event")) == {(bob.pk, event.pk)}
    assert Event.objects.get(pk=other.pk).visibility == "published"


def test_fields_beside_what_a_link_lets_change_stay() -> None:
    row = make_subscription("ann@example.org")
    other = make_subscription("bob@example.org")
    token = path_of(links.preferences_url(row.subscriber)).rstrip("/").rpartition("/")[2]
    more: dict[str, Any] = {
        "subscriber": other.subscriber_id,
        "subscriber_id": other.subscriber_id,
        "email": "eve@example.org",
    }
    more |= {"confirmed_at": None, "confirmed_ip": "192.0.2.99", "token_version": 9, "id": other.pk, "pk": other.pk}
    sent = {"weekday": 3, **more}
    answer = Client(headers=SAME).patch(f"/api/preferences/{token}/{row.pk}", sent, content_type="application/json")
    assert answer.status_code == 200
    before = (row.subscriber_id, row.confirmed_at, row.confirmed_ip, row.subscriber.email, row.subscriber.token_version)
    row = Subscription.objects.select_related("subscriber").get(pk=row.pk)
    after = (row.subscriber_id, row.confirmed_at, row.confirmed_ip, row.subscriber.email, row.subscriber.token_version)
    assert (after, row.weekday) == (before, 3)
    form = {k: str(v) for k, v in more.items()} | {
        "subscription": str(row.pk),
        "action": "save",
        "city_id": "de--berlin",
    }
    Client(headers=SAME).post(f"/subscribe/preferences/{token}/", {**form, "weekday": "4", "status": "ended"})
    row.refresh_from_db()
    assert (row.subscriber_id, row.status, row.subscriber.email, row.weekday) == (before[0], "active", before[3], 4)


def test_fields_beside_those_of_a_submission_stay() -> None:
    found = make_submission()
    path = path_of(url_of(found))
    more = {"state": "listed", "listing": "1", "email": "eve@example.org", "token_version": "9", "trusted": "1"}
    form = {
        "title": "Another",
        "city": "berlin",
        "date": "2030-12-05",
        "time": "20:00",
        "venue": "Klub",
        "is_staff": "1",
    }
    Client(headers=SAME).post(f"{path}change/", {**form, **more})
    Client(headers=SAME).post(path, {"action": "publish", **more})
    now = type(found).objects.get(pk=found.pk)
    columns = ("state", "listing_id", "email", "token_version")
    assert [getattr(now, name) for name in columns] == [getattr(found, name) for name in columns]
