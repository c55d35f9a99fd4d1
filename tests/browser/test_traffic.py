"""A page whose fragments and forms come too often stays as it is, and goes on by itself."""

import re
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from nocturne import quotas, traffic
from nocturne.quotas import Level, Quota, Usage
from tests.factories import make_city, make_event


@pytest.mark.django_db(transaction=True)
def test_a_list_that_was_refused_is_asked_for_again_and_a_form_is_kept(live_server: LiveServer, page: Page) -> None:
    make_event("Tonight's", local=f"{make_city().tonight()}T20:00")
    page.goto(f"{live_server.url}/berlin/")
    refused, passed = (Usage(wait, (Level("minute", 60, 60, 0, 1),)) for wait in (1, 0))
    with (
        patch.object(traffic, "quota_of", return_value=Quota(1, 0, 0)),
        patch.object(quotas, "take", side_effect=[refused, passed, refused]),
    ):
        page.get_by_role("link", name=re.compile("Tonight")).first.click()
        expect(page.get_by_text("Trying again")).to_be_visible()
        expect(page.locator(".card")).to_have_count(1)
        expect(page).to_have_url(f"{live_server.url}/berlin/?when=tonight")
        expect(page.locator("#trouble")).to_be_hidden()
        form = page.locator("form", has=page.get_by_label("Your e-mail address"))
        form.get_by_label("Your e-mail address").fill("ada@example.org")
        form.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_role("alert").get_by_text("That was too often")).to_be_visible()
        expect(page.get_by_label("Your e-mail address")).to_have_value("ada@example.org")
        expect(page.locator(".card")).to_have_count(1)
