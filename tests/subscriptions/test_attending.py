"""The button that ends reminders or notices."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from events.models import Attendee
from nocturne.models import EmailLog
from subscriptions import attending
from tests.html import parsed, text_of

from .goers import make_gig, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("kind", "column"), attending.CHOICES.items())
def test_one_click_ends_that_kind_alone_and_looking_ends_nothing(kind: EmailLog.Kind, column: str) -> None:
    user = make_user()
    message = attending.mail_about(make_gig(), user, kind, subject="Jazz").message()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [url] = re.findall(r"<(https://\S+)>", str(message["List-Unsubscribe"]))
    path = urlsplit(url).path
    provider = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    assert text_of(parsed(provider.get(path)), "main button") == "End it"
    assert not Attendee.objects.exists()
    for _ in range(2):
        page = provider.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert text_of(parsed(page), "h1") == "This mail has ended"
    chosen = Attendee.objects.get()
    assert [name for name in attending.CHOICES.values() if not getattr(chosen, name)] == [column]
    user.delete()
    assert text_of(parsed(provider.get(path)), "h1") == "This mail has ended"


def test_a_forged_link_is_none(client: Client) -> None:
    assert client.get("/unsubscribe/events/1.0.x.y/").status_code == 410
