"""Nobody learns who is known here, and no spelling makes one address or name pass for another."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import comments
from events.models import Comment
from nocturne.accounts.pages import shown_name
from nocturne.addresses import address_hash, normalise_address
from nocturne.models import User
from scraping.models import Submission
from subscriptions.models import Subscriber
from tests.factories import make_city, make_event
from tests.scraping.sending import said
from tests.subscriptions.people import make_subscription

pytestmark = pytest.mark.django_db
SOON = str(dt.date.today() + dt.timedelta(days=9))
SAME = {"Sec-Fetch-Site": "same-origin"}


def asked(path: str, email: str, more: dict[str, str], *, json: bool) -> tuple[int, str, int]:
    """Status, text with the address left out, and how many statements it took."""
    browser = Client(headers=SAME)
    data: Any = {**more, "email": email}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = browser.post(path, data, content_type="application/json") if json else browser.post(path, data)
    text = answer.content.decode().replace(email, "…")
    return answer.status_code, re.sub(r'value="[\w-]{60,}"', "", text), len(queries)


@pytest.mark.parametrize(
    ("path", "json", "more"),
    [
        ("/subscribe", False, {"city_id": "de--berlin"}),
        ("/subscribe", True, {"city_id": "de--berlin"}),
        ("/api/subscribe", True, {"city_id": "de--berlin"}),
        ("/account/login/", False, {}),
        ("/submit/", False, {name: value for name, value in said(date=SOON).items() if name != "email"}),
    ],
)
def test_who_is_known_is_answered_as_who_is_not(path: str, json: bool, more: dict[str, str]) -> None:
    make_city()
    User.objects.create(email="known@example.org")
    make_subscription("known@example.org")
    # the first one fills what is kept by the process
    asked(path, "first@example.org", more, json=json)
    sent = len(mail.outbox)
    known = asked(path, "known@example.org", more, json=json)
    of_known = len(mail.outbox) - sent
    unknown = asked(path, "strange@example.org", more, json=json)
    of_unknown = len(mail.outbox) - sent - of_known
    assert known[:2] == unknown[:2]
    assert known[0] < 400
    assert of_known == of_unknown
    assert abs(known[2] - unknown[2]) <= 5


# Each is another mailbox than ada@example.org, or none at all, whatever it looks like.
LIKE_ADA = (
    *(
        "аda@example.org",
        "adа@example.org",
        "ａda@example.org",
        "ada@ехample.org",
        "ada@example.оrg",
        "ádа@example.org",
    ),
    *(
        "ada\u200b@example.org",
        "ada\u202e@example.org",
        "a\u00adda@example.org",
        "ada@example\u3002org",
        "ada@example.org.",
    ),
    *("ada+x@example.org", "a.da@example.org", '"ada"@example.org', "ada@[127.0.0.1]", "ada@EXAMPLE.org.evil.example"),
    *(
        "ada@example.org\x00",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org,eve@example.org",
        "ada@eｘample.org",
    ),
    *(
        "Ada <ada@example.org>",
        "ada@example.org <eve@evil.example>",
        "ada%40example.org@evil.example",
        "ada@example.org@evil.example",
    ),
)


@pytest.mark.parametrize("spelt", LIKE_ADA)
def test_no_spelling_gets_into_somebody_elses_account(spelt: str) -> None:
    """A code goes to the mailbox that the account has, or to none."""
    User.objects.create(email="ada@example.org")
    browser = Client()
    answer = browser.post("/account/login/", {"email": spelt})
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        [message] = mail.outbox
        [to] = message.to
        assert normalise_address(to) == to == normalise_address(spelt.replace("\0", ""))
        found = re.search(r"\b(\d{3}) (\d{3})\b", message.subject)
        assert found
        browser.post("/account/login/code/", {"code": "".join(found.groups())})
        assert User.objects.get(pk=browser.session["_auth_user_id"]).email == to
    else:
        assert not mail.outbox


@pytest.mark.parametrize("spelt", ["ADA@Example.ORG", " ada@example.org\t", "Ada@EXAMPLE.org"])
def test_one_mailbox_is_one_account_and_one_subscriber(spelt: str) -> None:
    make_city()
    assert normalise_address(spelt) == "ada@example.org"
    assert address_hash(normalise_address(spelt)) == address_hash("ada@example.org")
    for address in ("ada@example.org", spelt):
        Client(headers=SAME).post("/subscribe", {"email": address, "city_id": "de--berlin"})
    assert Subscriber.objects.count() == 1


BREAKS = (
    "\r\nBcc: eve@evil.example\r\n\r\nHello",
    "\nX-Evil: 1",
    "\r",
    "\u2028X-Evil: 1",
    "\x0b\x0c\x85X-Evil: 1",
    "\x00",
)


@pytest.mark.parametrize("text", BREAKS)
def test_line_breaks_in_what_visitors_write_reach_no_header(text: str) -> None:
    make_city()
    event = make_event()
    Client(headers=SAME).post("/submit/", said(title=f"Jazz{text}", venue=f"Klub{text}", date=SOON))
    for row in Submission.objects.all():
        assert len(row.as_draft().title.splitlines()) == 1
        assert not set("\r\n\x0b\x0c\x85\u2028\0") & set(row.as_draft().title)
    user = User.objects.create(email="ada@example.org")
    browser = Client(headers=SAME)
    browser.force_login(user)
    browser.post("/account/", {"name": f"Ada{text}"})
    browser.post(f"/comments/on/{event.pk}/", {"name": f"Ada{text}", "text": "So fine an evening."})
    user.refresh_from_db()
    for name in (user.display_name, *Comment.objects.values_list("name", flat=True)):
        assert len(name.splitlines()) <= 1
        assert "\0" not in name
    for path in ("/berlin/calendar.ics", f"{event.get_absolute_url().rstrip('/')}.ics", "/account/data.json"):
        answer = browser.get(path)
        assert re.fullmatch(r'attachment; filename="[\w.-]+"', answer["Content-Disposition"])
    for message in mail.outbox:
        assert message.recipients() == ["ada@example.org"]
        assert "X-Evil" not in message.message()


HIDING = (
    *("\u202eada", "A\u200bda", "ad\u2066a", "\ufeffAda", "\u0000Ada", "ada@example.org", "\u200b\u200d"),
    *("\U000e0041da", "\ue000Ada"),
)


@pytest.mark.parametrize("name", HIDING)
def test_a_name_that_hides_something_is_no_name(name: str) -> None:
    with pytest.raises(ValueError):
        shown_name(name)
    written, _text = comments.normalise(name, "A text.")
    assert not set("\u202e\u200b\u2066\ufeff\u0000\U000e0041") & set(written)
